"""Signals that arrive while Dagster holds them back: heard here, so that none is lost.

Between two steps Dagster's handler takes an interrupt, and forgets it when its run ends: a
person who pressed Ctrl+C then would wait for all that is left. Not here: what is done about it.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["heard"]

_STOP = {signal.SIGINT, signal.SIGTERM}
_MOST = 4096


@contextmanager
def heard() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether this process was asked to stop since.

    Python writes every signal's number to the wakeup descriptor, whatever handler is set.
    Outside the main thread, where none can be set, nothing is ever heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    ear, mouth = socket.socketpair()
    with ear, mouth:
        ear.setblocking(False)
        mouth.setblocking(False)
        before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: _asked(ear)
        finally:
            signal.set_wakeup_fd(before)


def _asked(ear: socket.socket) -> bool:
    try:
        return not _STOP.isdisjoint(ear.recv(_MOST))
    except BlockingIOError:
        return False
