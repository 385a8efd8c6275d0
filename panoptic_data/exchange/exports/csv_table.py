"""CSV: a row an image or file, in UTF-8 with a byte order mark, commas, CRLF at the ends of lines.

Texts that a spreadsheet would take for formulas have a quote before them, which our import takes
away; numbers stay numbers. ``NAME.csv.properties.json`` beside it has the tags' trees and colours.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.exchange import definitions
from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.tables import is_by_file, needed_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn
    from panoptic_data.exchange.exports.target import Draft

__all__ = ["is_by_file", "joined_names", "needed_bytes", "write"]

HAS_DEFINITIONS = True
# What must be quoted in a cell of several names, so that each is read as it was.
_SPECIAL = (",", '"', ";", "|")


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the table and what its columns hold."""
    columns = job.columns
    with job.draft.path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        headers = pl.Series([_header(column) for column in columns])
        rows.writerow(pl.select(definitions.defused(pl.lit(headers))).to_series())
        for part in job.parts():
            rows.writerows(_cells(part, columns).iter_rows())
    write_definitions(job.selection, columns, job.draft)
    return [], {}


def write_definitions(selection: Selection, columns: Sequence[ExportColumn], draft: Draft) -> None:
    """Write what the columns hold into the file beside a table."""
    held = tables.definitions_of(selection.catalogue, columns)
    text = definitions.to_json(held, "file" if selection.by_file else "image")
    draft.beside().write_text(text + "\n", encoding="utf-8")


def joined_names(names: Iterable[str]) -> str:
    """Return names between commas; one that has a comma, or another separator, in quotes."""
    return ", ".join(_quoted(name) if any(c in name for c in _SPECIAL) else name for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _header(column: ExportColumn) -> str:
    return column.name if column.property is None else f"{column.name}[{column.property.type}]"


def _cells(part: Selection, columns: Sequence[ExportColumn]) -> pl.DataFrame:
    """Return the cells as texts, null for none."""
    computed = [column for column in columns if column.property is None]
    frame = tables.frame(part, computed)
    return pl.DataFrame(
        [
            _computed(frame[column.name]) if column.property is None else _values(part, column)
            for column in columns
        ]
    )


def _computed(cells: pl.Series) -> pl.Series:
    if cells.dtype == pl.String:
        return _defused(cells)
    if cells.dtype == pl.List(pl.String):
        names = [None if words is None else joined_names(words) for words in cells.to_list()]
        return _defused(pl.Series(cells.name, names, pl.String))
    if cells.dtype.is_temporal():
        is_zoned = getattr(cells.dtype, "time_zone", None) is not None
        return cells.dt.strftime("%Y-%m-%dT%H:%M:%SZ" if is_zoned else "%Y-%m-%dT%H:%M:%S")
    return cells.cast(pl.String)


def _values(part: Selection, column: ExportColumn) -> pl.Series:
    assert column.property is not None
    cells = tables.texts(part, column)
    if column.property.type == "number":
        return cells
    if column.property.type == "tag":
        return _defused(cells.list.first())
    if column.property.type == "tags":
        joined = [None if names is None else joined_names(names) for names in cells.to_list()]
        return _defused(pl.Series(column.name, joined, pl.String))
    return _defused(cells)


def _defused(cells: pl.Series) -> pl.Series:
    return cells.to_frame().select(definitions.defused(pl.all())).to_series()
