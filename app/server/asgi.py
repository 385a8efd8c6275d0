"""The ASGI application: Streamlit's pages and our routes on one port, behind one check of hosts.

Not here: where it listens (``serve``), what a page shows (``main``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from app.api.routes import routes
from app.components import assets
from app.server.host_check import HostCheck
from app.server.streamlit_files import StreamlitFiles
from panoptic_data.storage.project import Project, open_project

if TYPE_CHECKING:
    from streamlit.starlette import App

__all__ = ["application", "create"]

MAIN = Path(__file__).parents[1] / "main.py"


def application() -> App:
    """Return the application of the project that ``PANOPTIC_PROJECT`` names (a factory)."""
    return create(open_project())


def create(project: Project) -> App:
    """Return the application of a project."""
    from streamlit.starlette import App

    return App(
        MAIN,
        routes=[*routes(project), *assets.routes()],
        middleware=[Middleware(HostCheck), Middleware(StreamlitFiles)],
    )
