"""The images themselves: originals or resized ones, copies or links, in folders after a property.

What cannot be read is listed in ``problems.csv``. Resized, a missing original gives its thumbnail.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from panoptic_data.exchange.exports.picture_files import add_counts, needed_bytes, write_pictures

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.report import Problem

__all__ = ["needed_bytes", "write"]

LIST = "files.csv"


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the images, and a list of which file is which image."""
    problems: list[Problem] = []
    counts, thumbnail = {"files": 0}, job.options.size is not None
    with (job.draft.path / LIST).open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "sha1", "path"))
        folder = job.draft.path / "images"
        for written in write_pictures(job, folder, problems, thumbnail=thumbnail):
            picture = written.picture
            rows.writerows((f"images/{name}", picture.sha1, picture.path) for name in written.names)
            add_counts(counts, written)
    return problems, counts
