"""What came to the map or the clusters of an encoder since they were last written, and what left.

The row of an image of which every file is missing is set aside, and returns unchanged with its
image unless a new fit was made meanwhile. Not here: where a new image goes (``projection``,
``clusters``), fits (``refit``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.schema import arrow
from panoptic_data.storage.sync import TableChanges, content_columns

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["Arrivals", "compare", "forget_absent", "write"]


@dataclass(frozen=True)
class Arrivals:
    """The rows of a table beside the images that should have one.

    ``kept`` are the stored rows that stay, ``returned`` rows that were set aside, of the same fit,
    ``gone`` stored rows whose image left; all with every column of the table. ``new``: sha1s that
    have no row, sorted. ``fit``: the id of the fit, None where there is none or an earlier release
    made it.
    """

    kept: pl.DataFrame
    returned: pl.DataFrame
    gone: pl.DataFrame
    new: pl.Series
    fit: str | None

    @property
    def rows(self) -> pl.DataFrame:
        """The rows of all images that have one, kept and returned."""
        return pl.concat([self.kept, self.returned])


def compare(database: Database, name: str, sha1s: pl.Series) -> Arrivals:
    """Compare table ``name`` (projection or clusters) with the images that take part."""
    stored = database.frame(name)
    takes_part = stored["sha1"].is_in(sha1s.implode())
    kept, gone = stored.filter(takes_part), stored.filter(~takes_part)
    fits = stored["fit"].unique()
    fit = fits[0] if len(fits) == 1 else None
    came = sha1s.filter(~sha1s.is_in(kept["sha1"].implode())).sort()
    returned = _returned(database, name, came, fit)
    new = came.filter(~came.is_in(returned["sha1"].implode()))
    return Arrivals(kept, returned, gone, new, fit)


def write(
    database: Database,
    name: str,
    arrivals: Arrivals,
    placed: pl.DataFrame,
    run: str,
    derived: tuple[str, ...],
) -> TableChanges:
    """Write the rows of placed images and of returned ones, set aside those that are gone.

    ``placed`` has every column but ``run``. Killed between two commits, it is done again alike.
    """
    placed = placed.with_columns(run=pl.lit(run)).select(arrow(name).names)
    written = pl.concat([arrivals.returned, placed])
    absent = f"absent_{name}"
    if written.height:
        database.upsert(name, _table(name, written))
    if arrivals.returned.height:
        database.delete(absent, arrivals.returned["sha1"].to_list())
    if arrivals.gone.height:
        database.upsert(absent, _table(name, arrivals.gone))
        database.delete(name, arrivals.gone["sha1"].to_list())
    columns = content_columns(name, derived)
    rows = pl.concat([arrivals.kept.select(columns), written.select(columns)])
    digests = row_digests(_table(name, rows))
    return TableChanges(
        rows=rows.height,
        new=written.height,
        changed=0,
        unchanged=arrivals.kept.height,
        removed=arrivals.gone.height,
        data_version=table_digest(columns, digests),
    )


def forget_absent(database: Database, name: str) -> None:
    """Drop the rows that were set aside: they are of an older fit."""
    database.drop(f"absent_{name}")


def _returned(database: Database, name: str, came: pl.Series, fit: str | None) -> pl.DataFrame:
    absent = f"absent_{name}"
    if fit is None or came.is_empty():
        return database.frame(absent, where="false")
    rows = database.frame(absent)
    return rows.filter(pl.col("sha1").is_in(came.implode()) & (pl.col("fit") == fit)).sort("sha1")


def _table(name: str, rows: pl.DataFrame) -> pa.Table:
    schema = arrow(name)
    table = rows.to_arrow()
    return table.cast(pa.schema([schema.field(column) for column in table.column_names]))
