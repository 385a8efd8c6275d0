"""Where an export goes: written beside its target and put there in one step at the end.

What is not finished stands in ``.NAME.partial`` beside the target; it is removed, but after a kill
left to the next start (``earlier``). A target that exists is replaced only if asked for, and a
folder only where an export wrote it. Not here: what is written (the formats).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from panoptic_data.errors import ExportFailed, InvalidExport
from panoptic_data.exchange import definitions
from panoptic_data.exchange.exports import earlier
from panoptic_data.exchange.exports.exchange import exchange
from panoptic_data.ingest import sources

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["MANIFEST", "Draft", "check_target", "draft_of", "require_space"]

MANIFEST = "export.json"
# Left free on the disk, whatever an export takes.
SPARE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Draft:
    """What is being written: ``path`` is the file or folder to write, ``target`` where it goes.

    ``was_left``: an earlier export to this target was killed. ``held`` is the folder that holds it
    all.
    """

    target: Path
    held: Path
    is_folder: bool
    was_left: bool

    @property
    def path(self) -> Path:
        """The file, or the folder, to write."""
        return self.held / "content" / self.target.name

    def beside(self) -> Path:
        """Return the file of definitions beside the file to write."""
        return definitions.beside(self.path)


def check_target(
    project: Project,
    target: Path,
    *,
    is_folder: bool,
    has_definitions: bool,
    overwrite: bool,
    own_folder: Path | None = None,
) -> Path:
    """Return the whole path of a target that may be written. Raises InvalidExport.

    ``own_folder`` is the one folder of the project that may be written to.
    """
    path = Path(os.path.abspath(target.expanduser()))  # noqa: PTH100 - a link is not followed
    if not path.name:
        raise InvalidExport("no_name", path=target)
    if not path.parent.is_dir():
        raise InvalidExport("no_folder", path=path.parent)
    real = path.parent.resolve() / path.name
    is_own = own_folder is not None and real.parent == own_folder.resolve()
    if not is_own and (real == project.root or real.is_relative_to(project.root)):
        raise InvalidExport("in_project", path=path)
    for source in sources.by_name(project).values():
        if real.is_relative_to(source.root) or source.root.is_relative_to(real):
            raise InvalidExport("in_source", path=path, source=source.name)
    if _held(path).is_symlink():
        # What is written would lie elsewhere.
        raise InvalidExport("link", path=_held(path))
    _restore_if_left(path)
    _check_existing(path, is_folder, overwrite)
    if has_definitions:
        _check_existing(definitions.beside(path), False, overwrite)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InvalidExport("not_writable", path=path.parent)
    return path


def require_space(target: Path, needed: int) -> None:
    """Raise InvalidExport where the disk of a target has too little space for so many bytes.

    What a killed export left there is kept or removed: it takes no more.
    """
    left = sum(file.lstat().st_size for file in _held(target).rglob("*"))
    free = shutil.disk_usage(target.parent).free + left
    if needed + SPARE_BYTES > free:
        raise InvalidExport(
            "no_space", path=target.parent, needed=_megabytes(needed), free=_megabytes(free)
        )


@contextmanager
def draft_of(target: Path, *, is_folder: bool) -> Iterator[Draft]:
    """Yield a draft, and put it in the place of the target when the block ends without an error.

    On an error, and on Ctrl+C, it is removed and the target is as it was. Raises InvalidExport
    where another process writes to this target, ExportFailed where the disk does not take it.
    """
    held = _held(target)
    try:
        was_left = held.exists()
        held.mkdir(exist_ok=True)
        lock = FileLock(held / "lock", blocking=False)
        with _exclusive(lock, target):
            _restore(held, target)
            earlier.move_away(held)
            _clear(held)
            draft = Draft(target, held, is_folder, was_left)
            draft.path.parent.mkdir()
            if is_folder:
                draft.path.mkdir()
            try:
                yield draft
                _sync(draft.path)
                _move_to_target(draft)
            finally:
                _restore(held, target)
                _clear(held)
                earlier.remove(held)
    except OSError as error:
        raise ExportFailed(path=target, cause=error.strerror or error) from error
    finally:
        _remove_if_ours(held)


@contextmanager
def _exclusive(lock: FileLock, target: Path) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout:
        raise InvalidExport("busy", path=target) from None
    try:
        yield
    finally:
        lock.release()


def _move_to_target(draft: Draft) -> None:
    """Put what was written in its place: what stands beside first, the target itself last."""
    has_former = draft.beside().exists() and draft.target.is_file()
    if has_former:
        definitions.note_former(draft.beside(), draft.target)
    for written in sorted(draft.path.parent.iterdir()):
        if written != draft.path:
            written.replace(draft.target.with_name(written.name))
    if draft.is_folder and draft.target.is_dir():
        if exchange(draft.path, draft.target):
            return
        # Where the system exchanges no folders in one step, the old one is kept until the new one
        # is there, and put back by the next start if that never came.
        draft.target.rename(draft.held / "old")
    draft.path.replace(draft.target)
    if has_former:
        definitions.drop_former(definitions.beside(draft.target))
    shutil.rmtree(draft.held / "old", ignore_errors=True)


def _held(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def _restore_if_left(target: Path) -> None:
    """Put the old folder back where an export was killed before it put the new one."""
    held = _held(target)
    if not (held / "old").is_dir():
        return
    with suppress(Timeout, OSError), FileLock(held / "lock", blocking=False):
        _restore(held, target)
    _remove_if_ours(held)


def _restore(held: Path, target: Path) -> None:
    """Put the old folder back where a new one did not come."""
    if (held / "old").is_dir() and not target.exists():
        (held / "old").rename(target)


def _clear(held: Path) -> None:
    for name in ("content", "old"):
        if (held / name).exists():
            shutil.rmtree(held / name)


def _remove_if_ours(held: Path) -> None:
    """Remove the folder of drafts, unless another process holds it."""
    if not held.is_dir() or any((held / name).exists() for name in ("content", "old", "earlier")):
        return
    lock = FileLock(held / "lock", blocking=False)
    try:
        with lock:
            shutil.rmtree(held, ignore_errors=True)
    except (Timeout, OSError):
        return


def _sync(path: Path) -> None:
    """Wait until a file is on the disk; a folder's files are left to the system."""
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _check_existing(path: Path, is_folder: bool, overwrite: bool) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if not overwrite:
        raise InvalidExport("exists", path=path)
    if path.is_symlink() or path.is_dir() != is_folder:
        raise InvalidExport("other_kind", path=path)
    if is_folder and any(path.iterdir()) and not _is_export(path):
        raise InvalidExport("not_ours", path=path)


def _is_export(folder: Path) -> bool:
    """Whether an export wrote a folder: only such a one is ever replaced."""
    try:
        return "panoptic_data" in json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB".replace(",", "\u202f")
