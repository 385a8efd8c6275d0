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

from app.session.streamlit_internals import is_history_navigation, page_script_hash

__all__ = ["IMAGE", "is_message_stale", "restore_latest", "without_image", "write"]

# The browser writes this part itself.
IMAGE = "image"
# Session: the addresses that were written recently, and the one before them, oldest first.
WRITTEN = "address.written"
# Session: the page that a stale message named.
STALE_PAGE = "address.stale_page"
# A message that was sent before the browser heard of an address arrives within this, in seconds.
STALE_SECONDS = 30.0


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
    written: list[_Written] = _recent(now) or [{"at": now, "parts": before}]
    st.session_state[WRITTEN] = [*written, {"at": now, "parts": without_image()}]


def is_message_stale() -> bool:
    """Whether the message that this run answers was sent before the browser heard of an address.

    Then it names the former page, too, if that was changed at once with the address.
    """
    script_hash = page_script_hash()
    page = st.session_state.pop(STALE_PAGE, None)
    return script_hash is not None and page == script_hash


def restore_latest() -> None:
    """Restore the address that was written last where the browser's message is older than that."""
    written = [] if is_history_navigation() else _recent(time.monotonic())
    st.session_state[WRITTEN] = written
    if not written:
        return
    named, latest = without_image(), written[-1]["parts"]
    if named != latest and any(named == address["parts"] for address in written):
        st.query_params.from_dict(latest)
        script_hash = page_script_hash()
        if script_hash is not None:
            st.session_state[STALE_PAGE] = script_hash


def _recent(now: float) -> list[_Written]:
    written: list[_Written] = st.session_state.get(WRITTEN, [])
    return [address for address in written if now - address["at"] < STALE_SECONDS]
