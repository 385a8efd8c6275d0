"""What images and files that differ between two versions are called: their paths.

Not here: what differs (``diff``), how it is written for a person (``app``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.storage.sql import literals
from panoptic_data.versions.opened import at

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["with_paths"]

_IDS = ("sha1", "file_id", "target")
_AT_ONCE = 1_000


def with_paths(
    project: Project, before: str, after: str | None, rows: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of a section of a comparison with ``path``: source/path, where one is known.

    Of an image the first of its paths, as it is after, or before where it is gone since.
    ``before`` and ``after`` are those of the comparison.
    """
    column = next((name for name in _IDS if name in rows.columns), None)
    if column is None or "path" in rows.columns or "path_after" in rows.columns:
        return rows
    wanted = rows[column].drop_nulls().unique().sort().to_list()
    opened = (project.now if after is None else at(project, after), at(project, before))
    known = [_paths(side, wanted) for side in opened]
    paths = pl.concat(known).unique("id", keep="first", maintain_order=True)
    return rows.join(paths, left_on=column, right_on="id", how="left", maintain_order="left")


def _paths(project: Project, ids: list[str]) -> pl.DataFrame:
    """Return ``id``, a sha1 or the id of a file, and ``path`` of those that are known."""
    database = project.database()
    parts = [pl.DataFrame(schema={"id": pl.String, "path": pl.String})]
    columns = ["file_id", "source", "path", "sha1"]
    for start in range(0, len(ids), _AT_ONCE):
        wanted = literals(ids[start : start + _AT_ONCE])
        files = database.frame("files", columns, f"sha1 IN ({wanted}) OR file_id IN ({wanted})")
        files = files.with_columns(path=pl.concat_str("source", "path", separator="/")).sort("path")
        parts += [files.select(pl.col(name).alias("id"), "path") for name in ("sha1", "file_id")]
    return pl.concat(parts).drop_nulls("id").unique("id", keep="first", maintain_order=True)
