"""How routes answer: in a thread, an error of ours as a sentence a person can read, a table.

Not here: any route (``routes``, ``annotating``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from panoptic_data.errors import PanopticError
from panoptic_data.messages import LANGUAGES
from panoptic_data.storage.project import Project

__all__ = ["Answer", "answering", "language", "spreadsheet"]

# Cells that a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Answer = Callable[[Project, Request], Response]


def answering(project: Project, answer: Answer) -> Callable[[Request], Any]:
    """Run an answer in a thread; turn an error of ours into a sentence, status 400."""

    async def endpoint(request: Request) -> Response:
        try:
            return await anyio.to_thread.run_sync(answer, project, request)
        except PanopticError as error:
            text = error.message(language(request))
            return JSONResponse({"error": error.key, "message": text}, 400)

    return endpoint


def language(request: Request) -> str:
    """Return the language that a request names, else English."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else "en"


def spreadsheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a CSV to keep under this name, as spreadsheets read it."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    # The mark at the start tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + written.getvalue(), media_type="text/csv", headers=headers)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text
