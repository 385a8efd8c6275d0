"""Which pairs of images may be one picture: near in their hashes.

Whether they are is found out by laying one over the other (``same_picture``). Pairs are numbers,
``left * count + right`` of positions left < right among the images, sorted by sha1. Not here:
pairs of hashes (``hamming``), neighbours under an encoder (``vectors.listed_pairs``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from panoptic_data.duplicates import hamming

__all__ = ["HashedImages", "usable_radius"]

Hashes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]
Pairs = npt.NDArray[np.int64]

# With more neighbours within the radius, on average, the hash does not distinguish the images, and
# a smaller radius is used.
MAX_MEAN_NEIGHBOURS = 8
# Of the images of one hash so many are compared with all others of it, and with those near it.
FIRST_OF_HASH = 4

# A mirrored or turned picture keeps its coefficients, but for their signs and their order: the bits
# of every other column, of every other field of a chessboard, or rows in place of columns.
_MIRROR = np.uint64(0x5555555555555555)
_HALF_TURN = np.uint64(0x55AA55AA55AA55AA)


def usable_radius(hashes: Hashes, radius: int) -> int:
    """Return the radius to use, in bits: smaller where the hash hardly tells images apart."""
    while radius and hamming.mean_neighbours(hashes, radius) > MAX_MEAN_NEIGHBOURS:
        # A DCT hash has as many ones as zeros, so that distances are even.
        radius -= 2
    return max(radius, 0)


@dataclass(frozen=True)
class HashedImages:
    """The DCT hashes of images in the order of their sha1, and the radius that is near, in bits."""

    phash: Hashes
    radius: int

    @cached_property
    def _order(self) -> Positions:
        return np.argsort(self.phash, kind="stable")

    @cached_property
    def _hashes(self) -> Hashes:
        return np.unique(self.phash)

    @cached_property
    def _starts(self) -> Positions:
        return np.searchsorted(self.phash[self._order], self._hashes)

    @cached_property
    def _counts(self) -> Positions:
        return np.diff(np.append(self._starts, len(self.phash)))

    @cached_property
    def _rank(self) -> Positions:
        """The position of each image among those of its hash."""
        ranks = np.empty(len(self.phash), np.int64)
        ranks[self._order] = np.arange(len(ranks)) - np.repeat(self._starts, self._counts)
        return ranks

    def pairs(self, touched: Hashes | None = None) -> Pairs:
        """Return all pairs that are near; with ``touched`` those of an image of these hashes."""
        among = self._hashes if touched is None else np.intersect1d(self._hashes, touched)
        near = self._near(None if touched is None else among)
        parts = [self._of_one_hash(np.searchsorted(self._hashes, among)), *near]
        return np.unique(np.concatenate(parts))

    def are_near(self, left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
        """Whether each pair is among :meth:`pairs`."""
        ranks = np.stack([self._rank[left], self._rank[right]])
        ours, theirs = self.phash[left], self.phash[right]
        is_equal = ours == theirs
        near = np.bitwise_count(ours ^ theirs) <= self.radius
        result = np.where(
            is_equal,
            ranks.min(axis=0) < FIRST_OF_HASH,
            near & (ranks.max(axis=0) < FIRST_OF_HASH),
        )
        turned = np.zeros(len(left), bool)
        for turn in _TURNS:
            for mine, other in ((ours, theirs), (theirs, ours)):
                turned |= np.bitwise_count(turn(mine) ^ other) <= self.radius
        return np.asarray(result | (turned & ~is_equal & (ranks.max(axis=0) == 0)))

    def _of_one_hash(self, buckets: Positions) -> Pairs:
        """Return the pairs of images of one hash, of some hashes."""
        counts = self._counts[buckets]
        members = self._order[_ranges(self._starts[buckets], counts)]
        starts = np.repeat(self._starts[buckets], counts)
        parts = [
            _coded(self._order[starts[is_after] + first], members[is_after], len(self.phash))
            for first in range(FIRST_OF_HASH)
            for is_after in [self._rank[members] > first]
        ]
        return np.concatenate(parts)

    def _near(self, touched: Hashes | None) -> list[Pairs]:
        """Return the pairs of images of different hashes that are near, mirrored and turned too."""
        hashes = self._hashes
        if touched is None:
            plain = hamming.pairs(hashes, self.radius)
        else:
            plain = _within(hashes, touched, touched, self.radius)
        pairs = [self._of_two_hashes(*plain, FIRST_OF_HASH)]
        for turn in _TURNS:
            if touched is None:
                pairs.append(self._of_two_hashes(*self._crossing(turn(hashes)), 1))
                continue
            # The touched hash may be the one that is turned, or the other.
            pairs.append(
                self._of_two_hashes(*_within(hashes, touched, turn(touched), self.radius), 1)
            )
            queried, other = hamming.near_to(turn(hashes), touched, self.radius)
            sides = other, np.searchsorted(hashes, touched[queried])
            pairs.append(self._of_two_hashes(*sides, 1))
        return pairs

    def _crossing(self, turned: Hashes) -> tuple[Positions, Positions]:
        """Return (hash, other) for all pairs of a turned hash and another as it is."""
        count = len(turned)
        left, right = hamming.pairs(np.concatenate([self._hashes, turned]), self.radius)
        crosses = (left < count) & (right >= count)
        return left[crosses], right[crosses] - count

    def _of_two_hashes(self, left: Positions, right: Positions, first: int) -> Pairs:
        """Return the pairs of the first images of two hashes each."""
        differ = left != right
        left, right = left[differ], right[differ]
        parts = [np.empty(0, np.int64)]
        for rank in range(first):
            for other in range(first):
                has = (self._counts[left] > rank) & (self._counts[right] > other)
                ours = self._order[self._starts[left[has]] + rank]
                theirs = self._order[self._starts[right[has]] + other]
                parts.append(_coded(ours, theirs, len(self.phash)))
        return np.concatenate(parts)


def _within(
    hashes: Hashes, touched: Hashes, queries: Hashes, radius: int
) -> tuple[Positions, Positions]:
    """Return positions (touched hash, another) within the radius of each one's query."""
    queried, other = hamming.near_to(hashes, queries, radius)
    return np.searchsorted(hashes, touched[queried]), other


def _coded(left: Positions, right: Positions, count: int) -> Pairs:
    return np.minimum(left, right).astype(np.int64) * count + np.maximum(left, right)


def _ranges(starts: Positions, counts: Positions) -> Positions:
    """Return the numbers of all ranges, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)


def _mirrored(hashes: Hashes) -> Hashes:
    return hashes ^ _MIRROR


def _half_turned(hashes: Hashes) -> Hashes:
    return hashes ^ _HALF_TURN


def _quarter_turned(hashes: Hashes) -> Hashes:
    rows = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    columns = rows.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)
    return np.packbits(columns, axis=1).view(">u8").ravel().astype(np.uint64) ^ _MIRROR


_TURNS: tuple[Callable[[Hashes], Hashes], ...] = (_mirrored, _half_turned, _quarter_turned)
