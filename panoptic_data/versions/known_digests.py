"""Digests of parts that need not be read again: those of tables that are as they were.

What a table held is known by its manifest, which names the table's files and no other version has.
Of the log, which only grows, the sum of its events so far is kept. All is in the project's cache:
where it is lost, all is read again. Not here: what a digest is made of (``content``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from panoptic_data.annotations import log
from panoptic_data.storage import version_files
from panoptic_data.storage.digests import digest_of_sum
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.versions import content

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["keep", "keep_current", "of", "of_log"]

CACHE = "cache"
PARTS = "part-digests.json"
EVENTS = "log-digest.json"
# Another one where digests are computed in another way.
FORMAT = 1


def of(project: Project, tables: Mapping[str, int]) -> dict[str, str]:
    """Return the digests that are known of the parts read from these versions of tables.

    ``tables``: table → number of its version.
    """
    known = _read(project)
    states = _states(project, tables, {name for entry in known.values() for name in entry[1]})
    return {
        part: digest
        for part, (digest, held) in known.items()
        if all(states.get(name) == state for name, state in held.items())
    }


def keep(project: Project, tables: Mapping[str, int], parts: Mapping[str, str]) -> None:
    """Keep the digests of the parts that were read from these versions of tables."""
    by_part = {part: content.tables_of_part(part) for part in parts}
    states = _states(project, tables, {name for names in by_part.values() for name in names})
    kept = dict(_read(project))
    for part, names in by_part.items():
        if names and states.keys() >= set(names):
            kept[part] = (parts[part], {name: states[name] for name in names})
    _write(project, PARTS, {"parts": kept})


def of_log(project: Project) -> str:
    """Return the digest of the log; only events that came since the last time are read."""
    count, total, last = _read_log(project)
    # The last event of those that were summed is read too: it says whether this is that log.
    rows = log.read(project, max(0, count - 1))[0]
    digests = content.digests_of_events(rows)
    if count and (rows.is_empty() or int(digests[0]) != last):
        count, total = 0, 0
        rows = log.read(project)[0]
        digests = content.digests_of_events(rows)
    new = digests[1:] if count else digests
    total = (total + int(new.sum(dtype=np.uint64))) % 2**64
    count += len(new)
    if len(digests):
        _write(project, EVENTS, {"count": count, "total": total, "last": int(digests[-1])})
    return digest_of_sum(rows.columns, count, total)


def keep_current(project: Project) -> None:
    """Compute and keep what is not known of the tables as they are.

    Only for the holder of the run's lock.
    """
    of_log(project)
    tables = _numbers(project)
    known = of(project, tables)
    readers = content.readers(project)
    unknown = {name: readers[name] for name in readers if name not in known and name != content.LOG}
    parts = content.computed(unknown)
    after = _numbers(project)
    keep(project, {name: number for name, number in tables.items() if after[name] == number}, parts)


def _numbers(project: Project) -> dict[str, int]:
    database = project.database()
    return {name: database.version(name) for name in database.names()}


def _states(project: Project, tables: Mapping[str, int], names: Iterable[str]) -> dict[str, str]:
    """Return what identifies the content of each table; those that are gone are left out."""
    states = {}
    for name in names:
        if name in tables:
            folder = project.lance / f"{name}.lance"
            state = version_files.digest_of_manifest(folder, tables[name])
            if state is not None:
                states[name] = state
    return states


def _read(project: Project) -> dict[str, tuple[str, dict[str, str]]]:
    with suppress(OSError, ValueError, TypeError, KeyError):
        parts = _json(project, PARTS)["parts"].items()
        return {part: (str(digest), dict(held)) for part, (digest, held) in parts}
    return {}


def _read_log(project: Project) -> tuple[int, int, int]:
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = _json(project, EVENTS)
        return int(kept["count"]), int(kept["total"]), int(kept["last"])
    return 0, 0, 0


def _json(project: Project, file: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((project.root / CACHE / file).read_text("utf-8"))
    if kept["format"] != FORMAT:
        raise ValueError(kept["format"])
    return kept


def _write(project: Project, file: str, kept: Mapping[str, object]) -> None:
    with suppress(OSError), project.anchored() as root:
        (root / CACHE).mkdir(exist_ok=True)
        write_in_one_step(root / CACHE / file, json.dumps({"format": FORMAT, **kept}))
