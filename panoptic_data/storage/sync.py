"""Make a table hold given rows, writing only those that differ.

A whole-corpus stage computes all its rows and passes them here. Only differences are written, so
a row's ``run`` names the run that last changed it, and a run that finds nothing to do writes
nothing. Not here: what the rows are (the stages), single writes (``tables``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.storage.schema import arrow, table_of

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["TableChanges", "rows_digest", "sync_table"]


@dataclass(frozen=True)
class TableChanges:
    """How many rows were written and deleted, and the digest of all rows in the table now."""

    rows: int
    new: int
    changed: int
    unchanged: int
    removed: int
    data_version: str


def sync_table(database: Database, name: str, rows: pa.Table, run: str) -> TableChanges:
    """Make table ``name`` hold exactly ``rows`` (every column but ``run``).

    Where more than half differ, the table is replaced in one commit. Else one commit writes and
    another deletes: a kill between them leaves rows of removed keys, which the next call deletes.
    """
    key = table_of(name).key
    schema = arrow(name)
    rows = rows.select([field.name for field in schema if field.name != "run"])
    wanted = _frame(rows).sort(key)
    stored = database.frame(name)
    compared = _compared(wanted, stored, key)
    is_same = compared.get_column("same")
    new = compared.filter("new").height
    changed = compared.filter(~is_same).height - new
    removed = stored.join(wanted, on=key, how="anti").get_column(key).to_list()
    with_run = compared.select(
        *wanted.columns, run=pl.when("same").then("run").otherwise(pl.lit(run))
    )
    if 2 * (new + changed + len(removed)) > len(wanted):
        database.replace(name, _table(with_run, schema))
    else:
        if new + changed:
            database.upsert(name, _table(with_run.filter(~is_same), schema))
        if removed:
            database.delete(name, removed)
    return TableChanges(
        rows=len(wanted),
        new=new,
        changed=changed,
        unchanged=len(wanted) - new - changed,
        removed=len(removed),
        data_version=rows_digest(_table(wanted, schema)),
    )


def rows_digest(rows: pa.Table) -> str:
    """Return 16 hex digits that identify every column but ``run``, in the order of the rows."""
    state = hashlib.blake2b(digest_size=8)
    for name in rows.column_names:
        if name != "run":
            state.update(name.encode())
            _hash_array(
                state, pa.concat_arrays(rows[name].chunks or [pa.array([], rows[name].type)])
            )
    return state.hexdigest()


def _frame(rows: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _table(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    rows = frame.to_arrow()
    return rows.select([name for name in schema.names if name in rows.column_names]).cast(
        pa.schema([field for field in schema if field.name in rows.column_names])
    )


def _compared(wanted: pl.DataFrame, stored: pl.DataFrame, key: str) -> pl.DataFrame:
    """Add to the wanted rows: ``new``, ``same`` (as stored), and the stored ``run``."""
    values = [name for name in wanted.columns if name != key]
    joined = wanted.join(
        stored.with_columns(__stored=pl.lit(True)), on=key, how="left", suffix="__stored"
    )
    is_stored = pl.col("__stored").is_not_null()
    equal = [pl.col(name).eq_missing(pl.col(f"{name}__stored")) for name in values]
    return joined.with_columns(new=~is_stored, same=pl.all_horizontal(is_stored, *equal)).sort(key)


def _hash_array(state: hashlib.blake2b, values: pa.Array) -> None:
    state.update(pc.is_valid(values).to_numpy(zero_copy_only=False).tobytes())
    if pa.types.is_list(values.type):
        state.update(pc.list_value_length(values).fill_null(0).to_numpy().tobytes())
        _hash_array(state, values.flatten())
        return
    if pa.types.is_string(values.type):
        state.update(pc.binary_length(values).fill_null(0).to_numpy().tobytes())
        state.update(_text_bytes(values))
        return
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    state.update(values.fill_null(0).to_numpy(zero_copy_only=False).tobytes())


def _text_bytes(values: pa.Array) -> memoryview:
    # Straight from Arrow's buffer: a million lists hold 15 million texts.
    _, offsets, data = values.buffers()
    if data is None:
        return memoryview(b"")
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return memoryview(data)[bounds[0] : bounds[-1]]
