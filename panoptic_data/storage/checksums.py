"""Digests of the files of all tables, and of rows whose content cannot be had again.

Lance never changes a file that it has written.

Recorded at the end of each run, in ``checksums.json``. A file with another content was damaged: by
a disk, a transfer, a program that meant well. Not here: what is then done (``integrity``).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from panoptic_data.storage.folder import read_if_changed, write_in_one_step
from panoptic_data.storage.locks import exclusive_lock

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "DIGEST",
    "FILE_NAME",
    "changed_files",
    "forget_changed",
    "has_its_digest",
    "record",
    "row_digest",
    "with_digests",
]

# The column of rows' digests, in tables that have one.
DIGEST = "digest"

FILE_NAME = "checksums.json"
LOCK = "checksums.lock"
# Parts of a table's folder whose files stay as they were written.
PARTS = ("data", "_deletions")
# These are written at any time, by whoever works on the project: a file this young may be half
# written. The others are written by the run that records them.
WRITTEN_ANY_TIME = frozenset({"annotation_events", "runs", "selections", "views"})
SETTLED_SECONDS = 10.0


class Recorded(NamedTuple):
    """A file as it was when it was recorded; ``digest`` is 32 hex digits."""

    size: int
    mtime_ns: int
    digest: str


Files = Mapping[str, Recorded]


def record(project: Project, complete: Mapping[str, frozenset[str]] = MappingProxyType({})) -> None:
    """Record the files written since the last time, and forget those that are gone.

    A file that was recorded stays so, whatever it holds now. ``complete`` names, by table, data
    files that are known to be written in full. Only for the holder of the run's lock.
    """
    with project.anchored() as root, exclusive_lock(root / LOCK):
        known = _read(root)
        tables = {
            folder.stem: _record_table(
                folder, known.get(folder.stem, {}), complete.get(folder.stem, frozenset())
            )
            for folder in sorted((root / "lance").glob("*.lance"))
        }
        if tables != known:
            write_in_one_step(root / FILE_NAME, json.dumps({"tables": tables}))


def forget_changed(project: Project, table: str) -> None:
    """Forget those files of a table that are not what was recorded: nothing current reads them."""
    changed = changed_files(project, table, in_full=True)
    with project.anchored() as root, exclusive_lock(root / LOCK):
        tables = {
            name: {file: known for file, known in files.items() if file not in changed}
            if name == table
            else files
            for name, files in _read(root).items()
        }
        write_in_one_step(root / FILE_NAME, json.dumps({"tables": tables}))


def changed_files(project: Project, table: str, *, in_full: bool = False) -> tuple[str, ...]:
    """Return the files of a table that are not what was recorded; those gone are left out.

    Only files whose size or time changed are read, or all of them ``in_full``.
    """
    folder = project.lance / f"{table}.lance"
    return tuple(
        name
        for name, recorded in sorted(_read(project.root).get(table, {}).items())
        if not _is_same(folder / name, recorded, in_full=in_full)
    )


def row_digest(row: Mapping[str, object]) -> str:
    """Return 16 hex digits that identify a row's content: all but ``run`` and the digest itself."""
    state = hashlib.blake2b(digest_size=8)
    for name in sorted(row.keys() - {"run", DIGEST}):
        value = row[name]
        if value is None:
            # Columns that a later release adds are null in this row.
            continue
        content = value if isinstance(value, bytes) else repr(value).encode()
        state.update(f"{name} {len(content)} ".encode())
        state.update(content)
    return state.hexdigest()


def with_digests(rows: pa.Table) -> pa.Table:
    """Return rows with the digest of each in the column ``digest``."""
    digests = pa.array([row_digest(row) for row in rows.to_pylist()], pa.string())
    return rows.set_column(rows.schema.get_field_index(DIGEST), rows.schema.field(DIGEST), digests)


def has_its_digest(row: Mapping[str, object]) -> bool:
    """Whether a row's content is that of its digest; a row without one may be anything."""
    return row[DIGEST] is None or row[DIGEST] == row_digest(row)


def _record_table(folder: Path, known: Files, complete: frozenset[str]) -> dict[str, Recorded]:
    files = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name in known:
            files[name] = known[name]
            continue
        # Compacted away meanwhile.
        with suppress(FileNotFoundError):
            stat = path.stat()
            is_settled = path.name in complete or time.time() - stat.st_mtime > SETTLED_SECONDS
            if is_settled or folder.stem not in WRITTEN_ANY_TIME:
                files[name] = Recorded(stat.st_size, stat.st_mtime_ns, _digest(path))
    return files


def _is_same(path: Path, recorded: Recorded, *, in_full: bool) -> bool:
    try:
        stat = path.stat()
        if (stat.st_size, stat.st_mtime_ns) == recorded[:2] and not in_full:
            return True
        return stat.st_size == recorded.size and _digest(path) == recorded.digest
    except FileNotFoundError:
        # Compacted away, or lost: reading the table tells.
        return True
    except OSError:
        return False


def _files(folder: Path) -> Iterator[Path]:
    for part in PARTS:
        yield from (path for path in sorted((folder / part).glob("*")) if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _read(root: Path) -> dict[str, dict[str, Recorded]]:
    try:
        tables = json.loads(read_if_changed(root / FILE_NAME))["tables"]
        return {
            table: {name: Recorded(*values) for name, values in files.items()}
            for table, files in tables.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
