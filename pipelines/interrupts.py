"""Stop signals, recorded so that none is lost whatever becomes of their exception.

Between two steps Dagster's handler captures an interrupt and discards it when its run ends, and a
library may swallow one, so that Ctrl+C would not stop what follows.

An interrupt that passes through ``exec`` of a text (dataclasses and Dagster make classes so) marks
the process: CPython then ends it by SIGINT instead of its exit code, although the interrupt was
caught. It looks for ``KeyboardInterrupt`` itself and lets a subclass pass.

Not here: stopping (``process``).
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stopped", "raise_when_stopped", "stop_signals"]

_STOP = {signal.SIGINT, signal.SIGTERM}
_BUFFER_BYTES = 4096


class Stopped(KeyboardInterrupt):
    """A person or a service manager stopped the process."""


def raise_when_stopped() -> None:
    """Raise Stopped where SIGTERM comes, and where SIGINT does unless this process ignores it."""
    signal.signal(signal.SIGTERM, _raise)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether a stop signal arrived since its last call.

    Python writes every signal's number to the wakeup descriptor, whatever handler is set.
    Outside the main thread, where it cannot be set, the function always returns False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    receiver, sender = socket.socketpair()
    with receiver, sender:
        receiver.setblocking(False)
        sender.setblocking(False)
        previous = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: _received(receiver)
        finally:
            signal.set_wakeup_fd(previous)


def _received(receiver: socket.socket) -> bool:
    try:
        return not _STOP.isdisjoint(receiver.recv(_BUFFER_BYTES))
    except BlockingIOError:
        return False
