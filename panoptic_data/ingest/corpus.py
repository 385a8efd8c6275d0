"""The images of all sources together: which there are, and which take part.

An image that no row of ``files`` names is forgotten; one of which every file is missing stays, with
its thumbnail and vectors, and takes no part in what is computed of all. Not here: reading files
and forgetting images (``images``).
"""

from __future__ import annotations

import json
import time

import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.ingest import images
from panoptic_data.provenance.stages import StageResult, digest
from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.project import Project

__all__ = ["STAGE", "update"]

STAGE = "corpus"


def update(project: Project, run: str) -> StageResult:
    """Forget images that no file has, and say which are left and which of them take part.

    ``new`` and ``removed`` count images, ``changed`` those by which more or fewer take part than
    before. ``extra["taking_part"]`` is how many do.
    """
    started = time.perf_counter()
    database = project.database()
    sha1s = database.read("images", ["sha1"])["sha1"]
    named = database.read("files", ["sha1"])["sha1"].combine_chunks()
    removed = 0
    if not pc.all(pc.is_in(sha1s, value_set=named)).as_py() and len(sha1s):
        removed = images.prune(project, run)
        sha1s = database.read("images", ["sha1"])["sha1"]
    taking_part = images.taking_part(project).to_arrow().cast(pa.string())
    before = _before(project)
    came = max(0, len(sha1s) - (before["rows"] - removed))
    return StageResult(
        rows=len(sha1s),
        data_version=digest([_digest(sha1s), _digest(taking_part)]),
        new=came,
        changed=min(len(sha1s), abs(len(taking_part) - before["taking_part"] - came + removed)),
        removed=removed,
        unchanged=len(sha1s) - came,
        seconds=time.perf_counter() - started,
        extra={"taking_part": len(taking_part)},
    )


def _before(project: Project) -> dict[str, int]:
    """Return how many images there were, and took part, when this was last recorded."""
    rows = project.database().take("stages", [STAGE], ["counts"]).to_pylist()
    counts = json.loads(rows[0]["counts"]) if rows else {}
    images_before = int(counts.get("rows", 0))
    taking_part = counts.get("extra", {}).get("taking_part", images_before)
    return {"rows": images_before, "taking_part": int(taking_part)}


def _digest(sha1s: pa.Array | pa.ChunkedArray) -> str:
    return table_digest(["sha1"], row_digests(pa.table({"sha1": sha1s})))
