"""What the page Import asks and does over HTTP: a file comes in, is arranged, becomes a batch.

Not here: the imports in progress and the work on them (``app.services.import_sessions``), what an
import is (``panoptic_data.exchange.plan``), undoing one (``history``).
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import anyio.from_thread
import numpy as np
import polars as pl
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering, language, spreadsheet
from app.api.request_body import (
    BodyTooLargeError,
    Id,
    InvalidBodyError,
    Name,
    RequestBody,
    Text,
    one_of,
    read,
    refusal,
)
from app.services import identity
from app.services.import_sessions import PATIENCE_SECONDS, Choices, ImportSession, ImportSessions
from panoptic_data.exchange import left_out, tables
from panoptic_data.exchange import matching as row_matching
from panoptic_data.exchange import plan as import_plan
from panoptic_data.messages import translate
from panoptic_data.storage.sql import literals

if TYPE_CHECKING:
    from panoptic_data.exchange.plan import Plan
    from panoptic_data.storage.project import Project

__all__ = ["UPLOAD_AT_MOST", "ChoicesRequest", "PathRequest", "routes"]

# A file is held in memory; a larger one is read from its path on this machine.
UPLOAD_AT_MOST = 512 * 2**20
BODY_BYTES = 2**20
# Written to disk at once.
CHUNK = 4 * 2**20
FILE_NAME_BYTES = 120
# Rows that are shown with their image, and cells of each.
SAMPLE_ROWS = 6
SAMPLE_CELLS = 5
CELL_CHARACTERS = 120
TAGS_LISTED = 200
# The rows of the next page are this part of a step further on: by the golden ratio no page
# repeats another.
_STRIDE = (5**0.5 - 1) / 2


def routes(project: Project) -> list[Route]:
    """Return the routes of imports; all take ``lang=``.

    - ``POST /imports/file?name=&into=``: the bytes of a file begin an import; ``into`` names the
      property whose tags it lists. ``POST /imports/path``: ``{"path": …, "into": …}``, a file or
      a Panoptic project on this machine.
    - ``/imports/{id}``: the import so far (:func:`_payload`). Every route below answers the same.
    - ``POST /imports/{id}``: other choices: ``matching`` (``by``, ``column``, ``folder``),
      ``columns`` (by their names; see ``exchange.plan``), ``existing``, ``target``, ``into``;
      ``encoding`` alone reads the file again.
    - ``POST /imports/{id}/write``, ``/imports/{id}/stop``: begin to write, and give it up.
    - ``/imports/{id}/rows?page=``: some rows from all over with the image of each: ``rows`` has
      ``line``, ``sha1``, ``place`` and ``cells`` (column, text).
    - ``/imports/{id}/missing.csv``: the lines of which nothing is imported, and why.
    - ``/imports/{id}/left-out.csv``: everything of the file that is not taken over, and why.
    - ``DELETE /imports/{id}``: let it go.
    - ``/imports/folders``: ``folders`` that rows can follow, with how many files each has.
    """
    sessions = ImportSessions(project)

    def route(path: str, answer: Callable[..., Response], method: str = "GET") -> Route:
        def of_session(_: Project, request: Request) -> Response:
            project.require_now()
            if "id" not in request.path_params:
                return answer(project, sessions, request)
            session = sessions.get(request.path_params["id"])
            if session is None:
                return _refused(request, "gone", 404)
            return answer(project, sessions, session, request)

        return Route(f"/imports{path}", answering(project, of_session), methods=[method])

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
        route("/{id}/left-out.csv", _left_out),
    ]


class PathRequest(RequestBody):
    """The body of ``POST /imports/path``."""

    path: Text
    into: Name | None = None


class MatchingChoice(RequestBody):
    """Which image a row is of: how (``matching.METHODS``), by which column, in which folder."""

    by: Annotated[str, one_of(row_matching.METHODS)] | None = None
    column: Name | None = None
    folder: Text | None = None


class ColumnChoice(RequestBody):
    """What becomes of a column: whether it is taken, and its name, type, target, separator …."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Name | None]

    take: bool = True


class ChoicesRequest(RequestBody):
    """The body of ``POST /imports/{id}``: choices that change, those that are left out stay."""

    matching: MatchingChoice | None = None
    columns: dict[Name, ColumnChoice] = Field(default_factory=dict)
    existing: Id | None = None
    target: Id | None = None
    into: Name | None = None
    encoding: Name | None = None


# Beginning


