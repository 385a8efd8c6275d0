"""The image files of a version in one zip, ``<source>/<path>``, each only with its own content.

Each file that is not in it stands in ``missing.csv`` of the zip instead, with the reason (of
``REASONS``). Files that were purged are no originals any more: neither holds them.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.errors import PanopticError, UnreadableImage
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import read_file
from panoptic_data.media import hashes

if TYPE_CHECKING:
    from panoptic_data.ingest.sources import Source
    from panoptic_data.provenance.stages import ReportProgress
    from panoptic_data.storage.project import Project

__all__ = [
    "FILE_NAME",
    "MISSING",
    "REASONS",
    "has_files",
    "is_unpacked",
    "missing",
    "needed_bytes",
    "reasons",
    "unpack",
    "write",
]

FILE_NAME = "originals.zip"
MISSING = "missing.csv"
STAGE = "originals"
REASONS = ("missing", "changed", "away", "could not be read")
"""Why a file is not in the zip; what follows the last, after a colon, says what was wrong."""
_WHERE = "status != 'purged'"


def needed_bytes(opened: Project) -> int:
    """Return how many bytes the files take."""
    sizes = opened.database().frame("files", ["size"], _WHERE)["size"]
    return int(sizes.sum() or 0)


def write(opened: Project, path: Path, report: ReportProgress) -> None:
    """Write the files of a version; ``opened`` is the project at it."""
    columns = ["source", "path", "raw_path", "sha1", "status", "reason"]
    rows = opened.database().frame("files", columns, _WHERE).sort("source", "path").to_dicts()
    folders = sources.by_name(opened)
    lost = io.StringIO()
    table = csv.writer(lost)
    table.writerow(["source", "path", "sha1", "why"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as zipped:
        for done, row in enumerate(rows, 1):
            data, why = _content(row, folders)
            if data is None:
                table.writerow([row["source"], row["path"], row["sha1"], why])
            else:
                zipped.writestr(f"{row['source']}/{row['path']}", data)
            report(STAGE, done, len(rows))
        zipped.writestr(MISSING, lost.getvalue())


def missing(path: Path) -> int:
    """Return how many files are named as missing in a zip."""
    with zipfile.ZipFile(path) as zipped:
        rows = list(csv.reader(io.StringIO(zipped.read(MISSING).decode())))
    return len(rows) - 1


def reasons(path: Path) -> dict[str, int]:
    """Return how many files are named as missing in a zip, by ``REASONS``, in their order."""
    with zipfile.ZipFile(path) as zipped:
        rows = csv.DictReader(io.StringIO(zipped.read(MISSING).decode()))
        counts = Counter(row["why"].partition(":")[0] for row in rows)
    return {reason: counts[reason] for reason in REASONS if counts[reason]}


def has_files(path: Path) -> bool:
    """Whether a zip holds a file of an image: all of them may be missing."""
    with zipfile.ZipFile(path) as zipped:
        return any(name != MISSING for name in zipped.namelist())


def is_unpacked(path: Path, folder: Path) -> bool:
    """Whether a folder holds the files of a zip, of the same sizes, and no others."""
    with zipfile.ZipFile(path) as zipped:
        sizes = {each.filename: each.file_size for each in zipped.infolist()}
    sizes.pop(MISSING, None)
    there = {
        file.relative_to(folder).as_posix(): file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file()
    }
    return there == sizes


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a zip below a folder; names that lead elsewhere are left out."""
    with zipfile.ZipFile(path) as zipped:
        for name in zipped.namelist():
            target = (folder / name).resolve()
            if name != MISSING and target.is_relative_to(folder.resolve()):
                zipped.extract(name, folder)


def _content(row: Mapping[str, Any], folders: Mapping[str, Source]) -> tuple[bytes | None, str]:
    """Return the bytes of a file as the version knows it, or None and why not."""
    source = folders.get(row["source"])
    if source is None or not source.root.is_dir():
        return None, "away"
    if row["sha1"] is None:
        # Never read, so nothing says what the content would have to be.
        return None, "missing" if row["status"] == "missing" else _unread(row["reason"])
    try:
        data = read_file(sources.absolute_path(source, row["path"], row["raw_path"])).data
    except FileNotFoundError:
        return None, "missing" if source.root.is_dir() else "away"
    except UnreadableImage as error:
        return None, _unread(error.reason)
    except OSError as error:
        # Without the path, which is nobody's business.
        return None, _unread(error.strerror)
    except PanopticError as error:
        return None, _unread(error.key)
    if hashes.sha1(data) != row["sha1"]:
        return None, "changed"
    return data, ""


def _unread(why: str | None) -> str:
    return f"could not be read: {(why or 'unknown').replace('_', ' ')}"
