"""Callbacks that no other message of the browser interrupts.

Streamlit ends a callback at its first ``st.`` call once another message of the browser waits:
the press is lost, since it came with the message that is already taken. Here the message waits
until the callback has returned. Not here: presses that overtake each other on their way from
the browser (``components/shared/bridge/reliable_events.js``, ``components.assets``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from app.session import state, url_state
from app.session.streamlit_internals import deferred_messages
from panoptic_data.errors import DataUnavailable

__all__ = ["uninterrupted"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def uninterrupted(
    callback: Callable[_Parameters, _Result],
) -> Callable[_Parameters, _Result | None]:
    """Return a callback that runs to its end, with the latest address.

    Messages of the browser that arrive meanwhile are read after it has returned. Where what is
    stored is out of reach, it says so and returns None.
    """

    @wraps(callback)
    def wrapper(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result | None:
        with deferred_messages():
            url_state.restore_latest()
            try:
                return callback(*args, **kwargs)
            except DataUnavailable as error:
                st.toast(error.message(state.language()))
                return None

    return wrapper
