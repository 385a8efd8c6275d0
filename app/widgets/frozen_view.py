"""Holding still: what a session's view showed stays until it is asked anew, if a person wants so.

Whether they do is kept in a cookie, as their language is. Not here: what is held
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

__all__ = ["COMPARED", "COOKIE", "get_frozen", "is_on", "refresh", "release_idle", "set_frozen"]

COOKIE = "panoptic_hold"
# Session: what was chosen here; what is held, and what was asked when it was.
ON = "hold.on"
MAIN = "hold.held"
# The same of a view that is shown beside another.
COMPARED = "hold.beside"
# What nobody has asked for so long, in seconds, is let go.
IDLE = 3600.0


def is_on() -> bool:
    """Whether the person wants what no longer matches to stay."""
    chosen = st.session_state.get(ON)
    return st.context.cookies.get(COOKIE) == "1" if chosen is None else bool(chosen)


def set_frozen(on: bool) -> None:
    """Hold still from now on, or no longer; the browser remembers it."""
    st.session_state[ON] = on
    refresh()


def refresh() -> None:
    """Ask the view anew at the next drawing."""
    for slot in (MAIN, COMPARED):
        st.session_state.pop(slot, None)


def release_idle() -> bool:
    """Let go what nobody has asked for in a long time; whether there was such a thing."""
    known = st.session_state.get(MAIN)
    is_idle = known is not None and known[1].idle > IDLE
    if is_idle:
        refresh()
    return is_idle


def get_frozen(current: Catalogue, view: View, slot: str = MAIN) -> FrozenResult | None:
    """Return what is held of a view, held from now on if it was asked anew; None where it is not.

    Another view and another tab ask anew, another display of the same view does not. ``slot`` is
    where the session keeps it. Raises what running the view raises.
    """
    if not is_on():
        refresh()
        return None
    asked = (current.project.root, state.tab(), view.key)
    known: tuple[object, FrozenResult] | None = st.session_state.get(slot)
    if known is None or known[0] != asked:
        # Only one at a time: the former is let go before.
        st.session_state.pop(slot, None)
        known = (asked, frozen_results.freeze(current, view))
        st.session_state[slot] = known
    return known[1]
