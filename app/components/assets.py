"""The components' JavaScript as modules on our own port, and their CSS as text.

There is no build: the modules import each other as they lie in the folder. Not here: any
component.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

__all__ = ["address", "component", "css", "routes"]

FOLDER = Path(__file__).parent
# The digest in the address changes with any file, so an address never changes its answer.
_FOREVER = "private, max-age=31536000, immutable"


def routes() -> list[Route]:
    """Return the route ``/modules/{digest}/{path}`` of all JavaScript in this folder."""
    return [Route("/modules/{digest}/{path:path}", _module)]


def component(name: str, *, styles: tuple[str, ...] = ()) -> ComponentRenderer:
    """Register the component of the folder ``name`` and return what mounts it.

    ``styles`` are other stylesheets that it uses, by their paths without ``.css``.
    """
    import streamlit as st

    # Streamlit loads this text from a blob, where relative addresses mean nothing.
    loader = (
        f'const {{ default: mount }} = await import(new URL("{address(name)}", location.origin));\n'
        "export default mount;\n"
    )
    renderer: ComponentRenderer = st.components.v2.component(
        f"panoptic.{name}", html='<div class="root"></div>', css=css(name, styles), js=loader
    )
    return renderer


def address(name: str) -> str:
    """Return where the module of a component is served."""
    return f"/modules/{_digest()}/{name}/{name}.js"


@cache
def css(name: str, styles: tuple[str, ...] = ()) -> str:
    """Return the style of a component: what all of them start from, and its own."""
    paths = ("tokens", *styles, f"{name}/{name}")
    return "".join((FOLDER / f"{path}.css").read_text("utf-8") for path in paths)


async def _module(request: Request) -> Response:
    source = _sources().get(request.path_params["path"])
    if source is None or request.path_params["digest"] != _digest():
        return Response(status_code=404)
    return Response(source, media_type="text/javascript", headers={"Cache-Control": _FOREVER})


@cache
def _sources() -> dict[str, bytes]:
    """Read every module once: what is served can only be what is here."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*.js"))
    }


@cache
def _digest() -> str:
    state = hashlib.blake2b(digest_size=8)
    for name, source in _sources().items():
        state.update(name.encode() + b"\0" + source + b"\0")
    return state.hexdigest()
