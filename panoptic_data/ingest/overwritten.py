"""The images that files held before other contents came to their paths: the table ``overwritten``.

They are kept with their thumbnails, so that what was noted of them can be offered to the new ones
side by side, although their own rows are deleted. Not here: the offers
(``duplicates.overwritten``), finding out which files have another content (``source_update``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import polars as pl
import pyarrow as pa

from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import arrow

__all__ = ["TABLE", "forget", "record", "rows", "thumbnail"]

TABLE = "overwritten"


def record(project: Project, sha1_of: Mapping[str, str], at: datetime, run: str) -> None:
    """Keep the images that files held before: ``sha1_of`` has their sha1 by file_id."""
    if not sha1_of:
        return
    database = project.database()
    taken = database.take("images", set(sha1_of.values()), ["sha1", "thumbnail"])
    thumbnails = dict(zip(taken["sha1"].to_pylist(), taken["thumbnail"].to_pylist(), strict=True))
    kept = [
        {
            "id": f"{file_id} {sha1}",
            "file_id": file_id,
            "sha1": sha1,
            "thumbnail": thumbnails[sha1],
            "at": at,
            "run": run,
        }
        for file_id, sha1 in sha1_of.items()
        # Read again after a kill, its row may be gone: then it was kept before.
        if sha1 in thumbnails
    ]
    if kept:
        database.upsert(TABLE, pa.Table.from_pylist(kept, schema=arrow(TABLE)))


def rows(project: Project) -> pl.DataFrame:
    """Return what readable files held before and no longer hold, the latest first.

    Columns: id, sha1 (before), now (the file's sha1), file_id, source, path, at.
    """
    kept = project.database().frame(TABLE, ["id", "file_id", "sha1", "at"])
    if kept.is_empty():
        return kept.with_columns(now=pl.lit(""), source=pl.lit(""), path=pl.lit(""))
    columns = ["file_id", "sha1", "source", "path", "status"]
    files = pl.from_arrow(project.database().take("files", kept["file_id"], columns))
    assert isinstance(files, pl.DataFrame)
    present = files.filter(pl.col("status") == "ok").rename({"sha1": "now"})
    joined = kept.join(present.drop("status"), on="file_id")
    return joined.filter(pl.col("now") != pl.col("sha1")).sort("at", "id", descending=[True, False])


def thumbnail(project: Project, sha1: str) -> bytes | None:
    """Return the JPEG thumbnail of an image that was overwritten, or None."""
    where = f"sha1 = '{sha1}'"
    kept = project.database().read(TABLE, ["thumbnail"], where)["thumbnail"].to_pylist()
    return next((data for data in kept if data is not None), None)


def forget(project: Project, noted: Collection[str]) -> int:
    """Delete the rows of images of which nothing is noted; return how many.

    ``noted`` are the sha1s of which something is.
    """
    kept = project.database().frame(TABLE, ["id", "file_id", "sha1"])
    ids = kept.filter(~pl.col("sha1").is_in(list(noted)))["id"].to_list()
    if ids:
        project.database().delete(TABLE, ids)
    return len(ids)
