"""What pages read of the history of annotations, and undo, redo and switching, over HTTP.

Not here: what a batch did in words (``app.services.history_text``), the log and what follows from
it (``panoptic_data.annotations.store``), writing values (``annotations``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, Answer, Caller, answering, language, whole_number
from app.api.request_body import Id, RequestBody, with_body
from app.services import identity
from app.services.history_text import Words, summarize, without_proposals
from panoptic_data.annotations import tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.text import name_key, natural_key

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Batch
    from panoptic_data.annotations.store import Store
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["SwitchRequest", "images_of", "routes"]

LISTED = 50
LISTED_AT_MOST = 200
CHANGES_AT_ONCE = 50
SWITCH_BYTES = 4_096
# Someone who did something within this is at work.
AT_WORK_WITHIN = timedelta(minutes=10)
_VALUES = ("image", "file")
_BATCH = re.compile(r"[0-9a-f]{1,32}")
_SHA1 = re.compile(r"[0-9a-f]{40}")


def routes(project: Project) -> list[Route]:
    """Return the routes of the history; all take ``lang=``.

    - ``/batches?limit=&author=&property=&target=&before=``: ``position`` in the log, ``me``,
      ``more`` (whether there are older ones) and ``batches``, the latest first: ``batch``, ``at``,
      ``author``, ``act``, ``about``, ``isOn``, ``undoes`` (the batch that it switches) and what it
      did (``history_text.BatchSummary``), ``notes`` (of what was numbered, below). With
      ``target`` (a sha1) each has its ``changes`` of that image and its files. The first page (no
      ``before``) has what can be chosen: ``authors``, ``properties`` and ``atWork``. ``before``
      is a batch or the beginning of its id, a time.
    - ``/steps``: what undo and redo would do for the caller: ``undo`` and ``redo``
      (``batch``, ``said``; null for nothing), ``position``, ``me``, ``atWork``.
    - ``/batches/{batch}?start=``: ``changes`` of a batch, some at a time, and their ``total``.
    - ``POST /undo``, ``/redo``: ``{"seen": …}`` is the batch that the page shows as the step;
      where that is another by now nothing is done. Answers ``batch`` that was switched (null for
      none) with what it did as ``said``, and what ``/steps`` answers.
    - ``POST /switch``: ``{"batch": …, "on": …}``; the same answer, 404 for no such batch.

    What came back under a name that another tag or property has by now was numbered. ``renamed``
    lists it in the answers of the last two: ``kind``, ``id``, ``said`` (a sentence), and of a tag
    ``namesake``, the id of the other, with which it can be merged.
    """
    switch = with_body(SwitchRequest, _switch, SWITCH_BYTES)
    return [
        Route("/batches", answering(project, _history)),
        Route("/steps", answering(project, _read_steps)),
        Route("/batches/{batch}", answering(project, _changes)),
        Route("/undo", answering(project, _step(is_on=False)), methods=["POST"]),
        Route("/redo", answering(project, _step(is_on=True)), methods=["POST"]),
        Route("/switch", answering(project, switch), methods=["POST"]),
    ]


class StepRequest(RequestBody):
    """The body of ``POST /undo`` and ``/redo``; without ``seen`` any step is taken."""

    seen: Id | None = None


class SwitchRequest(RequestBody):
    """The body of ``POST /switch``."""

    batch: Id
    on: bool


def images_of(project: Project, batch: str) -> list[str]:
    """Return the sha1s of the images that a batch changed, those of changed files among them."""
    rows = annotations_of(project).changes(batch).select("kind", "target").unique()
    images: list[str] = rows.filter(pl.col("kind") == "image")["target"].to_list()
    files = rows.filter(pl.col("kind") == "file")["target"]
    if files.len():
        known = project.database().frame("files", ("file_id", "sha1"))
        of_files = known.filter(pl.col("file_id").is_in(files.implode()))["sha1"]
        images += of_files.drop_nulls().to_list()
    return list(dict.fromkeys(images))


def _history(project: Project, request: Request) -> Response:
    query = request.query_params
    store = annotations_of(project)
    limit = min(whole_number(query.get("limit"), LISTED), LISTED_AT_MOST)
    before = query.get("before")
    target = query.get("target")
    if (before and not _BATCH.fullmatch(before)) or (target and not _SHA1.fullmatch(target)):
        return Response(status_code=400)
    targets = [target, *_file_ids_of(project, store, target)] if target else None
    # One more than is listed tells whether there are older ones.
    batches = store.history(
        limit + 1,
        author=query.get("author") or None,
        property=query.get("property") or None,
        target=targets,
        before=before or None,
    )
    payload = {
        "position": store.state().position,
        "me": identity.of_request(request),
        "more": batches.height > limit,
        "batches": _listed(project, batches.head(limit), language(request), targets),
    }
    if not before:
        payload |= {
            "authors": sorted(store.log()["author"].unique(), key=natural_key),
            "properties": [[prop.id, prop.name] for prop in store.state().live_properties],
            "atWork": _at_work(store),
        }
    return JSONResponse(payload, headers=NO_STORE)


def _listed(
    project: Project, batches: pl.DataFrame, language: str, targets: list[str] | None
) -> list[dict[str, Any]]:
    """Return batches as pages read them; with targets also their changes of these."""
    store = annotations_of(project)
    log = store.log()
    words = Words(store.state(), log, language)
    undone = batches["undoes"].drop_nulls()
    ids = pl.concat([batches["batch"], undone]).unique()
    rows = without_proposals(log.filter(pl.col("batch").is_in(ids.implode())))
    summaries = summarize(words, rows)
    changes_of = {}
    if targets is not None:
        of_targets = rows.filter(pl.col("target").is_in(targets))
        for (batch,), part in of_targets.partition_by("batch", as_dict=True).items():
            changes_of[batch] = _readable(project, words, part)
    switches = rows.filter(pl.col("undoes").is_not_null()).partition_by("batch", as_dict=True)
    notes = {batch: _renamed(store, words, part) for (batch,), part in switches.items()}
    return [
        {
            "batch": row["batch"],
            "at": _timestamp(row["at"]),
            "author": row["author"],
            "act": row["act"],
            "about": row["about"],
            "isOn": row["is_on"],
            "undoes": row["undoes"],
            # A batch that switches another has the summary of that one, under its own name.
            **summaries[row["undoes"] if row["undoes"] in summaries else row["batch"]].as_json(),
            "name": words.act(row["act"]),
            "notes": [note["said"] for note in notes.get(row["batch"], ())],
            **({"changes": changes_of.get(row["batch"], [])} if targets is not None else {}),
        }
        for row in batches.iter_rows(named=True)
    ]


def _read_steps(project: Project, request: Request) -> Response:
    return JSONResponse(_steps(project, Caller.of(request)), headers=NO_STORE)


def _steps(project: Project, caller: Caller, batch: Batch | None = None) -> dict[str, Any]:
    """Return what a person can undo and redo now, and what ``batch`` has just switched."""
    store = annotations_of(project)
    ids = {"undo": store.can_undo(caller.author), "redo": store.can_redo(caller.author)}
    switched = None if batch is None else batch.undoes
    log = store.log()
    mentioned = [id for id in (*ids.values(), switched) if id is not None]
    words = Words(store.state(), log, caller.language)
    summaries = summarize(words, log.filter(pl.col("batch").is_in(mentioned)))
    return {
        "position": store.state().position,
        "me": caller.author,
        "atWork": _at_work(store),
        "batch": switched,
        "said": summaries[switched].text if switched in summaries else None,
        "renamed": [] if batch is None else _renamed(store, words, batch.changes),
        **{
            step: None if id is None else {"batch": id, "said": summaries[id].text}
            for step, id in ids.items()
        },
    }


def _renamed(store: Store, words: Words, changes: pl.DataFrame) -> list[dict[str, Any]]:
    """Return what came back by a switch under a name that was taken; ``changes`` are all of it."""
    state = store.state()
    names = changes.filter((pl.col("property") == "name") & (pl.col("kind") != "batch"))
    renamed = []
    for kind, id, old, new in names.select("kind", "target", "old", "new").iter_rows():
        name = json.loads(old)
        tag = state.tags.get(id) if kind == "tag" else None
        namesake = tags.by_name(state.tags, tag.property).get(name_key(name)) if tag else None
        text = words.text(f"renamed_{kind}", name=name, new=json.loads(new))
        other = namesake.id if namesake else None
        renamed.append({"kind": kind, "id": id, "said": text, "namesake": other})
    return renamed


def _step(*, is_on: bool) -> Answer:
    """Return the answer to ``/redo``, or to ``/undo``."""

    def step(project: Project, request: StepRequest, caller: Caller) -> dict[str, Any]:
        store = annotations_of(project)
        act = store.redo if is_on else store.undo
        return _steps(project, caller, act(caller.author, request.seen))

    with_seen = with_body(StepRequest, step, SWITCH_BYTES)

    def answer(project: Project, request: Request) -> Response:
        if request.headers.get("content-length", "0") != "0":
            return with_seen(project, request)
        payload = step(project, StepRequest(), Caller.of(request))
        return JSONResponse(payload, headers=NO_STORE)

    return answer


def _switch(project: Project, request: SwitchRequest, caller: Caller) -> dict[str, Any] | Response:
    store = annotations_of(project)
    rows = store.changes(request.batch)
    # What switches another is undone by switching that one.
    if rows.is_empty() or rows["undoes"][0] is not None:
        return Response(status_code=404)
    batch = store.switch(request.batch, request.on, caller.author)
    return _steps(project, caller, batch if batch.changes.height else None)


def _changes(project: Project, request: Request) -> Response:
    store = annotations_of(project)
    rows = without_proposals(store.changes(request.path_params["batch"]))
    if rows.is_empty():
        return Response(status_code=404)
    words = Words(store.state(), store.log(), language(request))
    start = whole_number(request.query_params.get("start"), 0)
    window = rows.slice(start, CHANGES_AT_ONCE)
    payload = {"total": rows.height, "changes": _readable(project, words, window)}
    return JSONResponse(payload, headers=NO_STORE)


def _readable(project: Project, words: Words, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows of the log as people read them."""
    files = rows.filter(pl.col("kind") == "file")["target"].unique().to_list()
    images = rows.filter(pl.col("kind") == "image")["target"].unique().to_list()
    image_and_path = _images_of_files(project, files)
    path_of = _paths_of_images(registry.get(project), images)
    return [_change(words, row, path_of, image_and_path) for row in rows.iter_rows(named=True)]


