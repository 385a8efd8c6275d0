"""An image folder as ``datasets`` of Hugging Face reads it: ``train/`` with ``metadata.jsonl``.

``load_dataset("imagefolder", data_dir=FOLDER)`` gives the images with all columns. Where an
original is not there its thumbnail stands in, and ``problems.csv`` says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from panoptic_data.exchange.exports import json_lines, tables
from panoptic_data.exchange.exports.picture_files import needed_bytes, write_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panoptic_data.exchange.exports.options import Options, ReportProgress
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.target import Draft
    from panoptic_data.storage.project import Project

__all__ = ["needed_bytes", "write"]

SPLIT = "train"


def write(
    project: Project,
    selection: Selection,
    options: Options,
    draft: Draft,
    progress: ReportProgress,
) -> tuple[list[Problem], dict[str, int]]:
    """Write the images and a line of metadata for each; one without a picture has no line."""
    folder = draft.path / SPLIT
    folder.mkdir()
    problems, count = [], 0
    rows = _rows(selection, options)
    with (folder / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for written in write_pictures(project, selection, options, folder):
            row = next(rows)
            for name in written.names:
                file.write(json.dumps({"file_name": name, **row}, ensure_ascii=False) + "\n")
            count += len(written.names)
            if written.picture.problem is not None:
                problems.append(written.picture.problem)
            progress(written.index + 1, len(selection))
    return problems, {"files": count}


def _rows(selection: Selection, options: Options) -> Iterator[dict[str, Any]]:
    columns = tables.columns_of(selection.catalogue, options.columns)
    names = [column.name for column in columns]
    for part in selection.parts(tables.BATCH):
        for row in json_lines.objects(part, columns):
            # The reader wants the same members in every line.
            yield {name: row.get(name) for name in names}
