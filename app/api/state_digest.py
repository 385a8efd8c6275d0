"""A digest of corpus and runs, which a page compares every second or so to know of news.

Not here: drawing the news (``app.widgets.run_progress``), asking for the digest
(``app.components.pulse``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering
from app.services import folder_watch
from app.services.folder_watch import FoldersState
from panoptic_data.catalogue import registry
from panoptic_data.provenance import runs
from panoptic_data.storage.project import Project

__all__ = ["ProjectState", "read", "routes"]


@dataclass(frozen=True)
class ProjectState:
    """What is shown of corpus and work: the catalogue's version, rows of the table ``runs``.

    ``last`` is the last run where none is ``running``; ``folders`` what is new on the disk.
    """

    version: str
    running: dict[str, Any] | None
    last: dict[str, Any] | None
    folders: FoldersState

    @property
    def digest(self) -> str:
        """A text that differs where any of it differs."""
        text = repr((self.version, self.running, self.last, self.folders))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def routes(project: Project) -> list[Route]:
    """Return the route ``/pulse``: a text that differs when corpus or work are others."""
    return [Route("/pulse", answering(project, _pulse))]


def read(project: Project) -> ProjectState:
    """Read how corpus and work are now."""
    running = runs.current(project)
    last = [] if running else runs.recent(project, 1).to_dicts()
    return ProjectState(
        registry.get(project).version,
        running,
        last[0] if last else None,
        folder_watch.current(project),
    )


def _pulse(project: Project, _: Request) -> Response:
    return PlainTextResponse(read(project).digest, headers=NO_STORE)
