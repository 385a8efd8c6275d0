"""Map a function over items in threads, in order and with bounded look-ahead.

Not here: what the function does.
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
MAX_ITEMS_PER_THREAD = 8
MAX_BYTES = 128 << 20


def in_order(
    items: Iterable[tuple[T, int]], function: Callable[[T], U], threads: int | None = None
) -> Iterator[U]:
    """Yield ``function(item)`` for each (item, bytes that it takes in memory), in their order.

    At most 8 items per thread and 128 MiB are started before their results are consumed, or one
    item alone where it is larger. ``threads`` defaults to :func:`processors`. An exception of
    ``function`` is raised when its item's turn comes.
    """
    count = threads or processors()
    pending: deque[tuple[Future[U], int]] = deque()
    pending_bytes = 0
    pool = ThreadPoolExecutor(count, thread_name_prefix="ahead")
    try:
        for item, size in items:
            max_pending = count * MAX_ITEMS_PER_THREAD
            while pending and (len(pending) >= max_pending or pending_bytes + size > MAX_BYTES):
                future, freed_bytes = pending.popleft()
                pending_bytes -= freed_bytes
                yield future.result()
            pending.append((pool.submit(function, item), size))
            pending_bytes += size
        while pending:
            yield pending.popleft()[0].result()
    finally:
        pool.shutdown(cancel_futures=True)


def processors() -> int:
    """Return the number of processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
