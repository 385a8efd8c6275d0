"""The images themselves: originals or resized ones, copies or links, in folders after a property.

What cannot be read is listed in ``problems.csv``. Resized, a missing original gives its thumbnail.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from panoptic_data.exchange.exports.picture_files import needed_bytes, write_pictures

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.options import Options, ReportProgress
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.target import Draft
    from panoptic_data.storage.project import Project

__all__ = ["needed_bytes", "write"]

LIST = "files.csv"


def write(
    project: Project,
    selection: Selection,
    options: Options,
    draft: Draft,
    progress: ReportProgress,
) -> tuple[list[Problem], dict[str, int]]:
    """Write the images, and a list of which file is which image."""
    problems, count = [], 0
    thumbnail = options.size is not None
    with (draft.path / LIST).open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "sha1", "path"))
        for written in write_pictures(
            project, selection, options, draft.path / "images", thumbnail=thumbnail
        ):
            picture = written.picture
            rows.writerows((f"images/{name}", picture.sha1, picture.path) for name in written.names)
            count += len(written.names)
            if picture.problem is not None:
                problems.append(picture.problem)
            progress(written.index + 1, len(selection))
    return problems, {"files": count}
