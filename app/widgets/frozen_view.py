"""Freezing: the result of a session's view stays until it is refreshed, if the person wants so.

The choice is kept in a cookie, as the language is. Not here: frozen results themselves
(``panoptic_data.catalogue.frozen_results``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.session import state
from panoptic_data.catalogue import frozen_results

if TYPE_CHECKING:
    from panoptic_data.catalogue.frozen_results import FrozenResult
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = [
    "COMPARED",
    "COOKIE",
    "get_frozen",
    "is_on",
    "refresh",
    "release_idle",
    "set_frozen",
]

COOKIE = "panoptic_hold"
# Session: the choice in this session; the frozen result and what it is of.
ON = "hold.on"
MAIN = "hold.held"
# The same of a view that is compared with it.
COMPARED = "hold.beside"
# A frozen result that was not requested for so long, in seconds, is released.
IDLE_SECONDS = 3600.0


def is_on() -> bool:
    """Whether the person wants images that no longer match to stay."""
    chosen = st.session_state.get(ON)
    return st.context.cookies.get(COOKIE) == "1" if chosen is None else bool(chosen)


def set_frozen(on: bool) -> None:
    """Freeze views from now on, or no longer; the browser remembers it."""
    st.session_state[ON] = on
    refresh()


def refresh() -> None:
    """Run the view again when the page is drawn next."""
    for slot in (MAIN, COMPARED):
        st.session_state.pop(slot, None)


def release_idle() -> bool:
    """Release a result that was not requested for a long time; return whether there was one."""
    frozen = st.session_state.get(MAIN)
    is_idle = frozen is not None and frozen[1].idle > IDLE_SECONDS
    if is_idle:
        refresh()
    return is_idle


def get_frozen(corpus: Catalogue, view: View, slot: str = MAIN) -> FrozenResult | None:
    """Return the frozen result of a view, frozen now if it is new; None where freezing is off.

    Another view or another tab is run anew, another display of the same view is not. ``slot`` is
    where the session keeps the result. Raises what running the view raises.
    """
    if not is_on():
        refresh()
        return None
    key = (corpus.project.folder, state.tab(), view.key)
    frozen: tuple[object, FrozenResult] | None = st.session_state.get(slot)
    if frozen is None or frozen[0] != key:
        # One result at a time is kept in memory: the former is released first.
        st.session_state.pop(slot, None)
        frozen = (key, frozen_results.freeze(corpus, view))
        st.session_state[slot] = frozen
    return frozen[1]
