"""Convert cosines to percentiles of random pairs, which mean the same under every encoder.

A cosine of 0.6 is high under one encoder and ordinary under another. Its percentile is the share
of random pairs that are less similar: pairs of images for a search by image; of an image and an
everyday word for a search by words; of an image and a random mixture of the same proportions for
a mixture. Whether words are clearly shown is measured with made-up words, which no picture shows.
Pure arithmetic on arrays. Not here: reading the vectors (``scores``), query vectors
(``query_vectors``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from panoptic_data.vectors.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = [
    "CHANCE_WORDS",
    "DEFAULT_PERCENTILE",
    "DEFAULT_PERCENTILE_WORDS",
    "LEVELS",
    "MADE_UP_WORDS",
    "PAIRS",
    "Scale",
    "clear_cosine",
    "level_of",
    "levels",
    "sample",
]

# Enough to know a percentile of 99 to within 0.02, one of 99.9 to within 0.01.
PAIRS = 200_000
# Rows compared at once: 16 MB for vectors of 512 numbers.
_BLOCK_ROWS = 8_192
# Percentiles from which images are shown where no threshold is given, for searches by picture and
# by words. Chosen by the share of correct results (docs/performance/search.md).
DEFAULT_PERCENTILE = 95.0
DEFAULT_PERCENTILE_WORDS = 99.0
# How alike, in words, and the percentile from which each holds; the closest first.
LEVELS: Mapping[str, float] = {"same": 99.99, "very": 99.9, "alike": 99.0, "loosely": 95.0}
# Cosines are rounded, and those of quantiles are not.
_ROUNDING = 1e-5
# Two pictures are nearly the same where they are so small a part of the distance (1 - cosine)
# apart that lies between random pairs: of a small corpus, the most similar pair need not be.
_SAME_DISTANCE = 0.2
# Random words to compare pictures with: some for each kind of thing that pictures show.
_WORDS = """
man woman child crowd face hand portrait soldier worker family dog cat horse bird fish cow insect
flower tree leaf forest field fruit bread meat bottle glass table chair bed lamp clock book
newspaper letter map drawing painting photograph poster sign flag house church castle bridge street
village city factory ship boat train car bicycle airplane road mountain river sea beach sky cloud
snow fire night dress shirt shoe hat coat bag jewel tool machine wheel weapon ball music
"""
CHANCE_WORDS: tuple[str, ...] = tuple(_WORDS.split())
# Words of no language: whatever a picture shows, it is none of these.
_MADE_UP = """
befoof boopoup bribflost broklux bruffoolt dadrep digoux doxtel dredaig fagoob faplex flamkoul
flipoosh flobrist floufob fovick fuvad gickpleb gridram gromdrank gugzank guvoug kifloush klekol
klemolt klizoup klourtsut kloutrun klovaish klustkaib koonib koumral
"""
MADE_UP_WORDS: tuple[str, ...] = tuple(_MADE_UP.split())
# What a picture shows is more similar to it than made-up words are to the picture most similar to
# each of them: by so many standard deviations above their mean (docs/performance/search.md).
_CLEAR_DEVIATIONS = 2.5


@dataclass(frozen=True)
class Scale:
    """The distribution of chance: ``cosines`` (n,) float32 of random pairs, sorted."""

    cosines: Floats

    def percentile(self, cosine: Any) -> Any:
        """Return the percentile, 0 to 100, of a cosine or of each cosine of an array.

        NaN where there are no pairs.
        """
        if not len(self.cosines):
            return np.full(np.shape(cosine), np.nan)[()]
        ranks = np.searchsorted(self.cosines, np.asarray(cosine, np.float32), side="left")
        return ranks * (100.0 / len(self.cosines))

    def cosine(self, percentile: float) -> float:
        """Return the cosine at a percentile, 0 to 100; 1 where there are no pairs."""
        if not len(self.cosines):
            return 1.0
        return float(np.quantile(self.cosines, percentile / 100))


def levels(scale: Scale, *, is_by_words: bool) -> dict[str, float]:
    """Return the cosine from which each of LEVELS holds, under one encoder in one corpus.

    The closest first. Of pictures (not ``is_by_words``) only what is nearly as similar as a copy
    is nearly the same.
    """
    cosines = {name: scale.cosine(percentile) for name, percentile in LEVELS.items()}
    if not is_by_words:
        cosines["same"] = max(cosines["same"], 1 - _SAME_DISTANCE * (1 - scale.cosine(50)))
    return cosines


def level_of(cosines: Mapping[str, float], cosine: float) -> str:
    """Return the closest level that a cosine reaches; the last one below all of them."""
    reached = (name for name, least in cosines.items() if cosine >= least - _ROUNDING)
    return next(reached, [*cosines][-1])


def sample(
    vectors: Matrix,
    live: NDArray[np.integer[Any]],
    words: Floats | None = None,
    parts: Sequence[float] = (1.0, 0.0, 0.0, 0.0),
    seed: int = 0,
    pairs: int = PAIRS,
) -> Scale:
    """Return the cosines of random pairs of the rows ``live`` of ``vectors``, of unit length.

    ``parts`` are those of ``QueryVector``: each image is compared with a mixture, in these
    proportions, of random other images and of random ``words`` (m, d). For pairs of images, all
    pairs are taken where there are no more than ``pairs``.
    """
    count = len(live)
    if count < 2:
        return Scale(np.empty(0, np.float32))
    is_simple = parts[0] > 0 and not any(parts[1:])
    if is_simple and count * (count - 1) // 2 <= pairs:
        return Scale(np.sort(_all_pairs(vectors[live])))
    random = np.random.default_rng(seed)
    first = random.integers(0, count, pairs)
    # No image is compared with itself.
    others = live[(first + random.integers(1, count, pairs)) % count]
    rows, against = live[first], live[random.integers(0, count, pairs)]
    word_rows = random.integers(0, 1 if words is None else len(words), (2, pairs))
    pools = ((vectors, others), (vectors, against), (words, word_rows[0]), (words, word_rows[1]))
    cosines = np.empty(pairs, np.float32)
    for start in range(0, pairs, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        left = vectors[rows[block]]
        queries = np.zeros_like(left)
        for sign, part, (pool, chosen) in zip((1, -1, 1, -1), parts, pools, strict=True):
            if part and pool is not None:
                queries += np.float32(sign * part) * pool[chosen[block]]
        lengths = np.maximum(np.linalg.norm(queries, axis=1), 1e-12)
        cosines[block] = np.einsum("ij,ij->i", left, queries) / lengths
    return Scale(np.sort(cosines))


def clear_cosine(vectors: Matrix, live: NDArray[np.integer[Any]], queries: Floats) -> float | None:
    """Return the cosine from which an image clearly shows what words name; None of no image.

    ``queries`` (m, d), unit length, are searches for made-up words: the best of the rows ``live``
    of ``vectors`` for each of them says how similar the best is by chance, in a corpus of this
    size and kind.
    """
    if not len(live):
        return None
    best = np.full(len(queries), -1, np.float32)
    columns = np.ascontiguousarray(queries.T)
    for start in range(0, len(live), _BLOCK_ROWS):
        cosines = vectors[live[start : start + _BLOCK_ROWS]] @ columns
        np.maximum(best, cosines.max(axis=0), out=best)
    exact = best.astype(np.float64)
    return float(min(1.0, exact.mean() + _CLEAR_DEVIATIONS * exact.std()))


def _all_pairs(vectors: Floats) -> Floats:
    above, below = np.triu_indices(len(vectors), 1)
    cosines: Floats = (vectors @ vectors.T)[above, below]
    return cosines
