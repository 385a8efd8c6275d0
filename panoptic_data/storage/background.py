"""Work behind what people wait for, in threads that end before the interpreter does.

A thread that comes back from native code (lancedb, Polars, Arrow) while Python is being taken down
ends the process with ``Fatal Python error: PyGILState_Release``. Not here: what the threads do.
"""

from __future__ import annotations

import atexit
import ctypes
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

__all__ = ["end", "is_exiting", "start", "wait_for_native_threads"]

# Seconds that an exit waits at most, for each of the two.
OURS_AT_MOST = 10.0
NATIVE_AT_MOST = 2.0
POLL_SECONDS = 0.005
# A native thread may come back once more, to drop what it held.
QUIET_LOOKS = 3

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
    """Return when no thread that Python did not start is inside Python, or after a while."""
    deadline = time.monotonic() + NATIVE_AT_MOST
    quiet = 0
    while quiet < QUIET_LOOKS and time.monotonic() < deadline:
        quiet = 0 if _count_foreign() else quiet + 1
        # Lets go of the interpreter, which they may be waiting for.
        time.sleep(POLL_SECONDS)


def _count_foreign() -> int:
    """Return how many threads that Python did not start are inside it or wait to come in.

    Those that wait have no frame yet: they are counted by the states that the interpreter keeps.
    """
    # Those that once asked who they are have a dummy.
    ours = {
        thread.ident
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
    }
    frames = sys._current_frames().keys()
    known = len(ours & frames)
    if sys.implementation.name != "cpython":
        return len(frames) - known
    return _count_states() - known


def _count_states() -> int:
    """Return how many threads the interpreter knows. Holding it, none of them can leave."""
    python = ctypes.pythonapi
    state = _pointer(python.PyInterpreterState_ThreadHead, _pointer(python.PyInterpreterState_Get))
    count = 0
    while state:
        count += 1
        state = _pointer(python.PyThreadState_Next, state)
    return count


def _pointer(function: Any, *arguments: int | None) -> int | None:
    function.restype = ctypes.c_void_p
    pointer: int | None = function(*map(ctypes.c_void_p, arguments))
    return pointer


def end() -> None:
    """End the threads that were started here, each as soon as it can."""
    _exiting.set()
    deadline = time.monotonic() + OURS_AT_MOST
    for thread in list(_threads):
        thread.join(max(0.0, deadline - time.monotonic()))


atexit.register(end)
