"""Reading, writing, versioning and compacting tables.

A table that was never made reads as an empty one, so that nothing special is needed before the
first run; one that is gone or cannot be read is an error. Not here: opening one (``connection``),
what the tables mean (``schema``), which rows to write (``sync``, the stages).
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache, partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.errors import TableDamaged, TableMissing, WriteConflict
from panoptic_data.storage import failures
from panoptic_data.storage.added_columns import (
    complete,
    missing_fields,
    stored_condition,
    stored_names,
)
from panoptic_data.storage.connection import (
    LANCE,
    Connection,
    key_index_config,
    vector_index_config,
)
from panoptic_data.storage.folder import ProjectFolder
from panoptic_data.storage.pinned import PinnedConnection, Pins
from panoptic_data.storage.schema import arrow, table_of, vector_length
from panoptic_data.storage.sql import literals

__all__ = ["Database", "VectorIndex", "connect", "connect_pinned"]

T = TypeVar("T")

# Above this many rows an upsert or a look-up by key without an index scans too much.
INDEXED_ABOVE = 5_000
# By default lancedb returns a thousand rows at a time, three times as slowly.
SCANNED_AT_ONCE = 65_536
# A filter that names more keys than this is slower than several that name fewer.
KEYS_AT_ONCE = 1_000
# Other processes may still read a version this young.
KEPT_FOR = timedelta(hours=1)
FOREVER = timedelta(days=36_500)
CONFLICT_RETRIES = 8
# Connections to corpus versions that are kept open.
VERSIONS_CONNECTED = 32
# The column of row addresses, as ``take_at`` takes them.
ADDRESS = "address"
# A read that fails while another process drops old versions succeeds on the current one.
READ_TRIES = 3


@cache
def connect(folder: ProjectFolder) -> Database:
    """Return the tables of an opened project; one object per process."""
    return Database(str(folder.root / LANCE), folder)


@lru_cache(VERSIONS_CONNECTED)
def connect_pinned(folder: ProjectFolder, pins: tuple[tuple[str, int], ...]) -> Database:
    """Return the tables of a project at the versions of ``pins``; every write is refused."""
    uri = str(folder.root / LANCE)
    return Database(uri, folder, PinnedConnection(uri, folder, dict(pins)))


@dataclass(frozen=True)
class VectorIndex:
    """An index of vectors: its kind, the rows that it holds, and rows added since."""

    kind: str
    indexed: int
    unindexed: int


class Database:
    """The tables of one project, or of a folder that is none. Safe to share between threads.

    Every method raises ProjectGone or ProjectReplaced where the project's folder is no longer the
    one that was opened, TableMissing or TableDamaged where a table is.
    """

    def __init__(
        self,
        uri: str,
        folder: ProjectFolder | None = None,
        connection: Connection | None = None,
    ) -> None:
        self.uri = uri
        self._connection = connection or Connection(uri, folder)

    @contextmanager
    def anchored(self) -> Iterator[Database]:
        """Yield the same tables for several reads and writes, all in the folder that was opened."""
        with self._connection.anchored() as held:
            yield self if held is self._connection else Database(held.uri, connection=held)

    def check(self) -> None:
        """Raise ProjectGone or ProjectReplaced where the folder is not the one that was opened."""
        self._connection.check()

    def names(self) -> frozenset[str]:
        """Return the tables that exist."""
        return self._connection.names()

    def expected(self) -> frozenset[str]:
        """Return the tables that must be there: those that were made and not dropped."""
        return self._connection.expected()

    def version(self, name: str) -> int:
        """Return the current version of a table; 0 when it does not exist."""
        return self._answer(name, 0, lambda table: int(table.version))

    def count(self, name: str, where: str | None = None) -> int:
        """Return how many rows match a SQL condition."""

        def count(table: Any) -> int:
            missing = missing_fields(name, table.schema)
            return int(table.count_rows(where and stored_condition(where, missing)))

        return self._answer(name, 0, count)

    def dim(self, name: str) -> int | None:
        """Return the length of a table's vectors; None when it does not exist."""
        return self._answer(
            name, None, lambda table: int(table.schema.field("vector").type.list_size)
        )

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

        def read(table: Any) -> pa.Table:
            missing = missing_fields(name, table.schema)
            query = table.search()
            if where is not None:
                query = query.where(stored_condition(where, missing))
            stored = stored_names(name, columns, missing)
            if stored is not None:
                query = query.select(stored)
            return complete(name, query.to_batches(SCANNED_AT_ONCE).read_all(), columns, missing)

        return self._answer(name, _empty(name, columns), read, version)

    def batches(
        self,
        name: str,
        columns: Sequence[str],
        version: int | None = None,
        at_once: int = SCANNED_AT_ONCE,
    ) -> Iterator[pa.RecordBatch]:
        """Return rows in batches of ``at_once`` or fewer, in no particular order."""
        table = self._connection.open(name, version)
        if table is None:
            return
        try:
            missing = missing_fields(name, table.schema)
            query = table.search().select(stored_names(name, columns, missing))
            for batch in query.to_batches(at_once):
                yield complete(name, batch, columns, missing)
        except failures.LANCE_ERRORS as error:
            # Part of the rows is already with the caller: it cannot be tried again here.
            damaged = self._failure(name, error, version)
            if damaged is None:
                raise
            raise damaged from error

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
            self.read(name, columns, f"`{key}` IN ({literals(chunk)})")
            for chunk in _chunks(sorted(set(keys)), KEYS_AT_ONCE)
        ]
        return pa.concat_tables(parts) if parts else _empty(name, columns)

    def read_addressed(
        self, name: str, columns: Sequence[str], version: int | None = None
    ) -> pl.DataFrame:
        """Return rows as :meth:`frame` does, and the ``address`` of each (UInt64)."""

        def read(table: Any) -> pa.Table:
            missing = missing_fields(name, table.schema)
            query = table.search().select(stored_names(name, columns, missing)).with_row_id(True)
            rows = query.to_batches(SCANNED_AT_ONCE).read_all()
            return complete(name, rows, [*columns, "_rowid"], missing)

        none = _empty(name, columns).append_column("_rowid", pa.array([], pa.uint64()))
        rows = self._answer(name, none, read, version)
        frame = pl.from_arrow(rows.rename_columns([*columns, ADDRESS]))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def take_at(self, name: str, addresses: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return the rows at these addresses now: several times as fast as by key.

        Compacting a table moves its rows: afterwards an address may have another row, or none.
        """
        if not addresses:
            return _empty(name, columns)

        def take(table: Any) -> pa.Table:
            missing = missing_fields(name, table.schema)
            stored = stored_names(name, columns, missing)
            rows = table.take_row_ids(sorted(addresses)).select(stored).to_arrow()
            return complete(name, rows, columns, missing)

        return self._answer(name, _empty(name, columns), take)

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
        with self.anchored() as here:
            for chunk in _chunks(sorted(set(keys)), KEYS_AT_ONCE):
                condition = f"`{key}` IN ({literals(chunk)})"
                here._change(name, lambda table, where=condition: table.delete(where))  # type: ignore[misc]
            return here.version(name)

    def drop(self, name: str) -> None:
        """Remove a table and all its versions."""
        with self._connection.anchored() as here:
            here.drop(name)

    @property
    def pins(self) -> Pins:
        """The versions of tables that are kept for corpus versions."""
        return Pins(self._connection)

    def forget(self, name: str) -> None:
        """Take a table off the list of those that must be there."""
        with self._connection.anchored() as here:
            here.forget(name)

    def remember(self, name: str) -> None:
        """Put a table on the list of those that must be there."""
        with self._connection.anchored() as here:
            here.remember(name)

    def compact(self, name: str, kept_for: timedelta = KEPT_FOR) -> None:
        """Merge small fragments, index the key of a large table, drop old versions."""
        self._index_key(name)
        self.clean(name, kept_for)

    def clean(self, name: str, kept_for: timedelta = KEPT_FOR) -> None:
        """Merge small fragments and drop versions older than ``kept_for``, without an index.

        Pinned versions are kept. Where Lance would not see that they are, all are.
        """
        with self._connection.fixed() as held, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            keeps = FOREVER if held.has_stale_pins(name) else kept_for
            here = Database(held.uri, connection=held)
            here._change(name, lambda table: table.optimize(cleanup_older_than=keeps))

    def drops_old_versions(self, name: str) -> bool:
        """Whether :meth:`clean` drops old versions of a table, as it sees which ones are pinned."""
        with self._connection.fixed() as held:
            return not held.has_stale_pins(name)

    def indexed_columns(self, name: str) -> list[list[str]]:
        """Return the columns of each index of a table."""
        return self._answer(
            name, [], lambda table: [list(index.columns) for index in table.list_indices()]
        )

    def index_vectors(self, name: str) -> None:
        """Create or replace the index of the vectors, for cosine."""
        config = vector_index_config()
        self._change(name, lambda table: table.create_index("vector", config=config))

    def vector_index(self, name: str) -> VectorIndex | None:
        """Return the index of a table's vectors; None where there is none."""
        return self._answer(name, None, _vector_index)

    def vector_search(
        self, name: str, vector: npt.NDArray[np.float32], k: int, where: str | None = None
    ) -> pa.Table:
        """Return ``key, _distance`` of the k rows nearest to a vector, ``_distance`` 1 - cosine.

        By the index where there is one, with an exact search of the rows added since; else by an
        exact search of all rows.
        """
        key = table_of(name).key

        def search(table: Any) -> pa.Table:
            # Twice as many are fetched and compared exactly: recall 0.998 instead of 0.968.
            query = table.search(vector).distance_type("cosine").limit(k).refine_factor(2)
            if where is not None:
                query = query.where(stored_condition(where, missing_fields(name, table.schema)))
            return query.select([key, "_distance"]).to_arrow()

        fields = [pa.field(key, pa.string()), pa.field("_distance", pa.float32())]
        return self._answer(name, pa.schema(fields).empty_table(), search)

    def _index_key(self, name: str) -> None:
        key = table_of(name).key
        if self.count(name) < INDEXED_ABOVE or [key] in self.indexed_columns(name):
            return
        config = key_index_config()
        self._change(name, lambda table: table.create_index(key, config=config))

    def _answer(
        self, name: str, absent: T, read: Callable[[Any], T], version: int | None = None
    ) -> T:
        """Return what ``read`` finds in a table, or ``absent`` where it was never made."""
        for attempt in range(READ_TRIES):
            try:
                table = self._connection.open(name, version)
                if table is None and version:
                    raise TableMissing(table=name)
                return absent if table is None else read(table)
            except failures.LANCE_ERRORS as error:
                damaged = self._failure(name, error, version)
                if damaged is None:
                    raise
                if attempt == READ_TRIES - 1:
                    raise damaged from error
        raise AssertionError

    def _change(self, name: str, change: Callable[[Any], Any]) -> None:
        """Change a table that exists, in the folder that was opened."""

        def opened(here: Database) -> None:
            # Opened again for each try: on the version that lost the race it would lose again, and
            # leave on the disk what it had written.
            table = here._connection.open(name)
            if table is not None:
                change(table)

        with self.anchored() as here:
            here._retry(name, partial(opened, here))

    def _write(self, name: str, rows: pa.Table, write: Callable[[Any], int]) -> int:
        dim = vector_length(rows.schema)
        expected = arrow(name, dim)
        if rows.schema != expected:
            raise ValueError(f"rows of {name}: got {rows.schema}, expected {expected}")
        with self.anchored() as here:
            return int(
                here._retry(name, lambda: write(here._connection.open_complete(name, expected)))
            )

    def _retry(self, name: str, operation: Callable[[], T]) -> T:
        for attempt in range(CONFLICT_RETRIES):
            try:
                return operation()
            except failures.LANCE_ERRORS as error:
                if not failures.is_conflict(error):
                    self._raise_if_unreadable(name, error)
                    raise
                # Full jitter: writers that collided must not collide again together.
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
        raise WriteConflict(table=name)

    def _failure(self, name: str, error: Exception, version: int | None) -> TableDamaged | None:
        """Return what a failed read means for the table; None where it means nothing."""
        if not failures.is_about_data(error):
            return None
        self.check()
        if version is not None and self.version(name) != version:
            # Dropped while it was read.
            return None
        return TableDamaged(table=name, problem=failures.cause(error))

    def _raise_if_unreadable(self, name: str, error: Exception) -> None:
        """Raise TableDamaged where a write failed on a table that cannot be read either."""
        if failures.is_about_data(error):
            for _ in self.batches(name, [column.name for column in table_of(name).columns]):
                pass


def _vector_index(table: Any) -> VectorIndex | None:
    for index in table.list_indices():
        if list(index.columns) == ["vector"]:
            stats = table.index_stats(index.name)
            return VectorIndex(
                stats.index_type.lower(), stats.num_indexed_rows, stats.num_unindexed_rows
            )
    return None


def _empty(name: str, columns: Sequence[str] | None) -> pa.Table:
    # The length of vectors is unknown here and does not matter for an empty table.
    rows = arrow(name, 1).empty_table()
    return rows.select(list(columns)) if columns is not None else rows


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
