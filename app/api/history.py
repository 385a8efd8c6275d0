"""What pages read of the history of annotations, and undo, redo and switching, over HTTP.

Not here: what a batch did in words (``deeds``), the log and what follows from it
(``panoptic_data.annotations.store``), writing values (``annotating``), who asks (``author``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language
from app.server import identity
from app.services.history_text import Words, deeds
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Batch
    from panoptic_data.annotations.store import Store
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["images_of", "routes"]

LISTED = 50
LISTED_AT_MOST = 200
CHANGES_AT_ONCE = 50
# Someone who did something within this is at work.
AT_WORK_WITHIN = timedelta(minutes=10)
_VALUES = ("image", "file")
_BATCH = re.compile(r"[0-9a-f]{1,32}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_NEVER_KEPT = {"Cache-Control": "no-store"}


def routes(project: Project) -> list[Route]:
    """Return the routes of the history; all take ``lang=``.

    - ``/batches?limit=&author=&property=&target=&before=``: ``position`` in the log, ``me``,
      ``more`` (whether there are older ones) and ``batches``, the latest first: ``batch``, ``at``,
      ``author``, ``act``, ``about``, ``isOn``, ``undoes`` (the batch that it switches) and what it
      did (``deeds.Deed``). With ``target`` (a sha1) each has its ``changes`` of that image and
      its files. The first page (no ``before``) has what can be asked for: ``authors``,
      ``properties`` and ``atWork``. ``before`` is a batch or the beginning of its id, a time.
    - ``/steps``: what undo and redo would do for who asks: ``undo`` and ``redo``
      (``batch``, ``said``; null for nothing), ``position``, ``me``, ``atWork``.
    - ``/batches/{batch}?start=``: ``changes`` of a batch, some at a time, and their ``total``.
    - ``POST /undo``, ``/redo``: ``batch`` that was switched (null for none) with what it did as
      ``said``, and what ``/steps`` says.
    - ``POST /switch``: ``{"batch": …, "on": …}``; the same answer, 404 for no such batch.
    """
    return [
        Route("/batches", answering(project, _history)),
        Route("/steps", answering(project, _steps)),
        Route("/batches/{batch}", answering(project, _changes)),
        Route("/undo", answering(project, _stepping(is_on=False)), methods=["POST"]),
        Route("/redo", answering(project, _stepping(is_on=True)), methods=["POST"]),
        Route("/switch", answering(project, _switch), methods=["POST"]),
    ]


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
    asked = request.query_params
    store = annotations_of(project)
    limit = min(_whole(asked.get("limit"), LISTED), LISTED_AT_MOST)
    before = asked.get("before")
    target = asked.get("target")
    if (before and not _BATCH.fullmatch(before)) or (target and not _SHA1.fullmatch(target)):
        return Response(status_code=400)
    targets = [target, *_files_of(project, store, target)] if target else None
    found = store.history(
        limit + 1,
        author=asked.get("author") or None,
        property=asked.get("property") or None,
        target=targets,
        before=before or None,
    )
    told = {
        "position": store.state().position,
        "me": identity.of_request(request),
        "more": found.height > limit,
        "batches": _listed(project, found.head(limit), language(request), targets),
    }
    if not before:
        told |= {
            "authors": sorted(store.log()["author"].unique(), key=str.casefold),
            "properties": [[one.id, one.name] for one in store.state().live_properties],
            "atWork": _at_work(store),
        }
    return JSONResponse(told, headers=_NEVER_KEPT)


def _listed(
    project: Project, found: pl.DataFrame, spoken: str, targets: list[str] | None
) -> list[dict[str, Any]]:
    """Return batches as pages read them; with targets also their changes of these."""
    store = annotations_of(project)
    log = store.log()
    words = Words(store.state(), log, spoken)
    undone = found["undoes"].drop_nulls()
    ids = pl.concat([found["batch"], undone]).unique()
    rows = log.filter(pl.col("batch").is_in(ids.implode()))
    done = deeds(words, rows)
    of_targets = {}
    if targets is not None:
        mine = rows.filter(pl.col("target").is_in(targets))
        for (batch,), part in mine.partition_by("batch", as_dict=True).items():
            of_targets[batch] = _read(project, words, part)
    return [
        {
            "batch": row["batch"],
            "at": _moment(row["at"]),
            "author": row["author"],
            "act": row["act"],
            "about": row["about"],
            "isOn": row["is_on"],
            "undoes": row["undoes"],
            # One that switches another says what that one did, by its own name.
            **done[row["undoes"] if row["undoes"] in done else row["batch"]].as_json(),
            "name": words.act(row["act"]),
            **({"changes": of_targets.get(row["batch"], [])} if targets is not None else {}),
        }
        for row in found.iter_rows(named=True)
    ]


def _steps(project: Project, request: Request) -> Response:
    return JSONResponse(_stepped(project, request), headers=_NEVER_KEPT)


def _stepped(project: Project, request: Request, batch: Batch | None = None) -> dict[str, Any]:
    """Say what a person can undo and redo now, and what was switched a moment ago."""
    store = annotations_of(project)
    who = identity.of_request(request)
    ids = {"undo": store.can_undo(who), "redo": store.can_redo(who)}
    switched = None if batch is None else batch.undoes
    log = store.log()
    named = [id for id in (*ids.values(), switched) if id is not None]
    words = Words(store.state(), log, language(request))
    done = deeds(words, log.filter(pl.col("batch").is_in(named)))
    return {
        "position": store.state().position,
        "me": who,
        "atWork": _at_work(store),
        "batch": switched,
        "said": done[switched].said if switched in done else None,
        **{
            step: None if id is None else {"batch": id, "said": done[id].said}
            for step, id in ids.items()
        },
    }


def _stepping(*, is_on: bool) -> Callable[[Project, Request], Response]:
    """Return what answers undo, or redo."""

    def answered(project: Project, request: Request) -> Response:
        store = annotations_of(project)
        who = identity.of_request(request)
        batch = store.redo(who) if is_on else store.undo(who)
        return JSONResponse(_stepped(project, request, batch), headers=_NEVER_KEPT)

    return answered


def _switch(project: Project, request: Request) -> Response:
    try:
        told = json.loads(anyio.from_thread.run(request.body))
        id, is_on = str(told["batch"]), told["on"] is True
    except (ValueError, TypeError, KeyError):
        return Response(status_code=400)
    store = annotations_of(project)
    rows = store.changes(id)
    # What switches another is undone by switching that one.
    if rows.is_empty() or rows["undoes"][0] is not None:
        return Response(status_code=404)
    if (id not in store.state().inactive) == is_on:
        return JSONResponse(_stepped(project, request), headers=_NEVER_KEPT)
    batch = store.switch(id, is_on, identity.of_request(request))
    return JSONResponse(_stepped(project, request, batch), headers=_NEVER_KEPT)


def _changes(project: Project, request: Request) -> Response:
    store = annotations_of(project)
    rows = store.changes(request.path_params["batch"])
    if rows.is_empty():
        return Response(status_code=404)
    words = Words(store.state(), store.log(), language(request))
    start = _whole(request.query_params.get("start"), 0)
    some = rows.slice(start, CHANGES_AT_ONCE)
    told = {"total": rows.height, "changes": _read(project, words, some)}
    return JSONResponse(told, headers=_NEVER_KEPT)


def _read(project: Project, words: Words, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows of the log as people read them."""
    files = rows.filter(pl.col("kind") == "file")["target"].unique().to_list()
    images = rows.filter(pl.col("kind") == "image")["target"].unique().to_list()
    of_files = _images_of_files(project, files)
    places = _places(registry.get(project), images)
    return [_change(words, row, places, of_files) for row in rows.iter_rows(named=True)]


