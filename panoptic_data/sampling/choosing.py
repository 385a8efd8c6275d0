"""Which images a sample takes: different ones, typical ones, as many of each value. Pure.

What is given comes in an order by chance (``shuffled``): of two that are equally good the first is
taken, and that is all that chance decides. Not here: a project's images (``sample``), parts for
training and test (``dividing``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from panoptic_data.sampling.exact_vectors import BLOCK_ROWS, Whole, products, rounded

__all__ = ["Balance", "Check", "balanced", "different", "shares", "typical"]

Rows = npt.NDArray[np.intp]
Check = Callable[[], object]
"""Called again and again during long work; ends it by raising."""

# Vectors are compared with so many new centres at once: one product of matrices.
CENTRES_AT_ONCE = 64
# So many of the farthest are looked at again when one is to be chosen.
LOOKED_AT = 512
# Of more images than these the groups are found in the first ones.
GROUPED = 20_000
GROUPS_AT_MOST = 256
ROUNDS = 12
THREADS = min(4, os.cpu_count() or 1)


def _never() -> None:
    pass


def different(vectors: Whole, count: int, check: Check = _never) -> Rows:
    """Return rows of (n, d) vectors that are as different as can be, the first row first.

    k-center greedy (Gonzalez 1985): each is the one whose most similar among those before is the
    least similar; the greatest distance of any image to the sample is then at most twice the
    least possible. Exact: a similarity to the nearest centre only grows, so that one which is
    out of date is a lower bound, and only the lowest ones are brought up to date.
    """
    count = min(count, len(vectors))
    if not count:
        return np.empty(0, np.intp)
    nearest = np.full(len(vectors), -np.inf, np.float32)
    compared = np.zeros(len(vectors), np.int32)
    chosen, pending = [0], [0]
    nearest[0] = np.inf
    with _threads() as threads:
        while len(chosen) < count:
            if len(pending) == CENTRES_AT_ONCE or len(chosen) == 1:
                check()
                _bring_up_to_date(threads, vectors, nearest, pending)
                compared[:], pending = 0, []
            row = _least_similar(vectors, nearest, compared, pending)
            chosen.append(row)
            pending.append(row)
            nearest[row] = np.inf
    return np.array(chosen, np.intp)


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Give threads for blocks of rows, each of which multiplies alone.

    Small matrices are slower on several threads, and twenty times as slow on a busy machine.
    """
    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as threads:
        yield threads


def _blocks(vectors: Whole) -> list[slice]:
    return [slice(start, start + BLOCK_ROWS) for start in range(0, len(vectors), BLOCK_ROWS)]


def _bring_up_to_date(
    threads: ThreadPoolExecutor,
    vectors: Whole,
    nearest: npt.NDArray[np.float32],
    pending: Sequence[int],
) -> None:
    centres = vectors[list(pending)]

    def compare(rows: slice) -> None:
        closest = products(vectors[rows], centres).max(axis=1)
        np.maximum(nearest[rows], closest, out=nearest[rows])

    list(threads.map(compare, _blocks(vectors)))


def _least_similar(
    vectors: Whole,
    nearest: npt.NDArray[np.float32],
    compared: npt.NDArray[np.int32],
    pending: Sequence[int],
) -> int:
    """Return the first row whose nearest centre is the least similar; chosen rows are at inf."""
    while True:
        row = int(nearest.argmin())
        if compared[row] == len(pending):
            return row
        looked_at = min(LOOKED_AT, len(nearest) - 1)
        # Of many equals the row itself may not be among those.
        rows = np.union1d(np.argpartition(nearest, looked_at)[: looked_at + 1], [row])
        rows = rows[(compared[rows] < len(pending)) & np.isfinite(nearest[rows])]
        closest = products(vectors[rows], vectors[list(pending)]).max(axis=1)
        nearest[rows] = np.maximum(nearest[rows], closest)
        compared[rows] = len(pending)


