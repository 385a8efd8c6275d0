"""JSON Lines: an object an image or file, without what it has no value of; tags are lists.

``NAME.jsonl.properties.json`` beside it has the tags' trees and colours.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.exchange import definitions
from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.csv_table import write_definitions
from panoptic_data.exchange.exports.tables import is_by_file, needed_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn

__all__ = ["is_by_file", "needed_bytes", "objects", "write"]

HAS_DEFINITIONS = True


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the objects and what their members hold."""
    with job.draft.path.open("w", encoding="utf-8", newline="\n") as file:
        for part in job.parts():
            rows = objects(part, job.columns)
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_definitions(job.selection, job.columns, job.draft)
    return [], {}


def objects(part: Selection, columns: Sequence[ExportColumn]) -> Iterator[dict[str, Any]]:
    """Yield the cells of each row by column, as values of JSON; ``IDENTITY`` is always there."""
    frame = tables.frame(part, columns)
    zoned = [name for name, type in frame.schema.items() if getattr(type, "time_zone", None)]
    local = [name for name, type in frame.schema.items() if type.is_temporal()]
    frame = frame.with_columns(
        *(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in zoned),
        *(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S") for name in local if name not in zoned),
    )
    for row in frame.iter_rows(named=True):
        yield {
            name: _value(value)
            for name, value in row.items()
            if value is not None or name in definitions.IDENTITY
        }


def _value(value: Any) -> Any:
    # 12, not 12.0: as the number is stored.
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 10**15
    return int(value) if is_whole else value
