"""What a page compares, every second or so, to know whether there is something new to draw.

Not here: drawing it (``widgets.run_progress``), asking (``components.pulse``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.api.endpoint import answering
from panoptic_data.catalogue import registry
from panoptic_data.provenance import runs
from panoptic_data.storage.project import Project

__all__ = ["Pulse", "read", "routes"]


@dataclass(frozen=True)
class Pulse:
    """What is shown of corpus and work: the catalogue's version, rows of the table ``runs``.

    ``last`` is the last run where none is ``running``.
    """

    version: str
    running: dict[str, Any] | None
    last: dict[str, Any] | None

    @property
    def beat(self) -> str:
        """A digest; another one where any of it differs."""
        said = repr((self.version, self.running, self.last))
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def routes(project: Project) -> list[Route]:
    """Return the route ``/pulse``: a text that differs when corpus or work are others."""
    return [Route("/pulse", answering(project, _pulse))]


def read(project: Project) -> Pulse:
    """Read how corpus and work are now."""
    running = runs.current(project)
    last = [] if running else runs.recent(project, 1).to_dicts()
    return Pulse(registry.get(project).version, running, last[0] if last else None)


def _pulse(project: Project, _: Request) -> Response:
    return PlainTextResponse(read(project).beat, headers={"Cache-Control": "no-store"})
