"""Every reach of the Python code into private parts of Streamlit, seen on version 1.67.

Each function says why it is needed; ``tests/app/session/test_streamlit_internals.py`` fails when
the private part has another shape, and says so when Streamlit no longer needs our help. Not here:
what the browser's code relies on (``components/shared/bridge``), the style of Streamlit's own
elements (``style.css``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = [
    "deferred_messages",
    "is_history_navigation",
    "page_script_hash",
    "reset_container_stack",
]


def page_script_hash() -> str | None:
    """Return the hash of the page that the browser's message names; None outside of a run.

    Needed because no public part says which page a message was sent from: one that is older than
    a change of pages names the page before (``url_state``, ``navigation``). 1.67:
    ``ScriptRunContext.page_script_hash``.
    """
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.page_script_hash


def is_history_navigation() -> bool:
    """Whether this run answers the browser's own back or forward button.

    Needed to tell an address that a person went back to from one that an old message names
    (``url_state``). 1.67: ``ScriptRunContext.is_history_navigation``.
    """
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


@contextmanager
def deferred_messages() -> Iterator[None]:
    """Let messages of the browser wait while the block runs.

    Needed because Streamlit ends a callback at its first ``st.`` call once another message of the
    browser waits, and what was pressed is lost. 1.67: the script runner calls
    ``ScriptRequests.on_scriptrunner_yield`` at each ``st.`` call to ask whether to go on, and
    None means yes; it asks again after the callbacks.
    """
    context = get_script_run_ctx(suppress_warning=True)
    requests = context.script_requests if context is not None else None
    # Within another block the outer one gives the messages back.
    if requests is None or "on_scriptrunner_yield" in vars(requests):
        yield
        return
    vars(requests)["on_scriptrunner_yield"] = lambda: None
    try:
        yield
    finally:
        del vars(requests)["on_scriptrunner_yield"]


def reset_container_stack() -> None:
    """Draw what follows at the top of the page, outside of any container.

    Needed because a message may end the drawing of a fragment within its containers, and the next
    run of the same thread would draw inside of them. 1.67: ``context_dg_stack`` in
    ``streamlit.delta_generator_singletons``.
    """
    context_dg_stack.set(get_default_dg_stack_value())
