"""From one page of the dashboard to another: a press requests it, the next run changes the page.

A request is kept until that page is drawn: a message that waits while Streamlit changes pages
would bring the former page back. Not here: links, which the browser follows itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.session import url_state
from app.session.streamlit_internals import page_script_hash

if TYPE_CHECKING:
    from streamlit import Page

__all__ = ["GALLERY", "repeat_last", "stay_on_drawn_page", "switch_if_requested", "to", "to_view"]

# Session: the requested page, the image to open there, and whether any page with a view will do.
REQUESTED = "navigation.requested"
# Session: when the last such request was carried out, and which it was.
REACHED = "navigation.reached"
# Session: the script hash of the page that was left then.
LEFT = "navigation.left"
# A message that was sent from the page before arrives within this, in seconds.
STALE_SECONDS = 10.0
# Session: the page that was drawn last, by its script hash and by its name in the address.
DRAWN = "navigation.drawn"
GALLERY = "explore"


def to(page: str, image: str | None = None) -> None:
    """Go to a page by its name in the address, and open an image there."""
    st.session_state[REQUESTED] = (page, image, False)


def to_view() -> None:
    """Go to the gallery, unless the page shows a view already."""
    st.session_state[REQUESTED] = (GALLERY, None, True)


def repeat_last() -> None:
    """Request the last page once more: a message from the page before has brought that back."""
    left = st.session_state.get(LEFT)
    # A message that names a third page follows a link to it.
    if left is not None and page_script_hash() not in (None, left):
        return
    at, request = st.session_state.get(REACHED, (-STALE_SECONDS, None))
    # What is pressed on the page of now comes first: both may come with one message.
    if st.session_state.get(REQUESTED) is None and time.monotonic() - at < STALE_SECONDS:
        st.session_state[REQUESTED] = request


def stay_on_drawn_page() -> bool:
    """Request the page that was drawn last where a message names another; return whether so."""
    script_hash = page_script_hash()
    drawn = st.session_state.get(DRAWN)
    if script_hash is None or drawn is None or script_hash == drawn[0]:
        return False
    if st.session_state.get(REQUESTED) is None:
        st.session_state[REQUESTED] = (drawn[1], None, False)
    return True


def switch_if_requested(pages: Sequence[Page], current: Page, *, shows_view: bool) -> None:
    """Change to the page that was requested; ``pages`` begin with the gallery.

    ``shows_view`` is whether the current page shows a view.
    """
    request = st.session_state.get(REQUESTED)
    if request is None:
        _note_drawn(current)
        return
    name, image, any_view = request
    # The page that opens first has no name in the address.
    page = next((page for page in pages if page.url_path == name), pages[0])
    if current is page or (any_view and shows_view):
        st.session_state[REQUESTED] = None
        st.session_state[REACHED] = (time.monotonic(), request)
        drawn = st.session_state.get(DRAWN)
        if drawn is not None and drawn[0] != page_script_hash():
            st.session_state[LEFT] = drawn[0]
        _note_drawn(current)
        return
    opened = {url_state.IMAGE: image} if image else {}
    st.switch_page(page, query_params={**url_state.without_image(), **opened})


def _note_drawn(page: Page) -> None:
    script_hash = page_script_hash()
    if script_hash is not None:
        st.session_state[DRAWN] = (script_hash, page.url_path)
