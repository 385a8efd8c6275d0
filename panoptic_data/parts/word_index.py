"""Inverted lists of visual words: which pictures have points like those of a picture, and where.

Every pair of points that look alike proposes a turn, a scale and a shift, and the pairs of two
pictures that propose the same are counted (Lowe, 2004). Pairs of points that many pictures have
weigh little, or nothing. Pure: not here is where words are kept (``index``), comparing the pictures
themselves (``same_part``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from panoptic_data.parts.words import STEPS, Words

__all__ = ["Candidates", "WordIndex", "joined"]

Positions = npt.NDArray[np.int64]

# Bits of 64 by which two points of a word may differ and look alike.
ALIKE = 22
# A point that is alike to points of more than this share of the pictures, and of so many at least,
# is a frame, a ruled line or a letter of a printed caption: it counts for nothing.
COMMON, COMMON_AT_LEAST = 0.03, 30
# Proposals within a twelfth of a circle, an octave and an eighth of the longer side agree.
TURN, OCTAVE, SHIFT = 256 / 12, STEPS, 65_535 / 8
# Points that agree, from which a picture is a candidate, and their weight. Of pictures that share
# a part 9 in 10 have a weight of 4 and more; plates of one layout have others of less than 3.
FEWEST, LEAST_VOTES = 5, 2.9
# How rare a point is says little in a small corpus, in which a motif may be in half of it.
SMALL = 1_000


@dataclass(frozen=True)
class Candidates:
    """What a picture's words lead to.

    ``pictures`` are positions in the index, those with most first; ``votes`` (n,) float32 are the
    points that agree on one transform, each weighed by how rare it is, 0 to 1. ``is_common`` (m,)
    are the points of the query that count for nothing.
    """

    pictures: Positions
    votes: npt.NDArray[np.float32]
    is_common: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WordIndex:
    """The words of pictures, one after the other; ``starts`` (n + 1,) is where each one's begin."""

    words: Words
    starts: Positions

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of_picture(self, position: int) -> Words:
        """Return the words of one picture."""
        return self.words[np.arange(self.starts[position], self.starts[position + 1])]

    def candidates(
        self,
        queries: Sequence[Words],
        most: int,
        itself: int | None = None,
        fewest: int = FEWEST,
        least_votes: float = LEAST_VOTES,
    ) -> Candidates:
        """Return up to ``most`` pictures in which points agree with those of a picture.

        ``queries`` are its words and those of its mirror image, point by point; ``itself`` is its
        own position. At least ``fewest`` points have to agree, of a weight of ``least_votes``.
        """
        most_common = max(COMMON_AT_LEAST, int(COMMON * len(self)))
        matches, counts = [], [np.zeros(len(queries[0]), np.int64)]
        for query in queries:
            pairs, count = self._alike(query, most_common)
            matches.append(pairs)
            counts.append(count)
        count = np.max(counts, axis=0)
        is_common = count > most_common
        size = max(SMALL, len(self))
        rarity = np.log(size / np.maximum(count, 1)) / np.log(size)
        weight = np.where(is_common, 0, np.clip(rarity, 0, 1)).astype(np.float32)
        best = np.zeros(len(self), np.float32)
        for query, (points, others) in zip(queries, matches, strict=True):
            kept = weight[points] > 0
            if itself is not None:
                kept &= self._owners[others] != itself
            points, others = points[kept], others[kept]
            np.maximum(best, self._votes(query, points, others, weight, fewest), out=best)
        order = np.argsort(-best, kind="stable")[:most]
        order = order[(best[order] > 0) & (best[order] >= least_votes)]
        return Candidates(order, best[order], is_common)

    @cached_property
    def _owners(self) -> npt.NDArray[np.int32]:
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.starts))

    @cached_property
    def _lists(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], Positions]:
        """Points in the order of their words, their signatures, and where each word begins."""
        order = np.argsort(self.words.words, kind="stable")
        most = int(self.words.words.max(initial=0)) + 2
        begins = np.searchsorted(self.words.words[order], np.arange(most, dtype=np.int64))
        return order, self.words.signatures[order], begins

    def _alike(
        self, query: Words, most_common: int
    ) -> tuple[tuple[Positions, Positions], Positions]:
        """Return the pairs (point of the query, point of the index) that look alike.

        And of how many pictures some point is alike to each point of the query; of those of more
        than ``most_common`` no pairs.
        """
        order, signatures, begins = self._lists
        points, others = [], []
        counts = np.zeros(len(query), np.int64)
        for point, (word, signature) in enumerate(
            zip(query.words.tolist(), query.signatures, strict=True)
        ):
            if word + 1 >= len(begins):
                continue
            start = begins[word]
            bits = np.bitwise_count(signatures[start : begins[word + 1]] ^ signature)
            near = order[start + np.flatnonzero(bits <= ALIKE)]
            counts[point] = len(near)
            if len(near) > most_common:
                counts[point] = len(np.unique(self._owners[near]))
            if 0 < counts[point] <= most_common:
                points.append(np.full(len(near), point, np.int64))
                others.append(near)
        none = np.empty(0, np.int64)
        return (np.concatenate([none, *points]), np.concatenate([none, *others])), counts

    def _votes(
        self,
        query: Words,
        points: Positions,
        others: Positions,
        weight: npt.NDArray[np.float32],
        fewest: int,
    ) -> npt.NDArray[np.float32]:
        """Return for each picture the weight of the points that agree on one transform."""
        votes = np.zeros(len(self), np.float32)
        owners = self._owners[others]
        enough = np.bincount(owners, minlength=len(self))[owners] >= fewest
        points, others, owners = points[enough], others[enough], owners[enough]
        if not len(points):
            return votes
        cells = self._proposed(query, points, others)
        nearest = np.floor(cells).astype(np.int64)
        # Each proposal counts in the two nearest cells of each kind.
        near = nearest + np.where(cells - nearest < 0.5, -1, 1)
        choice = np.stack([nearest, near])
        keys, voters = [], []
        for which in product((0, 1), repeat=4):
            cell = [choice[which[kind], kind] for kind in range(4)]
            cell[0] = cell[0] % 12
            key = owners.astype(np.int64)
            for part in cell:
                key = key * 64 + (part + 32) % 64
            keys.append(key)
            voters.append(points)
        key, voter = np.concatenate(keys), np.concatenate(voters)
        order = np.lexsort((voter, key))
        key, voter = key[order], voter[order]
        # A point counts once in a cell.
        first = np.append(True, (key[1:] != key[:-1]) | (voter[1:] != voter[:-1]))
        key, voter = key[first], voter[first]
        starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
        sums = np.add.reduceat(weight[voter], starts)
        sums[np.diff(np.append(starts, len(key))) < fewest] = 0
        np.maximum.at(votes, key[starts] // 64**4, sums)
        return votes

    def _proposed(
        self, query: Words, points: Positions, others: Positions
    ) -> npt.NDArray[np.float64]:
        """Return (4, n): turn, scale and shift that each pair proposes, in cells."""
        words = self.words
        turn = words.turns[others].astype(np.float64) - query.turns[points]
        octaves = words.sizes[others].astype(np.float64) - query.sizes[points]
        angle = turn * (2 * np.pi / 256)
        scale = 2.0 ** (octaves / STEPS)
        # From the middle of the query's points, so that an error of the turn moves little.
        ours = query.places[points].astype(np.float64)
        middle = query.places.mean(axis=0)
        x, y = (ours - middle).T * scale
        cos, sin = np.cos(angle), np.sin(angle)
        there = words.places[others].astype(np.float64)
        return np.stack(
            [
                turn / TURN,
                octaves / OCTAVE,
                (there[:, 0] - (cos * x - sin * y)) / SHIFT,
                (there[:, 1] - (sin * x + cos * y)) / SHIFT,
            ]
        )


def joined(pictures: Sequence[Words]) -> WordIndex:
    """Return the index of some pictures' words."""
    empty = Words(
        np.zeros(0, np.uint16),
        np.zeros(0, np.uint64),
        np.zeros((0, 2), np.uint16),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint8),
    )
    parts = [empty, *pictures]
    words = Words(
        np.concatenate([part.words for part in parts]),
        np.concatenate([part.signatures for part in parts]),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.turns for part in parts]),
        np.concatenate([part.sizes for part in parts]),
    )
    starts = np.cumsum([0, *(len(part) for part in pictures)]).astype(np.int64)
    return WordIndex(words, starts)
