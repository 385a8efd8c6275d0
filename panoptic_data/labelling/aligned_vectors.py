"""The vectors of an encoder aligned with the rows of a catalogue, cached.

Not here: reading vectors (``vectors.scores``), learning from them (``active_learning``).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from panoptic_data.labelling.active_learning import Check, Space
from panoptic_data.vectors import scores

if TYPE_CHECKING:
    from panoptic_data.catalogue.corpus import Corpus
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["AlignedVectors", "get"]

# Two encoders are compared side by side.
CACHED = 2

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class AlignedVectors:
    """The vectors of an encoder, and where each row of the corpus is among them.

    ``sha1s`` (n,) and ``space`` are in the same order; ``indices`` has for each row of the corpus
    its index in them, -1 without a vector; ``has_file`` (n,) tells which have a readable file.
    """

    corpus: Corpus
    sha1s: npt.NDArray[np.bytes_]
    space: Space
    has_file: npt.NDArray[np.bool_]
    indices: Rows

    def indices_of(self, rows: npt.NDArray[Any]) -> Rows:
        """Return the unique indices of rows of the corpus, without those that have no vector."""
        indices = np.unique(self.indices[rows])
        return indices[indices >= 0]

    def sha1s_at(self, indices: Rows) -> list[str]:
        """Return the sha1s at some indices."""
        return [sha1.decode() for sha1 in self.sha1s[indices].tolist()]


def get(
    project: Project, current: Catalogue, slug: str, check: Check = lambda: None
) -> AlignedVectors:
    """Return the vectors of an encoder aligned with a catalogue, cached until either changes.

    Raises NoEmbeddings.
    """
    sha1s, vectors, has_file = scores.loaded_vectors(project, slug)
    key = (project.database().uri, slug)
    with _lock:
        cached = _cache.get(key)
    space = cached.space if cached is not None and cached.space.vectors is vectors else None
    if (
        cached is None
        or space is None
        or cached.corpus is not current.corpus
        or cached.has_file is not has_file
    ):
        space = space or Space.of(vectors, check)
        indices = _indices(current.corpus, sha1s)
        cached = AlignedVectors(current.corpus, sha1s, space, has_file, indices)
    with _lock:
        _cache[key] = cached
    return cached


_lock = threading.Lock()
_cache: LRUCache[tuple[str, str], AlignedVectors] = LRUCache(CACHED)


def _indices(corpus: Corpus, sha1s: npt.NDArray[np.bytes_]) -> Rows:
    known, rows = corpus.by_sha1
    indices = np.full(len(known), -1, dtype=np.intp)
    nearest = np.minimum(np.searchsorted(sha1s, known), len(sha1s) - 1)
    indices[rows] = np.where(sha1s[nearest] == known, nearest, -1)
    return indices
