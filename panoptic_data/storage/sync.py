"""Make a table hold given rows, writing only those that differ.

A stage that computes all its rows passes them to :func:`sync_table`; one that knows what changed
passes that alone to :func:`write_changes`. A row's ``run`` names the run that made its values: it
stays where a row is only written again. Not here: what the rows are (the stages), single writes
(``tables``), digests (``digests``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.schema import arrow, table_of

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["TableChanges", "content_columns", "sync_table", "write_changes"]


@dataclass(frozen=True)
class TableChanges:
    """How many rows were written and deleted, and the digest of all rows in the table now."""

    rows: int
    new: int
    changed: int
    unchanged: int
    removed: int
    data_version: str


def sync_table(
    database: Database,
    name: str,
    rows: pa.Table,
    run: str,
    derived: Sequence[str] = (),
    is_made_anew: bool = False,
) -> TableChanges:
    """Make table ``name`` hold exactly ``rows`` (every column but ``run``).

    Columns in ``derived`` follow from the others: a row that differs in them alone is written
    without counting as changed, and keeps its run. With ``is_made_anew`` every row gets this run,
    whether its values differ or not. Where more than half differ, the table is replaced in one
    commit. Else one commit writes and another deletes: a kill between them leaves rows of removed
    keys, which the next call deletes.
    """
    key = table_of(name).key
    schema = arrow(name)
    rows = rows.select([field.name for field in schema if field.name != "run"])
    wanted = _frame(rows).sort(key)
    stored = database.frame(name)
    compared = _compared(wanted, stored, key, derived)
    new = compared.filter("new").height
    changed = compared.filter(~pl.col("same")).height - new
    removed = stored.join(wanted, on=key, how="anti").get_column(key).to_list()
    keeps_run = pl.lit(False) if is_made_anew else pl.col("same")
    with_run = compared.select(
        *wanted.columns, run=pl.when(keeps_run).then("run").otherwise(pl.lit(run))
    )
    is_written = compared.select(~(pl.col("stored_alike") & keeps_run)).to_series()
    written = int(is_written.sum())
    if 2 * (written + len(removed)) > len(wanted):
        database.replace(name, _table(with_run, schema))
    else:
        if written:
            database.upsert(name, _table(with_run.filter(is_written), schema))
        if removed:
            database.delete(name, removed)
    content = _table(wanted.drop(derived), schema)
    return TableChanges(
        rows=len(wanted),
        new=new,
        changed=changed,
        unchanged=len(wanted) - new - changed,
        removed=len(removed),
        data_version=table_digest(content.column_names, row_digests(content)),
    )


def write_changes(
    database: Database,
    name: str,
    rows: pa.Table,
    removed: Sequence[str],
    run: str,
    *,
    are_new: bool = False,
) -> None:
    """Write rows that are known to be new or changed and delete removed ones, as two commits.

    ``rows`` has every column but ``run``. With ``are_new`` the table holds none of their keys, and
    the keys that it holds are not read.
    """
    if rows.num_rows:
        runs = pa.array([run] * rows.num_rows, pa.string())
        schema = arrow(name)
        rows = rows.append_column("run", runs).select(schema.names).cast(schema)
        if are_new:
            database.append(name, rows)
        else:
            database.upsert(name, rows)
    if removed:
        database.delete(name, removed)


def content_columns(name: str, derived: Sequence[str] = ()) -> list[str]:
    """Return the columns of a table that its digest is made of."""
    return [column for column in arrow(name).names if column not in (*derived, "run")]


def _frame(rows: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _table(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    rows = frame.to_arrow()
    return rows.select([name for name in schema.names if name in rows.column_names]).cast(
        pa.schema([field for field in schema if field.name in rows.column_names])
    )


def _compared(
    wanted: pl.DataFrame, stored: pl.DataFrame, key: str, derived: Sequence[str]
) -> pl.DataFrame:
    """Add to the wanted rows, sorted by key: how they compare with the stored ones.

    ``new``, ``same`` (but for derived columns), ``stored_alike`` (in all), and the stored ``run``.
    """
    values = [name for name in wanted.columns if name != key]
    joined = wanted.join(
        stored.with_columns(__stored=pl.lit(True)), on=key, how="left", suffix="__stored"
    )
    is_stored = pl.col("__stored").is_not_null()
    equal = {name: pl.col(name).eq_missing(pl.col(f"{name}__stored")) for name in values}
    content = [equal[name] for name in values if name not in derived]
    return joined.with_columns(
        new=~is_stored,
        same=pl.all_horizontal(is_stored, *content),
        stored_alike=pl.all_horizontal(is_stored, *equal.values()),
    ).sort(key)
