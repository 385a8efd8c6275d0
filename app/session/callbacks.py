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

from app.session import url_state
from app.session.streamlit_internals import deferred_messages

__all__ = ["uninterrupted"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def uninterrupted(callback: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Return a callback that runs to its end, with the latest address.

    Messages of the browser that arrive meanwhile are read after it has returned.
    """

    @wraps(callback)
    def wrapper(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        with deferred_messages():
            url_state.restore_latest()
            return callback(*args, **kwargs)

    return wrapper
