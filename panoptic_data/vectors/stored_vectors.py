"""The vectors of an encoder as they are stored, unsorted, and read block by block.

Not here: making them, and reading them sorted (``embeddings``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["BLOCK_ROWS", "StoredVectors", "stored_vectors"]

BLOCK_ROWS = 4_096
"""Vectors read at once: more are in memory that is new each time, three times as slowly."""

_NO_TEXT = [pa.array([], pa.string())]


@dataclass(frozen=True)
class StoredVectors:
    """The vectors of an encoder at one version of its table.

    ``sha1s`` (n,) and ``runs`` (n,): the image, and the run that made its vector, strings.
    """

    database: Database
    name: str
    version: int
    sha1s: pa.Array
    runs: pa.Array

    def blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Yield positions (m,) in ``sha1s`` and vectors (m, d) of all images, block by block.

        So they are never all in memory, which would cost as much as comparing them with a few.
        """
        columns, start = ["sha1", "vector"], 0
        for batch in self.database.batches(self.name, columns, self.version, BLOCK_ROWS):
            rows = np.arange(start, start + batch.num_rows)
            if not batch["sha1"].equals(self.sha1s.slice(start, batch.num_rows)):
                rows = pc.index_in(batch["sha1"], value_set=self.sha1s).to_numpy().astype(np.int64)
            yield rows, _vectors(batch["vector"])
            start += batch.num_rows

    def take(self, positions: NDArray[np.int64]) -> NDArray[np.float16]:
        """Return the vectors of some images (m, d), by their positions in ``sha1s``."""
        wanted = self.sha1s.take(pa.array(positions))
        rows = self.database.take(self.name, wanted.to_pylist(), ["sha1", "vector"])
        rows = rows.take(pc.index_in(wanted, value_set=rows["sha1"].combine_chunks()))
        return _vectors(rows["vector"].combine_chunks())


def stored_vectors(project: Project, slug: str) -> StoredVectors:
    """Return the vectors of an encoder in the order in which they are stored.

    Quicker than ``embeddings.matrix``, which sorts them.
    """
    database, name = project.database(), table_name("embeddings", slug)
    version = database.version(name)
    rows = database.read(name, ["sha1", "run"], version=version or None)
    sha1s, runs = (pa.concat_arrays(rows[column].chunks or _NO_TEXT) for column in ("sha1", "run"))
    return StoredVectors(database, name, version, sha1s, runs)


def _vectors(column: pa.Array) -> NDArray[np.float16]:
    values = column.flatten().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values.reshape(-1, column.type.list_size))
