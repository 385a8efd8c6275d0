"""k-nearest-neighbour search under the cosine: pure arithmetic on arrays.

Not here: tables and what changed in them (``neighbours``), searches by people (``search``).

Similarities are exact, hence the same on every machine and with any number of threads: a
product of two float16 is a multiple of 2**-48, vectors have unit length, so every partial sum
fits in the 53 bits of a float64 and no order of summation can round it. Two divisions by the
lengths and one rounding to float32 follow, element by element.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = [
    "NeighbourLists",
    "Progress",
    "cosines",
    "exact",
    "inverse_lengths",
    "listed",
    "merged",
    "nn_descent",
]

Real = TypeVar("Real", bound=np.floating)
Progress = Callable[[int, int], None]
"""Called with (done, total)."""

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float16]
Doubles = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int32]
Keys = npt.NDArray[np.int64]

# 1,024 × 8,192 products take 64 MB as float64, and as much again as keys.
QUERY_BLOCK = 1_024
BASE_BLOCK = 8_192
SEED = 42
LOW_BITS = 0xFFFF_FFFF
# Below the key of any similarity.
NO_KEY = np.iinfo(np.int64).min


@dataclass(frozen=True)
class NeighbourLists:
    """The neighbours of each row, nearest first, ties in order of position.

    ``ids``: (n, k) int32 positions, -1 where a list is shorter. ``similarities``: (n, k) float32
    cosines, -inf where ``ids`` is -1.
    """

    ids: Positions
    similarities: npt.NDArray[np.float32]

    def __getitem__(self, rows: Array) -> NeighbourLists:
        """Return the lists of these rows."""
        return NeighbourLists(self.ids[rows], self.similarities[rows])


def exact(
    queries: Floats,
    base: Floats,
    k: int,
    own: Positions | None = None,
    progress: Progress = lambda _done, _total: None,
) -> NeighbourLists:
    """Return the k nearest rows of ``base`` (n, d) to each of ``queries`` (q, d), float16.

    ``own`` (q,) holds each query's own position in ``base``, which is left out (-1: none). Takes
    q × n × d multiplications and some 200 MB in addition to the input.
    """
    count = len(queries)
    best = np.full((count, k), NO_KEY, np.int64)
    for start in range(0, len(base), BASE_BLOCK):
        columns = base[start : start + BASE_BLOCK].astype(np.float64)
        lengths = inverse_lengths(columns)
        for first in range(0, count, QUERY_BLOCK):
            rows = slice(first, first + QUERY_BLOCK)
            similar = _similarities(queries[rows], columns, lengths)
            positions = np.arange(start, start + len(columns))
            keys = _pack(similar, positions)
            if own is not None:
                keys[positions == own[rows, None]] = NO_KEY
            best[rows] = _largest(np.concatenate([best[rows], keys], axis=1), k)
        progress(min(start + BASE_BLOCK, len(base)), len(base))
    return _unpack(best)


def nn_descent(vectors: Floats, k: int) -> NeighbourLists:
    """Return about k nearest rows to each row by NN-Descent (Dong, Moses and Li, 2011).

    Finds 98 % of the true neighbours, with exact similarities. Runs in one thread: with a fixed
    seed pynndescent gives another graph for another number of threads (measured).
    """
    # 5 s to import, and 22 s in every process while numba compiles what it cannot cache.
    from pynndescent import NNDescent

    index = NNDescent(
        vectors.astype(np.float32), metric="cosine", n_neighbors=k + 1, random_state=SEED, n_jobs=1
    )
    neighbours = index.neighbor_graph[0].astype(np.int32)
    rows = np.arange(len(vectors), dtype=np.int32)
    keys = _pack(cosines(vectors, rows, neighbours), neighbours)
    keys[(neighbours == rows[:, None]) | (neighbours < 0)] = NO_KEY
    return _unpack(_largest(keys, k))


def cosines(vectors: Floats, rows: Positions, others: Positions) -> npt.NDArray[np.float32]:
    """Return the cosine of each row with each of its ``others`` (len(rows), m), as float32."""
    result = np.empty(others.shape, np.float32)
    step = max(1, QUERY_BLOCK // max(1, others.shape[1]))
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        left = vectors[rows[block]].astype(np.float64)
        right = vectors[others[block]].astype(np.float64)
        dots = np.einsum("ij,ikj->ik", left, right)
        result[block] = dots * inverse_lengths(left)[:, None] * inverse_lengths(right)
    return result


def listed(
    rows: npt.NDArray[np.int64],
    others: npt.NDArray[np.int64],
    similarities: npt.NDArray[np.float32],
    count: int,
    k: int,
) -> NeighbourLists:
    """Return the lists of ``count`` rows from pairs (p,) of a row and another, in any order."""
    order = np.lexsort((others, -similarities, rows))
    rows, others, similarities = rows[order], others[order], similarities[order]
    starts = np.searchsorted(rows, np.arange(count))
    rank = np.arange(len(rows)) - starts[rows]
    inside = rank < k
    ids = np.full((count, k), -1, np.int32)
    lists = np.full((count, k), -np.inf, np.float32)
    ids[rows[inside], rank[inside]] = others[inside]
    lists[rows[inside], rank[inside]] = similarities[inside]
    return NeighbourLists(ids, lists)


def merged(left: NeighbourLists, right: NeighbourLists) -> NeighbourLists:
    """Return the nearest of both lists, row by row, as many as ``left`` has.

    The two lists of a row must have no id in common.
    """
    keys = [
        np.where(lists.ids < 0, NO_KEY, _pack(lists.similarities, lists.ids))
        for lists in (left, right)
    ]
    return _unpack(_largest(np.concatenate(keys, axis=1), left.ids.shape[1]))


def _similarities(queries: Floats, columns: Doubles, lengths: Doubles) -> npt.NDArray[np.float32]:
    rows = queries.astype(np.float64)
    products = rows @ columns.T
    products *= inverse_lengths(rows)[:, None]
    products *= lengths
    return products.astype(np.float32)


def inverse_lengths(vectors: npt.NDArray[Real]) -> npt.NDArray[Real]:
    """Return one over the length of each vector of the last axis, 0 for a vector of zeros."""
    squares = np.einsum("...j,...j->...", vectors, vectors)
    # A vector of zeros has no direction: its cosines are 0.
    inverse: npt.NDArray[Real] = np.zeros_like(squares)
    np.divide(1.0, np.sqrt(squares), out=inverse, where=squares > 0)
    return inverse


def _pack(similarities: npt.NDArray[np.float32], positions: Array) -> Keys:
    """Pack similarity and position into one integer that sorts by both: larger is nearer.

    Selecting by it is a total order, so a partition cannot break ties by chance.
    """
    # Adding zero turns -0.0 into 0.0, which has other bits.
    bits = (similarities + np.float32(0)).view(np.int32)
    order = np.where(bits < 0, bits ^ 0x7FFF_FFFF, bits).astype(np.int64)
    return (order << 32) | (LOW_BITS - positions.astype(np.int64))


def _largest(keys: Keys, k: int) -> Keys:
    if keys.shape[1] > k:
        keys = np.partition(keys, keys.shape[1] - k, axis=1)[:, -k:]
    return np.sort(keys, axis=1)[:, ::-1]


def _unpack(keys: Keys) -> NeighbourLists:
    order = (keys >> 32).astype(np.int32)
    bits = np.where(order < 0, order ^ 0x7FFF_FFFF, order).astype(np.int32)
    none = keys == NO_KEY
    ids = np.where(none, -1, LOW_BITS - (keys & LOW_BITS)).astype(np.int32)
    similarities = np.where(none, -np.inf, bits.view(np.float32)).astype(np.float32)
    return NeighbourLists(ids, similarities)
