"""How rare a similarity is under an encoder: a scale on which people can read it.

A cosine of 0.6 says much under one encoder and nothing under another. Its percentile says how
many of the pairs that chance makes are less similar: of two images of the corpus for a search by
image; of an image and an everyday word for a search by words; of an image and a mixture in the
same proportions for a mixture. Pure arithmetic on arrays. Not here: which vectors there are
(``search``), where a search aims (``query_vectors``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from panoptic_data.vectors.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["CHANCE_WORDS", "LIKELY", "LIKELY_WORDS", "PAIRS", "Scale", "sample"]

# A percentile of 99 is then known to 0.02, one of 99.9 to 0.01.
PAIRS = 200_000
# Rows that are compared at once: 16 MB of 512 numbers.
_AT_ONCE = 8_192
# From these percentiles on images are shown where nobody said from where: what looks like pictures,
# and what words mean. Chosen by what was right among it (docs/performance/search.md).
LIKELY = 95.0
LIKELY_WORDS = 99.0
# What words say of any picture by chance: of each kind of thing that pictures show some.
_WORDS = """
man woman child crowd face hand portrait soldier worker family dog cat horse bird fish cow insect
flower tree leaf forest field fruit bread meat bottle glass table chair bed lamp clock book
newspaper letter map drawing painting photograph poster sign flag house church castle bridge street
village city factory ship boat train car bicycle airplane road mountain river sea beach sky cloud
snow fire night dress shirt shoe hat coat bag jewel tool machine wheel weapon ball music
"""
CHANCE_WORDS: tuple[str, ...] = tuple(_WORDS.split())


@dataclass(frozen=True)
class Scale:
    """``cosines``: (n,) float32, sorted: what chance gives."""

    cosines: Floats

    def percentile(self, cosine: Any) -> Any:
        """Return how many of a hundred chance pairs are less similar; of an array, an array."""
        if not len(self.cosines):
            return np.full(np.shape(cosine), np.nan)[()]
        places = np.searchsorted(self.cosines, np.asarray(cosine, np.float32), side="left")
        return places * (100.0 / len(self.cosines))

    def cosine(self, percentile: float) -> float:
        """Return the cosine at a percentile, 0 to 100; 1 where there is nothing to compare."""
        if not len(self.cosines):
            return 1.0
        return float(np.quantile(self.cosines, percentile / 100))


def sample(
    vectors: Matrix,
    live: NDArray[np.integer[Any]],
    words: Floats | None = None,
    parts: Sequence[float] = (1.0, 0.0, 0.0, 0.0),
    seed: int = 0,
    pairs: int = PAIRS,
) -> Scale:
    """Return the similarities of chance pairs of the ``live`` rows of ``vectors``, of unit length.

    ``parts`` are those of ``QueryVector``: an image is compared with what other images, and
    ``words`` (m, d), drawn by chance make in these proportions. All pairs of images where there
    are not more than ``pairs``.
    """
    count = len(live)
    if count < 2:
        return Scale(np.empty(0, np.float32))
    is_simple = parts[0] > 0 and not any(parts[1:])
    if is_simple and count * (count - 1) // 2 <= pairs:
        return Scale(np.sort(_all(vectors[live])))
    random = np.random.default_rng(seed)
    first = random.integers(0, count, pairs)
    # Nothing is compared with itself.
    others = live[(first + random.integers(1, count, pairs)) % count]
    rows, against = live[first], live[random.integers(0, count, pairs)]
    said = random.integers(0, 1 if words is None else len(words), (2, pairs))
    drawn = ((vectors, others), (vectors, against), (words, said[0]), (words, said[1]))
    cosines = np.empty(pairs, np.float32)
    for start in range(0, pairs, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        left = vectors[rows[some]]
        aims = np.zeros_like(left)
        for sign, part, (pool, chosen) in zip((1, -1, 1, -1), parts, drawn, strict=True):
            if part and pool is not None:
                aims += np.float32(sign * part) * pool[chosen[some]]
        lengths = np.maximum(np.linalg.norm(aims, axis=1), 1e-12)
        cosines[some] = np.einsum("ij,ij->i", left, aims) / lengths
    return Scale(np.sort(cosines))


def _all(vectors: Floats) -> Floats:
    above, below = np.triu_indices(len(vectors), 1)
    cosines: Floats = (vectors @ vectors.T)[above, below]
    return cosines
