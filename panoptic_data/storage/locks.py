"""Taking turns between processes: whoever comes first goes first, and a kill gives the turn back.

Lance lets writers race and makes the loser try again: under load one can lose for half a
minute and then fail. Who waits for its turn loses nothing. Not here: what is done in a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["turn"]


@contextmanager
def turn(place: Path) -> Iterator[None]:
    """Hold the turn of ``place``, a file that is made where it is not there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        # Windows: asked again every few milliseconds, in no order.
        from filelock import FileLock

        with FileLock(place, poll_interval=0.005):
            yield
        return
    with place.open("ab") as file:
        # Waits in the kernel's queue; a lock that asks again and again can starve.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
