"""Remove images for good: a takedown, a person's right to privacy.

What goes: the image's row with thumbnail and EXIF, its vectors, neighbours, places on maps and in
clusters, its duplicates, its mention in selections, and the old versions of these tables, so that
no byte of it stays in the project. What stays: the row of each of its files, marked ``purged``,
which keeps a later run from reading it again wherever it lies; the file itself, which is not ours;
and the log of annotations, to which events are only ever added (its values are shown nowhere).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.errors import InvalidVersion, UnknownImage
from panoptic_data.provenance import runs
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import arrow, table_of
from panoptic_data.storage.sql import literals
from panoptic_data.storage.tables import ADDRESS, Database

__all__ = ["Purge", "preview_purge", "purge"]

_SHA1 = re.compile(r"[0-9a-f]{40}")
# A row address is the number of its fragment and, below these bits, its offset in it.
_OFFSET_BITS = 32
# Rows of `images` have thumbnails of some 15 KB.
ROWS_AT_ONCE = 4_096


@dataclass(frozen=True)
class Purge:
    """What goes: the images' ``sha1s``, how many ``files`` hold them, rows by table."""

    sha1s: tuple[str, ...]
    files: int
    rows: dict[str, int]


def preview_purge(project: Project, sha1s: Sequence[str]) -> Purge:
    """Return what a purge of these images would remove. Raises UnknownImage."""
    wanted = tuple(dict.fromkeys(sha1.lower() for sha1 in sha1s))
    database = project.database()
    files = database.frame("files", ["sha1"])
    known = set(files["sha1"].to_list())
    known |= set(database.take("images", wanted, ["sha1"])["sha1"].to_pylist())
    # Also one that was overwritten: its thumbnail is kept.
    known |= set(database.read("overwritten", ["sha1"])["sha1"].to_pylist())
    unknown = [sha1 for sha1 in wanted if not _SHA1.fullmatch(sha1) or sha1 not in known]
    if unknown:
        raise UnknownImage(name=unknown[0])
    rows = {name: len(_keys(database, name, wanted)) for name in _tables(database)}
    held = files.filter(pl.col("sha1").is_in(list(wanted))).height
    return Purge(wanted, held, {name: count for name, count in rows.items() if count})


def purge(project: Project, sha1s: Sequence[str]) -> Purge:
    """Remove images for good and keep their files from being read again; return what went.

    First the files are marked: killed at any moment, calling it again finishes it. Raises
    UnknownImage, ProjectBusy, InvalidVersion where a corpus version holds one of them: versions
    never change, they can only be deleted.
    """
    what = preview_purge(project, sha1s)
    holding = _versions_holding(project.database(), what.sha1s)
    if holding:
        raise InvalidVersion("holds_purged", names=", ".join(holding))
    with runs.start(project, "purge", {"images": len(what.sha1s)}) as run:
        database = project.database()
        _mark_files(database, what.sha1s, run.id)
        # Images last: after a kill in between they are found again.
        for name in sorted(_tables(database), key=lambda name: name == "images"):
            _erase(database, name, _keys(database, name, what.sha1s))
        # Of what sidecars said of them.
        database.compact("files", timedelta(0))
        _leave_selections(database, what.sha1s)
        with project.anchored() as root:
            shutil.rmtree(root / "cache", ignore_errors=True)
    return what


def _versions_holding(database: Database, sha1s: Sequence[str]) -> list[str]:
    """Return the names of the corpus versions that hold one of these images."""
    versions = database.frame("corpus_versions", ["name", "tables"]).sort("name")
    names = literals(sha1s)
    holding = []
    for name, tables in versions.iter_rows():
        pinned = json.loads(tables).get("images")
        where = f"sha1 IN ({names})"
        if pinned and database.read("images", ["sha1"], where, version=pinned).num_rows:
            holding.append(name)
    return holding


def _tables(database: Database) -> list[str]:
    """Return the tables that have a row an image, or one a pair of images."""
    names = [name for name in database.names() if {"sha1", "left"}.intersection(_columns(name))]
    return sorted(name for name in names if table_of(name).name != "files")


def _columns(name: str) -> list[str]:
    """Return the columns of a table."""
    return [column.name for column in table_of(name).columns]


def _keys(database: Database, name: str, sha1s: Sequence[str]) -> list[str]:
    """Return the keys of the rows of these images."""
    key = table_of(name).key
    if table_of(name).name == "neighbours":
        return _lists_with(database, name, sha1s)
    if "left" in _columns(name):
        return _pairs_with(database, name, sha1s)
    if table_of(name).name == "part_groups":
        return _groups_with(database, name, sha1s)
    if key == "sha1":
        taken: list[str] = database.take(name, sha1s, [key])[key].to_pylist()
        return taken
    frame = database.frame(name, [key, "sha1"])
    return frame.filter(pl.col("sha1").is_in(list(sha1s))).get_column(key).to_list()


