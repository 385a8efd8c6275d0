"""The components' JavaScript and CSS on our own port, and their presses.

There is no build: the modules import each other by their paths in this folder, and a page gets all
of them, and all stylesheets, joined in one (``joined``). A press is carried out once and to its end
(``reliable_events.js``, ``app.session.callbacks``). Not here: any component.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.components.joined import join_modules, source_map
from app.services.compressed_answer import FixedText
from app.session import navigation
from app.session.callbacks import uninterrupted

__all__ = ["Mount", "address", "component", "css", "joined_address", "prepare", "routes"]

FOLDER = Path(__file__).parent
# The browser holds back far fewer presses than this.
HANDLED_KEPT = 100
# The digest in the address changes with any file, so an address never changes its answer.
_FOREVER = "private, max-age=31536000, immutable"
# Not names of modules here: all of them joined, and the source map of that.
_JOINED, _MAP = "all.js", "all.js.map"


def routes() -> list[Route]:
    """Return the route ``/modules/{digest}/{path}`` of all JavaScript in this folder.

    Each module by its path, and as ``all.js`` all of them joined.
    """
    return [Route("/modules/{digest}/{path:path}", _module)]


class Mount(Protocol):
    """What shows a component."""

    def __call__(
        self,
        *,
        key: str,
        data: Mapping[str, Any],
        presses: Mapping[str, Callable[[Any], None]] = ...,
        states: Mapping[str, Callable[[], None]] = ...,
        height: str = ...,
    ) -> Any:
        """Show it and return its state, as Streamlit's renderer does.

        ``presses`` are called with what the browser sends by ``setTriggerValue``, ``states``
        after it has changed one by ``setStateValue``; both by the names it gives.
        """


def component(name: str, *, styles: tuple[str, ...] = ()) -> Mount:
    """Register the component of the folder ``name`` and return what mounts it.

    ``styles`` are other stylesheets that it uses, by their paths without ``.css``.
    """
    import streamlit as st

    # Streamlit loads this text from a blob, where relative addresses mean nothing.
    loader = (
        f'const {{ load }} = await import(new URL("{joined_address()}", location.origin));\n'
        f'const {{ default: mount }} = load("{name}/{name}.js");\n'
        'const { adopt } = load("shared/bridge/component_styles.js");\n'
        'const { withReliableEvents } = load("shared/bridge/reliable_events.js");\n'
        f"const paths = {json.dumps(_style_paths(name, styles))};\n"
        "const styles = paths.map((path) => [path, load(path)]);\n"
        "export default (streamlit) => {\n"
        "  adopt(streamlit.parentElement, styles);\n"
        "  return mount(withReliableEvents(streamlit));\n"
        "};\n"
    )
    renderer = st.components.v2.component(
        f"panoptic.{name}", html='<div class="root"></div>', js=loader
    )

    def mount(
        *,
        key: str,
        data: Mapping[str, Any],
        presses: Mapping[str, Callable[[Any], None]] = MappingProxyType({}),
        states: Mapping[str, Callable[[], None]] = MappingProxyType({}),
        height: str = "content",
    ) -> Any:
        changes: dict[str, Any] = {
            f"on_{state}_change": uninterrupted(changed) for state, changed in states.items()
        }
        return renderer(
            key=key,
            data={"shown": dict(data), "heard": list(st.session_state.get(_handled_key(key), ()))},
            height=height,  # type: ignore[arg-type]
            on_presses_change=uninterrupted(partial(_handle_presses, key, presses)),
            **changes,
        )

    return mount


def _handle_presses(key: str, presses: Mapping[str, Callable[[Any], None]]) -> None:
    """Carry out what was pressed; the browser repeats what is not acknowledged."""
    import streamlit as st

    # While it changes pages Streamlit forgets components that are about to be drawn again. The
    # browser repeats what was not acknowledged, from the page that it is on then.
    if key not in st.session_state:
        navigation.repeat_last()
        return
    handled = st.session_state.setdefault(_handled_key(key), [])
    for press in st.session_state[key]["presses"] or ():
        if press["key"] in handled:
            continue
        handled.append(press["key"])
        presses[press["name"]](press["value"])
    del handled[:-HANDLED_KEPT]


def _handled_key(key: str) -> str:
    """Return where the session keeps the presses of a component that were carried out."""
    return f"{key}.heard"


def address(name: str) -> str:
    """Return where the module of a component is served alone, with those that it imports."""
    return f"/modules/{_digest()}/{name}/{name}.js"


def joined_address() -> str:
    """Return where all modules are served as one, whose ``load`` returns each by its path."""
    return f"/modules/{_digest()}/{_JOINED}"


def prepare() -> None:
    """Join and compress the modules, so that the first page does not wait for it."""
    _ = _served()[_JOINED].gzipped


@cache
def css(name: str, styles: tuple[str, ...] = ()) -> str:
    """Return the style of a component: what all of them start from, and its own."""
    return "".join((FOLDER / path).read_text("utf-8") for path in _style_paths(name, styles))


def _style_paths(name: str, styles: tuple[str, ...]) -> list[str]:
    paths = ("shared/ui/scale", "shared/ui/tokens", *styles, f"{name}/{name}")
    return [f"{path}.css" for path in paths]


async def _module(request: Request) -> Response:
    # Joining and compressing take a moment, the first time.
    return await anyio.to_thread.run_sync(_answer, request)


def _answer(request: Request) -> Response:
    text = _served().get(request.path_params["path"])
    if text is None or request.path_params["digest"] != _digest():
        return Response(status_code=404)
    return text.answer(request, {"Cache-Control": _FOREVER})


@cache
def _served() -> dict[str, FixedText]:
    """Read every module once: what is served can only be what is here."""
    sources, styles = _texts("*.js"), _texts("*.css")
    script = "text/javascript"
    alone = {path: FixedText(source.encode(), script) for path, source in sources.items()}
    joined = FixedText(join_modules(sources, styles, _MAP).encode(), script)
    mapped = FixedText(source_map(sources).encode(), "application/json")
    return {**alone, _JOINED: joined, _MAP: mapped}


def _texts(pattern: str) -> dict[str, str]:
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text("utf-8")
        for path in sorted(FOLDER.rglob(pattern))
    }


@cache
def _digest() -> str:
    state = hashlib.blake2b(digest_size=8)
    for name, text in _served().items():
        state.update(name.encode() + b"\0" + text.plain + b"\0")
    return state.hexdigest()
