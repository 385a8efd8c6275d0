"""What the page Import asks and does over HTTP: a file comes in, is arranged, becomes a batch.

Not here: the files in hand and the work on them (``drafts``), what an import is
(``panoptic_data.exchange.plan``), undoing one (``undoing``).
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import numpy as np
import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering, language, spreadsheet
from app.api.request_body import UnreadableBodyError, parsed
from app.server import identity
from app.services.import_sessions import PATIENCE, Choices, Draft, Drafts
from panoptic_data.exchange import matching as row_matching
from panoptic_data.exchange import plan as import_plan
from panoptic_data.exchange import tables
from panoptic_data.messages import translate

if TYPE_CHECKING:
    from panoptic_data.exchange.plan import Plan
    from panoptic_data.storage.project import Project

__all__ = ["UPLOAD_AT_MOST", "routes"]

# A file is held in memory; a larger one is read from its place on this machine.
UPLOAD_AT_MOST = 512 * 2**20
BODY_AT_MOST = 2**20
# Written to disk at once.
CHUNK = 4 * 2**20
LONGEST_NAME = 120
PICTURES = 6
# Of each row beside its picture so much is read.
CELLS = 5
LONGEST_CELL = 120
TAGS_LISTED = 200
_NEVER_KEPT = {"Cache-Control": "no-store"}
# How far on the next pictures lie, as a part of the way from one to the next: they never repeat.
_STRIDE = (5**0.5 - 1) / 2


def routes(project: Project) -> list[Route]:
    """Return the routes of imports; all take ``lang=``.

    - ``POST /imports/file?name=&into=``: the bytes of a file begin an import; ``into`` names the
      property whose tags it lists. ``POST /imports/path``: ``{"path": …, "into": …}``, a file or
      a Panoptic project on this machine.
    - ``/imports/{id}``: what is in hand (:func:`_told`). Every route below answers the same.
    - ``POST /imports/{id}``: other choices: ``matching`` (``by``, ``column``, ``folder``),
      ``columns`` (by their names; see ``imports.plan``), ``existing``, ``target``, ``into``.
    - ``POST /imports/{id}/write``, ``/imports/{id}/stop``: begin to write, and give it up.
    - ``/imports/{id}/rows?page=``: some rows from all over with the image of each: ``rows`` has
      ``line``, ``sha1``, ``place`` and ``cells`` (column, text).
    - ``/imports/{id}/missing.csv``: the lines of which nothing is imported, and why.
    - ``DELETE /imports/{id}``: let it go.
    - ``/imports/folders``: ``folders`` that rows can follow, with how many files each has.
    """
    drafts = Drafts(project)

    def route(path: str, answer: Callable[..., Response], method: str = "GET") -> Route:
        def answered(_: Project, request: Request) -> Response:
            if "id" not in request.path_params:
                return answer(project, drafts, request)
            draft = drafts.get(request.path_params["id"])
            if draft is None:
                return _refused(request, "gone", 404)
            return answer(project, drafts, draft, request)

        return Route(f"/imports{path}", answering(project, answered), methods=[method])

    return [
        route("/file", _upload, "POST"),
        route("/path", _open, "POST"),
        route("/folders", _folders),
        route("/{id}", _look),
        route("/{id}", _arrange, "POST"),
        route("/{id}", _drop, "DELETE"),
        route("/{id}/write", _write, "POST"),
        route("/{id}/stop", _stop, "POST"),
        route("/{id}/rows", _rows),
        route("/{id}/missing.csv", _missing),
    ]


# Beginning


def _upload(_: Project, drafts: Drafts, request: Request) -> Response:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > UPLOAD_AT_MOST:
        return _refused(request, "too_large", 413, most=UPLOAD_AT_MOST // 2**20)
    name = _file_name(request.query_params.get("name", ""))
    folder = drafts.folder()
    path = folder / name
    if not _kept(request, path):
        shutil.rmtree(folder, ignore_errors=True)
        return _refused(request, "too_large", 413, most=UPLOAD_AT_MOST // 2**20)
    draft = drafts.begin(name, request.query_params.get("into") or None)
    draft.read(path, folder)
    return _begun(draft, request)


def _kept(request: Request, path: Path) -> bool:
    """Write the body of a request to a file; False where it is too large."""
    stream = request.stream()
    size = 0
    with path.open("wb", buffering=CHUNK) as file:
        while (chunk := anyio.from_thread.run(_next, stream)) is not None:
            size += len(chunk)
            if size > UPLOAD_AT_MOST:
                return False
            file.write(chunk)
    return True


async def _next(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)


def _file_name(given: str) -> str:
    """Return the name of a file as a file can be called anywhere, its ending kept."""
    last = given.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip().strip(".")
    path = Path(plain or "file")
    ending = path.suffix[:10]
    stem = path.stem.encode()[:LONGEST_NAME].decode("utf-8", "ignore")
    return f"{stem}{ending}"


def _open(_: Project, drafts: Drafts, request: Request) -> Response:
    body = _body(request)
    given = body.get("path") if body is not None else None
    # As it is copied from a file manager or a terminal.
    text = given.strip().strip("'\"").removeprefix("file://") if isinstance(given, str) else ""
    if body is None or not text or "\0" in text:
        return _refused(request, "unreadable", 400)
    path = Path(text).expanduser()
    draft = drafts.begin(path.name or text, _optional(body.get("into")))
    draft.read(path)
    return _begun(draft, request)


def _begun(draft: Draft, request: Request) -> Response:
    draft.settled.wait(PATIENCE)
    return _answered(draft, request)


# In hand


def _look(_: Project, __: Drafts, draft: Draft, request: Request) -> Response:
    return _answered(draft, request)


def _arrange(_: Project, __: Drafts, draft: Draft, request: Request) -> Response:
    body = _body(request)
    if body is None or not _is_fit(body, draft):
        return _refused(request, "unreadable", 400)
    draft.arrange(lambda before: _chosen(before, body))
    return _answered(draft, request)


def _is_fit(body: Mapping[str, Any], draft: Draft) -> bool:
    """Whether choices are of the kinds that they should be, and of columns that are there."""
    matching, columns = body.get("matching", {}), body.get("columns", {})
    is_kind = isinstance(matching, dict) and isinstance(columns, dict)
    if not is_kind or draft.table is None:
        return False
    if matching.get("by") not in (None, *row_matching.METHODS):
        return False
    named = [matching.get("column"), matching.get("folder"), body.get("into")]
    named += [body.get("existing"), body.get("target")]
    known = set(draft.table.frame.columns)
    return (
        all(one is None or isinstance(one, str) for one in named)
        and set(columns) <= known
        and all(_is_column(parts) for parts in columns.values())
    )


def _is_column(parts: Any) -> bool:
    if not isinstance(parts, dict) or not isinstance(parts.get("take", True), bool):
        return False
    texts = [value for name, value in parts.items() if name != "take"]
    return all(value is None or isinstance(value, str) for value in texts)


def _chosen(before: Choices, body: Mapping[str, Any]) -> Choices:
    told = before.with_columns(body.get("columns", {}))
    if "matching" in body:
        by, column, folder = (body["matching"].get(name) for name in ("by", "column", "folder"))
        told = replace(told, by=by or None, column=column or None, folder=folder or None)
    if "into" in body:
        told = replace(told, into=_optional(body["into"]))
    rest = {name: body[name] for name in ("existing", "target") if body.get(name)}
    return replace(told, **rest)


def _write(_: Project, __: Drafts, draft: Draft, request: Request) -> Response:
    if not draft.write(identity.of_request(request)):
        return _refused(request, "not_ready", 409)
    return _begun(draft, request)


def _stop(_: Project, __: Drafts, draft: Draft, request: Request) -> Response:
    draft.stop()
    return _begun(draft, request)


def _drop(_: Project, drafts: Drafts, draft: Draft, __: Request) -> Response:
    drafts.drop(draft.id)
    return Response(status_code=204)


def _answered(draft: Draft, request: Request) -> Response:
    return JSONResponse(_told(draft, language(request)), headers=_NEVER_KEPT)


def _told(draft: Draft, spoken: str) -> dict[str, Any]:
    """Say what is in hand.

    ``phase`` (see ``drafts.Draft``), ``problem`` (``about``, ``column``, ``code``, ``message``),
    ``choices``, ``table`` (``rows``, ``columns``, whether it ``listsTags``), ``plan`` (as
    ``exchange.plan.summarize`` returns it), ``tags`` (where it is read as a list of tags),
    ``progress`` of what is written, and what was ``written`` (``isOn``: not undone since).
    """
    problem, done = draft.problem, draft.progress
    table = None if draft.phase == "reading" else draft.table
    is_list = draft.choices.into is not None
    return {
        "id": draft.id,
        "name": draft.name,
        "phase": draft.phase,
        "canWrite": draft.can_write,
        "problem": problem
        and {
            "about": problem.about,
            "column": problem.column,
            "code": getattr(problem.error, "problem", problem.error.key),
            "message": problem.error.message(spoken),
        },
        "choices": asdict(draft.choices),
        "table": table
        and {
            "rows": len(table.lines),
            "columns": table.frame.columns,
            "listsTags": "name" in tables.tag_columns(table),
        },
        "plan": None if is_list else draft.summary,
        "tags": {
            "count": len(draft.tags),
            "first": [asdict(tag) for tag in draft.tags[:TAGS_LISTED]],
        }
        if is_list
        else None,
        "progress": {"done": done[0], "of": done[1]},
        "written": draft.written and {**asdict(draft.written), "isOn": draft.is_on},
    }


# Beside it


def _folders(project: Project, _: Drafts, __: Request) -> Response:
    listed = list(row_matching.folders(project).items())
    return JSONResponse({"folders": listed}, headers=_NEVER_KEPT)


def _rows(project: Project, _: Drafts, draft: Draft, request: Request) -> Response:
    plan = draft.plan
    if plan is None or draft.choices.into is not None:
        return JSONResponse({"rows": []}, headers=_NEVER_KEPT)
    page = request.query_params.get("page", "")
    chosen = _spread(plan, int(page) if page.isdecimal() and len(page) < 7 else 0)
    places = _places(project, chosen)
    rows = [
        {
            "line": plan.table.lines[row],
            "sha1": sha1,
            "place": places.get(file_id or sha1) or places.get(sha1, ""),
            "cells": _cells(plan, row),
        }
        for row, sha1, file_id in chosen.select("row", "sha1", "file_id").iter_rows()
    ]
    return JSONResponse({"rows": rows}, headers=_NEVER_KEPT)


def _spread(plan: Plan, page: int) -> pl.DataFrame:
    """Return rows from all over that found an image: the first and the last, or some between."""
    found = plan.matches.rows.drop_nulls("sha1")
    if found.height <= PICTURES:
        return found
    steps = np.linspace(0, found.height - 1, PICTURES)
    on = page * _STRIDE * steps[1]
    at = np.unique(np.round((steps + on) % (found.height - (0.5 if page == 0 else 1)))).astype(int)
    chosen: pl.DataFrame = found[at.tolist()]
    return chosen


def _places(project: Project, rows: pl.DataFrame) -> dict[str, str]:
    """Return where files lie, by their ids and by the sha1s of what they hold."""
    sha1s = [sha1 for sha1 in rows["sha1"].unique() if sha1.isalnum()]
    if not sha1s:
        return {}
    named = ", ".join(f"'{sha1}'" for sha1 in sha1s)
    columns = ["file_id", "sha1", "source", "path"]
    files = project.database().frame("files", columns, f"sha1 IN ({named})").sort("source", "path")
    found: dict[str, str] = {}
    for file_id, sha1, source, path in files.iter_rows():
        place = f"{source}/{path}"
        found[file_id] = place
        found.setdefault(sha1, place)
    return found


def _cells(plan: Plan, row: int) -> list[tuple[str, str]]:
    """Return what a row says: the column that names its image, then the first that are taken."""
    key = plan.matches.matching.column
    taken = [one.source for one in plan.columns if one.take]
    names = [key, *taken] if key in plan.table.frame.columns else taken
    told: list[tuple[str, str]] = []
    for name in names:
        if name is None or len(told) == CELLS:
            continue
        value = plan.table.frame[name][row]
        text = ", ".join(map(str, value)) if isinstance(value, pl.Series) else str(value or "")
        line = " ".join(text.split())
        if line:
            told.append((name, line if len(line) <= LONGEST_CELL else f"{line[:LONGEST_CELL]}…"))
    return told


def _missing(_: Project, __: Drafts, draft: Draft, request: Request) -> Response:
    if draft.plan is None:
        return Response(status_code=404)
    spoken = language(request)
    rows = import_plan.skipped_rows(draft.plan).select("line", "key", "why")
    said = {why: translate(f"import.why_{why}", spoken) for why in rows["why"].unique()}
    lines = ([line, key, said[why]] for line, key, why in rows.iter_rows())
    stem = Path(draft.name).stem.encode("ascii", "ignore").decode().replace('"', "") or "import"
    return spreadsheet(f"{stem}-missing.csv", rows.columns, lines)


# Bodies


def _body(request: Request) -> Mapping[str, Any] | None:
    """Return the JSON object of a request, None for anything else."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > BODY_AT_MOST:
        return None
    try:
        return parsed(anyio.from_thread.run(request.body))
    except UnreadableBodyError:
        return None


def _optional(value: Any) -> str | None:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text or None


def _refused(request: Request, why: str, status: int, **params: object) -> Response:
    text = translate(f"importing.{why}", language(request), **params)
    return JSONResponse({"error": why, "message": text}, status)
