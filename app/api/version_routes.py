"""The routes of ours at a corpus version: each once more below ``/v/<id of the version>``.

What they read is the corpus as it was then, what would write is refused. Not here: the routes
(``routes``), opening a version (``app.session.open_version``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import anyio.to_thread
from cachetools import LRUCache
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Router

from app.api.endpoint import error_answer, language
from app.session import open_version
from panoptic_data.errors import PanopticError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from panoptic_data.storage.project import Project

__all__ = ["mount"]

# Each holds thumbnails in memory.
OPEN_AT_ONCE = 8

_Routes = Callable[["Project"], Sequence[BaseRoute]]


def mount(project: Project, routes: _Routes) -> Mount:
    """Return ``routes`` at each version of a project, below ``/v/<id>``."""
    return Mount(f"{open_version.PREFIX}/{{version}}", _Versions(project, routes))


class _Versions:
    """The routes of each version that was asked for lately."""

    def __init__(self, project: Project, routes: _Routes) -> None:
        self._project = project
        self._routes = routes
        self._opened: LRUCache[str, ASGIApp] = LRUCache(OPEN_AT_ONCE)
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the version's routes do; 404 with a sentence where there is no such version."""
        name = scope["path_params"]["version"]
        try:
            app = await anyio.to_thread.run_sync(self._of, name)
        except PanopticError as error:
            request = Request(scope)
            app = await anyio.to_thread.run_sync(
                error_answer, self._project, error, language(request)
            )
        await app(scope, receive, send)

    def _of(self, name: str) -> ASGIApp:
        project = open_version.at(self._project, name)
        with self._lock:
            app = self._opened.get(project.version)
            if app is None:
                app = self._opened[project.version] = Router(list(self._routes(project)))
            return app
