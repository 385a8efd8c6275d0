"""What pages ask of suggestions over HTTP: images for a tag, answers to them, classes by words.

Long work runs in a thread of its own and stops when nobody waits for it any more. Not here: how
images are chosen (``panoptic_data.labelling.suggest``, ``zero_shot``), undo (``undoing``), other
values (``annotating``).
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import numpy as np
import polars as pl
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language
from app.api.request_body import UnreadableBodyError, is_longer, of_type, parsed, unreadable
from app.server import identity as author
from panoptic_data.annotations.log import ANSWER_PREFIX, CHANGE_SCHEMA, REFUSED
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import PanopticError
from panoptic_data.labelling import active_learning, answers, suggest, zero_shot, zero_shot_review
from panoptic_data.labelling.zero_shot_review import Review
from panoptic_data.messages import LANGUAGES
from panoptic_data.search.request import encoder_for
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.labelling.active_learning import Check
    from panoptic_data.labelling.zero_shot import TagPredictions
    from panoptic_data.labelling.zero_shot_review import ReviewStatus
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["routes"]

OFFERED = 20
OFFERED_AT_MOST = 1_000
# A page of a class; all of a class at once, so that it can be accepted in bulk.
LISTED = 50
LISTED_AT_MOST = 100_000
# A million sha1s as JSON.
BODY_AT_MOST = 64 * 2**20
# The history names a few tags in one line.
NAMED_AT_MOST = 3
_GONE = 499
_NEVER_KEPT = {"Cache-Control": "no-store"}


def routes(project: Project) -> list[Route]:
    """Return the routes of suggestions; all that are posted take a JSON object.

    - ``POST /suggestions``: ``tag``; ``view`` (an address: what may be offered; all where it is
      left out), ``encoder`` (a slug; else the project's first), ``mode`` ("likely", "unsure"),
      ``count``, and for a tag without images ``examples``: ``{"sha1s": […]}`` or ``{"view": …}``
      with ``except``. Answers ``images`` (``sha1``; ``similarity``, the cosine to ``why``, the
      image of the group that it is most like; ``probability``, null while answers of both kinds
      are too few), ``estimate`` of how many are left (``count``, ``least``, ``most``; or null),
      ``progress`` (``inside``, ``accepted``, ``refused``, ``candidates``), ``kind`` (prototype,
      classifier, or none: no example yet), ``encoder`` and ``position`` of the log.
    - ``POST /suggestions/answers``: ``tag`` with ``accepted``, ``refused``, ``forgotten`` (sha1s);
      or several such as ``answers``. One batch: ``batch`` (null where nothing changed),
      ``position`` and ``changed`` (how many images).
    - ``GET /suggestions/refused?tag=&start=&count=``: ``total`` and ``sha1s``, the last first.
    - ``POST /suggestions/classes``: ``property``; ``tags`` (ids; else all), ``view``, ``encoder``
      (one that reads words), ``language`` of the prompts, ``template`` of one's own with
      ``{name}`` and ``{parent}``, ``parents`` (one of ``zero_shot.PARENTS``), ``again`` (tagged
      images too), ``least`` (a probability). Answers ``total`` and ``classes``, one a tag: ``tag``,
      ``name``, ``prompts``, ``total``, and some ``images``, surest first: ``start`` and ``count``,
      of the tag ``only`` where that is given, each with its ``answer`` (true, false, null) and
      ``other``, another tag of the property that it has. ``counts`` are how many images of a class
      are 0, 1, 2 … 100 % probable or more, ``left`` how many of these are not answered. Also
      ``scale`` and from how many tagged images it was ``fitted``, and ``sorting``: named as such
      again, what was found is looked at as it was, however much was answered since; found anew
      under another name where it is not kept any more.
    - ``POST /suggestions/classes/answers``: ``sorting``, ``accept`` (true or false), ``least``,
      ``only``: one answer to all that is left. As the answers above; ``sorting`` is null, and
      nothing done, where it is not kept any more.
    """
    posted: Mapping[str, _Act] = {
        "/suggestions": _offered,
        "/suggestions/answers": _answers,
        "/suggestions/classes": _classes,
        "/suggestions/classes/answers": _class_answers,
    }
    return [
        Route("/suggestions/refused", answering(project, _refused)),
        *(Route(path, _watched(project, act), methods=["POST"]) for path, act in posted.items()),
    ]


class _GoneError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True)
class _Asked:
    """One question: its body, who asks, and what to call now and then."""

    project: Project
    body: Mapping[str, Any]
    author: str
    language: str
    check: Check

    def view(self, name: str = "view") -> View | None:
        """Return the view that is named; None where none is. Raises InvalidView."""
        told = self.body.get(name)
        if told is None:
            return None
        return model.from_address(of_type(str, told))

    def whole(self, name: str, default: int, most: int) -> int:
        """Return a number of the body, between 0 and ``most``."""
        told = self.body.get(name, default)
        if isinstance(told, bool) or not isinstance(told, int):
            raise UnreadableBodyError
        return max(0, min(told, most))


_Act = Callable[[_Asked], dict[str, Any]]


def _watched(project: Project, act: _Act) -> Callable[[Request], Awaitable[Response]]:
    """Answer in a thread what a body asks, and stop when whoever asked has gone."""

    async def endpoint(request: Request) -> Response:
        if is_longer(request, BODY_AT_MOST):
            return Response(status_code=413)
        try:
            raw = await request.body()
        except ClientDisconnect:
            return Response(status_code=_GONE)
        gone = threading.Event()
        found: list[Response] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, request, gone)
            found.append(await anyio.to_thread.run_sync(_answer, project, act, request, raw, gone))
            tasks.cancel_scope.cancel()
        return found[0]

    return endpoint


async def _watch(request: Request, gone: threading.Event) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _answer(
    project: Project, act: _Act, request: Request, raw: bytes, gone: threading.Event
) -> Response:
    def check() -> None:
        if gone.is_set():
            raise _GoneError

    spoken = language(request)
    try:
        body = parsed(raw)
        told = body.get("language")
        spoken = told if told in LANGUAGES else spoken
        return JSONResponse(
            act(_Asked(project, body, author.of_request(request), spoken, check)),
            headers=_NEVER_KEPT,
        )
    except UnreadableBodyError:
        return unreadable(spoken)
    except PanopticError as error:
        return JSONResponse({"error": error.key, "message": error.message(spoken)}, 400)
    except _GoneError:
        return Response(status_code=_GONE)


def _offered(asked: _Asked) -> dict[str, Any]:
    mode = asked.body.get("mode", active_learning.MODES[0])
    if mode not in active_learning.MODES:
        raise UnreadableBodyError
    slug = _encoder(asked, reads_text=False)
    found = suggest.suggest(
        asked.project,
        of_type(str, asked.body.get("tag")),
        slug,
        view=asked.view(),
        mode=mode,
        count=asked.whole("count", OFFERED, OFFERED_AT_MOST),
        examples=_examples(asked),
        check=asked.check,
    )
    return {
        **asdict(found),
        "encoder": slug,
        "position": annotations_of(asked.project).state().position,
    }


def _answers(asked: _Asked) -> dict[str, Any]:
    listed = of_type(list, asked.body.get("answers", [asked.body]))
    return _write(
        asked,
        [
            (
                of_type(str, of_type(dict, one).get("tag")),
                [_known(asked.project, _texts(one, kind)) for kind in _KINDS],
            )
            for one in listed
        ],
    )


def _write(asked: _Asked, given: Iterable[tuple[str, Sequence[list[str]]]]) -> dict[str, Any]:
    """Write, of each tag, which images are accepted, refused, forgotten: one batch."""
    store = annotations_of(asked.project)
    state = store.state(fresh=True)
    parts, names = [pl.DataFrame(schema=CHANGE_SCHEMA)], []
    for id, said in given:
        tag, property = answers.tag_and_property(state, id)
        files = None
        if property.target == "file":
            files = asked.project.database().frame("files", ["file_id", "sha1"])
        parts.append(answers.answer_changes(state, tag.id, *said, files=files))
        names.append(tag.name)
    changes = pl.concat(parts)
    about = ", ".join(names[:NAMED_AT_MOST]) + ("…" if len(names) > NAMED_AT_MOST else "")
    batch = store.commit(changes, "answer", about=about, author=asked.author)
    is_answer = pl.col("property").str.starts_with(ANSWER_PREFIX)
    return {
        "batch": batch.id if changes.height else None,
        "position": store.state().position,
        "changed": changes.filter(is_answer)["target"].n_unique(),
    }


_KINDS = ("accepted", "refused", "forgotten")


def _refused(project: Project, request: Request) -> Response:
    state: State = annotations_of(project).state()
    tag, _ = answers.tag_and_property(state, request.query_params.get("tag", ""))
    said = answers.answers_of(state, tag.id).filter(pl.col("value") == REFUSED)
    last = said.sort("at", "target", descending=[True, False])["target"]
    start, count = (
        int(text) if text.isdecimal() and len(text) < 10 else default
        for text, default in (
            (request.query_params.get("start", ""), 0),
            (request.query_params.get("count", ""), LISTED),
        )
    )
    shown = last.slice(start, min(count, LISTED_AT_MOST)).to_list()
    return JSONResponse({"total": len(last), "sha1s": shown}, headers=_NEVER_KEPT)


def _classes(asked: _Asked) -> dict[str, Any]:
    body = asked.body
    slug = _encoder(asked, reads_text=True)
    least = float(of_type((int, float), body.get("least", 0)))
    only = body.get("only")
    kept, sorting = _kept(asked) or _keep(_sorted(asked, slug), asked.project)
    current = registry.get(asked.project)
    names = current.annotations.tags
    statuses = zero_shot_review.statuses(
        current, sorting, None if only is None else [of_type(str, only)]
    )
    return {
        "encoder": slug,
        "sorting": kept,
        "scale": sorting.predictions.scale,
        "fitted": sorting.predictions.fitted,
        "total": sum(_ends(one, least) for one in sorting.predictions.tags),
        "classes": [
            {
                "tag": one.tag,
                "name": names[one.tag].name,
                "prompts": one.prompts,
                "total": _ends(one, least),
                "counts": zero_shot_review.counts_by_threshold(one),
                "left": zero_shot_review.counts_by_threshold(one, stand.open),
                "images": _window(asked, one, stand, _ends(one, least)),
            }
            for one, stand in statuses
        ],
    }


def _sorted(asked: _Asked, slug: str) -> Review:
    body = asked.body
    parents, again = body.get("parents", zero_shot.PARENTS[0]), body.get("again") is True
    if parents not in zero_shot.PARENTS:
        raise UnreadableBodyError
    property = of_type(str, body.get("property"))
    found = zero_shot.predict(
        asked.project,
        property,
        slug,
        view=asked.view(),
        tags=_texts(body, "tags") if "tags" in body else None,
        language=asked.language,
        template=of_type(str, body.get("template") or ""),
        parents=parents,
        include_tagged=again,
        check=asked.check,
    )
    return Review(property, again, found)


def _class_answers(asked: _Asked) -> dict[str, Any]:
    body = asked.body
    least = float(of_type((int, float), body.get("least", 0)))
    accept = of_type(bool, body.get("accept"))
    only = None if body.get("only") is None else [of_type(str, body.get("only"))]
    found = _kept(asked)
    if found is None:
        return {"sorting": None, "batch": None, "changed": 0}
    name, sorting = found
    current = registry.get(asked.project)
    given = []
    for one, stand in zero_shot_review.statuses(current, sorting, only):
        open = np.flatnonzero(stand.open[: _ends(one, least)])
        sha1s = [one.sha1s[at] for at in open]
        if sha1s:
            given.append((one.tag, [sha1s, [], []] if accept else [[], sha1s, []]))
    return {**_write(asked, given), "sorting": name}


# A sorting of a million images takes 200 MB; of ten thousand nobody notices it.
KEPT = 3
_lock = threading.Lock()
_sortings: OrderedDict[str, tuple[str, Review]] = OrderedDict()


def _keep(sorting: Review, project: Project) -> tuple[str, Review]:
    name = secrets.token_hex(8)
    with _lock:
        _sortings[name] = (project.database().uri, sorting)
        while len(_sortings) > KEPT:
            _sortings.popitem(last=False)
    return name, sorting


def _kept(asked: _Asked) -> tuple[str, Review] | None:
    name = asked.body.get("sorting")
    if not isinstance(name, str):
        return None
    with _lock:
        uri, sorting = _sortings.get(name, (None, None))
        if sorting is None or uri != asked.project.database().uri:
            return None
        _sortings.move_to_end(name)
        return name, sorting


def _ends(one: TagPredictions, least: float) -> int:
    """Return how many images of a class are so probable: they come surest first."""
    return int(np.searchsorted(-one.probabilities, -np.float32(least), side="right"))


def _window(
    asked: _Asked, one: TagPredictions, stand: ReviewStatus, end: int
) -> list[dict[str, Any]]:
    start = asked.whole("start", 0, end)
    some = slice(start, min(end, start + asked.whole("count", LISTED, LISTED_AT_MOST)))
    values = zip(
        one.sha1s[some],
        one.probabilities[some].tolist(),
        one.similarities[some].tolist(),
        stand.accepted[some].tolist(),
        stand.refused[some].tolist(),
        stand.others[some].tolist(),
        strict=True,
    )
    return [
        {
            "sha1": sha1,
            "probability": probability,
            "similarity": similarity,
            "answer": True if accepted else False if refused else None,
            "other": None if other < 0 else stand.tags[other],
        }
        for sha1, probability, similarity, accepted, refused, other in values
    ]


def _encoder(asked: _Asked, *, reads_text: bool) -> str:
    told = asked.body.get("encoder")
    wanted = None if told is None else of_type(str, told)
    return encoder_for(asked.project, reads_text=reads_text, requested=wanted)


def _examples(asked: _Asked) -> list[str]:
    """Return the images that are examples beside those of the tag: a group, a cluster, some."""
    told = of_type(dict, asked.body.get("examples", {}))
    if "sha1s" in told:
        return _known(asked.project, _texts(told, "sha1s"))
    if "view" not in told:
        return []
    current = registry.get(asked.project)
    found = run_view(current, model.from_address(of_type(str, told["view"])))
    left = frozenset(_texts(told, "except"))
    return [sha1 for sha1 in current.sha1s(np.unique(found.rows)) if sha1 not in left]


def _known(project: Project, sha1s: Iterable[str]) -> list[str]:
    """Leave out what is no image of the corpus."""
    current = registry.get(project)
    named = [one for one in sha1s if one.isascii() and one.isalnum()]
    return current.sha1s(current.rows_of(named))


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    return [of_type(str, one) for one in of_type(list, body.get(name, []))]
