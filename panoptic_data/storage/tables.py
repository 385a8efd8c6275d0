"""Reading, writing, versioning and compacting tables: the only file that calls lancedb.

An absent table reads as an empty one, so that nothing special is needed before the first run.
Not here: what the tables mean (``schema``), which rows to write (``sync``, the stages), locks
(``locks``).
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import lancedb
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.errors import WriteConflict
from panoptic_data.storage.added_columns import (
    complete,
    missing_fields,
    stored_condition,
    stored_names,
)
from panoptic_data.storage.schema import arrow, table_of

__all__ = ["Database", "VectorIndex", "connect"]

T = TypeVar("T")

# Above this many rows an upsert or a look-up by key without an index scans too much.
INDEXED_ABOVE = 5_000
# By default lancedb returns a thousand rows at a time, three times as slowly.
SCANNED_AT_ONCE = 65_536
# A filter that names more keys than this is slower than several that name fewer.
KEYS_AT_ONCE = 1_000
# Other processes may still read a version this young.
KEPT_FOR = timedelta(hours=1)
CONFLICT_RETRIES = 8
# The column of row addresses, as ``take_at`` takes them.
ADDRESS = "address"
# What lance's errors contain when another writer committed first.
_CONFLICT_TEXTS = ("conflict", "too many concurrent writers")


def connect(uri: str | Path) -> Database:
    """Open the database at ``uri`` (a path or an object-store address); one per process."""
    return _connect(str(uri))


@cache
def _connect(uri: str) -> Database:
    return Database(uri)


@dataclass(frozen=True)
class VectorIndex:
    """An index of vectors: its kind, the rows that it holds, and rows added since."""

    kind: str
    indexed: int
    unindexed: int


class Database:
    """The tables of one project. Safe to share between threads."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._connection = lancedb.connect(uri)

    def names(self) -> frozenset[str]:
        """Return the tables that exist."""
        names: list[str] = []
        token: str | None = None
        while True:
            page = self._connection.list_tables(page_token=token)
            names.extend(page.tables)
            token = page.page_token
            if not token:
                return frozenset(names)

    def version(self, name: str) -> int:
        """Return the current version of a table; 0 when it does not exist."""
        table = self._open(name)
        return int(table.version) if table is not None else 0

    def count(self, name: str, where: str | None = None) -> int:
        """Return how many rows match a SQL condition."""
        table = self._open(name)
        if table is None:
            return 0
        if where is not None:
            where = stored_condition(where, missing_fields(name, table.schema))
        return int(table.count_rows(where))

    def dim(self, name: str) -> int | None:
        """Return the length of a table's vectors; None when it does not exist."""
        table = self._open(name)
        return int(table.schema.field("vector").type.list_size) if table is not None else None

    def read(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        version: int | None = None,
    ) -> pa.Table:
        """Return rows as Arrow, of the current version or of a past one.

        ``columns`` limits and orders the columns, ``where`` is a SQL condition.
        """
        table = self._open(name, version)
        if table is None:
            return _empty(name, columns)
        missing = missing_fields(name, table.schema)
        query = table.search()
        if where is not None:
            query = query.where(stored_condition(where, missing))
        stored = stored_names(name, columns, missing)
        if stored is not None:
            query = query.select(stored)
        return complete(name, query.to_batches(SCANNED_AT_ONCE).read_all(), columns, missing)

    def batches(
        self, name: str, columns: Sequence[str], version: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Return rows in batches, in no particular order, without loading all of them at once."""
        table = self._open(name, version)
        if table is None:
            return
        missing = missing_fields(name, table.schema)
        query = table.search().select(stored_names(name, columns, missing))
        for batch in query.to_batches(SCANNED_AT_ONCE):
            yield complete(name, batch, columns, missing)

    def frame(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        """Return rows as a Polars frame; arguments as :meth:`read`."""
        frame = pl.from_arrow(self.read(name, columns, where, version))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def take(
        self, name: str, keys: Iterable[str], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the rows with these keys, in no particular order; unknown keys are left out."""
        key = table_of(name).key
        parts = [
            self.read(name, columns, f"`{key}` IN ({_literals(chunk)})")
            for chunk in _chunks(sorted(set(keys)), KEYS_AT_ONCE)
        ]
        return pa.concat_tables(parts) if parts else _empty(name, columns)

    def read_addressed(
        self, name: str, columns: Sequence[str], version: int | None = None
    ) -> pl.DataFrame:
        """Return rows as :meth:`frame` does, and the ``address`` of each (UInt64)."""
        table = self._open(name, version)
        if table is None:
            rows = _empty(name, columns).append_column(ADDRESS, pa.array([], pa.uint64()))
        else:
            missing = missing_fields(name, table.schema)
            query = table.search().select(stored_names(name, columns, missing)).with_row_id(True)
            rows = query.to_batches(SCANNED_AT_ONCE).read_all()
            rows = complete(name, rows, [*columns, "_rowid"], missing)
        frame = pl.from_arrow(rows.rename_columns([*columns, ADDRESS]))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def take_at(self, name: str, addresses: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return the rows at these addresses now: several times as fast as by key.

        Compacting a table moves its rows: afterwards an address may have another row, or none.
        """
        table = self._open(name)
        if table is None or not addresses:
            return _empty(name, columns)
        missing = missing_fields(name, table.schema)
        stored = stored_names(name, columns, missing)
        rows = table.take_row_ids(sorted(addresses)).select(stored).to_arrow()
        return complete(name, rows, columns, missing)

    def append(self, name: str, rows: pa.Table) -> int:
        """Add rows in one commit and return the table's version."""
        return self._write(name, rows, lambda table: table.add(rows).version)

    def upsert(self, name: str, rows: pa.Table) -> int:
        """Replace the rows with these keys, add the others, in one commit; return the version."""
        key = table_of(name).key

        def merge(table: Any) -> int:
            builder = table.merge_insert(key).when_matched_update_all()
            return int(builder.when_not_matched_insert_all().execute(rows).version)

        return self._write(name, rows, merge)

    def replace(self, name: str, rows: pa.Table) -> int:
        """Replace all rows by these, in one commit; return the version."""
        return self._write(name, rows, lambda table: table.add(rows, mode="overwrite").version)

    def delete(self, name: str, keys: Iterable[str]) -> int:
        """Delete the rows with these keys; return the version."""
        key = table_of(name).key
        for chunk in _chunks(sorted(set(keys)), KEYS_AT_ONCE):
            condition = f"`{key}` IN ({_literals(chunk)})"
            self._retry(name, partial(self._open_or_create(name).delete, condition))
        return self.version(name)

    def drop(self, name: str) -> None:
        """Remove a table and all its versions."""
        if name in self.names():
            self._connection.drop_table(name)

    def compact(self, name: str, kept_for: timedelta = KEPT_FOR) -> None:
        """Merge small fragments, index the key of a large table, drop old versions."""
        table = self._open(name)
        if table is not None:
            self._index_key(name, table)
            self.clean(name, kept_for)

    def clean(self, name: str, kept_for: timedelta = KEPT_FOR) -> None:
        """Merge small fragments and drop versions older than ``kept_for``, without an index."""
        if self._open(name) is None:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            # Opened again for each try: on the version that lost the race it would lose again, and
            # leave on the disk what it had written.
            self._retry(
                name, lambda: self._open_or_create(name).optimize(cleanup_older_than=kept_for)
            )

    def indexed_columns(self, name: str) -> list[list[str]]:
        """Return the columns of each index of a table."""
        table = self._open(name)
        return [list(index.columns) for index in table.list_indices()] if table is not None else []

    def index_vectors(self, name: str) -> None:
        """Create or replace the index of the vectors, for cosine."""
        from lancedb.index import IvfSq

        table = self._open_or_create(name)
        self._retry(
            name, lambda: table.create_index("vector", config=IvfSq(distance_type="cosine"))
        )

    def vector_index(self, name: str) -> VectorIndex | None:
        """Return the index of a table's vectors; None where there is none."""
        table = self._open(name)
        if table is None:
            return None
        for index in table.list_indices():
            if list(index.columns) == ["vector"]:
                stats = table.index_stats(index.name)
                return VectorIndex(
                    stats.index_type.lower(), stats.num_indexed_rows, stats.num_unindexed_rows
                )
        return None

    def vector_search(
        self, name: str, vector: npt.NDArray[np.float32], k: int, where: str | None = None
    ) -> pa.Table:
        """Return ``key, _distance`` of the k rows nearest to a vector, ``_distance`` 1 - cosine.

        By the index where there is one, with an exact search of the rows added since; else by an
        exact search of all rows.
        """
        table = self._open(name)
        if table is None:
            key = pa.field(table_of(name).key, pa.string())
            return pa.schema([key, pa.field("_distance", pa.float32())]).empty_table()
        # Twice as many are fetched and compared exactly: recall 0.998 instead of 0.968.
        query = table.search(vector).distance_type("cosine").limit(k).refine_factor(2)
        if where is not None:
            query = query.where(stored_condition(where, missing_fields(name, table.schema)))
        return query.select([table_of(name).key, "_distance"]).to_arrow()

    def _index_key(self, name: str, table: Any) -> None:
        key = table_of(name).key
        if table.count_rows() < INDEXED_ABOVE or [key] in self.indexed_columns(name):
            return
        from lancedb.index import BTree

        self._retry(name, lambda: table.create_index(key, config=BTree()))

    def _open(self, name: str, version: int | None = None) -> Any | None:
        try:
            table = self._connection.open_table(name)
        except ValueError as error:
            # lancedb says a table is absent with a bare ValueError and this text.
            if "not found" in str(error):
                return None
            raise
        if version is not None:
            table.checkout(version)
        return table

    def _open_or_create(self, name: str, schema: pa.Schema | None = None) -> Any:
        table = self._open(name)
        if table is not None:
            return table
        # exist_ok: another process may create it between the two calls.
        return self._connection.create_table(name, schema=schema or arrow(name), exist_ok=True)

    def _write(self, name: str, rows: pa.Table, write: Callable[[Any], int]) -> int:
        dim = _dim(rows)
        expected = arrow(name, dim)
        if rows.schema != expected:
            raise ValueError(f"rows of {name}: got {rows.schema}, expected {expected}")
        return int(self._retry(name, lambda: write(self._open_complete(name, expected))))

    def _open_complete(self, name: str, expected: pa.Schema) -> Any:
        """Open a table for writing, with every declared column."""
        table = self._open_or_create(name, expected)
        missing = missing_fields(name, table.schema)
        if not missing:
            return table
        try:
            table.add_columns(list(missing.values()))
        except ValueError:
            # Another process added them in the meantime.
            table = self._open_or_create(name, expected)
            if missing_fields(name, table.schema):
                raise
        return table

    def _retry(self, name: str, operation: Callable[[], T]) -> T:
        for attempt in range(CONFLICT_RETRIES):
            try:
                return operation()
            except (RuntimeError, OSError) as error:
                if not any(text in str(error).lower() for text in _CONFLICT_TEXTS):
                    raise
                # Full jitter: writers that collided must not collide again together.
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
        raise WriteConflict(table=name)


def _dim(rows: pa.Table) -> int | None:
    if "vector" not in rows.column_names:
        return None
    return int(rows.schema.field("vector").type.list_size)


def _empty(name: str, columns: Sequence[str] | None) -> pa.Table:
    # The length of vectors is unknown here and does not matter for an empty table.
    rows = arrow(name, 1).empty_table()
    return rows.select(list(columns)) if columns is not None else rows


def _literals(keys: Sequence[str]) -> str:
    return ", ".join("'" + key.replace("'", "''") + "'" for key in keys)


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
