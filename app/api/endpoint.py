"""How routes answer: in a thread, an error of ours as a sentence, who sends a request, a CSV.

Not here: any route (``routes``), reading what a page posts (``request_body``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.services import identity
from panoptic_data.annotations import deleted
from panoptic_data.errors import (
    DataUnavailable,
    DeletedProperty,
    DeletedTag,
    OtherProject,
    PanopticError,
    UnknownVersion,
    VersionReadOnly,
)
from panoptic_data.messages import LANGUAGES
from panoptic_data.storage.project import Project
from panoptic_data.vectors import in_making

__all__ = [
    "NO_STORE",
    "REVALIDATE",
    "Answer",
    "Caller",
    "answering",
    "error_answer",
    "language",
    "spreadsheet",
    "status_of",
    "whole_number",
]

NO_STORE = {"Cache-Control": "no-store"}
# The browser keeps such an answer and asks each time whether it still holds (304).
REVALIDATE = "private, no-cache"
# PropertyValues that a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Longer texts of digits are no count or position of ours.
_DIGITS_AT_MOST = 9

Answer = Callable[[Project, Request], Response]


@dataclass(frozen=True)
class Caller:
    """Who sends a request, and the language of what is answered."""

    author: str
    language: str

    @classmethod
    def of(cls, request: Request) -> Caller:
        """Read both from a request."""
        return cls(identity.of_request(request), language(request))


def answering(project: Project, answer: Answer) -> Callable[[Request], Any]:
    """Run ``answer`` in a thread; turn an error of ours into a sentence.

    Its status is as of ``error_answer``.
    """

    async def endpoint(request: Request) -> Response:
        try:
            return await anyio.to_thread.run_sync(answer, project, request)
        except PanopticError as error:
            return await anyio.to_thread.run_sync(
                error_answer, project, error, language(request), request.method == "GET"
            )

    return endpoint


def status_of(error: PanopticError) -> int:
    """Return the status of an answer that says an error.

    503 where the data is out of reach, 421 where another project is served, 409 for a write to a
    corpus version or where vectors are being made, 404 where there is no such version, else 400.
    """
    if isinstance(error, OtherProject):
        return 421
    if isinstance(error, VersionReadOnly) or in_making.is_awaited(error):
        return 409
    if isinstance(error, UnknownVersion):
        return 404
    return 503 if isinstance(error, DataUnavailable) else 400


def error_answer(
    project: Project, error: PanopticError, language: str, is_read: bool = False
) -> JSONResponse:
    """Return the answer to an error of ours: a sentence, and what a page can do about it.

    Status as of ``status_of``, but 202 where something ``is_read`` whose vectors are being made: no
    error that a browser logs, as the page asks again when they are there. And 409 for a tag or
    property that is gone, with ``gone``: ``kind``, ``id``, ``name``, ``property`` (of a tag), and
    ``restore``, the body of the ``POST /switch`` that brings it back.
    """
    error = in_making.explained(project, deleted.explained(project, error))
    body: dict[str, Any] = {"error": error.key, "message": error.message(language)}
    if not isinstance(error, DeletedTag | DeletedProperty):
        is_awaited = is_read and in_making.is_awaited(error)
        return JSONResponse(body, 202 if is_awaited else status_of(error))
    body["gone"] = {
        "kind": error.key.removeprefix("deleted_"),
        "id": error.id,
        "name": error.params["name"],
        "property": error.property,
        "restore": {"batch": error.batch, "on": error.is_undone},
    }
    return JSONResponse(body, 409)


def language(request: Request) -> str:
    """Return the language that a request names with ``lang=``, else English."""
    name = request.query_params.get("lang", "")
    return name if name in LANGUAGES else "en"


def whole_number(text: str | None, default: int) -> int:
    """Read a whole number of the address, of nine digits at most; else return ``default``."""
    return int(text) if text and text.isdecimal() and len(text) <= _DIGITS_AT_MOST else default


def spreadsheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a CSV file of this name, in the form that spreadsheets read."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    # The mark at the start tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + text.getvalue(), media_type="text/csv", headers=headers)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text
