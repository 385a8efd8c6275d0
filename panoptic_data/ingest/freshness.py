"""Recognise that nothing has changed since the last complete run, without opening a table.

A complete run leaves a note of everything that could call for work: the files of every source
(path, size, times), the settings, the code version, the version of every table. While all of it is
the same, the next run has nothing to do and finds that out in a fraction of a second: importing
lancedb and dagster alone takes 3 to 8 s. Not here: what has changed (``scan``).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from panoptic_data.errors import PanopticError
from panoptic_data.ingest.walking import walk
from panoptic_data.provenance.runs import code_version
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.storage.project import Project

__all__ = ["FILE_NAME", "FolderState", "folder_state", "record_complete_run", "unchanged_summary"]

FILE_NAME = "unchanged.json"
# Nanoseconds. A file written twice within its file system's tick keeps its size and time: one
# this young when the folder was walked may have other content by now.
RACY_NS = 2_000_000_000
# Every run writes these, and no change of them calls for another run.
IGNORED_TABLES = frozenset({"runs.lance", "views.lance"})


@dataclass(frozen=True)
class FolderState:
    """What the folders held at one moment. ``is_stable``: no file was being written then."""

    roots: Mapping[str, str]
    digest: str
    is_stable: bool


def folder_state(roots: Mapping[str, Path]) -> FolderState:
    """Walk the folders of sources (name → root), calling stat and reading no file.

    Raises FolderNotFound when one is not there.
    """
    state = hashlib.blake2b(digest_size=16)
    began = time.time_ns()
    is_stable = True
    for name, root in sorted(roots.items()):
        state.update(f"\0\0{name}\0{root}\0".encode("utf-8", "surrogateescape"))
        for entry in walk(root):
            times = f"{entry.mtime_ns}\0{entry.ctime_ns}"
            state.update(f"{entry.path}\0{entry.size}\0{times}\0{entry.reason}\0".encode())
            state.update(entry.raw_path or b"")
            state.update((entry.sidecar_mark or "").encode("utf-8", "surrogateescape"))
            is_stable = is_stable and not _is_racy(entry.mtime_ns, began)
    return FolderState(
        {name: str(root) for name, root in roots.items()}, state.hexdigest(), is_stable
    )


def record_complete_run(
    project: Project,
    folders: FolderState,
    summary: Mapping[str, object],
    valid_for: timedelta = timedelta.max,
) -> None:
    """Write the note of a complete run; ``folders`` is the state of the folders before it.

    No note is kept where a file was being written. After ``valid_for`` the note expires even if
    nothing changes.
    """
    if not folders.is_stable:
        (project.root / FILE_NAME).unlink(missing_ok=True)
        return
    state = _state(project, folders)
    until = None if valid_for == timedelta.max else time.time() + valid_for.total_seconds()
    note = {"state": state, "roots": folders.roots, "until": until, "summary": summary}
    with project.anchored() as root:
        write_in_one_step(root / FILE_NAME, json.dumps(note))


def unchanged_summary(project: Project) -> dict[str, Any] | None:
    """Return the summary of the last complete run if nothing has changed since, else None."""
    try:
        note = json.loads((project.root / FILE_NAME).read_text(encoding="utf-8"))
        folders = folder_state({name: Path(root) for name, root in note["roots"].items()})
    except (OSError, ValueError, KeyError, PanopticError):
        # No note, an unreadable one, or a missing folder: the run itself finds out what to do.
        return None
    expired = note["until"] is not None and note["until"] < time.time()
    if expired or note["state"] != _state(project, folders):
        return None
    summary: dict[str, Any] = note["summary"]
    return summary


def _is_racy(mtime_ns: int | None, began: int) -> bool:
    return mtime_ns is not None and began - RACY_NS < mtime_ns <= time.time_ns()


def _state(project: Project, folders: FolderState) -> str:
    state = hashlib.blake2b(digest_size=16)
    settings = (project.root / "project.toml").read_text(encoding="utf-8")
    for part in (folders.digest, code_version(), settings, *_weights(project), *_versions(project)):
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return state.hexdigest()


def _weights(project: Project) -> Iterator[str]:
    from panoptic_data.encoders.content import stamp
    from panoptic_data.encoders.spec import parse

    for text in project.encoders:
        path = parse(text).local_path
        try:
            yield f"{text} {stamp(path) if path else '-'}"
        except OSError:
            yield f"{text} -"


def _versions(project: Project) -> Iterator[str]:
    """Yield every version of every table: any write, by whatever process, adds or removes one.

    And each data file with its size and time: one that was cut or overwritten is another.
    """
    for table in sorted(project.lance.glob("*.lance")):
        if table.name in IGNORED_TABLES:
            continue
        yield table.name
        yield from sorted(version.name for version in (table / "_versions").glob("*"))
        for path in sorted((table / "data").glob("*")):
            stat = path.stat()
            yield f"{path.name} {stat.st_size} {stat.st_mtime_ns}"
