"""Pairs of 64-bit hashes that differ in few bits, without comparing every pair: pure.

Not here: computing the hashes (``media.hashes``) and what a pair means (``detect``).

Multi-index hashing (Norouzi, Punjani and Fleet, 2012): cut into m bands, two hashes within a
radius r differ by at most a_i bits in some band i, wherever the sum of the a_i is r - m + 1. So
each hash looks up its bands, with up to a_i bits flipped, among the others' bands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = ["mean_neighbours", "near_to", "pairs"]

Hashes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]

BITS = 64
# With more hashes bands are wider, so that a look-up finds only a few.
WIDER_ABOVE = 200_000
# Candidate pairs held at a time: 100 MB.
AT_ONCE = 4_000_000
SAMPLE = 256
# Of a larger corpus so many hashes are counted.
COMPARED = 16_384


def pairs(hashes: Hashes, radius: int, bands: int | None = None) -> tuple[Positions, Positions]:
    """Return positions (left, right), left < right, of all pairs within ``radius`` bits.

    Sorted and complete. ``bands`` is 3 or 4, None: chosen by the number of hashes.
    """
    bands = bands or (3 if len(hashes) > WIDER_ABOVE else 4)
    confirmed = [
        _within(hashes, left, right, radius)
        for shift, width, flips in _bands(bands, radius)
        for left, right in _candidates(hashes, shift, width, flips)
    ]
    codes = [left * len(hashes) + right for left, right in confirmed if len(left)]
    if not codes:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.divmod(np.unique(np.concatenate(codes)), len(hashes))


def mean_neighbours(hashes: Hashes, radius: int) -> float:
    """Return the mean number of other hashes within ``radius``, estimated from even samples."""
    sample = hashes[:: max(1, len(hashes) // SAMPLE)]
    step = max(1, len(hashes) // COMPARED)
    others = hashes[::step]
    near = sum(int((np.bitwise_count(others ^ query) <= radius).sum()) for query in sample)
    # Each is within the radius of itself, where it is among the others.
    itself = len(np.intersect1d(sample, others))
    return step * (near - itself) / max(1, len(sample))


def near_to(hashes: Hashes, queries: Hashes, radius: int) -> tuple[Positions, Positions]:
    """Return positions (query, hash) of all pairs within ``radius`` bits of a few queries."""
    left, right = [], []
    for position, query in enumerate(queries):
        near = np.flatnonzero(np.bitwise_count(hashes ^ query) <= radius)
        left.append(np.full(len(near), position))
        right.append(near)
    if not left:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(left), np.concatenate(right)


def _bands(count: int, radius: int) -> Iterator[tuple[int, int, int]]:
    """Yield (first bit, bits, bits that may differ) of each band that needs a look-up."""
    widths = [BITS // count + (band < BITS % count) for band in range(count)]
    total = radius - count + 1
    shift = 0
    for band, width in enumerate(widths):
        # -1 where the other bands suffice; bands share the total as evenly as they can.
        flips = total // count + (band < total % count)
        if flips >= 0:
            yield shift, width, flips
        shift += width


def _candidates(
    hashes: Hashes, shift: int, width: int, flips: int
) -> Iterator[tuple[Positions, Positions]]:
    values = ((hashes >> np.uint64(shift)) & np.uint64((1 << width) - 1)).astype(np.int64)
    order = np.argsort(values, kind="stable")
    starts = np.zeros((1 << width) + 1, np.int64)
    np.cumsum(np.bincount(values, minlength=1 << width), out=starts[1:])
    for mask in _masks(width, flips):
        first = starts[values ^ mask]
        counts = starts[(values ^ mask) + 1] - first
        queries = np.flatnonzero(counts)
        ends = np.cumsum(counts[queries])
        for part in _slices(ends):
            rows, sizes = queries[part], counts[queries[part]]
            offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            yield np.repeat(rows, sizes), order[np.repeat(first[rows], sizes) + offsets]


def _within(
    hashes: Hashes, left: Positions, right: Positions, radius: int
) -> tuple[Positions, Positions]:
    # Each pair is found from both sides: one order is enough.
    ordered = left < right
    left, right = left[ordered], right[ordered]
    near = np.bitwise_count(hashes[left] ^ hashes[right]) <= radius
    return left[near], right[near]


def _masks(width: int, flips: int) -> Iterator[int]:
    for count in range(flips + 1):
        for bits in combinations(range(width), count):
            yield sum(1 << bit for bit in bits)


def _slices(ends: Positions) -> Iterator[slice]:
    """Yield slices of rows, given the cumulative sums of their sizes, each about ``AT_ONCE``."""
    start = 0
    while start < len(ends):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + AT_ONCE, side="right")))
        yield slice(start, stop)
        start = stop