def _upload(_: Project, sessions: ImportSessions, request: Request) -> Response:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > UPLOAD_AT_MOST:
        return _refused(request, "too_large", 413, most=UPLOAD_AT_MOST // 2**20)
    name = _file_name(request.query_params.get("name", ""))
    folder = sessions.folder()
    path = folder / name
    if not _save(request, path):
        shutil.rmtree(folder, ignore_errors=True)
        return _refused(request, "too_large", 413, most=UPLOAD_AT_MOST // 2**20)
    session = sessions.begin(name, request.query_params.get("into") or None)
    session.read(path, folder)
    return _answer_soon(session, request)


def _save(request: Request, path: Path) -> bool:
    """Write the body of a request to a file; False where it is too large."""
    stream = request.stream()
    size = 0
    with path.open("wb", buffering=CHUNK) as file:
        while (chunk := anyio.from_thread.run(_next_chunk, stream)) is not None:
            size += len(chunk)
            if size > UPLOAD_AT_MOST:
                return False
            file.write(chunk)
    return True


async def _next_chunk(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)


def _file_name(given: str) -> str:
    """Return a name that a file can have on any system, its ending kept."""
    last = given.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip().strip(".")
    path = Path(plain or "file")
    ending = path.suffix[:10]
    stem = path.stem.encode()[:FILE_NAME_BYTES].decode("utf-8", "ignore")
    return f"{stem}{ending}"


def _open(_: Project, sessions: ImportSessions, request: Request) -> Response:
    try:
        body = read(request, PathRequest, BODY_BYTES)
        # As it is copied from a file manager or a terminal.
        text = body.path.strip().strip("'\"").removeprefix("file://")
        if not text or "\0" in text:
            raise InvalidBodyError(("path", "is no path"))
    except (BodyTooLargeError, InvalidBodyError) as error:
        return _unreadable(request, error)
    path = Path(text).expanduser()
    session = sessions.begin(path.name or text, _squeezed(body.into))
    session.read(path)
    return _answer_soon(session, request)


def _answer_soon(session: ImportSession, request: Request) -> Response:
    """Answer when the work is done, or after a moment while it goes on."""
    session.is_idle.wait(PATIENCE_SECONDS)
    return _answer(session, request)


# In progress


def _look(_: Project, __: ImportSessions, session: ImportSession, request: Request) -> Response:
    return _answer(session, request)


def _arrange(_: Project, __: ImportSessions, session: ImportSession, request: Request) -> Response:
    try:
        body = read(request, ChoicesRequest, BODY_BYTES)
        _check_columns(body, session)
    except (BodyTooLargeError, InvalidBodyError) as error:
        return _unreadable(request, error)
    if body.encoding:
        session.read_again(body.encoding)
        return _answer_soon(session, request)
    session.arrange(lambda before: _with_choices(before, body))
    return _answer(session, request)


def _check_columns(body: ChoicesRequest, session: ImportSession) -> None:
    """Raise InvalidBodyError for choices of columns that are not there."""
    if session.table is None:
        raise InvalidBodyError(("", "the file is not read yet"))
    unknown = set(body.columns) - set(session.table.frame.columns)
    if unknown:
        raise InvalidBodyError(*((f"columns.{name}", "is no column") for name in sorted(unknown)))


def _with_choices(before: Choices, body: ChoicesRequest) -> Choices:
    columns = {name: choice.model_dump(exclude_unset=True) for name, choice in body.columns.items()}
    choices = before.with_columns(columns)
    if body.matching is not None:
        by, column, folder = body.matching.by, body.matching.column, body.matching.folder
        choices = replace(choices, by=by or None, column=column or None, folder=folder or None)
    if "into" in body.model_fields_set:
        choices = replace(choices, into=_squeezed(body.into))
    return replace(
        choices,
        existing=body.existing or choices.existing,
        target=body.target or choices.target,
    )


def _write(_: Project, __: ImportSessions, session: ImportSession, request: Request) -> Response:
    if not session.write(identity.of_request(request)):
        return _refused(request, "not_ready", 409)
    return _answer_soon(session, request)


def _stop(_: Project, __: ImportSessions, session: ImportSession, request: Request) -> Response:
    session.stop()
    return _answer_soon(session, request)


def _drop(_: Project, sessions: ImportSessions, session: ImportSession, __: Request) -> Response:
    sessions.drop(session.id)
    return Response(status_code=204)


def _answer(session: ImportSession, request: Request) -> Response:
    return JSONResponse(_payload(session, language(request)), headers=NO_STORE)


def _payload(session: ImportSession, language: str) -> dict[str, Any]:
    """Return an import as the page reads it.

    ``phase`` (see ``ImportSession``), ``problem`` (``about``, ``column``, ``code``, ``message``),
    ``choices``, ``table`` (``rows``, ``columns``, whether it ``listsTags``, how its ``text`` was
    read), ``plan`` (as ``exchange.plan.summarize`` returns it), ``tags`` (where it is read as a
    list of tags), ``progress`` of what is written, and what was ``written`` (``isOn``: not undone
    since).
    """
    problem, progress = session.problem, session.progress
    table = None if session.phase == "reading" else session.table
    is_list = session.choices.into is not None
    return {
        "id": session.id,
        "name": session.name,
        "phase": session.phase,
        "canWrite": session.can_write,
        "problem": problem
        and {
            "about": problem.about,
            "column": problem.column,
            "code": getattr(problem.error, "problem", problem.error.key),
            "message": problem.error.message(language),
        },
        "choices": asdict(session.choices),
        "table": table
        and {
            "rows": len(table.lines),
            "columns": table.frame.columns,
            "listsTags": "name" in tables.tag_columns(table),
            "text": table.text and import_plan.text_summary(table.text),
        },
        "plan": None if is_list else session.summary,
        "tags": {
            "count": len(session.tags),
            "first": [
                {"name": tag.name, "colour": tag.colour, "parents": tag.parents}
                for tag in session.tags[:TAGS_LISTED]
            ],
        }
        if is_list
        else None,
        "progress": {"done": progress[0], "of": progress[1]},
        "written": session.written and {**asdict(session.written), "isOn": session.is_on},
    }


# Rows and folders


def _folders(project: Project, _: ImportSessions, __: Request) -> Response:
    folders = list(row_matching.folders(project).items())
    return JSONResponse({"folders": folders}, headers=NO_STORE)


def _rows(
    project: Project, _: ImportSessions, session: ImportSession, request: Request
) -> Response:
    plan = session.plan
    if plan is None or session.choices.into is not None:
        return JSONResponse({"rows": []}, headers=NO_STORE)
    page = request.query_params.get("page", "")
    sample = _sample(plan, int(page) if page.isdecimal() and len(page) < 7 else 0)
    path_of = _paths(project, sample)
    rows = [
        {
            "line": plan.table.lines[row],
            "sha1": sha1,
            "place": path_of.get(file_id or sha1) or path_of.get(sha1, ""),
            "cells": _cells(plan, row),
        }
        for row, sha1, file_id in sample.select("row", "sha1", "file_id").iter_rows()
    ]
    return JSONResponse({"rows": rows}, headers=NO_STORE)


def _sample(plan: Plan, page: int) -> pl.DataFrame:
    """Return rows from all over that have an image: the first and the last, or some between."""
    matched = plan.matches.rows.drop_nulls("sha1")
    if matched.height <= SAMPLE_ROWS:
        return matched
    steps = np.linspace(0, matched.height - 1, SAMPLE_ROWS)
    offset = page * _STRIDE * steps[1]
    end = matched.height - (0.5 if page == 0 else 1)
    indices = np.unique(np.round((steps + offset) % end)).astype(int)
    sample: pl.DataFrame = matched[indices.tolist()]
    return sample


def _paths(project: Project, rows: pl.DataFrame) -> dict[str, str]:
    """Return the paths of files, by their ids and by the sha1s of their images."""
    sha1s = [sha1 for sha1 in rows["sha1"].unique() if sha1.isalnum()]
    if not sha1s:
        return {}
    listed = literals(sha1s)
    columns = ["file_id", "sha1", "source", "path"]
    files = project.database().frame("files", columns, f"sha1 IN ({listed})").sort("source", "path")
    path_of: dict[str, str] = {}
    for file_id, sha1, source, path in files.iter_rows():
        path_of[file_id] = f"{source}/{path}"
        path_of.setdefault(sha1, f"{source}/{path}")
    return path_of


def _cells(plan: Plan, row: int) -> list[tuple[str, str]]:
    """Return some cells of a row: of the column that names its image, then of those taken."""
    key = plan.matches.matching.column
    taken = [column.source for column in plan.columns if column.take]
    names = [key, *taken] if key in plan.table.frame.columns else taken
    cells: list[tuple[str, str]] = []
    for name in names:
        if name is None or len(cells) == SAMPLE_CELLS:
            continue
        value = plan.table.frame[name][row]
        text = ", ".join(map(str, value)) if isinstance(value, pl.Series) else str(value or "")
        line = " ".join(text.split())
        if line:
            is_long = len(line) > CELL_CHARACTERS
            cells.append((name, f"{line[:CELL_CHARACTERS]}…" if is_long else line))
    return cells


def _missing(_: Project, __: ImportSessions, session: ImportSession, request: Request) -> Response:
    if session.plan is None:
        return Response(status_code=404)
    rows = import_plan.skipped_rows(session.plan).select("line", "key", "why")
    text_of = {
        reason: translate(f"import.why_{reason}", language(request))
        for reason in rows["why"].unique()
    }
    lines = ([line, key, text_of[reason]] for line, key, reason in rows.iter_rows())
    stem = Path(session.name).stem.encode("ascii", "ignore").decode().replace('"', "") or "import"
    return spreadsheet(f"{stem}-missing.csv", rows.columns, lines)


def _left_out(_: Project, __: ImportSessions, session: ImportSession, request: Request) -> Response:
    if session.plan is None:
        return Response(status_code=404)
    rows = left_out.described(session.plan, language(request))
    stem = Path(session.name).stem.encode("ascii", "ignore").decode().replace('"', "") or "import"
    return spreadsheet(f"{stem}-left-out.csv", rows.columns, map(list, rows.iter_rows()))


# Refusals


def _squeezed(text: str | None) -> str | None:
    """Return a text with single spaces; None for an empty one."""
    return " ".join((text or "").split()) or None


def _unreadable(request: Request, error: BodyTooLargeError | InvalidBodyError) -> Response:
    if isinstance(error, BodyTooLargeError):
        error = InvalidBodyError(("", f"more than {BODY_BYTES} bytes"))
    return refusal(error, language(request), "importing.unreadable")


def _refused(request: Request, reason: str, status: int, **params: object) -> Response:
    text = translate(f"importing.{reason}", language(request), **params)
    return JSONResponse({"error": reason, "message": text}, status)
