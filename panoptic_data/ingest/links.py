"""Tell files from paths: hard links, links and linked folders give one file several paths.

Looked up on the disk at the moment of asking: inode numbers are compared with each other then,
and never kept. Not here: which files are copies of each other (``duplicates``).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from panoptic_data.errors import PanopticError
from panoptic_data.ingest import sources

if TYPE_CHECKING:
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project

__all__ = ["FILE_COLUMNS", "distinct_files", "located"]

FILE_COLUMNS = ("source", "path", "raw_path")
# A disk in the network answers several questions at once.
THREADS = 8


class _Location(NamedTuple):
    absolute: str
    physical: str | None
    is_link: bool
    names: int


_LOCATION_SCHEMA = pl.Schema(
    {
        "absolute": pl.String(),
        "physical": pl.String(),
        "is_link": pl.Boolean(),
        "names": pl.Int64(),
    }
)


def located(project: Project, files: pl.DataFrame) -> pl.DataFrame:
    """Return files with what is on the disk now; ``files`` has at least ``FILE_COLUMNS``.

    Added: ``absolute`` (path on this machine), ``physical`` (String, equal for paths of one file;
    null: not there), ``is_link`` (Boolean: the path leads through a link), ``names`` (Int64: how
    many names the file has on its disk).
    """
    source_of = {source.name: source for source in sources.listing(project)}
    rows = files.select(FILE_COLUMNS).rows()
    with ThreadPoolExecutor(THREADS) as pool:
        locations = list(pool.map(lambda row: _locate(source_of.get(row[0]), row[1], row[2]), rows))
    return files.hstack(pl.DataFrame(locations, _LOCATION_SCHEMA, orient="row"))


def distinct_files(project: Project, files: pl.DataFrame) -> pl.DataFrame:
    """Leave out every path but one of files that have several; ``files`` has file_id and sha1.

    Only files with the same sha1 as another are looked up. One that is not there stays.
    """
    is_copy = pl.len().over("sha1") > 1
    copies = files.filter(is_copy)
    if copies.is_empty():
        return files
    stored = project.database().frame("files", ["file_id", *FILE_COLUMNS])
    locations = located(project, copies.join(stored, on="file_id", how="left"))
    first = locations.sort("is_link", "source", "path").unique(
        pl.coalesce("physical", "file_id"), keep="first", maintain_order=True
    )
    is_kept = pl.col("file_id").is_in(first["file_id"].implode())
    return files.filter(~is_copy | is_kept)


def _locate(source: Source | None, path: str, raw_path: bytes | None) -> _Location:
    if source is None:
        return _Location(path, None, is_link=False, names=0)
    try:
        absolute = os.fspath(sources.absolute_path(source, path, raw_path))
        stat_result = os.stat(absolute)  # noqa: PTH116 - a Path each costs more than the call
        is_link = os.path.realpath(absolute) != absolute
    except (PanopticError, OSError, ValueError):
        return _Location(f"{source.root}/{path}", None, is_link=False, names=0)
    # Some file systems number nothing.
    physical = f"{stat_result.st_dev}:{stat_result.st_ino}" if stat_result.st_ino else absolute
    return _Location(_as_text(absolute), _as_text(physical), is_link, stat_result.st_nlink)


def _as_text(path: str) -> str:
    # Tables and pages hold UTF-8 only, whereas a path can hold any bytes.
    return os.fsencode(path).decode("utf-8", "backslashreplace")
