"""Who is at work: the name a person gave in this browser, else the system's.

The browser keeps it in a cookie (``components/people``), so that it holds on every
page and for what the page asks over HTTP. It says who did what, and is no means to keep anybody
out. Not here: what they did (``panoptic_data.annotations.log``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from panoptic_data.annotations import log

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["COOKIE", "LONGEST", "of_request", "of_session"]

COOKIE = "panoptic_author"
LONGEST = 80


def of_request(request: Request) -> str:
    """Return who sends a request."""
    return _named(request.cookies)


def of_session() -> str:
    """Return whose page this is; a name given since the page was loaded comes with the next."""
    import streamlit as st

    return _named(st.context.cookies)


def _named(cookies: Mapping[str, str]) -> str:
    given = " ".join(unquote(cookies.get(COOKIE, "")).split())
    # What is left of control characters would be seen nowhere but tell two names apart.
    name = "".join(letter for letter in given if letter.isprintable())
    return name[:LONGEST].strip() or log.current_user()
