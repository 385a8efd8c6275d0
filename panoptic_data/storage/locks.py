"""Locks between processes that are granted in the order of arrival and released by a kill.

Lance lets writers race and makes the loser try again: under load one can lose for half a
minute and then fail. A writer that waits for a lock loses no work. A lock's folder is never
made: where it is gone, so is what the lock is for. Not here: taking the lock of a run
(``provenance.runs``), which refuses instead of waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["exclusive_lock", "is_held"]


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Wait for the lock of the file ``path``, which is made where there is none, and hold it.

    Raises FileNotFoundError where its folder is gone.
    """
    try:
        import fcntl
    except ImportError:
        # Windows: polled every few milliseconds, in no order.
        from filelock import FileLock

        if not path.parent.is_dir():
            raise FileNotFoundError(path.parent) from None
        with FileLock(path, poll_interval=0.005):
            yield
        return
    with path.open("ab") as file:
        # Waits in the kernel's queue: a lock that is polled can starve.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool | None:
    """Whether a process holds the lock of a file; None where that cannot be found out.

    For a moment it takes the lock itself, shared: who wants the lock must try more than once.
    """
    try:
        import fcntl
    except ImportError:
        return _is_held_on_windows(path)
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError:
        # A disk of a network that knows no locks.
        return None
    return False


def _is_held_on_windows(path: Path) -> bool | None:
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return None
