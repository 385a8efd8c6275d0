"""What a person pressed is carried out whole, whatever else arrives meanwhile.

Streamlit ends a callback at its first ``st.`` call once another message of the browser waits:
the press is lost, since it came with the message that is already taken. Here the message waits
until the callback has returned. Not here: presses that overtake each other on their way from
the browser (``components/shared/bridge/reliable_events.js``, ``components.assets``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.session import url_state

__all__ = ["whole"]

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


def whole(callback: Callable[_Asked, _Answer]) -> Callable[_Asked, _Answer]:
    """Return a callback that no message of the browser ends before its time, nor misleads."""

    @wraps(callback)
    def undisturbed(*args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
        with _messages_wait():
            url_state.settle()
            return callback(*args, **kwargs)

    return undisturbed


@contextmanager
def _messages_wait() -> Iterator[None]:
    context = get_script_run_ctx(suppress_warning=True)
    requests = context.script_requests if context is not None else None
    # One callback of ours within another: the outer one gives the messages back.
    if requests is None or "on_scriptrunner_yield" in vars(requests):
        yield
        return
    # Streamlit asks here at each call whether to go on; it asks again after the callbacks.
    vars(requests)["on_scriptrunner_yield"] = lambda: None
    try:
        yield
    finally:
        del vars(requests)["on_scriptrunner_yield"]
