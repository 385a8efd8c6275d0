"""The address of the page: reading it, and writing it so that no older message undoes it.

Each message of the browser names the address that the browser had when it was sent. One that
was sent before the browser heard of what we wrote would bring the former address back. Not
here: what the parts of the address mean (``state``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TypedDict

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = ["IMAGE", "came_late", "settle", "without_image", "write"]

# The browser writes this part itself.
IMAGE = "image"
# Session: the addresses that were written lately, and the one before them, oldest first.
WRITTEN = "address.written"
# Session: the page that a message named which was older than that.
LATE_FROM = "address.late_from"
# A message that was sent before the browser heard comes at most so late, in seconds.
LATE = 30.0


class _Written(TypedDict):
    at: float
    parts: dict[str, str]


def without_image() -> dict[str, str]:
    """Return the parts of the address but the open image."""
    return {name: value for name, value in st.query_params.items() if name != IMAGE}


def write(values: Mapping[str, str | None]) -> None:
    """Change several parts of the address at once: one step of the browser's history."""
    before = without_image()
    after = {**st.query_params.to_dict(), **values}
    # Also where nothing differs: the browser may have written an open image since.
    st.query_params.from_dict({name: value for name, value in after.items() if value})
    now = time.monotonic()
    written: list[_Written] = _lately(now) or [{"at": now, "parts": before}]
    st.session_state[WRITTEN] = [*written, {"at": now, "parts": without_image()}]


def came_late() -> bool:
    """Whether the message that this run answers was sent before the browser heard of an address.

    Then it names the page of before, too, if that was changed at once with the address.
    """
    context = get_script_run_ctx(suppress_warning=True)
    page = st.session_state.pop(LATE_FROM, None)
    return context is not None and page == context.page_script_hash


def settle() -> None:
    """Go on from what was written last where the browser's message is older than that."""
    written = _lately(time.monotonic())
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.is_history_navigation:
        written = []
    st.session_state[WRITTEN] = written
    if not written:
        return
    named, last = without_image(), written[-1]["parts"]
    if named != last and any(named == one["parts"] for one in written):
        st.query_params.from_dict(last)
        if context is not None:
            st.session_state[LATE_FROM] = context.page_script_hash


def _lately(now: float) -> list[_Written]:
    written: list[_Written] = st.session_state.get(WRITTEN, [])
    return [one for one in written if now - one["at"] < LATE]
