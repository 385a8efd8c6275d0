"""The order in which pairs of images are compared, so that each picture is read few times: pure.

Pairs are numbers, ``left * count + right`` of positions left < right among the images.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

__all__ = ["in_batches", "in_order"]

Pairs = npt.NDArray[np.int64]


def in_order(pairs: Pairs, count: int) -> Pairs:
    """Return the pairs so that those of an image come soon after each other."""
    left, right = np.divmod(pairs, count)
    used, sides = np.unique(np.concatenate([left, right]), return_inverse=True)
    ours, theirs = sides[: len(left)], sides[len(left) :]
    graph = coo_array((np.ones(len(left), np.int8), (ours, theirs)), (len(used), len(used)))
    place = np.empty(len(used), np.int64)
    place[reverse_cuthill_mckee((graph + graph.T).tocsr(), symmetric_mode=True)] = np.arange(
        len(used)
    )
    ends = np.sort(np.stack([place[ours], place[theirs]]), axis=0)
    return pairs[np.lexsort((ends[0], ends[1]))]


def in_batches(pairs: Pairs, count: int, most_images: int, most_pairs: int) -> Iterator[Pairs]:
    """Yield pairs in turn, as many as have together so many images, or are so many."""
    left, right = (side.tolist() for side in np.divmod(pairs, count))
    start, seen = 0, set[int]()
    for at, ends in enumerate(zip(left, right, strict=True)):
        if len(seen) >= most_images or at - start >= most_pairs:
            yield pairs[start:at]
            start, seen = at, set()
        seen.update(ends)
    yield pairs[start:]
