"""The cosine of every image of an encoder with a query vector, and the scale of such cosines.

Vectors are kept in memory and read again when their tables change. Not here: making vectors
(``embeddings``), query vectors (``query_vectors``), what is done with the scores (``search``,
``catalogue.similarity``).
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cachetools import LRUCache

from panoptic_data.errors import NoEmbeddings
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import calibration, embeddings, query_vectors
from panoptic_data.vectors.calibration import Scale
from panoptic_data.vectors.matrix import Matrix
from panoptic_data.vectors.query_vectors import QueryVector
from panoptic_data.vectors.vector_index import EXACT_UP_TO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

__all__ = [
    "Hit",
    "Scores",
    "clear_cosine",
    "embedded_sha1s",
    "loaded_vectors",
    "percentile",
    "scale",
    "score_images",
]

BLOCK_ROWS = 16_384
# Matrices kept in memory at once: people compare two encoders.
MAX_MATRICES = 2
# Where fewer than this share of a large corpus is wanted, only these vectors are compared, and the
# result is not cached.
PARTIAL_BELOW = 0.2
# Similarities are rounded to this many digits, below which they depend on the order of sums.
DIGITS = 6
# A change of view, threshold or page computes no scores again: 4 MB for a million images.
MAX_SCORES = 16
# A scale takes 800 kB.
MAX_SCALES = 32
# The proportions of a mixture are rounded to this many digits, so that similar ones share a scale.
_PROPORTION_DIGITS = 1


@dataclass(frozen=True)
class Hit:
    """One image found; ``similarity`` is the cosine, -1 to 1.

    ``percentile``: how many of a hundred random pairs are less similar; set by ``search.find``
    where the corpus has more than one image. ``is_clear``: whether the search by words clearly
    found something; set by ``search.find``, the same for all that it found, None for other
    searches.
    """

    sha1: str
    similarity: float
    percentile: float | None = None
    is_clear: bool | None = None


@dataclass(frozen=True)
class Scores:
    """Cosines of all images of an encoder: ``sha1s`` (n,) sorted, ``similarity`` (n,) float32.

    NaN where the image has no readable file any more.
    """

    sha1s: NDArray[np.bytes_]
    similarity: NDArray[np.float32]

    def best(
        self,
        k: int,
        excluded: frozenset[str] = frozenset(),
        mask: NDArray[np.bool_] | None = None,
    ) -> list[Hit]:
        """Return the k best, best first, ties in order of sha1.

        Without the images ``excluded``; only those selected by ``mask`` (n,) bool, where given.
        """
        similarity = np.where(np.isnan(self.similarity), -np.inf, self.similarity)
        if mask is not None:
            similarity[~mask] = -np.inf
        if excluded:
            similarity[self.positions(excluded)] = -np.inf
        count = min(k, int(np.isfinite(similarity).sum()))
        if not count:
            return []
        # Include all that tie with the last one, so that the choice among them is by sha1.
        least = np.partition(similarity, -count)[-count]
        rows = np.flatnonzero(similarity >= least)
        # Sorted by sha1 already: a stable sort keeps ties in that order.
        rows = rows[np.argsort(-similarity[rows], kind="stable")][:count]
        return [
            Hit(self.sha1s[row].decode(), round(float(similarity[row]), DIGITS)) for row in rows
        ]

    def positions(self, sha1s: frozenset[str]) -> NDArray[np.intp]:
        """Return the positions of some images in ``sha1s``; unknown images are left out."""
        requested = np.array(sorted(sha1s), dtype="S40")
        if not len(requested) or not len(self.sha1s):
            return np.empty(0, np.intp)
        positions = np.minimum(np.searchsorted(self.sha1s, requested), len(self.sha1s) - 1)
        matching: NDArray[np.intp] = positions[self.sha1s[positions] == requested]
        return matching


def embedded_sha1s(project: Project, slug: str) -> NDArray[np.bytes_]:
    """Return the sha1s of all images that have a vector, sorted. Raises NoEmbeddings."""
    _, loaded = _load(project, slug)
    if not len(loaded.sha1s):
        raise NoEmbeddings(encoder=slug)
    return loaded.sha1s


def score_images(
    project: Project, slug: str, vector: Vector, rows: NDArray[np.intp] | None = None
) -> Scores:
    """Return the cosine of every image with a vector (d,) of unit length. Raises NoEmbeddings.

    ``rows`` are the positions of the images that are wanted: where they are few of many, only
    these are compared and the others are NaN.
    """
    versions, loaded = _load(project, slug)
    if not len(loaded.sha1s):
        raise NoEmbeddings(encoder=slug)
    key = (project.database().uri, slug, versions, vector.tobytes())
    with _scores_lock:
        cached = _scores.get(key)
    if cached is not None:
        return cached
    count = len(loaded.sha1s)
    if rows is not None and count > EXACT_UP_TO and len(rows) < PARTIAL_BELOW * count:
        return Scores(loaded.sha1s, loaded.similarity_of(rows, vector))
    computed = Scores(loaded.sha1s, loaded.similarity(vector))
    with _scores_lock:
        _scores[key] = computed
    return computed


def loaded_vectors(
    project: Project, slug: str
) -> tuple[NDArray[np.bytes_], Matrix, NDArray[np.bool_]]:
    """Return sha1s (n,) sorted, vectors (n, d) and which of them have a readable file (n,) bool.

    The same objects as long as the tables stay the same. Raises NoEmbeddings.
    """
    _, loaded = _load(project, slug)
    if not len(loaded.sha1s):
        raise NoEmbeddings(encoder=slug)
    return loaded.sha1s, loaded.vectors, loaded.has_file


def scale(project: Project, slug: str, query: QueryVector | None = None) -> Scale:
    """Return the scale of an encoder's cosines for a query; for a search by one image where None.

    It comes from random pairs, seeded by the sha1s of the images, and is kept until these change.
    """
    versions, loaded = _load(project, slug)
    parts = _proportions(query)
    key = (project.database().uri, slug, versions, parts)
    with _scales_lock:
        cached = _scales.get(key)
    if cached is not None:
        return cached
    # Not under the lock: a model may have to be loaded, and others may not wait for that.
    words = None
    if parts[2] or parts[3]:
        words = query_vectors.of_texts(project, calibration.CHANCE_WORDS, slug)
    sha1s = loaded.sha1s[loaded.has_file]
    seed = int.from_bytes(hashlib.sha1(sha1s.tobytes()).digest()[:8])
    rows = np.flatnonzero(loaded.has_file)
    computed = calibration.sample(loaded.vectors, rows, words, parts, seed)
    with _scales_lock:
        _scales[key] = computed
    return computed


def clear_cosine(project: Project, slug: str, query: QueryVector) -> float | None:
    """Return the cosine from which the best image clearly shows what words name.

    None where pictures are looked for, and without images. Below it the best image is no more
    similar than images are to words that mean nothing. Kept until the images change. Raises as
    ``scale``.
    """
    if not query.is_by_words:
        return None
    versions, loaded = _load(project, slug)
    rest = query.without_words
    weighed = b"" if rest is None else (rest / np.float32(query.parts[2])).tobytes()
    key = (project.database().uri, slug, versions, weighed)
    with _scales_lock:
        if key in _clear_cosines:
            return _clear_cosines[key]
    words = query_vectors.of_texts(project, calibration.MADE_UP_WORDS, slug)
    rows = np.flatnonzero(loaded.has_file)
    computed = calibration.clear_cosine(loaded.vectors, rows, query.with_words(words))
    if computed is not None and rest is None:
        # What the model itself takes to fit is clear, whatever chance gives in this corpus.
        computed = min(computed, query_vectors.midpoint(project, slug) or 1.0)
    with _scales_lock:
        _clear_cosines[key] = computed
    return computed


def percentile(project: Project, slug: str, cosine: float) -> float:
    """Return how many of a hundred random pairs of images are less similar than ``cosine``."""
    return float(scale(project, slug).percentile(cosine))


def _proportions(query: QueryVector | None) -> tuple[float, float, float, float]:
    if query is None:
        return (1.0, 0.0, 0.0, 0.0)
    largest = max(query.parts)
    first, second, third, fourth = (
        round(part / largest, _PROPORTION_DIGITS) for part in query.parts
    )
    return (first, second, third, fourth)


@dataclass(frozen=True)
class _LoadedVectors:
    """The vectors of one encoder in memory: ``sha1s`` sorted, ``vectors`` in the same order.

    ``has_file`` says which of them still have a readable file: (n,) bool.
    """

    sha1s: NDArray[np.bytes_]
    vectors: Matrix
    has_file: NDArray[np.bool_]

    def similarity(self, vector: Vector) -> Vector:
        """Return the cosine of each image with a vector: (n,) float32, NaN without a file."""
        cosines = self.vectors.dot(vector).round(DIGITS)
        similarity: Vector = np.where(self.has_file, cosines, np.float32(np.nan))
        return similarity

    def similarity_of(self, rows: NDArray[np.intp], vector: Vector) -> Vector:
        """Return the cosines of some images, NaN for all others: (n,) float32."""
        similarity = np.full(len(self.sha1s), np.nan, np.float32)
        for start in range(0, len(rows), BLOCK_ROWS):
            some = rows[start : start + BLOCK_ROWS]
            cosines = self.vectors[some] @ vector
            similarity[some] = np.where(
                self.has_file[some], cosines.round(DIGITS), np.float32(np.nan)
            )
        return similarity


_Versions = tuple[int, int]
_Parts = tuple[float, float, float, float]

_lock = threading.Lock()
_cache: LRUCache[tuple[str, str], tuple[_Versions, _LoadedVectors]] = LRUCache(MAX_MATRICES)
_scores_lock = threading.Lock()
_scores: LRUCache[tuple[str, str, _Versions, bytes], Scores] = LRUCache(MAX_SCORES)
_scales_lock = threading.Lock()
_scales: LRUCache[tuple[str, str, _Versions, _Parts], Scale] = LRUCache(MAX_SCALES)
_clear_cosines: LRUCache[tuple[str, str, _Versions, bytes], float | None] = LRUCache(MAX_SCALES)


def _load(project: Project, slug: str) -> tuple[_Versions, _LoadedVectors]:
    """Return the vectors as the tables hold them now, read again only when the tables changed."""
    database = project.database()
    key = (database.uri, slug)
    # One reader at a time: two would keep the same vectors twice.
    with _lock:
        versions = (database.version(table_name("embeddings", slug)), database.version("files"))
        cached = _cache.get(key)
        if cached is None or cached[0] != versions:
            cached = (versions, _read(project, slug, cached, versions))
            _cache[key] = cached
        return cached


def _read(
    project: Project,
    slug: str,
    before: tuple[_Versions, _LoadedVectors] | None,
    versions: _Versions,
) -> _LoadedVectors:
    if before is not None and before[0][0] == versions[0]:
        sha1s, vectors = before[1].sha1s, before[1].vectors
    else:
        names, exact = embeddings.matrix(project, slug)
        sha1s = np.array(names, dtype="S40")
        vectors = Matrix.of(exact)
    files = project.database().read("files", ["sha1"], "status = 'ok'")
    # For a million rows, ten times as fast as NumPy's isin, which sorts both.
    readable = files["sha1"].drop_null().cast(pa.binary())
    has_file = pc.is_in(pa.array(sha1s, pa.binary()), value_set=readable)
    return _LoadedVectors(sha1s, vectors, has_file.to_numpy(zero_copy_only=False))
