"""Images most similar to images, to words, or to a picture from elsewhere.

Exact, in memory, up to ``vector_index.EXACT_UP_TO`` vectors; beyond that by the index. Images
whose files are all gone are never found. Not here: making vectors (``embeddings``), conditions
of a view (``conditions``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from panoptic_data import describe, embeddings, encoders
from panoptic_data.errors import NoEmbeddings, TextNotSupported, UnknownImage, WeightsUnavailable
from panoptic_data.project import Project
from panoptic_data.schema import table_name
from panoptic_data.vector_index import EXACT_UP_TO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

__all__ = ["Hit", "by_image", "by_text", "similar"]

# Vectors are held as float32 up to this size, as float16 beyond: half the memory, slower.
FLOAT32_BYTES = 1 << 30
BLOCK_ROWS = 16_384
# Matrices held at once: a person compares two encoders.
HELD = 2
# Above this many the index would have to look into most of its parts.
INDEX_AT_MOST = 1_000
# Similarities are rounded to this many digits, below which they depend on the order of sums.
DIGITS = 6


@dataclass(frozen=True)
class Hit:
    """One image found; ``similarity`` is the cosine, -1 to 1."""

    sha1: str
    similarity: float


def similar(
    project: Project,
    sha1s: Sequence[str],
    slug: str,
    k: int = 100,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images nearest to these (to their mean), without them, nearest first.

    ``threshold`` leaves out what is less similar. Raises NoEmbeddings when nothing is embedded
    under this encoder, UnknownImage when none of ``sha1s`` is.
    """
    vectors = _vectors(project, sha1s, slug)
    return _nearest(project, slug, _unit(vectors.mean(axis=0)), k, threshold, set(sha1s))


def by_text(
    project: Project, text: str, slug: str, k: int = 100, threshold: float | None = None
) -> list[Hit]:
    """Return the k images that match words best, best first.

    Raises NoEmbeddings, TextNotSupported and WeightsUnavailable.
    """
    row = _encoder_row(project, slug)
    if not row["reads_text"]:
        raise TextNotSupported(encoder=row["text"])
    vector = _encoder(row).encode_text([text])[0]
    return _nearest(project, slug, vector, k, threshold)


