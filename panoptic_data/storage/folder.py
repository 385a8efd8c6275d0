"""The folder of an opened project: is it still the same, and how to write into it and no other.

A path is no identity: while a project is open its folder can be moved, its disk unmounted, another
project or a copy put in its place. What is written must reach the folder that was opened, or be
refused. Not here: what a project is (``project``), its tables (``tables``).
"""

from __future__ import annotations

import os
import sys
import threading
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from panoptic_data.errors import ProjectGone, ProjectReplaced

__all__ = ["SETTINGS", "ProjectFolder", "project_id", "read_if_changed", "write_in_one_step"]

SETTINGS = "project.toml"
# So many small files are kept in memory.
_REMEMBERED = 64
# Linux reaches an open folder by its handle, whatever becomes of its name.
_HANDLES = Path("/proc/self/fd")
# The number of the handle by which every process reaches a folder under the same path.
_FIXED = 977
_fixed_lock = threading.RLock()
_HAS_HANDLES = sys.platform == "linux" and _HANDLES.is_dir()


@dataclass(frozen=True)
class ProjectFolder:
    """The folder that was opened: where it was, the project's ``id``, the folder's ``inode``.

    An inode of 0 is not compared. A disk that is mounted again may have another device number:
    that is no part of it. ``version`` is the corpus version that is read in it, empty for the
    corpus as it is now: what is kept in memory of the one is not of the other.
    """

    root: Path
    id: str
    inode: int
    version: str = ""

    def check(self) -> None:
        """Raise ProjectGone or ProjectReplaced where the path no longer leads to this folder."""
        self._check(self.root)

    @contextmanager
    def anchored(self) -> Iterator[Path]:
        """Yield a path to this very folder, for writing; on Linux whatever becomes of its name.

        Elsewhere the path is checked before and after: what a move came in between is refused.
        Raises ProjectGone, ProjectReplaced.
        """
        if not _HAS_HANDLES:
            self.check()
            yield self.root
            self.check()
            return
        try:
            handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            raise ProjectGone(path=self.root) from None
        try:
            held = _HANDLES / str(handle)
            self._check(held)
            yield held
        finally:
            os.close(handle)

    @contextmanager
    def fixed(self) -> Iterator[Path]:
        """Yield a path to this very folder that is the same in every process, wherever it lies.

        Lance writes the path of a table into its branches and compares it when it cleans up. One
        thread of a process at a time. Where the system has no such path, or it is taken, the path
        of :meth:`anchored`. Raises ProjectGone, ProjectReplaced.
        """
        if not _HAS_HANDLES:
            with self.anchored() as root:
                yield root
            return
        with _fixed_lock, self.anchored() as held:
            handle = _duplicate(held)
            try:
                yield _HANDLES / str(handle) if handle == _FIXED else held
            finally:
                if handle is not None:
                    os.close(handle)

    def _check(self, path: Path) -> None:
        try:
            inode = path.stat().st_ino
            id = _id_in(read_if_changed(path / SETTINGS))
        except OSError:
            raise ProjectGone(path=self.root) from None
        if id not in (None, self.id) or (self.inode and inode != self.inode):
            raise ProjectReplaced(path=self.root)


def _duplicate(held: Path) -> int | None:
    """Return another handle of a folder that is held by one: the fixed one, if that is free."""
    import fcntl

    try:
        return fcntl.fcntl(int(held.name), fcntl.F_DUPFD_CLOEXEC, _FIXED)
    except OSError:
        # So many handles are not allowed here.
        return None


def project_id(settings: Mapping[str, Any]) -> str:
    """Return the id in a project's settings: 32 hex digits.

    For a project of a release that gave none, it is made of its name and time of creation.
    """
    if "id" in settings:
        return str(settings["id"])
    known = f"{settings['name']}\n{settings['created_at'].isoformat()}"
    return uuid.uuid5(uuid.NAMESPACE_OID, known).hex


def write_in_one_step(path: Path, content: str | bytes) -> None:
    """Write a file so that a kill leaves the old content or the new; its folder must exist."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_if_changed(path: Path) -> str:
    """Return a file's text, read again only when the file is another. Raises OSError."""
    stat = path.stat()
    key = (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size)
    text = _texts.get(key)
    if text is None:
        text = path.read_text(encoding="utf-8", errors="replace")
        if len(_texts) >= _REMEMBERED:
            _texts.clear()
        _texts[key] = text
    return text


# Of files whose stat says that they are the same.
_texts: dict[tuple[int, ...], str] = {}


@lru_cache(_REMEMBERED)
def _id_in(settings: str) -> str | None:
    """Return the id in the text of the settings; None where they cannot be read."""
    try:
        return project_id(tomllib.loads(settings))
    except (ValueError, KeyError, AttributeError):
        # A slip of somebody who edits them by hand: the inode still says which folder it is.
        return None
