"""Pictures written into a folder: their names, folders after a property, copies or links.

Not here: where pictures come from (``originals``), which formats use this.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import PIL

from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.exports import originals, tables
from panoptic_data.exchange.exports.earlier import Earlier, Journal, Note
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

__all__ = ["WITHOUT_VALUE", "Written", "add_counts", "needed_bytes", "write_pictures"]

WITHOUT_VALUE = "_without_value"
# A resized JPEG takes about a quarter of a byte a pixel.
_BYTES_A_PIXEL = 0.3
_THUMBNAIL_BYTES = 30_000
_SHA1_DIGITS = 10
# Another decoder may make other bytes of the same picture.
_CODE = f"{version('panoptic-data')} {PIL.__version__}"


@dataclass(frozen=True)
class Written:
    """One picture that was written: ``index`` is its place in the selection.

    ``names`` are its paths below the folder, one for each value that it is foldered by; none where
    it could not be written. ``copies`` of them were to be links.
    """

    index: int
    picture: Picture
    names: tuple[str, ...]
    copies: int = 0


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
    asked for is added to ``problems``. What a killed export had written is kept. Raises
    InvalidExport for a column that there is not.
    """
    selection, options, draft = job.selection, job.options, job.draft
    column = _column(selection, options.by)
    signature = f"{options.size} {thumbnail} {_CODE}"
    index = 0
    with Journal(draft.held, signature) as journal:
        writer = _Writer(folder, draft.path, options, journal)
        earlier = Earlier(draft.held, draft.path.name, signature)
        for part in selection.parts(originals.BATCH):
            folders = _folders(part, column)
            made = originals.pictures(
                job.project,
                part,
                size=options.size,
                link=options.link,
                thumbnail=thumbnail,
                earlier=earlier,
            )
            for picture, values in zip(made, folders, strict=True):
                yield writer.write(index, picture, values)
                if picture.problem is not None:
                    problems.append(picture.problem)
                index += 1
                job.report(index, len(selection))


def add_counts(counts: dict[str, int], written: Written) -> None:
    """Count the files of a picture, and of these what a killed export had written, and copies."""
    counts["files"] = counts.get("files", 0) + len(written.names)
    for name, count in (("kept", written.picture.kept is not None), ("copies", written.copies)):
        if count:
            counts[name] = counts.get(name, 0) + count


class _Writer:
    """Writes pictures below ``folder``, a part of the draft ``top``, and notes them."""

    def __init__(self, folder: Path, top: Path, options: Options, journal: Journal) -> None:
        self._folder, self._top = folder, top
        self._options, self._journal = options, journal
        self._names = UniqueNames()

    def write(self, index: int, picture: Picture, values: list[str]) -> Written:
        """Write a picture into the folder of each value."""
        if picture.data is None and picture.file is None and picture.kept is None:
            return Written(index, picture, ())
        names, copies = [], 0
        for value in values:
            parts = safe_parts(value)
            below = PurePosixPath(*parts) if parts else PurePosixPath()
            name = self._names.take(_name(picture, self._options), str(below))
            target = self._folder / below / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copies += not self._put(picture, target)
            if picture.kept is not None:
                # Several values: the next is written from where it is now.
                picture = replace(picture, kept=target)
            names.append(str(below / name))
        return Written(index, _without_data(picture), tuple(names), copies)

    def _put(self, picture: Picture, target: Path) -> bool:
        """Write a file; return False where it was to be a link and is a copy."""
        if picture.file is not None:
            return _link(picture.file, target)
        if picture.kept is None:
            assert picture.data is not None
            target.write_bytes(picture.data)
        elif picture.kept.is_relative_to(self._top):
            shutil.copyfile(picture.kept, target)
        else:
            picture.kept.rename(target)
        if picture.problem is None:
            # Another time the original may be there: what stands in for it is not kept.
            name = target.relative_to(self._top).as_posix()
            sides = picture.width, picture.height
            self._journal.note(Note(picture.sha1, name, picture.digest, *sides, picture.is_jpeg))
        return True


def _link(file: Path, target: Path) -> bool:
    """Make a hard link; a copy, and return False, where the disk is another or knows none."""
    try:
        os.link(file.resolve(), target)
    except OSError:
        shutil.copyfile(file, target)
        return False
    return True


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