def _change(
    words: Words,
    row: dict[str, Any],
    places: dict[str, str],
    of_files: dict[str, tuple[str, str]],
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
        in_file = of_files.get(target)
        place = places.get(target) if in_file is None else in_file[1]
        sha1 = None if place is None else target if in_file is None else in_file[0]
        name = None if place is None else place.rpartition("/")[2]
        property = words.property(row["property"])
        values = {end: words.value(row["property"], row[end]) for end in ("old", "new")}
    return {
        "kind": kind,
        "sha1": sha1,
        "name": name,
        "property": property,
        "op": row["op"],
        **{end: [vars(one) for one in listed] for end, listed in values.items()},
    }


def _places(current: Catalogue, sha1s: Iterable[str]) -> dict[str, str]:
    """Return where the first file of each image is; images that are not here are left out."""
    rows = current.rows_of(list(sha1s))
    places = current.frame["place"].gather(rows)
    return dict(zip(current.sha1s(rows), places, strict=True))


def _images_of_files(project: Project, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Return each file's image and path."""
    rows = project.database().take("files", ids, ("file_id", "sha1", "source", "path"))
    return {
        row["file_id"]: (row["sha1"] or "", f"{row['source']}/{row['path']}")
        for row in rows.to_pylist()
    }


def _files_of(project: Project, store: Store, sha1: str) -> list[str]:
    """Return the files of an image, where any property belongs to files."""
    if all(one.target == "image" for one in store.state().properties.values()):
        return []
    found = project.database().frame("files", ("file_id",), f"sha1 = '{sha1}'")
    ids: list[str] = found["file_id"].to_list()
    return ids


def _at_work(store: Store) -> list[dict[str, str]]:
    """Return who did something lately, and when last; the latest first."""
    since = datetime.now(UTC) - AT_WORK_WITHIN
    recent = store.log().filter(pl.col("at") >= since)
    last = recent.group_by("author").agg(pl.col("at").max()).sort("at", descending=True)
    return [{"author": name, "at": _moment(at)} for name, at in last.iter_rows()]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else default
