"""Reading what can still be read of a damaged table, and counting what cannot.

Rows are taken by their addresses, so that a damaged file costs no row of another. Not here: where
they are put (``integrity.repair``), which files changed (``checksums``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from panoptic_data.errors import TableDamaged, TableMissing
from panoptic_data.storage.checksums import DIGEST, has_its_digest
from panoptic_data.storage.schema import table_of

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["Part", "Readable", "parts", "read"]

# Addresses are the fragment's number and, in the lower 32 bits, the row's place in it.
ADDRESSES = 2**56
CHUNK = 1024
# In a chunk that cannot be read so many rows are tried before it is given up.
PROBES = 8


@dataclass(frozen=True)
class Part:
    """Some rows of a table, and how many beside them cannot be read or are not as written."""

    rows: pa.Table | None
    lost: int


@dataclass(frozen=True)
class Readable:
    """How many rows are readable and how many lost (None where that is not known), and why."""

    rows: int
    lost: int | None
    problem: str | None


def read(database: Database, name: str) -> Readable:
    """Read all of a table, keeping nothing."""
    columns = [column.name for column in table_of(name).columns]
    rows = lost = 0
    try:
        for batch in database.batches(name, columns):
            kept = _as_written(pa.Table.from_batches([batch]))
            rows += kept.num_rows
            lost += batch.num_rows - kept.num_rows
    except TableDamaged as error:
        return _counted(database, name, str(error.params["problem"]))
    except TableMissing:
        return Readable(0, None, "gone")
    return Readable(rows, lost, f"{lost} rows are not what was written" if lost else None)


def parts(database: Database, name: str) -> Iterator[Part]:
    """Yield all that can be read. Raises TableDamaged where not even the rows can be counted."""
    yield from _parts(database, name, 0, ADDRESSES)


def _parts(database: Database, name: str, first: int, end: int) -> Iterator[Part]:
    count = database.count(name, f"_rowid >= {first} AND _rowid < {end}")
    if not count:
        return
    if end - first > CHUNK:
        middle = (first + end) // 2
        yield from _parts(database, name, first, middle)
        yield from _parts(database, name, middle, end)
        return
    rows = _take(database, name, range(first, end))
    if rows is not None:
        kept = _as_written(rows)
        yield Part(kept, count - kept.num_rows)
    elif end - first == 1 or (end - first == CHUNK and not _probe(database, name, first)):
        yield Part(None, count)
    else:
        middle = (first + end) // 2
        yield from _parts(database, name, first, middle)
        yield from _parts(database, name, middle, end)


def _probe(database: Database, name: str, first: int) -> bool:
    """Whether any row of a chunk seems to be readable."""
    return any(
        rows is not None and rows.num_rows
        for offset in range(0, CHUNK, CHUNK // PROBES)
        for rows in [_take(database, name, range(first + offset, first + offset + 1))]
    )


def _take(database: Database, name: str, addresses: range) -> pa.Table | None:
    try:
        columns = [column.name for column in table_of(name).columns]
        return database.take_at(name, list(addresses), columns)
    except TableDamaged:
        return None


def _as_written(rows: pa.Table) -> pa.Table:
    """Leave out rows whose content is not that of their digest."""
    if DIGEST not in rows.column_names:
        return rows
    return rows.filter(pa.array([has_its_digest(row) for row in rows.to_pylist()], pa.bool_()))


def _counted(database: Database, name: str, problem: str) -> Readable:
    rows = lost = 0
    try:
        for part in parts(database, name):
            rows += part.rows.num_rows if part.rows is not None else 0
            lost += part.lost
    except TableDamaged:
        return Readable(0, None, problem)
    return Readable(rows, lost, problem)
