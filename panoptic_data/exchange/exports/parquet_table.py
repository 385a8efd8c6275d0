"""Parquet: a row an image or file, typed; tags as lists, their trees in the file's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from panoptic_data.exchange import definitions
from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.tables import is_by_file, needed_bytes

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.report import Problem

__all__ = ["is_by_file", "needed_bytes", "write"]


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the table, a row group a batch."""
    columns, selection = job.columns, job.selection
    held = tables.definitions_of(selection.catalogue, columns)
    text = definitions.to_json(held, "file" if selection.by_file else "image")
    empty = _arrow(pl.DataFrame(schema=tables.schema(columns)))
    schema = empty.schema.with_metadata({definitions.METADATA_KEY: text.encode()})
    with pq.ParquetWriter(job.draft.path, schema, compression="zstd") as writer:
        for part in job.parts():
            writer.write_table(_arrow(tables.frame(part, columns)).cast(schema))
    return [], {}


def _arrow(frame: pl.DataFrame) -> pa.Table:
    # Plain strings and lists: what every reader of Parquet knows.
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
