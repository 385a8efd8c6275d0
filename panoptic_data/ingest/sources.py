"""Register folders of images, walk them, resolve the path of a file. Never writes to a folder.

Not here: comparing a walk with the table ``files`` (``scan``), reading the files (``images``).

What a walk follows:

- A link to a file is followed wherever it leads: people build a corpus of links.
- A link to a folder outside the source is followed once. A link to a folder inside it, around
  it, or already followed becomes a problem (``link_loop``): its files have another path already,
  or the walk would never end.
- Hidden files and folders, and those that operating systems create, are skipped.
- A file is an image if it has an image's extension (:data:`formats.IMAGE_EXTENSIONS`) or,
  failing that, an image's first bytes. All others are counted by extension and left out.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from panoptic_data.errors import (
    FolderHoldsProject,
    FolderNotFound,
    FolderOverlaps,
    UnknownImage,
    UnknownSource,
)
from panoptic_data.media.formats import IMAGE_EXTENSIONS, PROBED_BYTES, probe
from panoptic_data.storage.project import Project

__all__ = ["Entry", "Source", "absolute_path", "add", "listing", "select", "walk"]

MAX_NAME_LENGTH = 60

_SYSTEM_FILES = frozenset(
    {
        *("__MACOSX", "Thumbs.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information"),
        *("lost+found", "@eaDir", "@Recycle", "#recycle", "#snapshot"),
    }
)
_ERRNO_REASONS = {
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.ELOOP: "link_loop",
}


@dataclass(frozen=True)
class Source:
    """A registered folder. ``name`` is unique in its project and safe in web addresses."""

    name: str
    root: Path
    added_at: datetime


class Entry(NamedTuple):
    r"""One file met by a walk, or one folder or link that stopped it.

    ``path`` is relative and '/'-separated, bytes that are not UTF-8 written as ``\xNN``;
    ``raw_path`` has the bytes in that case only. ``reason`` and ``detail`` say why it cannot be
    read, where that is known without reading.
    """

    path: str
    raw_path: bytes | None
    size: int
    mtime_ns: int
    reason: str | None = None
    detail: str | None = None


def add(project: Project, folder: str | Path, name: str | None = None) -> Source:
    """Register a folder and return its source; the same folder again gives the same source.

    The name is that of the folder unless given, made unique and safe in web addresses: letters
    and digits of any alphabet, '-' and '_'; accents stay. Raises FolderNotFound, FolderOverlaps
    (inside or around a registered folder) or FolderHoldsProject.
    """
    root = Path(folder).expanduser().resolve()
    if not root.is_dir():
        raise FolderNotFound(path=folder)
    registered = listing(project)
    for other in registered:
        if other.root == root:
            return other
        if root.is_relative_to(other.root) or other.root.is_relative_to(root):
            raise FolderOverlaps(path=root, source=other.name, other=other.root)
    if project.root.is_relative_to(root):
        raise FolderHoldsProject(path=root, project=project.root)
    taken = {other.name.casefold() for other in registered}
    source = Source(_unique(_as_name(name or root.name), taken), root, datetime.now(UTC))
    _save(project, source)
    return source


def listing(project: Project) -> list[Source]:
    """Return the sources, sorted by name."""
    rows = project.database().frame("sources", ["name", "uri", "added_at"]).sort("name")
    return [Source(row["name"], _root(row["uri"]), row["added_at"]) for row in rows.to_dicts()]


def select(project: Project, names: Sequence[str] = ()) -> list[Source]:
    """Return the sources with these names, or all sources when none is given.

    Raises UnknownSource.
    """
    registered = listing(project)
    unknown = sorted(set(names).difference(source.name for source in registered))
    if unknown:
        raise UnknownSource(name=unknown[0], known=", ".join(source.name for source in registered))
    return [source for source in registered if not names or source.name in names]


def walk(root: Path, ignored: Counter[str] | None = None) -> Iterator[Entry]:
    """Yield every image file under a folder, and every problem, in a fixed order.

    Each folder's files come before its sub-folders, both sorted by the bytes of their names.
    ``ignored`` is filled with the number of skipped files by extension in lower case. Raises
    FolderNotFound when the folder is not there (a disk that is not connected).
    """
    if not root.is_dir():
        raise FolderNotFound(path=root)
    walk_state = _Walk(os.path.realpath(root), ignored if ignored is not None else Counter())
    folders = [_Folder(os.fspath(root), "", b"")]
    while folders:
        folder = folders.pop()
        subfolders: list[_Folder] = []
        yield from _walk_folder(folder, walk_state, subfolders)
        folders.extend(reversed(subfolders))


def absolute_path(source: Source, path: str, raw_path: bytes | None) -> Path:
    """Return the path on disk of a row of ``files``: always inside the source.

    Raises UnknownImage for a path that is absolute or climbs out.
    """
    relative = os.fsdecode(raw_path) if raw_path is not None else path
    parts = PurePosixPath(relative).parts
    if not parts or relative.startswith("/") or ".." in parts or Path(relative).is_absolute():
        raise UnknownImage(name=path)
    return source.root / relative


class _Folder(NamedTuple):
    path: str
    prefix: str
    raw_prefix: bytes
    is_text: bool = True


@dataclass
class _Walk:
    root: str
    ignored: Counter[str]
    followed: list[str] = field(default_factory=list)

    def may_follow(self, link: str) -> bool:
        """Return whether a linked folder was not walked yet; if so, remember it."""
        target = os.path.realpath(link)
        if _within(self.root, target) or any(
            _within(target, known) for known in (self.root, *self.followed)
        ):
            return False
        self.followed.append(target)
        return True


def _walk_folder(folder: _Folder, walk_state: _Walk, subfolders: list[_Folder]) -> Iterator[Entry]:
    try:
        with os.scandir(folder.path) as iterator:
            entries = sorted(iterator, key=lambda entry: os.fsencode(entry.name))
    except FileNotFoundError:
        # Deleted since its parent was listed.
        return
    except OSError as error:
        path = folder.prefix.rstrip("/") or "."
        raw = None if folder.is_text else folder.raw_prefix.rstrip(b"/")
        yield Entry(path, raw, 0, 0, "folder_denied", error.strerror)
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _SYSTEM_FILES:
            continue
        if _is_folder(entry):
            if entry.is_symlink() and not walk_state.may_follow(entry.path):
                yield Entry(*_paths(folder, entry.name), 0, 0, "link_loop")
            else:
                subfolders.append(_subfolder(folder, entry))
            continue
        file_entry = _file_entry(folder, entry, walk_state.ignored)
        if file_entry is not None:
            yield file_entry


def _file_entry(folder: _Folder, entry: os.DirEntry[str], ignored: Counter[str]) -> Entry | None:
    extension = entry.name.rpartition(".")[2].lower() if "." in entry.name else ""
    has_image_extension = extension in IMAGE_EXTENSIONS
    if not has_image_extension and not _is_obstacle(entry) and not _looks_like_image(entry):
        ignored[extension] += 1
        return None
    path, raw_path = _paths(folder, entry.name)
    try:
        stat_result = entry.stat()
    except FileNotFoundError:
        # Deleted since the folder was listed, unless it is a link.
        return Entry(path, raw_path, 0, 0, "broken_link") if entry.is_symlink() else None
    except OSError as error:
        reason = _ERRNO_REASONS.get(error.errno or 0, "read_error")
        return Entry(path, raw_path, 0, 0, reason, error.strerror)
    if not stat.S_ISREG(stat_result.st_mode):
        return Entry(path, raw_path, 0, stat_result.st_mtime_ns, "not_a_file")
    problem = None if stat_result.st_size else "empty"
    return Entry(path, raw_path, stat_result.st_size, stat_result.st_mtime_ns, problem)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_obstacle(entry: os.DirEntry[str]) -> bool:
    # A link that leads nowhere may have led to images.
    try:
        return entry.is_symlink() and not os.path.exists(entry.path)  # noqa: PTH110 - a Path each costs more than the call
    except OSError:
        return True


def _looks_like_image(entry: os.DirEntry[str]) -> bool:
    try:
        # A pipe would block whoever opens it.
        if not entry.is_file():
            return False
        with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
            return probe(file.read(PROBED_BYTES)) is not None
    except OSError:
        return False


def _subfolder(folder: _Folder, entry: os.DirEntry[str]) -> _Folder:
    path, raw_path = _paths(folder, entry.name)
    raw = raw_path if raw_path is not None else path.encode()
    return _Folder(entry.path, f"{path}/", raw + b"/", raw_path is None)


def _paths(folder: _Folder, name: str) -> tuple[str, bytes | None]:
    if folder.is_text and name.isascii():
        return folder.prefix + name, None
    raw = os.fsencode(name)
    text = raw.decode("utf-8", "backslashreplace")
    if folder.is_text and text == name:
        return folder.prefix + name, None
    return folder.prefix + text, folder.raw_prefix + raw


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _as_name(name: str) -> str:
    """Keep letters, marks and digits; replace every run of other characters by one '-'."""
    normalized = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "ignore"))
    letters = "".join(
        c if unicodedata.category(c)[0] in "LMN" or c == "_" else " " for c in normalized
    )
    return "-".join(letters.split())[:MAX_NAME_LENGTH].rstrip("-") or "source"


def _unique(name: str, taken: Iterable[str]) -> str:
    taken_names = frozenset(taken)
    if name.casefold() not in taken_names:
        return name
    number = 2
    while f"{name}-{number}".casefold() in taken_names:
        number += 1
    return f"{name}-{number}"


def _save(project: Project, source: Source) -> None:
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    row = {
        "name": source.name,
        "uri": _uri(source.root),
        "added_at": source.added_at,
        "options": json.dumps({}),
    }
    project.database().upsert("sources", pa.Table.from_pylist([row], schema=arrow("sources")))


def _uri(root: Path) -> str:
    # Tables store UTF-8 only, whereas a path can hold any bytes.
    text = os.fspath(root)
    return text if not re.search("[\udc80-\udcff]", text) else root.as_uri()


def _root(uri: str) -> Path:
    if uri.startswith("file://"):
        return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file://"))))
    return Path(uri)
