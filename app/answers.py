"""How routes answer: in a thread, and an error of ours as a sentence a person can read.

Not here: any route (``routes``, ``annotating``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from panoptic_data.errors import PanopticError
from panoptic_data.messages import LANGUAGES
from panoptic_data.project import Project

__all__ = ["Answer", "answering", "language"]

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
