"""Who works in a browser: the name a person gave there, else that of the system's user.

The browser keeps it in a cookie (``components/people``), so that every page and every request of
a page has it. It names the author of what is written, and is no means to keep
anybody out. Not here: what they did (``panoptic_data.annotations.log``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from panoptic_data.annotations import log

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["COOKIE", "NAME_CHARACTERS", "of_request", "of_session"]

COOKIE = "panoptic_author"
NAME_CHARACTERS = 80


def of_request(request: Request) -> str:
    """Return who sends a request."""
    return _author(request.cookies)


def of_session() -> str:
    """Return whose page this is; a name given since the page was loaded comes with the next."""
    import streamlit as st

    return _author(st.context.cookies)


def _author(cookies: Mapping[str, str]) -> str:
    given = " ".join(unquote(cookies.get(COOKIE, "")).split())
    # A control character that nobody sees would make two names of one.
    name = "".join(letter for letter in given if letter.isprintable())
    return name[:NAME_CHARACTERS].strip() or log.current_user()