def by_image(
    project: Project,
    image: Image.Image,
    slug: str,
    k: int = 100,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images nearest to an upright RGB picture (``decode.open_image``).

    The picture passes through the same thumbnail as stored ones, so that it finds itself.
    Raises NoEmbeddings and WeightsUnavailable.
    """
    encoder = _encoder(_encoder_row(project, slug))
    seen: Image.Image = Image.open(BytesIO(describe.thumbnail(image)))
    if min(seen.size) < min(encoder.input_size, *image.size):
        seen = image
    vector = encoder.encode(encoder.prepare(seen)[None])[0]
    return _nearest(project, slug, vector, k, threshold)


def _vectors(project: Project, sha1s: Sequence[str], slug: str) -> Vector:
    database = project.database()
    name = table_name("embeddings", slug)
    rows = database.take(name, sha1s, ["vector"])
    if not len(rows):
        if not database.count(name):
            raise NoEmbeddings(encoder=slug)
        raise UnknownImage(name=sha1s[0] if sha1s else "")
    dim = database.dim(name)
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    vectors: Vector = values.reshape(len(rows), dim).astype(np.float32)
    return vectors


def _encoder_row(project: Project, slug: str) -> dict[str, Any]:
    database = project.database()
    rows = database.take("encoders", [slug]).to_pylist()
    if not rows or not database.count(table_name("embeddings", slug)):
        raise NoEmbeddings(encoder=slug)
    return dict(rows[0])


def _encoder(row: dict[str, Any]) -> encoders.Encoder:
    """Return the encoder, kept warm in this process; a query is a batch of one."""
    if row["status"] == "waiting":
        raise WeightsUnavailable(row["text"], *row["cause"].split(": ", 1))
    return encoders.warm(encoders.parse(row["text"]), row["dtype"], 1)


def _nearest(
    project: Project,
    slug: str,
    vector: Vector,
    k: int,
    threshold: float | None,
    without: set[str] | frozenset[str] = frozenset(),
) -> list[Hit]:
    name = table_name("embeddings", slug)
    database = project.database()
    count = database.count(name)
    if not count:
        raise NoEmbeddings(encoder=slug)
    wanted = k + len(without)
    if count > EXACT_UP_TO and wanted <= INDEX_AT_MOST and database.vector_index(name):
        hits = _by_index(project, name, vector, wanted)
    else:
        hits = _held(project, slug).nearest(vector, wanted)
    least = -np.inf if threshold is None else threshold
    return [hit for hit in hits if hit.similarity >= least and hit.sha1 not in without][:k]


def _by_index(project: Project, name: str, vector: Vector, k: int) -> list[Hit]:
    database = project.database()
    asked = k
    while True:
        rows = database.vector_search(name, vector, asked)
        sha1s, distances = rows["sha1"].to_pylist(), rows["_distance"].to_pylist()
        quoted = ", ".join(f"'{sha1}'" for sha1 in sha1s) or "''"
        where = f"status = 'ok' AND sha1 IN ({quoted})"
        live = set(database.read("files", ["sha1"], where)["sha1"].to_pylist())
        if len(live) >= k or len(sha1s) < asked:
            break
        # Some are gone: ask for more until enough are left.
        asked *= 2
    found = zip(sha1s, distances, strict=True)
    hits = [Hit(sha1, round(1 - far, DIGITS)) for sha1, far in found if sha1 in live]
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.sha1))[:k]


@dataclass(frozen=True)
class _Held:
    """The vectors of one encoder in memory: ``sha1s`` sorted, ``vectors`` (n, d), same order.

    ``live`` says which of them still have a readable file.
    """

    sha1s: NDArray[np.bytes_]
    vectors: NDArray[np.floating[Any]]
    live: NDArray[np.bool_]

    def nearest(self, vector: Vector, k: int) -> list[Hit]:
        """Return the k nearest live images, nearest first, ties in order of sha1."""
        similarities = np.concatenate([block @ vector for block in self._blocks()])
        similarities = np.where(self.live, similarities.round(DIGITS), -np.inf)
        count = min(k, int(self.live.sum()))
        if not count:
            return []
        # All that tie with the last one, so that who is left out does not hang on chance.
        least = np.partition(similarities, -count)[-count]
        rows = np.flatnonzero(similarities >= least)
        # Sorted by sha1 already: a stable sort keeps ties in that order.
        rows = rows[np.argsort(-similarities[rows], kind="stable")][:count]
        return [
            Hit(self.sha1s[row].decode(), round(float(similarities[row]), DIGITS)) for row in rows
        ]

    def _blocks(self) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(self.vectors), BLOCK_ROWS):
            yield self.vectors[start : start + BLOCK_ROWS].astype(np.float32, copy=False)


_lock = threading.Lock()
_cache: OrderedDict[tuple[str, str], tuple[tuple[int, int], _Held]] = OrderedDict()


def _held(project: Project, slug: str) -> _Held:
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
        return known[1]


def _read(
    project: Project,
    slug: str,
    known: tuple[tuple[int, int], _Held] | None,
    versions: tuple[int, int],
) -> _Held:
    if known is not None and known[0][0] == versions[0]:
        sha1s, vectors = known[1].sha1s, known[1].vectors
    else:
        names, exact = embeddings.matrix(project, slug)
        sha1s = np.array(names, dtype="S40")
        small = exact.size * 4 <= FLOAT32_BYTES
        vectors = exact.astype(np.float32) if small else exact
    files = project.database().read("files", ["sha1"], "status = 'ok'")
    readable = np.array(files["sha1"].drop_null().to_pylist(), dtype="S40")
    return _Held(sha1s, vectors, np.isin(sha1s, readable))


def _unit(vector: Vector) -> Vector:
    unit: Vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit
