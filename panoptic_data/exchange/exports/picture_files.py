"""Pictures written into a folder: their names, folders after a property, copies or links.

Not here: where pictures come from (``originals``), which formats use this.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.exports import originals, tables
from panoptic_data.exchange.exports.names import UniqueNames, safe_name, safe_parts
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.originals import Picture
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn
    from panoptic_data.storage.project import Project

__all__ = ["WITHOUT_VALUE", "Written", "needed_bytes", "write_pictures"]

WITHOUT_VALUE = "_without_value"
# A resized JPEG takes about a quarter of a byte a pixel.
_BYTES_A_PIXEL = 0.3
_THUMBNAIL_BYTES = 20_000
_SHA1_DIGITS = 10


@dataclass(frozen=True)
class Written:
    """One picture that was written: ``index`` is its place in the selection.

    ``names`` are its paths below the folder, one for each value that it is foldered by; none where
    it could not be written.
    """

    index: int
    picture: Picture
    names: tuple[str, ...]


def needed_bytes(_project: Project, selection: Selection, options: Options) -> int:
    """Return about how many bytes the pictures take on disk."""
    frame = selection.catalogue.frame[selection.rows]
    if options.size is not None:
        return int(len(selection) * options.size**2 * _BYTES_A_PIXEL)
    if options.link:
        return len(selection) * 500
    return int(frame["size"].fill_null(0).sum()) + len(selection) * _THUMBNAIL_BYTES


def write_pictures(
    job: ExportJob, folder: Path, problems: list[Problem], *, thumbnail: bool = True
) -> Iterator[Written]:
    """Write the picture of each image into a folder, and yield what was written, in order.

    An image with several values of ``options.by`` is in the folder of each. What is not as it was
    asked for is added to ``problems``. Raises InvalidExport for a column that there is not.
    """
    selection, options = job.selection, job.options
    names = UniqueNames()
    column = _column(selection, options.by)
    index = 0
    for part in selection.parts(originals.BATCH):
        folders = _folders(part, column)
        made = originals.pictures(
            job.project, part, size=options.size, link=options.link, thumbnail=thumbnail
        )
        for picture, values in zip(made, folders, strict=True):
            if picture.data is None and picture.file is None:
                yield Written(index, picture, ())
            else:
                paths = tuple(_write(picture, options, folder, value, names) for value in values)
                yield Written(index, _without_data(picture), paths)
            if picture.problem is not None:
                problems.append(picture.problem)
            index += 1
            job.report(index, len(selection))


def _write(picture: Picture, options: Options, folder: Path, value: str, names: UniqueNames) -> str:
    parts = safe_parts(value)
    below = PurePosixPath(*parts) if parts else PurePosixPath()
    name = names.take(_name(picture, options), str(below))
    target = folder / below / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if picture.file is not None:
        _link(picture.file, target)
    else:
        assert picture.data is not None
        target.write_bytes(picture.data)
    return str(below / name)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file.resolve(), target)
    except OSError:
        # Another disk, or one that knows no links.
        shutil.copyfile(file, target)


def _name(picture: Picture, options: Options) -> str:
    name = safe_name(PurePosixPath(picture.path).name or picture.sha1)
    stem, suffix = Path(name).stem, Path(name).suffix
    if options.names == "unique":
        stem = f"{stem}-{picture.sha1[:_SHA1_DIGITS]}"
    if picture.is_jpeg and suffix.lower() not in (".jpg", ".jpeg"):
        suffix = originals.JPEG_SUFFIX
    return f"{stem}{suffix}"


def _column(selection: Selection, name: str | None) -> ExportColumn | None:
    if name is None:
        return None
    columns = tables.columns_of(selection.catalogue)
    for column in columns:
        if name_key(column.name) == name_key(name):
            return column
    known = ", ".join(column.name for column in columns)
    raise InvalidExport("no_column", name=name, known=known)


def _folders(part: Selection, column: ExportColumn | None) -> list[list[str]]:
    """Return the folders of each image, as the values are written; "" for the top."""
    if column is None:
        return [[""]] * len(part)
    if column.property is not None:
        cells = tables.texts(part, column).to_list()
    else:
        cells = tables.frame(part, [column])[column.name].to_list()
    is_path = column.property is None or column.property.type == "path"
    return [_of_cell(cell, is_path) for cell in cells]


def _of_cell(cell: object, is_path: bool) -> list[str]:
    values = cell if isinstance(cell, list) else [cell]
    texts = [str(value) for value in values if value not in (None, "")]
    # Only the slash of a path means a folder in a folder.
    folders = [text if is_path else safe_name(text) for text in texts]
    return list(dict.fromkeys(folders)) or [WITHOUT_VALUE]


def _without_data(picture: Picture) -> Picture:
    return replace(picture, data=None)
