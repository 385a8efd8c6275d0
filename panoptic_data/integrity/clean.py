"""Freeing disk space: what could go is listed first, and only what nothing reads any more goes.

Old versions of tables beyond their retention (never what a corpus version pins: Lance itself
keeps that), data that was set aside a while ago, Dagster's logs of single runs of that age (the
history of assets and runs stays), and files that a killed program left. The log of annotations
cleans up after itself. Not here: measuring (``storage.disk_use``).
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.errors import DataUnavailable, WriteConflict
from panoptic_data.provenance import runs
from panoptic_data.provenance.stages import LOG
from panoptic_data.storage import set_aside
from panoptic_data.storage.disk_use import HISTORY_ASIDE, old_version_bytes, size_of_all
from panoptic_data.storage.tables import KEPT_FOR

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["DAYS", "Cleaned", "Freeable", "clean", "freeable"]

DAYS = 30
"""How old set-aside data and logs of runs are before they may go."""

DAY_SECONDS = 86_400.0
# What `write_in_one_step` leaves when it is killed: ``.tables.json.4711``.
_DRAFT = re.compile(r"\.[\w.]+\.\d+")


@dataclass(frozen=True)
class Freeable:
    """What can go: ``kind`` is old_versions, set_aside, run_logs or drafts, ``name`` table or path.

    ``bytes`` is what goes; a table that is compacted on the way may free less.
    """

    kind: str
    name: str
    bytes: int


@dataclass(frozen=True)
class Cleaned:
    """What went, in ``bytes`` as measured, and the names of what could not go (``left``)."""

    bytes: int
    left: tuple[str, ...]


def freeable(project: Project, days: float = DAYS) -> list[Freeable]:
    """Return what :func:`clean` would free, the largest first; nothing is touched."""
    listed = [
        *_old_versions(project),
        *(_freeable("set_aside", project, path) for path in _set_aside(project.root, days)),
        *(_freeable("run_logs", project, path) for path in _run_logs(project, days)),
        *(_freeable("drafts", project, path) for path in _drafts(project.root)),
    ]
    return sorted(listed, key=lambda item: (-item.bytes, item.kind, item.name))


def clean(project: Project, days: float = DAYS, wait: float = 0.0) -> Cleaned:
    """Free what :func:`freeable` lists; killed at any moment, calling it again frees the rest.

    ``wait`` is how many seconds to wait for a run to end. Raises ProjectBusy, VersionReadOnly.
    """
    with runs.alone(project, wait):
        before = size_of_all(project.root)
        left = []
        for item in freeable(project, days):
            try:
                _free(project, item)
            except (OSError, DataUnavailable, WriteConflict):
                # A disk that refuses, a table that is damaged: the rest goes all the same.
                left.append(item.name)
        return Cleaned(max(0, before - size_of_all(project.root)), tuple(left))


def _old_versions(project: Project) -> Iterator[Freeable]:
    database = project.database()
    for name in sorted(database.names() - {LOG}):
        freed = old_version_bytes(project.lance / f"{name}.lance", KEPT_FOR)
        if freed and database.drops_old_versions(name):
            yield Freeable("old_versions", name, freed)


def _freeable(kind: str, project: Project, path: Path) -> Freeable:
    return Freeable(kind, path.relative_to(project.root).as_posix(), size_of_all(path))


def _set_aside(root: Path, days: float) -> Iterator[Path]:
    for path in sorted([*(root / set_aside.FOLDER).glob("*"), *root.glob(HISTORY_ASIDE)]):
        if _is_older(path, days):
            yield path


def _run_logs(project: Project, days: float) -> Iterator[Path]:
    """Yield the logs of single runs: what their pages show beside what the history knows."""
    for path in sorted((project.dagster_home / "history" / "runs").glob("*.db*")):
        if not path.name.startswith("index.") and _is_older(path, days):
            yield path


def _drafts(root: Path) -> Iterator[Path]:
    for path in sorted(root.glob(".*")):
        if path.is_file() and _DRAFT.fullmatch(path.name) and _is_older(path, 1):
            yield path


def _is_older(path: Path, days: float) -> bool:
    """Whether nothing below a path changed for so long; not where a clock says the opposite."""
    since = time.time() - days * DAY_SECONDS
    try:
        # Moving a folder aside changes its ctime, whatever the times of what it holds.
        stat_result = path.stat()
    except OSError:
        return False
    return max(stat_result.st_mtime, stat_result.st_ctime) < since


def _free(project: Project, item: Freeable) -> None:
    if item.kind == "old_versions":
        project.database().clean(item.name, KEPT_FOR)
        return
    with project.anchored() as root:
        path = root / item.name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
