"""The gallery: a virtual grid of all images of a view, and one of them large.

Its rows come from ``/rows``, its pictures from ``/thumb`` and ``/image``; the selection stays
in the browser (``frame`` hands it to Python). Not here: the properties of the open image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.components.assets import component

__all__ = ["At", "Opened", "gallery", "told_at"]


@dataclass(frozen=True)
class Opened:
    """The image that the address names; ``index`` is its place in the view, if it has one."""

    sha1: str
    name: str
    index: int | None
    isDamaged: bool  # noqa: N815 (a name of the JavaScript side)


@dataclass(frozen=True)
class At:
    """Where the person is: the current image, and whether it is open."""

    sha1: str
    opened: bool


def gallery(
    *,
    project: str,
    view: str,
    version: str,
    total: int,
    opened: Opened | None,
    current: str | None,
    language: str,
    texts: Mapping[str, str],
    on_move: Callable[[At], None],
    key: str = "gallery",
) -> At | None:
    """Show ``total`` images of the view at an address; return where the person is.

    ``version`` is the catalogue's: a new one fetches the rows again without losing place.
    ``current`` is the sha1 of the image whose properties stand beside the gallery; ``on_move``
    is called before the run that follows a move.
    """
    mount = component("gallery")
    result = mount(
        key=key,
        data={
            "project": project,
            "view": view,
            "version": version,
            "total": total,
            "opened": asdict(opened) if opened else None,
            "current": current,
            "language": language,
            "texts": dict(texts),
        },
        height="stretch",
        on_at_change=lambda: _tell(key, on_move),
    )
    return _at(result.at)


def told_at(key: str = "gallery") -> At | None:
    """Return where the person is, as the browser last said."""
    return _at(st.session_state.get(key, {}).get("at"))


def _tell(key: str, on_move: Callable[[At], None]) -> None:
    at = told_at(key)
    if at is not None:
        on_move(at)


def _at(value: Any) -> At | None:
    """Read what the browser said, trusting nothing."""
    if not isinstance(value, Mapping) or not isinstance(value.get("sha1"), str):
        return None
    return At(value["sha1"], value.get("opened") is True)
