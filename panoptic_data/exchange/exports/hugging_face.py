"""An image folder as ``datasets`` of Hugging Face reads it: ``train/`` with ``metadata.jsonl``.

``load_dataset("imagefolder", data_dir=FOLDER)`` gives the images with all columns. Where an
original is not there its thumbnail stands in, and ``problems.csv`` says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from panoptic_data.exchange.exports import json_lines, tables
from panoptic_data.exchange.exports.picture_files import add_counts, needed_bytes, write_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.report import Problem

__all__ = ["needed_bytes", "write"]

SPLIT = "train"


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the images and a line of metadata for each; one without a picture has no line."""
    folder = job.draft.path / SPLIT
    folder.mkdir()
    problems: list[Problem] = []
    counts, rows = {"files": 0}, _rows(job)
    with (folder / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for written in write_pictures(job, folder, problems):
            row = next(rows)
            for name in written.names:
                file.write(json.dumps({"file_name": name, **row}, ensure_ascii=False) + "\n")
            add_counts(counts, written)
    return problems, counts


def _rows(job: ExportJob) -> Iterator[dict[str, Any]]:
    names = [column.name for column in job.columns]
    for part in job.selection.parts(tables.BATCH):
        for row in json_lines.objects(part, job.columns):
            # The reader wants the same members in every line.
            yield {name: row.get(name) for name in names}
