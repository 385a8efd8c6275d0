"""What the page of duplicates asks over HTTP: open groups, one of them, merges and what they do.

Each merge is one batch of the log, undone with one press. No file is ever touched. Not here:
which groups are open (``panoptic_data.duplicates.review``), who stays and takes over what
(``panoptic_data.duplicates.merge``), undo (``undoing``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language, spreadsheet
from app.api.request_body import UnreadableBodyError, is_longer, of_type, parsed, unreadable
from app.server import identity as author
from app.services.history_text import Words
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.duplicates import merge, review
from panoptic_data.messages import translate
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.duplicates.review import Groups
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["routes"]

LISTED = 100
LISTED_AT_MOST = 1_000
# Of a group, in the list.
PICTURED = 4
# So many places has the slider of how alike groups are.
STEPS = 12
# Values that differ, in words: more are counted.
TOLD_AT_MOST = 40
# A million sha1s as JSON.
BODY_AT_MOST = 64 * 2**20
_SHA1 = re.compile(r"[0-9a-f]{40}")
_NEVER_KEPT = {"Cache-Control": "no-store"}


def routes(project: Project) -> list[Route]:
    """Return the routes of duplicates; ``view=`` is the address of what is compared, else all.

    ``first=`` (``keeping.FIRSTS``) decides before all else which image of a group is suggested.

    - ``GET /clearing/groups?kind=&order=&start=&count=&view=&at=``: ``kinds``, each with its open
      ``groups``, how many images would be ``leaving``, ``bytes`` that copies take up, the greatest
      ``distances`` of its groups (each with how many there are), how many are ``closed``; ``found``
      (null before duplicates were looked for, else how many groups there are in all), ``position``
      of the log; of ``kind`` some ``groups`` from ``start`` on: ``group``, ``count``,
      ``distance``, ``bytes``, ``place`` and some ``sha1s``, the keeper first; ``at``, the place of
      the first of the groups named (by commas) that is open, else null.
    - ``GET /clearing/group?group=&view=``: its ``members``, the suggested keeper first, and why it
      is (``reason``), with what ``/clearing/preview`` says of it; of copies of one file the
      ``files``, the one to keep first. 404 for one that is not open.
    - ``POST /clearing/preview``: ``keeper``, ``out``; the values that the keeper is ``given``
      and, as ``lost``, those it cannot take over, each property with its values.
    - ``POST /clearing/merge``: ``kind``, ``keeper`` and ``out`` (who leaves), ``stay`` (sha1s that
      are no duplicates of each other, the keeper among them). ``batch``, ``position`` and how many
      images ``left``. 409 where the keeper is no longer in the corpus.
    - ``POST /clearing/plan``: ``kind``, ``view``, ``first``, ``most`` (a distance; null for any),
      ``agreeing`` (groups whose values disagree are left alone): ``groups``, ``leaving``,
      ``disagreeing``.
    - ``POST /clearing/merge-all``: the same, with ``groups`` and ``leaving`` as they were told; 409
      where they are others by now.
    - ``GET /clearing/copies.csv?view=&lang=``: files that hold the same bytes as another one.
    """
    posted: Mapping[str, _Act] = {
        "/clearing/preview": _preview,
        "/clearing/merge": _merge,
        "/clearing/plan": _plan,
        "/clearing/merge-all": _merge_all,
    }
    return [
        Route("/clearing/groups", answering(project, _groups)),
        Route("/clearing/group", answering(project, _group)),
        Route("/clearing/copies.csv", answering(project, _copies)),
        *(
            Route(path, answering(project, _posted(act)), methods=["POST"])
            for path, act in posted.items()
        ),
    ]


@dataclass(frozen=True)
class _Asked:
    """One question: its body and who asks."""

    project: Project
    body: Mapping[str, Any]
    author: str
    language: str

    def text(self, name: str) -> str:
        told: str = of_type(str, self.body.get(name))
        return told

    def sha1s(self, name: str) -> list[str]:
        listed = [of_type(str, one) for one in of_type(list, self.body.get(name, []))]
        if not all(_SHA1.fullmatch(one) for one in listed):
            raise UnreadableBodyError
        return list(dict.fromkeys(listed))

    def whole(self, name: str) -> int:
        told = self.body.get(name)
        if isinstance(told, bool):
            raise UnreadableBodyError
        return int(of_type(int, told))


_Act = Callable[[_Asked], dict[str, Any] | Response]


def _posted(act: _Act) -> Callable[[Project, Request], Response]:
    def answered(project: Project, request: Request) -> Response:
        spoken = language(request)
        if is_longer(request, BODY_AT_MOST):
            return Response(status_code=413)
        try:
            body = parsed(anyio.from_thread.run(request.body))
            told = act(_Asked(project, body, author.of_request(request), spoken))
        except UnreadableBodyError:
            return unreadable(spoken)
        return told if isinstance(told, Response) else JSONResponse(told, headers=_NEVER_KEPT)

    return answered


def _groups(project: Project, request: Request) -> Response:
    asked = request.query_params
    order = asked.get("order", review.ORDERS[0])
    if order not in review.ORDERS:
        return Response(status_code=400)
    current = registry.get(project)
    view = _view(asked.get("view"))
    known = review.kinds(current)
    first = _first(asked.get("first"))
    opened = {kind: review.opened(current, kind, view, first) for kind in known}
    told: dict[str, Any] = {
        "position": current.annotations.position,
        "found": _found(project, current),
        "kinds": [_kind(current, one) for one in opened.values()],
        "total": 0,
        "start": 0,
        "at": None,
        "groups": [],
    }
    chosen = opened.get(asked.get("kind", ""))
    if chosen is not None:
        listed = chosen.ordered(order)
        start = _whole(asked.get("start"), 0)
        at = _place(listed, asked.get("at", "").split(","))
        if at is not None and "start" not in asked:
            start = at - at % LISTED
        count = min(_whole(asked.get("count"), LISTED), LISTED_AT_MOST)
        rows = [_listed(row) for row in listed.slice(start, count).iter_rows(named=True)]
        told |= {"total": len(chosen), "start": start, "at": at, "groups": rows}
    return JSONResponse(told, headers=_NEVER_KEPT)


def _found(project: Project, current: Catalogue) -> int | None:
    """Return how many groups there are, cleared ones too; None before they were looked for."""
    database = project.database()
    # Where none was found there is no table, but the record that they were looked for.
    if not database.version("duplicates"):
        return 0 if database.count("stages", "stage = 'duplicates'") else None
    return int(current.duplicates()["group"].n_unique())


def _kind(current: Catalogue, one: Groups) -> dict[str, Any]:
    of_kind = current.duplicates().filter(pl.col("kind") == one.kind)
    steps = one.frame.group_by("distance").len().sort("distance")
    return {
        "kind": one.kind,
        "groups": len(one),
        "closed": of_kind["group"].n_unique() - len(one),
        "leaving": one.leaving,
        "bytes": one.bytes,
        "distances": _steps(steps) if one.kind != review.COPIES else [],
    }


def _steps(counted: pl.DataFrame) -> list[list[float]]:
    """Return some distances, each with how many groups are within it: as many as a slider has."""
    within = counted.with_columns(pl.col("len").cum_sum())
    if within.height > STEPS:
        chosen = [round((at + 1) * within.height / STEPS) - 1 for at in range(STEPS)]
        within = within[chosen]
    return [[distance, count] for distance, count in within.iter_rows()]


def _place(listed: pl.DataFrame, named: Sequence[str]) -> int | None:
    for group in named:
        found = listed["group"].index_of(group) if group else None
        if found is not None:
            return int(found)
    return None


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "group": row["group"],
        "count": row["count"],
        "distance": row["distance"],
        "bytes": row["bytes"],
        "place": row["place"],
        "sha1s": [row["keeper"], *row["others"][: PICTURED - 1]],
    }


def _group(project: Project, request: Request) -> Response:
    asked = request.query_params
    group = asked.get("group", "")
    kind = group.rpartition(":")[0]
    current = registry.get(project)
    if kind not in review.kinds(current):
        return Response(status_code=404)
    first = _first(asked.get("first"))
    opened = review.opened(current, kind, _view(asked.get("view")), first)
    found = opened.frame.filter(pl.col("group") == group)
    if found.is_empty():
        return Response(status_code=404)
    row = found.row(0, named=True)
    told = {"group": group, "kind": kind, "place": row["place"]}
    if kind == review.COPIES:
        return JSONResponse(told | _places(project, row["keeper"]), headers=_NEVER_KEPT)
    told |= {
        "reason": merge.said(row["reason"], language(request), first),
        "members": _members(current, opened, [row["keeper"], *row["others"]]),
        **_told(project, language(request), row["keeper"], row["others"]),
    }
    return JSONResponse(told, headers=_NEVER_KEPT)


def _members(current: Catalogue, opened: Groups, sha1s: list[str]) -> list[dict[str, Any]]:
    """Return what is compared of each image of a group, in this order."""
    rows = current.rows_of(sha1s)
    of_images = current.frame[rows].select(
        "sha1",
        "width",
        "height",
        pl.col("format").cast(pl.String),
        "copies",
        bytes="size",
        place=pl.col("place").cast(pl.String),
        taken=pl.col("taken_at").dt.strftime("%Y-%m-%d %H:%M"),
    )
    facts = review.facts(current, rows)
    distances = opened.distances.filter(pl.col("sha1").is_in(sha1s))
    both = of_images.join(
        facts.select("sha1", "annotated", "oldest"), on="sha1", how="left", maintain_order="left"
    ).join(distances, on="sha1", how="left", maintain_order="left")
    return (
        both.with_columns(
            name=pl.col("place").str.replace(r"^.*/", ""),
            modified=pl.from_epoch(pl.col("oldest"), time_unit="ns").dt.strftime("%Y-%m-%d %H:%M"),
        )
        .drop("oldest")
        .to_dicts()
    )


def _places(project: Project, sha1: str) -> dict[str, Any]:
    found = review.copies(project, [sha1])
    if found.is_empty():
        return {"sha1": sha1, "bytes": 0, "files": []}
    return {
        "sha1": sha1,
        "bytes": found["bytes"][0],
        "files": [
            {"path": path, "isKept": is_kept, "modified": _moment(at)}
            for path, is_kept, at in found.select("path", "is_kept", "modified").iter_rows()
        ],
    }


def _moment(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds / 1e9, UTC):%Y-%m-%d %H:%M}"


def _preview(asked: _Asked) -> dict[str, Any]:
    keeper = asked.text("keeper")
    if not _SHA1.fullmatch(keeper):
        raise UnreadableBodyError
    return _told(asked.project, asked.language, keeper, asked.sha1s("out"))


def _told(project: Project, spoken: str, keeper: str, out: Sequence[str]) -> dict[str, Any]:
    """Say in words what a keeper takes over, and what it cannot."""
    store = annotations_of(project)
    state = store.state()
    changes, lost = merge.merged(state, {keeper: list(out)})
    words = Words(state, store.log() if changes.height or lost.height else changes, spoken)
    given = changes.filter(pl.col("property") != EXCLUDED)
    own = {
        property: state.property_values(property).take([keeper])["value"].to_list()
        for property in lost["property"].unique(maintain_order=True)
    }
    # What it has none of it is given, from the first of the others.
    own |= {
        property: values
        for (property,), part in given.group_by("property", maintain_order=True)
        if (values := part["new"].to_list()) and property in own and not own[property]
    }
    return {
        "given": _by_property(words, given.select("property", value="new")),
        "lost": [
            {**one, "own": _texts(words, one["id"], own.get(one["id"], []))}
            for one in _by_property(words, lost.select("property", "value"))
        ],
    }


def _by_property(words: Words, values: pl.DataFrame) -> list[dict[str, Any]]:
    listed = values.unique(maintain_order=True).group_by("property", maintain_order=True)
    return [
        {"id": id, "property": words.property(id), "values": _texts(words, id, part["value"])}
        for (id,), part in listed
    ]


def _texts(words: Words, property: Any, values: Sequence[str] | pl.Series) -> list[str]:
    """Return values as people read them; of very many the first."""
    said = [one.text for text in values[:TOLD_AT_MOST] for one in words.value(str(property), text)]
    return said if len(values) <= TOLD_AT_MOST else [*said, "…"]


def _merge(asked: _Asked) -> dict[str, Any] | Response:
    kind, out, stay = asked.text("kind"), asked.sha1s("out"), asked.sha1s("stay")
    told = asked.body.get("keeper")
    keeper = None if told is None else asked.text("keeper")
    current = registry.get(asked.project)
    if kind not in review.kinds(current) or kind == review.COPIES:
        raise UnreadableBodyError
    named = [*out, *stay, *([] if keeper is None else [keeper])]
    if (out and (keeper is None or keeper in out)) or set(out) & set(stay):
        raise UnreadableBodyError
    if len(current.rows_of(named)) != len(named):
        return _refused(asked, "changed")
    store = annotations_of(asked.project)
    state = store.state(fresh=True)
    if keeper is not None and state.excluded.take([keeper]).height:
        # Someone took it out meanwhile: without it nothing of the picture would be left.
        return _refused(asked, "keeper_left")
    parts = []
    if keeper is not None and out:
        parts.append(merge.merged(state, {keeper: out})[0])
    if stay:
        parts.append(merge.apart(state, kind, stay))
    changes = pl.concat(parts) if parts else None
    if changes is None or changes.is_empty():
        return _written(asked, None, 0)
    about = _name(current, keeper or stay[0])
    batch = store.commit(
        changes, "duplicates" if out else "apart", about=about, author=asked.author
    )
    return _written(asked, batch.id, changes.filter(pl.col("property") == EXCLUDED).height)


def _written(asked: _Asked, batch: str | None, left: int) -> dict[str, Any]:
    position = annotations_of(asked.project).state().position
    return {"batch": batch, "position": position, "left": left}


def _name(current: Catalogue, sha1: str) -> str | None:
    rows = current.rows_of([sha1])
    place = current.frame["place"][int(rows[0])] if len(rows) else None
    return None if place is None else str(place).rpartition("/")[2]


def _plan(asked: _Asked) -> dict[str, Any]:
    made = _planned(asked)
    return {"groups": made.groups, "leaving": made.leaving, "disagreeing": made.disagreeing}


def _planned(asked: _Asked) -> review.Plan:
    current = registry.get(asked.project)
    kind = asked.text("kind")
    if kind not in review.kinds(current):
        raise UnreadableBodyError
    view = asked.body.get("view")
    named = None if view is None else of_type(str, view)
    opened = review.opened(current, kind, _view(named), _first(asked.body.get("first")))
    most = asked.body.get("most")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int | float)):
        raise UnreadableBodyError
    return review.plan(
        current.annotations, opened, most, agreeing=asked.body.get("agreeing") is not False
    )


def _merge_all(asked: _Asked) -> dict[str, Any] | Response:
    expected = asked.whole("groups"), asked.whole("leaving")
    # What others wrote a moment ago counts.
    annotations_of(asked.project).state(fresh=True)
    made = _planned(asked)
    if (made.groups, made.leaving) != expected:
        return _refused(asked, "changed")
    about = translate("duplicates.about_groups", asked.language, count=made.groups)
    batch = annotations_of(asked.project).commit(
        made.changes, "duplicates", about=about, author=asked.author
    )
    return _written(asked, batch.id if made.changes.height else None, made.leaving)


def _refused(asked: _Asked, why: str) -> Response:
    text = translate(f"duplicates.{why}", asked.language)
    return JSONResponse({"error": why, "message": text}, 409)


def _copies(project: Project, request: Request) -> Response:
    spoken = language(request)
    current = registry.get(project)
    opened = review.opened(current, review.COPIES, _view(request.query_params.get("view")))
    found = review.copies(project, opened.frame["keeper"].to_list()).filter(~pl.col("is_kept"))
    head = [translate(f"duplicates.csv_{name}", spoken) for name in ("kept", "copy", "bytes")]
    return spreadsheet("copies.csv", head, found.select("kept", "path", "bytes").iter_rows())


def _view(told: str | None) -> View | None:
    return model.from_address(told) if told else None


def _first(told: Any) -> str:
    return told if told in merge.FIRSTS else merge.FIRSTS[0]


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else default
