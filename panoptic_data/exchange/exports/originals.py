"""The pictures of exported images: the bytes of their files, resized ones, stored thumbnails.

A file counts only while it holds the image that it is exported for. Where no file does, the stored
thumbnail remains, and a ``Problem`` says why. Not here: where pictures are written (``pictures``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from panoptic_data.errors import PanopticError, UnreadableImage
from panoptic_data.exchange.exports.report import Problem
from panoptic_data.ingest import file_times, sources
from panoptic_data.ingest.scan import read_file
from panoptic_data.media import decode, hashes, prefetch
from panoptic_data.storage.sql import literals

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.earlier import Earlier
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project

__all__ = ["BATCH", "JPEG_SUFFIX", "Picture", "pictures", "thumbnails"]

# Images whose files and thumbnails are looked up at once.
BATCH = 500
JPEG_SUFFIX = ".jpg"
_QUALITY = 90


@dataclass(frozen=True)
class Picture:
    """One picture to write: ``data``, the ``file`` to link, or one ``kept``; none where none is.

    ``width`` and ``height`` are pixels. ``is_jpeg``: made anew as JPEG, not the file's bytes.
    ``kept`` was written by a killed export; ``digest`` is the sha1 of its bytes, or of the data.
    """

    sha1: str
    path: str
    data: bytes | None = None
    file: Path | None = None
    is_jpeg: bool = False
    width: int = 0
    height: int = 0
    problem: Problem | None = None
    kept: Path | None = None
    digest: str = ""


@dataclass(frozen=True)
class _Wanted:
    sha1: str
    path: str
    files: tuple[dict[str, Any], ...]
    size: int | None
    is_link: bool
    width: int
    height: int


def pictures(
    project: Project,
    selection: Selection,
    *,
    size: int | None = None,
    link: bool = False,
    thumbnail: bool = True,
    earlier: Earlier | None = None,
) -> Iterator[Picture]:
    """Yield the picture of each image or file, in order; files are read ahead in threads.

    ``size`` is the longest side in pixels; smaller pictures stay as they are. ``thumbnail``: the
    stored one is given where no file can be read. ``earlier`` gives pictures that are written
    already.
    """
    source_by_name = sources.by_name(project)
    for part in selection.parts(BATCH):
        wanted = _wanted(project, part, size, link)
        read = prefetch.in_order(
            ((image, _bytes_needed(image)) for image in wanted),
            lambda image: _from_earlier(image, earlier) or _picture(image, source_by_name),
        )
        for image, picture in zip(wanted, read, strict=True):
            if picture.problem is None or not thumbnail:
                yield picture
            else:
                yield _from_thumbnail(project, image, picture)


def thumbnails(project: Project, sha1s: Sequence[str]) -> dict[str, bytes]:
    """Return the stored thumbnails (JPEG) of some images, those that have one."""
    rows = project.database().take("images", sha1s, ("sha1", "thumbnail"))
    pairs = zip(rows["sha1"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True)
    return {sha1: data for sha1, data in pairs if data}


def _wanted(project: Project, part: Selection, size: int | None, link: bool) -> list[_Wanted]:
    """Return what is to be read: of each image the file that is exported first, then its copies."""
    sha1s, paths = part.sha1s(), part.paths()
    frame = part.catalogue.frame
    sides = zip(
        frame["width"].gather(part.rows).fill_null(0).to_list(),
        frame["height"].gather(part.rows).fill_null(0).to_list(),
        strict=True,
    )
    files = _files(project, sha1s)
    wanted = []
    for sha1, path, (width, height) in zip(sha1s, paths, sides, strict=True):
        copies = sorted(
            files.get(sha1, ()),
            key=lambda row: (f"{row['source']}/{row['path']}" != path, row["source"], row["path"]),
        )
        wanted.append(_Wanted(sha1, path, tuple(copies), size, link, width, height))
    return wanted


def _files(project: Project, sha1s: Sequence[str]) -> Mapping[str, list[dict[str, Any]]]:
    names = literals(set(sha1s))
    columns = ("sha1", "source", "path", "raw_path", "size", "mtime_ns")
    where = f"sha1 IN ({names}) AND status IN ('ok', 'unreadable')"
    by_sha1: dict[str, list[dict[str, Any]]] = {}
    for row in project.database().frame("files", columns, where).iter_rows(named=True):
        by_sha1.setdefault(row["sha1"], []).append(row)
    return by_sha1


def _bytes_needed(wanted: _Wanted) -> int:
    return int(wanted.files[0]["size"] or 0) if wanted.files else 0


def _from_earlier(wanted: _Wanted, earlier: Earlier | None) -> Picture | None:
    written = earlier.take(wanted.sha1) if earlier is not None and not wanted.is_link else None
    if written is None:
        return None
    file, note = written
    return Picture(
        wanted.sha1,
        wanted.path,
        is_jpeg=note.is_jpeg,
        width=note.width,
        height=note.height,
        kept=file,
        digest=note.digest,
    )


def _picture(wanted: _Wanted, source_by_name: Mapping[str, Source]) -> Picture:
    """Read the image from the first of its files that still holds it."""
    why, detail = "no_file", ""
    for row in wanted.files:
        try:
            file = sources.absolute_path(
                source_by_name[row["source"]], row["path"], row["raw_path"]
            )
            if wanted.is_link and _is_unchanged(file, row):
                return _plain(wanted, file=file)
            data = read_file(file).data
        except (FileNotFoundError, NotADirectoryError, KeyError):
            why, detail = "not_there", ""
            continue
        except UnreadableImage as error:
            why, detail = "unreadable", error.detail
            continue
        except (PanopticError, OSError) as error:
            why, detail = "unreadable", str(error)
            continue
        # The file may have been overwritten since it was read.
        if hashes.sha1(data) != wanted.sha1:
            why, detail = "changed", ""
            continue
        if wanted.is_link:
            return _plain(wanted, file=file)
        return _plain(wanted, data=data) if wanted.size is None else _resized(wanted, data)
    return Picture(wanted.sha1, wanted.path, problem=Problem(wanted.sha1, wanted.path, why, detail))


def _plain(wanted: _Wanted, data: bytes | None = None, file: Path | None = None) -> Picture:
    # The bytes of an original are the image.
    return Picture(
        wanted.sha1,
        wanted.path,
        data,
        file,
        width=wanted.width,
        height=wanted.height,
        digest=wanted.sha1,
    )


def _is_unchanged(file: Path, row: Mapping[str, Any]) -> bool:
    stat = os.stat(file)  # noqa: PTH116 - follows links, as reading does
    return (stat.st_size, file_times.stored(stat.st_mtime_ns)) == (row["size"], row["mtime_ns"])


def _resized(wanted: _Wanted, data: bytes) -> Picture:
    assert wanted.size is not None
    longest, shortest = max(wanted.width, wanted.height), min(wanted.width, wanted.height)
    short_side = max(1, -(-wanted.size * shortest // longest)) if longest else None
    try:
        pixels = decode.open_image(data, short_side)
    except UnreadableImage as error:
        problem = Problem(wanted.sha1, wanted.path, "unreadable", error.detail)
        return Picture(wanted.sha1, wanted.path, problem=problem)
    return _encoded(wanted, pixels)


def _from_thumbnail(project: Project, wanted: _Wanted, picture: Picture) -> Picture:
    data = thumbnails(project, [wanted.sha1]).get(wanted.sha1)
    if data is None:
        return picture
    pixels = Image.open(BytesIO(data))
    pixels.load()
    return _encoded(wanted, pixels, picture.problem)


def _encoded(wanted: _Wanted, pixels: Image.Image, problem: Problem | None = None) -> Picture:
    if wanted.size is not None:
        pixels.thumbnail((wanted.size, wanted.size), Image.Resampling.LANCZOS)
    written = BytesIO()
    pixels.convert("RGB").save(written, "JPEG", quality=_QUALITY)
    data, (width, height) = written.getvalue(), pixels.size
    return Picture(
        wanted.sha1,
        wanted.path,
        data,
        is_jpeg=True,
        width=width,
        height=height,
        problem=problem,
        digest=hashes.sha1(data),
    )