def _change(
    words: Words,
    row: dict[str, Any],
    path_of: dict[str, str],
    image_and_path: dict[str, tuple[str, str]],
) -> dict[str, Any]:
    kind, target = row["kind"], row["target"]
    name: str | None
    sha1: str | None
    if kind not in _VALUES:
        name = words.property(target) if kind == "property" else words.tag(target).text
        property = words.part_name(row["property"])
        values = {end: words.part(kind, row["property"], row[end]) for end in ("old", "new")}
        sha1 = None
    else:
        sha1, path = image_and_path.get(target, (target, path_of.get(target)))
        sha1 = None if path is None else sha1
        name = None if path is None else path.rpartition("/")[2]
        property = words.property(row["property"])
        values = {end: words.value(row["property"], row[end]) for end in ("old", "new")}
    return {
        "kind": kind,
        "sha1": sha1,
        "name": name,
        "property": property,
        "op": row["op"],
        **{end: [vars(value) for value in listed] for end, listed in values.items()},
    }


def _paths_of_images(current: Catalogue, sha1s: Iterable[str]) -> dict[str, str]:
    """Return the path of the first file of each image; unknown images are left out."""
    rows = current.rows_of(list(sha1s))
    paths = current.frame["place"].gather(rows)
    return dict(zip(current.sha1s(rows), paths, strict=True))


def _images_of_files(project: Project, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Return the sha1 and the path of each file."""
    rows = project.database().take("files", ids, ("file_id", "sha1", "source", "path"))
    return {
        row["file_id"]: (row["sha1"] or "", f"{row['source']}/{row['path']}")
        for row in rows.to_pylist()
    }


def _file_ids_of(project: Project, store: Store, sha1: str) -> list[str]:
    """Return the files of an image, where any property belongs to files."""
    if all(prop.target == "image" for prop in store.state().properties.values()):
        return []
    files = project.database().frame("files", ("file_id",), f"sha1 = '{sha1}'")
    ids: list[str] = files["file_id"].to_list()
    return ids


def _at_work(store: Store) -> list[dict[str, str]]:
    """Return who did something lately, and when last; the latest first."""
    since = datetime.now(UTC) - AT_WORK_WITHIN
    recent = store.log().filter(pl.col("at") >= since)
    last = recent.group_by("author").agg(pl.col("at").max()).sort("at", descending=True)
    return [{"author": name, "at": _timestamp(at)} for name, at in last.iter_rows()]


def _timestamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
