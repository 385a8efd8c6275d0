"""Find the few pairs of vectors whose exact cosine matters, by one product in float32: pure.

A cosine in float32 is wrong by less than a margin that is known, so that what is below a threshold
by more than the margin need not be computed exactly. Not here: exact cosines (``knn``), which
lists change by them (``added_neighbours``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from panoptic_data.vectors.knn import Progress, inverse_lengths

__all__ = ["Pairs", "TooManyPairs", "exact_cosines", "nearest_pairs"]

Floats = npt.NDArray[np.float16]
Singles = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

# As many rows as stay in the processor's cache between conversion and product.
BLOCK_ROWS = 2_048
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


@dataclass(frozen=True)
class Pairs:
    """Pairs (p,) of a query and a row of the base, int64 positions."""

    queries: Positions
    rows: Positions

    @classmethod
    def of(cls, parts: list[tuple[Positions, Positions]]) -> Pairs:
        """Join pairs of several blocks."""
        if not parts:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        left, right = zip(*parts, strict=True)
        return cls(np.concatenate(left), np.concatenate(right))


def nearest_pairs(
    queries: Floats,
    base: Floats,
    k: int,
    own: Positions,
    takes_part: npt.NDArray[np.bool_],
    weakest: Singles | None = None,
    progress: Progress = lambda _done, _total: None,
) -> tuple[Pairs, Pairs]:
    """Return pairs that hold each query's k nearest rows, and pairs by which it may enter a list.

    ``queries`` (q, d), ``base`` (n, d). ``own`` (q,): each query's own row, left out, -1 for none.
    ``takes_part`` (n,): the other rows are left out. ``weakest`` (n,) is the similarity from
    which a query enters a row's list, inf where none may; without it the second result is empty.
    Both results hold some pairs too many. Raises TooManyPairs.
    """
    # One thread: with few queries several spend more time waiting for each other than they save.
    with threadpool_limits(limits=1, user_api="blas"):
        return _screen(queries, base, k, own, takes_part, weakest, progress)


def exact_cosines(queries: Floats, base: Floats, pairs: Pairs) -> Singles:
    """Return the cosine of each pair, (p,) float32, as exact as ``knn.cosines``."""
    cosines = np.empty(len(pairs.rows), np.float32)
    for start in range(0, len(cosines), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        left = queries[pairs.queries[some]].astype(np.float64)
        right = base[pairs.rows[some]].astype(np.float64)
        dots = np.einsum("ij,ij->i", left, right)
        cosines[some] = dots * inverse_lengths(left) * inverse_lengths(right)
    # Adding zero turns -0.0 into 0.0, which sorts alike everywhere.
    return cosines + np.float32(0)


def _screen(
    queries: Floats,
    base: Floats,
    k: int,
    own: Positions,
    takes_part: npt.NDArray[np.bool_],
    weakest: Singles | None,
    progress: Progress,
) -> tuple[Pairs, Pairs]:
    left = np.ascontiguousarray(_unit(queries.astype(np.float32)))
    margin = np.float32(2 * base.shape[1] * np.finfo(np.float32).eps)
    best = np.full((len(queries), k), -np.inf, np.float32)
    near: list[tuple[Positions, Positions]] = []
    entering: list[tuple[Positions, Positions]] = []
    buffer = np.empty((BLOCK_ROWS, base.shape[1]), np.int32)
    count = 0
    for start in range(0, len(base), BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, len(base))
        block = _singles(base[start:stop], buffer)
        similar = left @ block.T
        similar *= inverse_lengths(block)
        absent = np.flatnonzero(~takes_part[start:stop])
        if len(absent):
            similar[:, absent] = -np.inf
        inside = np.flatnonzero((own >= start) & (own < stop))
        similar[inside, own[inside] - start] = -np.inf
        _keep_best(best, similar)
        parts = [(near, best.min(axis=1, keepdims=True) - margin)]
        if weakest is not None:
            parts.append((entering, weakest[start:stop] - margin))
        for pairs, threshold in parts:
            at = np.flatnonzero(similar >= np.maximum(threshold, LEAST))
            left_at, right_at = np.divmod(at, stop - start)
            pairs.append((left_at, right_at + start))
            count += len(at)
        if count > PAIRS_PER_QUERY * max(1, len(queries)):
            raise TooManyPairs
        progress(stop, len(base))
    return Pairs.of(near), Pairs.of(entering)


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
