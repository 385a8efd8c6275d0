"""The scripts and styles that Streamlit brings, compressed once.

Streamlit serves them as they are: three times as many bytes. Not here: its pages and fonts, which
it serves itself, and our own modules (``app.components.assets``).
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.components import assets
from app.services.compressed_answer import FixedText

__all__ = ["StreamlitFiles"]

PREFIX = "/static/"
# Their names hold a digest of what is in them, as Streamlit itself relies on.
_FOREVER = "public, max-age=31536000, immutable"
_TEXTS = {".css": "text/css", ".js": "text/javascript", ".json": "application/json"}


class StreamlitFiles:
    """ASGI middleware that answers Streamlit's scripts and styles, in gzip.

    It also names our modules in the answer of a page, to be loaded beside those scripts: else they
    are asked for when those have run and Python has answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a text of Streamlit's; pass on all else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = scope["path"].removeprefix(PREFIX)
        if scope["method"] == "GET" and scope["path"] == PREFIX + name and name in _texts():
            answer = await anyio.to_thread.run_sync(_answer, name, Request(scope))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, _naming_modules(send))


def _naming_modules(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                headers.append("Link", f"<{assets.joined_address()}>; rel=modulepreload")
        await send(message)

    return sender


def _answer(name: str, request: Request) -> Response:
    return _text(name).answer(request, {"Cache-Control": _FOREVER})


@cache
def _texts() -> dict[str, Path]:
    """List what there is once: no path is ever taken from a request."""
    package = find_spec("streamlit")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "static" / "static"
    files = (file for file in folder.rglob("*") if file.suffix in _TEXTS)
    return {file.relative_to(folder).as_posix(): file for file in files}


@cache
def _text(name: str) -> FixedText:
    file = _texts()[name]
    return FixedText(file.read_bytes(), _TEXTS[file.suffix])