def typical(vectors: Whole, count: int, check: Check = _never) -> Rows:
    """Return rows of (n, d) vectors that stand for the others: the nearest to centres of groups.

    The groups are those of k-means by direction, as many as rows are wanted, at most
    ``GROUPS_AT_MOST``; a group gives as many of its rows as its share of all.
    """
    count = min(count, len(vectors))
    if count == len(vectors) or not count:
        return np.arange(count, dtype=np.intp)
    centres = _centres(vectors[:GROUPED], min(count, GROUPS_AT_MOST), check)
    groups, similarity = _assigned(vectors, centres, check)
    wanted = shares(np.bincount(groups, minlength=len(centres)).tolist(), count)
    # The best of each group first, the groups after one another; of equals the first.
    order = np.lexsort((np.arange(len(vectors)), -similarity, groups))
    starts = np.searchsorted(groups[order], np.arange(len(centres)))
    taken = [order[start : start + most] for start, most in zip(starts, wanted, strict=True)]
    rows: Rows = np.concatenate(taken).astype(np.intp)
    return rows


def _centres(vectors: Whole, count: int, check: Check) -> Whole:
    centres = vectors[:count]
    groups = np.empty(0, np.intp)
    for _ in range(ROUNDS):
        before = groups
        groups, _similarity = _assigned(vectors, centres, check)
        if np.array_equal(groups, before):
            break
        order = np.argsort(groups, kind="stable")
        sizes = np.bincount(groups, minlength=count)
        filled = np.flatnonzero(sizes)
        starts = (np.cumsum(sizes) - sizes)[filled]
        sums = np.add.reduceat(vectors[order].astype(np.int64), starts, axis=0)
        centres = centres.copy()
        centres[filled] = rounded(sums)
    return centres


def _assigned(vectors: Whole, centres: Whole, check: Check) -> tuple[Rows, npt.NDArray[np.float32]]:
    """Return each vector's most similar centre, the first of equals, and the product with it."""
    groups = np.empty(len(vectors), np.intp)
    similarity = np.empty(len(vectors), np.float32)

    def assign(rows: slice) -> None:
        check()
        block = products(vectors[rows], centres)
        groups[rows] = block.argmax(axis=1)
        similarity[rows] = block.max(axis=1)

    with _threads() as threads:
        list(threads.map(assign, _blocks(vectors)))
    return groups, similarity


def shares(sizes: Sequence[float], count: int) -> list[int]:
    """Return ``count`` shared out in proportion to sizes: largest remainders, first of equals."""
    total = sum(sizes)
    if not total:
        return [0] * len(sizes)
    exact = [size * count / total for size in sizes]
    whole = [int(share) for share in exact]
    by_remainder = sorted(range(len(sizes)), key=lambda it: (whole[it] - exact[it], it))
    for index in by_remainder[: count - sum(whole)]:
        whole[index] += 1
    return whole


@dataclass(frozen=True)
class Balance:
    """The positions taken, how many were wanted of each value, and how many each has.

    ``counts`` are of the values in their order, what has several of them counted for each.
    """

    taken: list[int]
    wanted: int
    counts: list[int]


def balanced(values: Sequence[Sequence[int]], kinds: int, count: int) -> Balance:
    """Return positions of which equally many have each value, the first ones of each.

    ``values`` are those of each position (codes below ``kinds``; none, one, or several). A value
    that few have comes first; what was taken for one value counts for its others as well.
    """
    holders: list[list[int]] = [[] for _ in range(kinds)]
    for position, codes in enumerate(values):
        for code in codes:
            holders[code].append(position)
    wanted = count // max(1, sum(1 for some in holders if some))
    taken: set[int] = set()
    counts = [0] * kinds
    for code in sorted(range(kinds), key=lambda it: (len(holders[it]), it)):
        for position in holders[code]:
            if counts[code] >= wanted:
                break
            if position not in taken:
                taken.add(position)
                for other in values[position]:
                    counts[other] += 1
    return Balance(sorted(taken), wanted, counts)
