"""The images nearest to a query vector: exact in memory, or by the vector index for many vectors.

Exact up to ``vector_index.EXACT_UP_TO`` vectors. Images that no readable file holds any more are
never found. Not here: where the query vector comes from (``by_image``, ``by_text``, ``find``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panoptic_data.errors import NoEmbeddings
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sql import literals
from panoptic_data.vectors.scores import DIGITS, Hit, score_images
from panoptic_data.vectors.vector_index import EXACT_UP_TO

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

__all__ = ["at_least", "nearest"]

# For more results than these the index would have to read most of its partitions.
MAX_FROM_INDEX = 1_000


def nearest(
    project: Project,
    slug: str,
    vector: Vector,
    k: int,
    threshold: float | None,
    excluded: frozenset[str] = frozenset(),
) -> list[Hit]:
    """Return the k images nearest to a vector (d,) of unit length, nearest first.

    Without ``excluded`` and what is less similar than ``threshold``. Raises NoEmbeddings.
    """
    name = table_name("embeddings", slug)
    database = project.database()
    count = database.count(name)
    if not count:
        raise NoEmbeddings(encoder=slug)
    wanted = k + len(excluded)
    if count > EXACT_UP_TO and wanted <= MAX_FROM_INDEX and database.vector_index(name):
        hits = _from_index(project, name, vector, wanted)
        hits = [hit for hit in hits if hit.sha1 not in excluded]
    else:
        hits = score_images(project, slug, vector).best(k, excluded)
    return at_least(hits, threshold)[:k]


def at_least(hits: Sequence[Hit], threshold: float | None) -> list[Hit]:
    """Return the hits whose similarity is at least ``threshold``; all of them where it is None."""
    return [hit for hit in hits if threshold is None or hit.similarity >= threshold]


def _from_index(project: Project, name: str, vector: Vector, k: int) -> list[Hit]:
    database = project.database()
    limit = k
    while True:
        rows = database.vector_search(name, vector, limit)
        sha1s, distances = rows["sha1"].to_pylist(), rows["_distance"].to_pylist()
        quoted = literals(sha1s)
        where = f"status = 'ok' AND sha1 IN ({quoted})"
        readable = set(database.read("files", ["sha1"], where)["sha1"].to_pylist())
        if len(readable) >= k or len(sha1s) < limit:
            break
        # Some have no readable file: fetch more until enough remain.
        limit *= 2
    pairs = zip(sha1s, distances, strict=True)
    hits = [Hit(sha1, round(1 - distance, DIGITS)) for sha1, distance in pairs if sha1 in readable]
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.sha1))[:k]
