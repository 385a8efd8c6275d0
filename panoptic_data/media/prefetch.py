"""Work in threads a bounded way ahead of the one who takes the results, in order.

Not here: what the work is.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_order", "processors"]

T = TypeVar("T")
U = TypeVar("U")

# Enough to keep the threads busy while a batch is written.
AHEAD_PER_THREAD = 8
AHEAD_BYTES = 128 << 20


def in_order(
    items: Iterable[tuple[T, int]], act: Callable[[T], U], threads: int | None = None
) -> Iterator[U]:
    """Yield ``act(item)`` for each (item, bytes that it takes in memory), in their order.

    At most 8 items a thread and 128 MiB are begun and not yet taken, or one item alone.
    ``threads`` defaults to :func:`processors`. What ``act`` raises is raised in its turn.
    """
    count = threads or processors()
    waiting: deque[tuple[Future[U], int]] = deque()
    ahead = 0
    pool = ThreadPoolExecutor(count, thread_name_prefix="ahead")
    try:
        for item, size in items:
            full = count * AHEAD_PER_THREAD
            while waiting and (len(waiting) >= full or ahead + size > AHEAD_BYTES):
                future, freed = waiting.popleft()
                ahead -= freed
                yield future.result()
            waiting.append((pool.submit(act, item), size))
            ahead += size
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        pool.shutdown(cancel_futures=True)


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
