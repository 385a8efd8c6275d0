"""Know that there is nothing to do, without opening a table.

After a complete run a note of all that could ask for work is kept: the files of every source
(path, size, time), the settings, the code, the version of every table. When all of it is still
so, the next run has nothing to do, and says so in a fraction of a second: importing lancedb
and dagster alone takes 3 to 8 s. Not here: what has changed (``files.scan`` says).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from panoptic_data.errors import PanopticError
from panoptic_data.ingest.sources import walk
from panoptic_data.provenance.runs import code_version
from panoptic_data.storage.project import Project

__all__ = ["NOTE", "Look", "look", "recall", "remember"]

NOTE = "unchanged.json"
# A file written again within its file system's tick keeps its size and time: one this young
# when we looked may hold something else by now.
RACY_NS = 2_000_000_000
# Written by every run, and no reason for one.
IGNORED_TABLES = frozenset({"runs.lance", "views.lance"})


@dataclass(frozen=True)
class Look:
    """What the folders held at one moment. ``settled``: no file was being written then."""

    roots: Mapping[str, str]
    digest: str
    settled: bool


def look(roots: Mapping[str, Path]) -> Look:
    """Walk the folders of sources (name → root), by stat only.

    Raises FolderNotFound when one is not there.
    """
    state = hashlib.blake2b(digest_size=16)
    began = time.time_ns()
    settled = True
    for name, root in sorted(roots.items()):
        state.update(f"\0\0{name}\0{root}\0".encode("utf-8", "surrogateescape"))
        for entry in walk(root):
            state.update(f"{entry.path}\0{entry.size}\0{entry.mtime_ns}\0{entry.reason}\0".encode())
            state.update(entry.raw_path or b"")
            settled = settled and not _racy(entry.mtime_ns, began)
    return Look({name: str(root) for name, root in roots.items()}, state.hexdigest(), settled)


def remember(
    project: Project,
    seen: Look,
    summary: Mapping[str, object],
    good_for: timedelta = timedelta.max,
) -> None:
    """Keep the note that a complete run leaves; ``seen`` is how the folders were before it.

    Nothing is kept of folders in which a file was being written. ``good_for``: how long there
    is nothing to do even if nothing changes.
    """
    place = project.root / NOTE
    if not seen.settled:
        place.unlink(missing_ok=True)
        return
    draft = project.root / f".{NOTE}.{os.getpid()}"
    state = _state(project, seen)
    until = None if good_for == timedelta.max else time.time() + good_for.total_seconds()
    note = {"state": state, "roots": seen.roots, "until": until, "summary": summary}
    draft.write_text(json.dumps(note), encoding="utf-8")
    draft.replace(place)


def recall(project: Project) -> dict[str, Any] | None:
    """Return the summary of the last complete run if nothing has changed since, else None."""
    try:
        note = json.loads((project.root / NOTE).read_text(encoding="utf-8"))
        seen = look({name: Path(root) for name, root in note["roots"].items()})
    except (OSError, ValueError, KeyError, PanopticError):
        # No note, one that cannot be read, or a folder that is gone: the long way knows.
        return None
    expired = note["until"] is not None and note["until"] < time.time()
    if expired or note["state"] != _state(project, seen):
        return None
    summary: dict[str, Any] = note["summary"]
    return summary


def _racy(mtime_ns: int | None, began: int) -> bool:
    return mtime_ns is not None and began - RACY_NS < mtime_ns <= time.time_ns()


def _state(project: Project, seen: Look) -> str:
    state = hashlib.blake2b(digest_size=16)
    settings = (project.root / "project.toml").read_text(encoding="utf-8")
    for part in (seen.digest, code_version(), settings, *_weights(project), *_versions(project)):
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return state.hexdigest()


def _weights(project: Project) -> Iterator[str]:
    from panoptic_data.encoders.spec import parse

    for text in project.encoders:
        place = parse(text).local
        if place is None or not place.exists():
            yield f"{text} -"
            continue
        known = place.stat()
        yield f"{text} {known.st_size} {known.st_mtime_ns}"


def _versions(project: Project) -> Iterator[str]:
    """Name every version of every table: any write, whoever makes it, adds or removes one."""
    for table in sorted(project.lance.glob("*.lance")):
        if table.name not in IGNORED_TABLES:
            yield table.name
            yield from sorted(version.name for version in (table / "_versions").iterdir())
