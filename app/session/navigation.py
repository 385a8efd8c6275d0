"""From one page of the dashboard to another after a press: asked for there, done by the next run.

What was asked holds until the page is there: a message that waits when Streamlit changes pages
would bring the former page back. Not here: links, which the browser follows itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.session import url_state

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

__all__ = ["GALLERY", "arrive", "resume", "stay", "to", "to_view"]

# Session: the page that was asked for, the image to open there, and whether any view will do.
GOING = "going"
# Session: when such a page was reached last, and which it was.
REACHED = "going.reached"
# What was sent from the page before is here at most so late, in seconds.
LATE = 10.0
# Session: the page that was drawn last, as Streamlit and as the address call it.
DRAWN = "going.drawn"
GALLERY = "explore"


def to(page: str, image: str | None = None) -> None:
    """Go to a page by its name in the address, and open an image there."""
    st.session_state[GOING] = (page, image, False)


def to_view() -> None:
    """Go to the gallery, unless the page shows a view already."""
    st.session_state[GOING] = (GALLERY, None, True)


def resume() -> None:
    """Go once more where we just went: a message from the page before has brought it back."""
    at, asked = st.session_state.get(REACHED, (-LATE, None))
    # What is pressed here and now comes first: both may come with one message.
    if st.session_state.get(GOING) is None and time.monotonic() - at < LATE:
        st.session_state[GOING] = asked


def stay() -> bool:
    """Go to the page that was drawn last, where a message names the one before; say whether so."""
    context = get_script_run_ctx(suppress_warning=True)
    drawn = st.session_state.get(DRAWN)
    if context is None or drawn is None or context.page_script_hash == drawn[0]:
        return False
    if st.session_state.get(GOING) is None:
        st.session_state[GOING] = (drawn[1], None, False)
    return True


def arrive(pages: Sequence[Page], shown: Page, *, shows_view: bool) -> None:
    """Leave for the page that was asked for; ``pages`` begin with the gallery."""
    asked = st.session_state.get(GOING)
    if asked is None:
        _note(shown)
        return
    name, image, is_any = asked
    # The page that opens first has no name in the address.
    page = next((one for one in pages if one.url_path == name), pages[0])
    if shown is page or (is_any and shows_view):
        st.session_state[GOING] = None
        st.session_state[REACHED] = (time.monotonic(), asked)
        _note(shown)
        return
    opened = {url_state.IMAGE: image} if image else {}
    st.switch_page(page, query_params={**url_state.without_image(), **opened})


def _note(shown: Page) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:
        st.session_state[DRAWN] = (context.page_script_hash, shown.url_path)
