"""How alike every image of an encoder is to a vector, and the scale that such cosines have.

Vectors are held in memory, read again when their tables change. Not here: making vectors
(``embeddings``), where a search aims (``query_vectors``), what to do with the scores (``search``,
``catalogue.similarity``).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.errors import NoEmbeddings
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import calibration, embeddings, query_vectors
from panoptic_data.vectors.calibration import Scale
from panoptic_data.vectors.matrix import Matrix
from panoptic_data.vectors.query_vectors import Aim
from panoptic_data.vectors.vector_index import EXACT_UP_TO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

__all__ = ["Hit", "Scores", "embedded", "percentile", "scale", "scores", "vectors"]

BLOCK_ROWS = 16_384
# Matrices held at once: a person compares two encoders.
HELD = 2
# Of so small a share of a large corpus only these vectors are compared, and nothing remembered.
FEW = 0.2
# Similarities are rounded to this many digits, below which they depend on the order of sums.
DIGITS = 6
# A search whose view, threshold or page changes is not computed anew: 4 MB for a million images.
SCORES_HELD = 16
# One takes 800 kB.
SCALES_HELD = 32
# Mixtures are drawn by chance in proportions rounded to this many digits.
_PROPORTION_DIGITS = 1


@dataclass(frozen=True)
class Hit:
    """One image found; ``similarity`` is the cosine, -1 to 1.

    ``percentile``: how many of a hundred pairs by chance are less similar; ``find`` says it where
    there is more than one image.
    """

    sha1: str
    similarity: float
    percentile: float | None = None


@dataclass(frozen=True)
class Scores:
    """How alike every image of an encoder is: ``sha1s`` (n,) sorted, ``similarity`` (n,) float32.

    NaN where no readable file holds the image any more.
    """

    sha1s: NDArray[np.bytes_]
    similarity: NDArray[np.float32]

    def best(
        self,
        k: int,
        without: frozenset[str] = frozenset(),
        among: NDArray[np.bool_] | None = None,
    ) -> list[Hit]:
        """Return the k best, best first, ties in order of sha1; of ``among`` (n,) where given."""
        similarity = np.where(np.isnan(self.similarity), -np.inf, self.similarity)
        if among is not None:
            similarity[~among] = -np.inf
        if without:
            similarity[self.places(without)] = -np.inf
        count = min(k, int(np.isfinite(similarity).sum()))
        if not count:
            return []
        # All that tie with the last one, so that who is left out does not hang on chance.
        least = np.partition(similarity, -count)[-count]
        rows = np.flatnonzero(similarity >= least)
        # Sorted by sha1 already: a stable sort keeps ties in that order.
        rows = rows[np.argsort(-similarity[rows], kind="stable")][:count]
        return [
            Hit(self.sha1s[row].decode(), round(float(similarity[row]), DIGITS)) for row in rows
        ]

    def places(self, sha1s: frozenset[str]) -> NDArray[np.intp]:
        """Return where some images are; those that are not there are left out."""
        asked = np.array(sorted(sha1s), dtype="S40")
        if not len(asked) or not len(self.sha1s):
            return np.empty(0, np.intp)
        places = np.minimum(np.searchsorted(self.sha1s, asked), len(self.sha1s) - 1)
        found: NDArray[np.intp] = places[self.sha1s[places] == asked]
        return found


def embedded(project: Project, slug: str) -> NDArray[np.bytes_]:
    """Return the sha1s of all images that have a vector, sorted. Raises NoEmbeddings."""
    _, held = _held_at(project, slug)
    if not len(held.sha1s):
        raise NoEmbeddings(encoder=slug)
    return held.sha1s


def scores(
    project: Project, slug: str, vector: Vector, wanted: NDArray[np.intp] | None = None
) -> Scores:
    """Return how alike every image is to a vector (d,) of unit length. Raises NoEmbeddings.

    With ``wanted``, places of few of many images, only these may be compared, the others be NaN.
    """
    versions, held = _held_at(project, slug)
    if not len(held.sha1s):
        raise NoEmbeddings(encoder=slug)
    key = (project.database().uri, slug, versions, vector.tobytes())
    with _scores_lock:
        known = _scores.get(key)
        if known is not None:
            _scores.move_to_end(key)
            return known
    count = len(held.sha1s)
    if wanted is not None and count > EXACT_UP_TO and len(wanted) < FEW * count:
        return Scores(held.sha1s, held.similarity_of(wanted, vector))
    known = Scores(held.sha1s, held.similarity(vector))
    with _scores_lock:
        _scores[key] = known
        while len(_scores) > SCORES_HELD:
            _scores.popitem(last=False)
    return known


def vectors(project: Project, slug: str) -> tuple[NDArray[np.bytes_], Matrix, NDArray[np.bool_]]:
    """Return what is held of an encoder: sha1s (n,) sorted, vectors (n, d), which have a file.

    The same objects as long as the tables stay the same. Raises NoEmbeddings.
    """
    _, held = _held_at(project, slug)
    if not len(held.sha1s):
        raise NoEmbeddings(encoder=slug)
    return held.sha1s, held.vectors, held.live


def scale(project: Project, slug: str, aim: Aim | None = None) -> Scale:
    """Return the scale of an encoder for what aims so; of a search by one image where None.

    Made of pairs drawn by chance, which hang on the images alone; kept until these change.
    """
    versions, held = _held_at(project, slug)
    parts = _proportions(aim)
    key = (project.database().uri, slug, versions, parts)
    with _scales_lock:
        known = _scales.get(key)
        if known is not None:
            _scales.move_to_end(key)
            return known
        words = None
        if parts[2] or parts[3]:
            words = query_vectors.words(project, calibration.CHANCE_WORDS, slug)
        sha1s = held.sha1s[held.live]
        seed = int.from_bytes(hashlib.sha1(sha1s.tobytes()).digest()[:8])
        known = calibration.sample(held.vectors, np.flatnonzero(held.live), words, parts, seed)
        _scales[key] = known
        while len(_scales) > SCALES_HELD:
            _scales.popitem(last=False)
        return known


def percentile(project: Project, slug: str, cosine: float) -> float:
    """Return how many of a hundred pairs of images, drawn by chance, are less similar."""
    return float(scale(project, slug).percentile(cosine))


def _proportions(aim: Aim | None) -> tuple[float, float, float, float]:
    if aim is None:
        return (1.0, 0.0, 0.0, 0.0)
    most = max(aim.parts)
    one, two, three, four = (round(part / most, _PROPORTION_DIGITS) for part in aim.parts)
    return (one, two, three, four)


@dataclass(frozen=True)
class _Held:
    """The vectors of one encoder in memory: ``sha1s`` sorted, ``vectors`` in the same order.

    ``live`` says which of them still have a readable file.
    """

    sha1s: NDArray[np.bytes_]
    vectors: Matrix
    live: NDArray[np.bool_]

    def similarity(self, vector: Vector) -> Vector:
        """Return the cosine of each image and a vector: (n,) float32, NaN where it is gone."""
        cosines = self.vectors.dot(vector).round(DIGITS)
        known: Vector = np.where(self.live, cosines, np.float32(np.nan))
        return known

    def similarity_of(self, places: NDArray[np.intp], vector: Vector) -> Vector:
        """Return the cosines of some images, NaN for all others: (n,) float32."""
        known = np.full(len(self.sha1s), np.nan, np.float32)
        for start in range(0, len(places), BLOCK_ROWS):
            some = places[start : start + BLOCK_ROWS]
            cosines = self.vectors[some] @ vector
            known[some] = np.where(self.live[some], cosines.round(DIGITS), np.float32(np.nan))
        return known


_Versions = tuple[int, int]
_Parts = tuple[float, float, float, float]

_lock = threading.Lock()
_cache: OrderedDict[tuple[str, str], tuple[_Versions, _Held]] = OrderedDict()
_scores_lock = threading.Lock()
_scores: OrderedDict[tuple[str, str, _Versions, bytes], Scores] = OrderedDict()
_scales_lock = threading.Lock()
_scales: OrderedDict[tuple[str, str, _Versions, _Parts], Scale] = OrderedDict()


def _held_at(project: Project, slug: str) -> tuple[_Versions, _Held]:
    """Return the vectors as the tables hold them now, read again only when these changed."""
    database = project.database()
    key = (database.uri, slug)
    # One reader at a time: two would hold the same vectors twice.
    with _lock:
        versions = (database.version(table_name("embeddings", slug)), database.version("files"))
        known = _cache.pop(key, None)
        if known is None or known[0] != versions:
            known = (versions, _read(project, slug, known, versions))
        _cache[key] = known
        while len(_cache) > HELD:
            _cache.popitem(last=False)
        return known


def _read(
    project: Project,
    slug: str,
    known: tuple[_Versions, _Held] | None,
    versions: _Versions,
) -> _Held:
    if known is not None and known[0][0] == versions[0]:
        sha1s, vectors = known[1].sha1s, known[1].vectors
    else:
        names, exact = embeddings.matrix(project, slug)
        sha1s = np.array(names, dtype="S40")
        vectors = Matrix.of(exact)
    files = project.database().read("files", ["sha1"], "status = 'ok'")
    # Of a million, ten times as fast as in NumPy, which sorts both.
    readable = files["sha1"].drop_null().cast(pa.binary())
    live = pc.is_in(pa.array(sha1s, pa.binary()), value_set=readable)
    return _Held(sha1s, vectors, live.to_numpy(zero_copy_only=False))
