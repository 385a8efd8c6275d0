"""The digest of what a corpus holds, part by part: the same wherever it lies and however stored.

The order of rows, compaction, row and tag ids, paths of the disk, times and runs are no part of
it. Of each part the digest is that of the sum of its rows' digests (``storage.digests``). Not
here: the bytes of tables on the disk (``storage.checksums``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from panoptic_data.annotations import log
from panoptic_data.annotations.log import ANSWER_PREFIX, PROPOSED_PREFIX
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.digests import Digests, row_digests, table_digest
from panoptic_data.storage.schema import table_of

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = [
    "LOG",
    "computed",
    "corpus_digest",
    "digests_of_events",
    "part_digests",
    "readers",
    "tables_of_part",
]

LOG = "log"
"""The part that is no part of the corpus's digest: who did what when, on the way to the values."""

# Of these tables, what is content. What is not follows from it, or is a time, run, id or path.
_COLUMNS: Mapping[str, Sequence[str]] = {
    "embeddings": ("sha1", "vector"),
    "neighbours": ("sha1", "ids", "similarities"),
    "projection": ("sha1", "x", "y"),
    "clusters": ("sha1", "cluster", "levels", "strength"),
    "cluster_info": ("key", "size", "medoid", "main"),
}
_IMAGE = (
    *("sha1", "format", "mode", "width", "height", "frames", "orientation", "taken_at", "camera"),
    *("lat", "lon", "exif", "colour", "ahash", "phash", "dhash", "digest"),
)
_SHARED_PART = (
    *("pair", "inliers", "matrix", "left_outline", "right_outline", "sureness", "group"),
)
_FILE = ("source", "path", "sha1", "size", "status", "reason")
_PART_TABLES: Mapping[str, tuple[str, ...]] = {
    "sources": ("sources",),
    "files": ("files",),
    "images": ("images",),
    "duplicates": ("duplicates", "files"),
    "encoders": ("encoders",),
    "shared_parts": ("shared_parts",),
    LOG: (log.TABLE,),
}
_SEPARATOR = "\x1f"
# Numpy lets others work meanwhile; more than this waits for memory.
THREADS = min(4, os.cpu_count() or 1)


