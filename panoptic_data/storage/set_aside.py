"""Taking a table out of a project without deleting it: into ``set-aside/<date>/``.

Not here: which tables, and what comes in their place (``integrity``).
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.storage import checksums

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["FOLDER", "set_aside", "take_out"]

FOLDER = "set-aside"


def set_aside(project: Project, table: str, *, forgotten: bool = True) -> Path | None:
    """Move a table out and return where it is now, below the project; None where it was gone.

    Afterwards the project has no such table: it reads as empty and can be made anew. Killed in
    between, or where it is not ``forgotten``, it counts as missing.
    """
    path = None
    with project.anchored() as root:
        folder = root / "lance" / f"{table}.lance"
        if folder.exists():
            path = Path(FOLDER, _free_name(root / FOLDER), folder.name)
            (root / path).parent.mkdir(parents=True)
            folder.rename(root / path)
    if forgotten:
        project.database().forget(table)
    return path


def take_out(project: Project, table: str) -> Path | None:
    """Set a table aside that is made again; corpus versions that pinned it go on reading it.

    Where some did and it can be opened, its folder stays for them alone and a copy is set aside.
    """
    if not project.database().pins.of(table):
        return set_aside(project, table)
    with project.anchored() as root:
        folder = root / "lance" / f"{table}.lance"
        path = Path(FOLDER, _free_name(root / FOLDER), folder.name)
        shutil.copytree(folder, root / path)
    project.database().drop(table)
    checksums.forget_changed(project, table)
    return path


def _free_name(parent: Path) -> str:
    """Return a name of this moment that no folder has yet."""
    name = f"{datetime.now():%Y-%m-%d-%H%M%S}"
    taken = {path.name for path in parent.glob("*")}
    numbered = (f"{name}-{number}" for number in range(1, len(taken) + 1))
    return next(n for n in (name, *numbered) if n not in taken)
