"""Walk a folder of images: every image file in it, and every problem. Reads no file.

What a walk follows:

- A link to a file is followed wherever it leads: people build a corpus of links.
- A link to a folder outside the source is followed once. A link to a folder inside it, around
  it, or already followed becomes a problem (``link_loop``): its files have another path already,
  or the walk would never end.
- Hidden files and folders, and those that operating systems create, are skipped.
- A file is an image if it has an image's extension (:data:`formats.IMAGE_EXTENSIONS`) or,
  failing that, an image's first bytes. All others are counted by extension and left out.
- An XMP sidecar belongs to the image beside it (``sidecars``).

Not here: comparing a walk with the table ``files`` (``scan``), which folders (``sources``).
"""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from panoptic_data.errors import FolderNotFound
from panoptic_data.ingest import file_times, sidecars
from panoptic_data.media.formats import IMAGE_EXTENSIONS, PROBED_BYTES, probe

__all__ = ["Entry", "FolderIdentity", "folder_identity", "is_skipped", "walk"]

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


_NAME = attrgetter("name")

FolderIdentity = tuple[int, int]
"""Device and inode of a folder: the same while it is mounted, to be compared within one run."""


class Entry(NamedTuple):
    r"""One file met by a walk, or one folder or link that stopped it.

    ``path`` is relative and '/'-separated, bytes that are not UTF-8 written as ``\xNN``;
    ``raw_path`` has the bytes in that case only. Times are as ``file_times`` stores them;
    ``ctime_ns`` is when its content or its entry in
    the file system last changed: no program can set it back. ``reason`` and ``detail`` say why it
    cannot be read, where that is known without reading. ``sidecar_mark`` changes with the XMP
    sidecar beside it, where there is one.
    """

    path: str
    raw_path: bytes | None
    size: int
    mtime_ns: int
    ctime_ns: int | None = None
    reason: str | None = None
    detail: str | None = None
    sidecar_mark: str | None = None


def walk(root: Path, ignored: Counter[str] | None = None) -> Iterator[Entry]:
    """Yield every image file under a folder, and every problem, in a fixed order.

    Each folder's files come before its sub-folders, both sorted by the bytes of their names.
    ``ignored`` is filled with the number of skipped files by extension in lower case. Raises
    FolderNotFound when the folder is not there (a disk that is not connected), also when it went
    away, or another folder came to its place, during the walk: what was met is then not all.
    """
    identity = folder_identity(root)
    walk_state = _Walk(os.path.realpath(root), ignored if ignored is not None else Counter())
    folders = [_Folder(os.fspath(root), "", b"")]
    while folders:
        folder = folders.pop()
        subfolders: list[_Folder] = []
        yield from _walk_folder(folder, walk_state, subfolders)
        folders.extend(reversed(subfolders))
    if folder_identity(root) != identity:
        raise FolderNotFound(path=root)


def folder_identity(root: Path) -> FolderIdentity:
    """Return which folder is at a path now. Raises FolderNotFound."""
    try:
        stat_result = root.stat()
    except OSError:
        raise FolderNotFound(path=root) from None
    if not stat.S_ISDIR(stat_result.st_mode):
        raise FolderNotFound(path=root)
    return stat_result.st_dev, stat_result.st_ino


def is_skipped(name: str) -> bool:
    """Whether a file or folder of this name is passed over: hidden, or an operating system's."""
    return name.startswith(".") or name in _SYSTEM_FILES


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
            entries = _sorted(iterator)
    except FileNotFoundError:
        # Deleted since its parent was listed.
        return
    except OSError as error:
        path = folder.prefix.rstrip("/") or "."
        raw = None if folder.is_text else folder.raw_prefix.rstrip(b"/")
        yield Entry(path, raw, 0, 0, None, "folder_denied", error.strerror)
        return
    beside = sidecars.in_folder(entries)
    for entry in entries:
        name = entry.name
        if is_skipped(name):
            continue
        if _is_folder(entry):
            if entry.is_symlink() and not walk_state.may_follow(entry.path):
                yield Entry(*_paths(folder, name), 0, 0, None, "link_loop")
            else:
                subfolders.append(_subfolder(folder, entry))
            continue
        file_entry = _file_entry(folder, entry, walk_state.ignored)
        if file_entry is None:
            continue
        mark = sidecars.mark_of(name, beside) if beside else None
        yield file_entry if mark is None else file_entry._replace(sidecar_mark=mark)


def _sorted(entries: Iterator[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """Return the entries of a folder in the order of the bytes of their names."""
    listed = list(entries)
    if all(entry.name.isascii() for entry in listed):
        # The order of the texts is then that of the bytes.
        return sorted(listed, key=_NAME)
    return sorted(listed, key=lambda entry: os.fsencode(entry.name))


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
        is_link = entry.is_symlink()
        return Entry(path, raw_path, 0, 0, None, "broken_link") if is_link else None
    except OSError as error:
        reason = _ERRNO_REASONS.get(error.errno or 0, "read_error")
        return Entry(path, raw_path, 0, 0, None, reason, error.strerror)
    size = stat_result.st_size
    mtime, ctime = map(file_times.stored, (stat_result.st_mtime_ns, stat_result.st_ctime_ns))
    if not stat.S_ISREG(stat_result.st_mode):
        return Entry(path, raw_path, 0, mtime, ctime, "not_a_file")
    problem = None if size else "empty"
    # As Entry(…) does, in half the time: a million files are looked at in each run.
    return tuple.__new__(Entry, (path, raw_path, size, mtime, ctime, problem, None, None))


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
