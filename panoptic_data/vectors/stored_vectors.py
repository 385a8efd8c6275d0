"""The vectors of an encoder as they are stored, unsorted, and read only when they are needed.

Not here: making them, and reading them sorted (``embeddings``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["VECTORS_AT_ONCE", "StoredVectors", "stored_vectors"]

# Larger batches are in memory that is new each time: three times as slow.
VECTORS_AT_ONCE = 8_192

_NO_TEXT = [pa.array([], pa.string())]


@dataclass(frozen=True)
class StoredVectors:
    """The vectors of an encoder at one version of its table, read when they are first needed.

    ``sha1s`` (n,) and ``runs`` (n,): the image, and the run that made its vector, strings.
    """

    database: Database
    name: str
    version: int
    sha1s: pa.Array
    runs: pa.Array

    @cached_property
    def vectors(self) -> NDArray[np.float16]:
        """The vectors (n, d), in the order of ``sha1s``."""
        dim = self.database.dim(self.name)
        if dim is None:
            return np.empty((0, 0), np.float16)
        vectors = np.empty((len(self.sha1s), dim), np.float16)
        start = 0
        # Batch by batch: a million vectors are never in memory twice.
        columns = ["sha1", "vector"]
        for batch in self.database.batches(self.name, columns, self.version, VECTORS_AT_ONCE):
            rows: slice | NDArray[np.int64] = slice(start, start + batch.num_rows)
            if not batch["sha1"].equals(self.sha1s.slice(start, batch.num_rows)):
                rows = pc.index_in(batch["sha1"], value_set=self.sha1s).to_numpy()
            values = batch["vector"].flatten().to_numpy(zero_copy_only=False)
            vectors[rows] = values.reshape(-1, dim)
            start += batch.num_rows
        return vectors


def stored_vectors(project: Project, slug: str) -> StoredVectors:
    """Return the vectors of an encoder in the order in which they are stored.

    Quicker than ``embeddings.matrix``, which sorts them.
    """
    database, name = project.database(), table_name("embeddings", slug)
    version = database.version(name)
    rows = database.read(name, ["sha1", "run"], version=version or None)
    sha1s, runs = (pa.concat_arrays(rows[column].chunks or _NO_TEXT) for column in ("sha1", "run"))
    return StoredVectors(database, name, version, sha1s, runs)