def _pairs_with(database: Database, name: str, sha1s: Sequence[str]) -> list[str]:
    """Return the pairs that one of these images is in."""
    pairs = database.frame(name, ["pair", "left", "right"])
    is_in = pl.any_horizontal(pl.col(side).is_in(list(sha1s)) for side in ("left", "right"))
    return pairs.filter(is_in)["pair"].to_list()


def _groups_with(database: Database, name: str, sha1s: Sequence[str]) -> list[str]:
    """Return all members of the groups that one of these images is in: the next run makes them."""
    members = database.frame(name, ["member", "group", "sha1"])
    groups = members.filter(pl.col("sha1").is_in(list(sha1s)))["group"]
    return members.filter(pl.col("group").is_in(groups.implode()))["member"].to_list()


def _lists_with(database: Database, name: str, sha1s: Sequence[str]) -> list[str]:
    """Return the images that are among these or have one in their list: the next run makes it."""
    wanted = pa.array(list(sha1s), pa.string())
    keys: set[str] = set()
    for batch in database.batches(name, ["sha1", "ids"]):
        is_named = pc.is_in(pc.list_flatten(batch["ids"]), value_set=wanted)
        holders = pc.unique(pc.list_parent_indices(batch["ids"]).filter(is_named))
        keys.update(batch["sha1"].take(holders).to_pylist())
        keys.update(batch["sha1"].filter(pc.is_in(batch["sha1"], value_set=wanted)).to_pylist())
    return sorted(keys)


def _mark_files(database: Database, sha1s: Sequence[str], run: str) -> None:
    wanted = literals(sha1s)
    rows = database.read("files", where=f"sha1 IN ({wanted}) AND status != 'purged'").to_pylist()
    mark = {"status": "purged", "reason": "purged", "detail": None, "run": run, "sidecar": None}
    marked = [{**row, **mark, "changed_at": datetime.now(UTC)} for row in rows]
    if not marked:
        return
    table = pa.Table.from_pylist(marked, schema=arrow("files"))
    if any(row["sidecar"] for row in rows):
        # In one commit with the marks: what was beside what sidecars said is written anew.
        beside = _rows_beside(database, "files", [row["file_id"] for row in rows])
        others = [database.take_at("files", part, _columns("files")) for part in beside]
        table = pa.concat_tables([table, *(part.cast(table.schema) for part in others)])
    database.upsert("files", table)


def _rows_beside(database: Database, name: str, keys: Sequence[str]) -> Iterator[list[int]]:
    """Yield the addresses of the other rows in the fragments that hold these, some at a time."""
    key = table_of(name).key
    rows = database.read_addressed(name, [key])
    fragment = pl.col(ADDRESS) // 2**_OFFSET_BITS
    is_erased = pl.col(key).is_in(list(keys))
    fragments = rows.filter(is_erased).select(fragment.unique()).to_series()
    beside = rows.filter(fragment.is_in(fragments.implode()) & ~is_erased)
    for part in beside.iter_slices(ROWS_AT_ONCE):
        yield part[ADDRESS].to_list()


def _erase(database: Database, name: str, keys: Sequence[str]) -> None:
    """Delete rows so that no data file holds their bytes, and no old version is left.

    Lance marks deleted rows and leaves their bytes where they are, until much of a fragment is
    deleted. So the others of the same fragments are written anew, and these fragments go whole.
    """
    if keys:
        for part in _rows_beside(database, name, keys):
            columns = _columns(name)
            again = database.take_at(name, part, columns)
            dim = database.dim(name) if "vector" in columns else None
            database.upsert(name, again.cast(arrow(name, dim)))
        database.delete(name, keys)
        if "vector" in _columns(name) and database.vector_index(name) is not None:
            # It holds vectors of its own.
            database.index_vectors(name)
    # Also without such rows: a purge that was killed may have left old versions.
    database.compact(name, timedelta(0))


def _leave_selections(database: Database, sha1s: Sequence[str]) -> None:
    gone = set(sha1s)
    rows = database.read("selections").to_pylist()
    left = [
        {**row, "sha1s": [sha1 for sha1 in row["sha1s"] if sha1 not in gone]}
        for row in rows
        if gone.intersection(row["sha1s"])
    ]
    if left:
        database.upsert("selections", pa.Table.from_pylist(left, schema=arrow("selections")))
        database.compact("selections", timedelta(0))
