"""Work behind what people wait for, in threads that end before the interpreter does.

A thread that comes back from native code (lancedb, Polars, Arrow) while Python is being taken down
ends the process with ``Fatal Python error: PyGILState_Release``. Not here: what the threads do.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections.abc import Callable

__all__ = ["end", "is_exiting", "start", "wait_for_native_threads"]

# Seconds that an exit waits at most, for each of the two.
OURS_AT_MOST = 10.0
NATIVE_AT_MOST = 2.0
POLL_SECONDS = 0.005

_threads: set[threading.Thread] = set()
_exiting = threading.Event()


def start(work: Callable[..., object], *arguments: object) -> None:
    """Do something in a thread. Long work asks :func:`is_exiting` now and then, and returns.

    Nothing is begun while the process exits.
    """

    def run() -> None:
        try:
            work(*arguments)
        finally:
            _threads.discard(thread)

    thread = threading.Thread(target=run, name="panoptic-background", daemon=True)
    if _exiting.is_set():
        return
    _threads.add(thread)
    try:
        thread.start()
    except RuntimeError:
        _threads.discard(thread)
        raise


def is_exiting() -> bool:
    """Whether the process is about to exit."""
    return _exiting.is_set()


def wait_for_native_threads() -> None:
    """Return when no thread that Python did not start is inside Python code, or after a while."""
    deadline = time.monotonic() + NATIVE_AT_MOST
    while _foreign_threads() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _foreign_threads() -> set[int]:
    # Those that once asked who they are have a dummy.
    ours = {
        thread.ident
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
    }
    return {ident for ident in sys._current_frames() if ident not in ours}


def end() -> None:
    """End the threads that were started here, each as soon as it can."""
    _exiting.set()
    deadline = time.monotonic() + OURS_AT_MOST
    for thread in list(_threads):
        thread.join(max(0.0, deadline - time.monotonic()))


atexit.register(end)
