"""Index the vectors of one encoder where they are so many that an index pays.

Not here: searching (``search``), calls to lancedb (``storage.tables``).

The index is IVF with 8-bit scalar quantisation (Lance's IVF_SQ). Measured at 50,000 × 512 on two
cores: 0.6 s of CPU time to build, 6 ms a query, recall@100 0.998; IVF_PQ took 392 s, for 0.94 at
30 ms (docs/performance/vectors.md).
"""

from __future__ import annotations

import time

from panoptic_data.provenance.stages import ReportProgress, StageResult, digest, ignore_progress
from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name

__all__ = ["EXACT_UP_TO", "update"]

EXACT_UP_TO = 200_000
"""Up to so many vectors are compared one by one in memory: 16 ms."""

# Rows that are not in the index are compared one by one: 10 ms for this many.
MAX_UNINDEXED = 10_000
# Rows added to an index go to the partitions of the older rows; when more than this share is new,
# the index is built anew.
REBUILD_ABOVE = 0.5


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    exact_up_to: int = EXACT_UP_TO,
    anew: bool = False,
) -> StageResult:
    """Build or complete the index of an encoder's vectors where they are over ``exact_up_to``.

    With ``anew`` it is built again.

    ``extra["kind"]`` of the result is how they are searched: ``exact`` or the kind of index.
    """
    del run  # An index has no rows of its own.
    began = time.monotonic()
    database = project.database()
    name = table_name("embeddings", slug)
    rows = database.count(name)
    index = database.vector_index(name)
    added = 0
    if rows > exact_up_to:
        report(f"vector_index/{slug}", 0, rows)
        unindexed = rows if index is None or anew else index.unindexed
        if unindexed > REBUILD_ABOVE * rows:
            database.index_vectors(name)
            added = rows
        elif unindexed > MAX_UNINDEXED:
            database.compact(name)
            added = unindexed
        index = database.vector_index(name)
        report(f"vector_index/{slug}", rows, rows)
    kind = index.kind if index is not None else "exact"
    sha1s = database.read(name, ["sha1"])
    return StageResult(
        rows=rows,
        data_version=digest([kind, table_digest(["sha1"], row_digests(sha1s))]),
        new=added,
        unchanged=rows - added,
        seconds=time.monotonic() - began,
        parameters={"exact_up_to": exact_up_to},
        extra={"kind": kind, "indexed": index.indexed if index is not None else 0},
    )
