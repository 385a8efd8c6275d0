"""Which tables a project has, written beside them: one that is gone is not taken for a new one.

The list is a file, ``tables.json``, written when a table is made or dropped. A project of a release
without one has the tables that are there and those that a stage recorded. A table that was dropped
while corpus versions read it is *retired*: its files stay, for them alone. Not here: the tables
(``tables``), what a stage records (``provenance.stages``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from panoptic_data.errors import TablesGone
from panoptic_data.storage.folder import read_if_changed, write_in_one_step
from panoptic_data.storage.locks import exclusive_lock

__all__ = [
    "FILE_NAME",
    "add",
    "begin",
    "is_kept",
    "read",
    "remove",
    "retire",
    "retired",
    "stage_table",
    "tables_gone",
]

FILE_NAME = "tables.json"
LOCK = "tables.lock"
# Kinds of stage that see the whole corpus through one encoder: each has a table of its own.
_PER_ENCODER = ("neighbours", "projection", "clusters")


def read(root: Path) -> frozenset[str] | None:
    """Return the tables of the project at ``root``; None where no list was written yet."""
    try:
        return _names_in(read_if_changed(root / FILE_NAME), "tables")
    except (OSError, ValueError, TypeError, KeyError):
        return None


def retired(root: Path) -> frozenset[str]:
    """Return the tables of the project at ``root`` that only corpus versions read."""
    try:
        return _names_in(read_if_changed(root / FILE_NAME), "retired")
    except (OSError, ValueError, TypeError, KeyError):
        return frozenset()


def is_kept(root: Path) -> bool:
    """Whether the project at ``root`` has a list."""
    return (root / FILE_NAME).exists()


def tables_gone(root: Path) -> TablesGone:
    """Return the error of a project whose folder of tables is gone, which names the tables."""
    return TablesGone(path=root / "lance", tables=", ".join(sorted(read(root) or {"*.lance"})))


def begin(root: Path) -> None:
    """Write the list of a new project, which has no table."""
    _write(root, set())


def add(root: Path, name: str, known: Callable[[], Iterable[str]]) -> None:
    """Put a table on the list; ``known`` are those to begin a list with."""
    before = read(root)
    if before is not None and name in before and name not in retired(root):
        return
    with exclusive_lock(root / LOCK):
        before = read(root)
        names = known() if before is None else before
        _write(root, {*names, name}, retired(root) - {name})


def remove(root: Path, name: str, known: Callable[[], Iterable[str]]) -> None:
    """Take a table off the list, also off that of retired ones."""
    with exclusive_lock(root / LOCK):
        before = read(root)
        names = known() if before is None else before
        _write(root, set(names) - {name}, retired(root) - {name})


def retire(root: Path, name: str, known: Callable[[], Iterable[str]]) -> None:
    """Take a table off the list and put it on that of those that only corpus versions read."""
    with exclusive_lock(root / LOCK):
        before = read(root)
        names = known() if before is None else before
        _write(root, set(names) - {name}, retired(root) | {name})


def stage_table(stage: str) -> str:
    """Return the name of the table that a stage writes."""
    name, _, rest = stage.partition("/")
    if name in ("embeddings", "vector_index"):
        return f"embeddings__{rest.partition('/')[0]}"
    if name == "corpus":
        return "images"
    return f"{name}__{rest}" if name in _PER_ENCODER else name


@lru_cache(64)
def _names_in(text: str, part: str) -> frozenset[str]:
    return frozenset(map(str, json.loads(text)[part]))


def _write(root: Path, names: set[str], retired: Iterable[str] = ()) -> None:
    content: dict[str, list[str]] = {"tables": sorted(names)}
    if retired:
        content["retired"] = sorted(retired)
    write_in_one_step(root / FILE_NAME, json.dumps(content, indent=1) + "\n")
