"""Find the few pairs of vectors whose exact cosine matters, by one product in float32: pure.

A cosine in float32 is wrong by less than a margin that is known, so that what is below a threshold
by more than the margin need not be computed exactly. Not here: exact cosines (``knn``), which
lists change by them (``added_neighbours``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from panoptic_data.vectors.knn import Progress, inverse_lengths
from panoptic_data.vectors.stored_vectors import BLOCK_ROWS

__all__ = ["Blocks", "Pairs", "TooManyPairs", "blocks_of", "exact_cosines", "nearest_pairs"]

Floats = npt.NDArray[np.float16]
Singles = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

# Pairs that are compared exactly, for each query: more than this many are alike within rounding,
# and comparing all exactly at once is quicker.
PAIRS_PER_QUERY = 2_000
PAIRS_AT_ONCE = 8_192
# Below any cosine, and above what is left out.
LEAST = np.float32(-2)
# A float16 whose bits are shifted to where a float32 has them lacks 13 bits of fraction, has copies
# of its sign in three bits of the exponent, and an exponent that is too small by 112.
_FRACTION_BITS = 13
_WITHOUT_COPIES = np.int32(-0x7000_0001)
_SCALE = np.float32(2.0**112)


class TooManyPairs(Exception):
    """So many vectors are nearly equal that screening them does not pay."""


Blocks = Iterable[tuple[Positions, Floats]]
"""Positions (m,) of some rows of the base and their vectors (m, d)."""


@dataclass(frozen=True)
class Pairs:
    """Pairs (p,) of a query and a row of the base, int64 positions.

    ``vectors`` are those of some rows, each pair's at the index ``kept`` (p,).
    """

    queries: Positions
    rows: Positions
    kept: Positions
    vectors: Floats


def blocks_of(vectors: Floats) -> Blocks:
    """Yield vectors (n, d) that are in memory, in blocks."""
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS]
        yield np.arange(start, start + len(block)), block


def nearest_pairs(
    queries: Floats,
    base: Blocks,
    k: int,
    own: Positions,
    takes_part: npt.NDArray[np.bool_],
    weakest: Singles | None = None,
    progress: Progress = lambda _done, _total: None,
) -> tuple[Pairs, Pairs]:
    """Return pairs that hold each query's k nearest rows, and pairs by which it may enter a list.

    ``queries`` (q, d); ``base`` yields the n rows once, and only the vectors of pairs are kept.
    ``own`` (q,): each query's own row, left out, -1 for none. ``takes_part`` (n,): the other rows
    are left out. ``weakest`` (n,) is the similarity from which a query enters a row's list, inf
    where none may; without it the second result is empty. Both results hold some pairs too many.
    Raises TooManyPairs.
    """
    # One thread: with few queries several spend more time waiting for each other than they save.
    with threadpool_limits(limits=1, user_api="blas"):
        return _screen(queries, base, k, own, takes_part, weakest, progress)


def exact_cosines(queries: Floats, pairs: Pairs) -> Singles:
    """Return the cosine of each pair, (p,) float32, as exact as ``knn.cosines``."""
    cosines = np.empty(len(pairs.rows), np.float32)
    for start in range(0, len(cosines), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        left = queries[pairs.queries[some]].astype(np.float64)
        right = pairs.vectors[pairs.kept[some]].astype(np.float64)
        dots = np.einsum("ij,ij->i", left, right)
        cosines[some] = dots * inverse_lengths(left) * inverse_lengths(right)
    # Adding zero turns -0.0 into 0.0, which sorts alike everywhere.
    return cosines + np.float32(0)


def _screen(
    queries: Floats,
    base: Blocks,
    k: int,
    own: Positions,
    takes_part: npt.NDArray[np.bool_],
    weakest: Singles | None,
    progress: Progress,
) -> tuple[Pairs, Pairs]:
    left = np.ascontiguousarray(_unit(queries.astype(np.float32)))
    margin = np.float32(2 * queries.shape[1] * np.finfo(np.float32).eps)
    best = np.full((len(queries), k), -np.inf, np.float32)
    own_query = np.full(len(takes_part), -1, np.int64)
    own_query[own[own >= 0]] = np.flatnonzero(own >= 0)
    near, entering = _Collected(queries.shape[1]), _Collected(queries.shape[1])
    buffer = np.empty((BLOCK_ROWS, queries.shape[1]), np.int32)
    done = 0
    for rows, vectors in base:
        if len(vectors) > len(buffer):
            buffer = np.empty(vectors.shape, np.int32)
        block = _singles(vectors, buffer)
        similar = left @ block.T
        similar *= inverse_lengths(block)
        similar[:, ~takes_part[rows]] = -np.inf
        is_own = np.flatnonzero(own_query[rows] >= 0)
        similar[own_query[rows[is_own]], is_own] = -np.inf
        _keep_best(best, similar)
        near.add(similar, best.min(axis=1, keepdims=True) - margin, rows, vectors)
        if weakest is not None:
            entering.add(similar, weakest[rows] - margin, rows, vectors)
        if near.count + entering.count > PAIRS_PER_QUERY * max(1, len(queries)):
            raise TooManyPairs
        done += len(rows)
        progress(done, len(takes_part))
    return near.pairs(best.min(axis=1) - margin), entering.pairs()


class _Collected:
    """Pairs that were let through, block by block, with the vectors of their rows."""

    def __init__(self, dim: int) -> None:
        self.count = 0
        self._queries = [np.empty(0, np.int64)]
        self._rows = [np.empty(0, np.int64)]
        self._kept = [np.empty(0, np.int64)]
        self._similar = [np.empty(0, np.float32)]
        self._vectors = [np.empty((0, dim), np.float16)]
        self._n_vectors = 0

    def add(self, similar: Singles, threshold: Singles, rows: Positions, vectors: Floats) -> None:
        """Collect the pairs of a block whose similarity (q, m) is above a threshold."""
        at = np.flatnonzero(similar >= np.maximum(threshold, LEAST))
        if not len(at):
            return
        query, column = np.divmod(at, len(rows))
        columns, index = np.unique(column, return_inverse=True)
        self._queries.append(query)
        self._rows.append(rows[column])
        self._kept.append(index + self._n_vectors)
        self._similar.append(similar.ravel()[at])
        self._vectors.append(vectors[columns])
        self._n_vectors += len(columns)
        self.count += len(at)

    def pairs(self, threshold: Singles | None = None) -> Pairs:
        """Return the pairs; with ``threshold`` (q,) those that are above that of their query."""
        parts = (self._queries, self._rows, self._kept)
        queries, rows, kept = (np.concatenate(part) for part in parts)
        vectors = np.concatenate(self._vectors)
        if threshold is None:
            return Pairs(queries, rows, kept, vectors)
        is_above = np.concatenate(self._similar) >= np.maximum(threshold, LEAST)[queries]
        return Pairs(queries[is_above], rows[is_above], kept[is_above], vectors)


def _keep_best(best: Singles, similar: Singles) -> None:
    """Carry each query's k largest similarities forward by a block, in place."""
    k = best.shape[1]
    floor = best.min(axis=1)
    for query in np.flatnonzero(similar.max(axis=1, initial=-np.inf) > floor):
        larger = similar[query][similar[query] > floor[query]]
        values = np.concatenate([best[query], larger])
        best[query] = np.partition(values, len(values) - k)[-k:]


def _singles(halves: Floats, buffer: npt.NDArray[np.int32]) -> Singles:
    """Convert finite float16 (m, d) to float32 in a buffer: six times as fast as a cast."""
    bits = buffer[: len(halves)]
    np.copyto(bits, halves.view(np.int16))
    bits <<= _FRACTION_BITS
    bits &= _WITHOUT_COPIES
    singles: Singles = bits.view(np.float32)
    singles *= _SCALE
    return singles


def _unit(vectors: Singles) -> Singles:
    unit: Singles = vectors * inverse_lengths(vectors)[:, None]
    return unit
