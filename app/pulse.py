"""What a page compares, every second or so, to know whether there is something new to draw.

Not here: drawing it (``widgets.work``), asking (``components.pulse``).
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.answers import answering
from panoptic_data import catalogue, runs
from panoptic_data.project import Project

__all__ = ["beat", "routes"]


def routes(project: Project) -> list[Route]:
    """Return the route ``/pulse``: a text that differs when corpus or work are others."""
    return [Route("/pulse", answering(project, _pulse))]


def beat(project: Project) -> str:
    """Return a digest of what is shown of corpus and work; another one where either changed."""
    running = runs.running(project)
    last = None if running else runs.listing(project, 1).to_dicts()
    said = repr((catalogue.get(project).version, running, last))
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _pulse(project: Project, _: Request) -> Response:
    return PlainTextResponse(beat(project), headers={"Cache-Control": "no-store"})