def part_digests(
    project: Project, known: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return the digest of each part of what a corpus holds: part → 16 hex digits.

    Parts in ``known`` are not read again.

    Parts: sources, files, images, duplicates, encoders, properties, tags, annotations, log, and
    of each encoder ``embeddings/<slug>``, ``neighbours/…``, ``projection/…``, ``clusters/…``,
    ``cluster_info/…``. And ``shared_parts`` where they were ever looked for.
    """
    paths = _paths(project.database())
    read = readers(project)
    with ThreadPoolExecutor(1) as thread:
        unknown = {name: digest for name, digest in read.items() if name not in known}
        of_tables = thread.submit(computed, unknown)
        of_values = _of_annotations(annotations_of(project).state(fresh=True), paths)
        parts = dict(known) | of_tables.result()
    return {name: parts[name] for name in read} | of_values


def readers(project: Project) -> dict[str, Callable[[], str]]:
    """Return what computes the digest of each part that is read from tables alone."""
    database = project.database()
    return {
        # The longest first: the short ones fill what time is left.
        **_of_encoders(database),
        **_of_shared_parts(database),
        LOG: lambda: _digest(log.read(project)[0].to_arrow()),
        "images": lambda: _of_batches(database, "images", _IMAGE),
        "files": lambda: _digest(_files(database)),
        "duplicates": lambda: _digest(_duplicates(database, _paths(database))),
        "encoders": lambda: _digest(_encoders(database)),
        "sources": lambda: _digest(database.read("sources", ["name"])),
    }


def computed(read: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Return what each function returns, several at a time."""
    with ThreadPoolExecutor(THREADS) as threads:
        digests = {name: threads.submit(digest) for name, digest in read.items()}
        return {name: digest.result() for name, digest in digests.items()}


def digests_of_events(events: pl.DataFrame) -> Digests:
    """Return a number for each event of the log, (n,) uint64."""
    return row_digests(_plain(events.to_arrow()))


def tables_of_part(part: str) -> tuple[str, ...]:
    """Return the tables that a part is read from; none where it follows from other things too."""
    table, _, slug = part.partition("/")
    if slug:
        return (f"{table}__{slug}",)
    return _PART_TABLES.get(part, ())


def corpus_digest(parts: Mapping[str, str]) -> str:
    """Return 32 hex digits for all parts together but the log."""
    text = json.dumps({name: parts[name] for name in sorted(parts) if name != LOG})
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _of_encoders(database: Database) -> dict[str, Callable[[], str]]:
    parts: dict[str, Callable[[], str]] = {}
    for name in sorted(database.names()):
        table, _, slug = name.partition("__")
        if slug and table in _COLUMNS:
            parts[f"{table}/{slug}"] = partial(_of_batches, database, name, _COLUMNS[table])
    return parts


def _of_shared_parts(database: Database) -> dict[str, Callable[[], str]]:
    name = "shared_parts"
    if name not in database.names():
        return {}
    return {name: lambda: _of_batches(database, name, _SHARED_PART)}


def _of_batches(database: Database, name: str, columns: Sequence[str]) -> str:
    """Return the digest of a table that is read a part at a time."""
    key = table_of(name).key
    order = [key, *(column for column in columns if column != key)]
    sums = [row_digests(pa.Table.from_batches([batch])) for batch in database.batches(name, order)]
    return table_digest(order, np.concatenate(sums) if sums else row_digests(pa.table({})))


def _digest(rows: pa.Table) -> str:
    return table_digest(rows.column_names, row_digests(_plain(rows)))


def _plain(rows: pa.Table) -> pa.Table:
    """Return rows with large and categorical texts as plain ones, as tables hold them."""
    fields = [
        pa.field(field.name, pa.string()) if _is_text(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def _is_text(type: pa.DataType) -> bool:
    return type in (pa.large_string(), pa.string_view())


def _paths(database: Database) -> pl.DataFrame:
    """Return ``file_id`` and ``target``: the source and path of each file."""
    files = database.frame("files", ["file_id", "source", "path"])
    return files.select("file_id", target=pl.concat_str("source", "path", separator="/"))


def _files(database: Database) -> pa.Table:
    """Return the content of ``files``; sidecars where any says something.

    Without them it is what releases before they were read took the digest of.
    """
    rows = database.read("files", [*_FILE, "sidecar"])
    has_sidecars = rows["sidecar"].null_count < len(rows)
    return rows if has_sidecars else rows.drop(["sidecar"])


def _duplicates(database: Database, paths: pl.DataFrame) -> pa.Table:
    rows = database.frame("duplicates", ["group", "kind", "sha1", "file_id", "distance"])
    return rows.join(paths, on="file_id", how="left").drop("file_id").to_arrow()


def _encoders(database: Database) -> pa.Table:
    return database.read("encoders", ["slug", "status", "dim", "fingerprint"])


def _of_annotations(state: State, paths: pl.DataFrame) -> dict[str, str]:
    tags = {tag.id: tag for tag in state.tags.values() if not tag.deleted}
    names = {tag.id: _tag_path(tag, tags, ()) for tag in tags.values()}
    properties = [
        (prop.name, prop.type, prop.target, prop.folder or "", json.dumps(dict(prop.options)))
        for prop in state.live_properties
    ]
    defined: list[tuple[str, ...]] = [
        (state.properties[tag.property].name, names[tag.id], tag.colour or "", tag.key or "")
        for tag in tags.values()
        if tag.property in state.properties and not state.properties[tag.property].deleted
    ]
    columns = ["property", "tag", "colour", "key"]
    if any(tag.identifier for tag in tags.values()):
        # Only then: versions made before there were any keep their digest.
        columns.append("identifier")
        owners = {names[tag.id]: tag.identifier or "" for tag in tags.values()}
        defined = [(*row, owners[row[1]]) for row in defined]
    values = [_sum_of_values(rows) for rows in _values(state, names, paths)]
    schema = ["kind", "target", "property", "value", "author"]
    total = np.concatenate(values) if values else row_digests(pa.table({}))
    return {
        "properties": _of_texts(("name", "type", "target", "folder", "options"), properties),
        "tags": _of_texts(columns, defined),
        "annotations": table_digest(schema, total),
    }


def _of_texts(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    arrays = [pa.array(list(column), pa.string()) for column in columns]
    return _digest(pa.table(dict(zip(names, arrays, strict=True))))


def _tag_path(tag: Tag, tags: Mapping[str, Tag], below: Sequence[str]) -> str:
    """Return a tag's name with those above it: all ways that lead to it."""
    parents = sorted(
        _tag_path(tags[parent], tags, (*below, tag.id))
        for parent in tag.parents
        if parent in tags and parent not in below
    )
    return f"{_SEPARATOR.join(parents)}\x1e{tag.name}" if parents else tag.name


def _values(state: State, names: Mapping[str, str], paths: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the values of each property that is not deleted, in words instead of ids."""
    for id, held in state.values_by_property.items():
        prop = state.properties.get(id)
        if prop is not None and prop.deleted:
            continue
        label = _label(id, state, names)
        if label is None:
            continue
        rows = held.frame().select("target", "value", "author")
        kind = state.target_kind(id)
        if kind == "file":
            rows = rows.join(paths, left_on="target", right_on="file_id", how="left").select(
                pl.coalesce("target_right", "target").alias("target"), "value", "author"
            )
        if prop is not None and prop.has_tags:
            tag_names = pl.DataFrame(
                {"value": list(names), "tag": list(names.values())},
                {"value": pl.String, "tag": pl.String},
            )
            rows = rows.join(tag_names, on="value").select("target", "author", value="tag")
        yield rows.select("target", "value", "author", kind=pl.lit(kind), property=pl.lit(label))


def _label(id: str, state: State, names: Mapping[str, str]) -> str | None:
    """Return what a property is called, or one of the program's own; None for a deleted tag's."""
    prop = state.properties.get(id)
    if prop is not None:
        return prop.name
    for prefix in (ANSWER_PREFIX, PROPOSED_PREFIX):
        if id.startswith(prefix):
            name = names.get(id.removeprefix(prefix))
            return None if name is None else f"{prefix}{name}"
    return id


def _sum_of_values(rows: pl.DataFrame) -> np.ndarray:
    return row_digests(_plain(rows.select(pl.col(pl.String)).to_arrow()))
