"""Corpus versions that were deleted: which, by whom and when, for those who still have one open.

A note is written before anything of the version goes; where the version is there all the same (a
kill), the note counts for nothing. Not here: deleting (``panoptic_data.versions.delete``).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.errors import DataUnavailable, UnknownVersion
from panoptic_data.storage.folder import write_in_one_step

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["VersionDeleted", "find", "note"]

FOLDER = "versions/deleted"


class VersionDeleted(UnknownVersion, DataUnavailable):
    """A corpus version that somebody deleted. Params: ``name``, ``author``, ``at``."""

    key = "version_deleted"


def note(project: Project, id: str, name: str, author: str) -> None:
    """Write down that a version is being deleted."""
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    text = json.dumps({"name": name, "author": author, "at": at}, ensure_ascii=False)
    with project.anchored() as root:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        write_in_one_step(root / FOLDER / f"{id}.json", text)


def find(root: Path, name: str) -> VersionDeleted | None:
    """Return the error of a version, by its id or name, that was deleted; None for any other.

    ``root`` is the project's folder. Of several of a name it is the last.
    """
    wanted = " ".join(name.split()).casefold()
    notes = []
    for path in (root / FOLDER).glob("[!.]*.json"):
        try:
            params = json.loads(path.read_text(encoding="utf-8"))
            is_meant = path.stem == name or params["name"].casefold() == wanted
            notes += [(params["at"], params)] if is_meant else []
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # Not ours, or damaged: then it is not known who deleted it.
            continue
    if not notes:
        return None
    _, params = max(notes, key=lambda pair: str(pair[0]))
    return VersionDeleted(**{part: params.get(part) or "–" for part in ("name", "author", "at")})
