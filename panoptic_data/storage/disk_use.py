"""How much of the disk a project takes, by table, encoder and kind, and what old versions take.

Every byte below the project's folder is counted once. Nothing is opened: sizes are those of files,
and which files a table's versions read is taken from its manifests (``version_files``). Not here:
freeing any of it (``integrity.clean``), what one corpus version takes (``versions.delete``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.storage import set_aside
from panoptic_data.storage.version_files import (
    LAST_VERSION,
    files_named_by,
    files_of_pins,
    manifests,
    size_of,
)

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "HISTORY_ASIDE",
    "KINDS",
    "DiskUse",
    "by_kind",
    "disk_use",
    "old_version_bytes",
    "size_of_all",
]

KINDS = (
    *("thumbnails", "vectors", "computed", "log", "tables", "versions", "old_versions"),
    *("history", "set_aside", "cache", "other"),
)
"""What takes space: ``versions`` is what only corpus versions read, ``old_versions`` what no
version reads any more, ``history`` Dagster's, ``other`` settings, logs and locks."""

HISTORY_ASIDE = "dagster.set-aside-*"
"""Homes of Dagster that a run could not use, beside the one in use."""

_KIND_OF_TABLE = {
    "images": "thumbnails",
    "overwritten": "thumbnails",
    "embeddings": "vectors",
    "annotation_events": "log",
    **dict.fromkeys(
        (
            *("neighbours", "projection", "clusters", "cluster_info", "duplicates"),
            *("compared_images", "aligned_images", "aligned_pairs"),
            *("absent_projection", "absent_clusters"),
            *("visual_vocabulary", "visual_words", "part_comparisons"),
            *("shared_parts", "part_groups"),
        ),
        "computed",
    ),
}
# The suffix of a table's folder.
_LANCE = ".lance"


@dataclass(frozen=True)
class DiskUse:
    """What one table, or one folder beside the tables, takes for one of ``KINDS``, in bytes.

    ``name`` is that of the table or folder, ``encoder`` the slug of the encoder it belongs to.
    """

    kind: str
    name: str
    bytes: int
    encoder: str | None = None


def disk_use(project: Project) -> list[DiskUse]:
    """Return all that takes space, the largest first; files that go meanwhile count nothing."""
    uses = [use for table in _tables(project.lance) for use in _of_table(table)]
    uses += _beside_tables(project.root)
    taken = [use for use in uses if use.bytes]
    return sorted(taken, key=lambda use: (-use.bytes, use.kind, use.name))


def by_kind(uses: Iterable[DiskUse]) -> dict[str, int]:
    """Return the bytes of each of ``KINDS`` that takes any, in their order."""
    totals = dict.fromkeys(KINDS, 0)
    for use in uses:
        totals[use.kind] += use.bytes
    return {kind: total for kind, total in totals.items() if total}


def old_version_bytes(table: Path, kept_for: timedelta) -> int:
    """Return how many bytes of a table no version reads that is current, pinned or younger.

    ``table`` is its folder. Files that no version names are left out: they may be being written.
    """
    versions = manifests(table)
    if not files_named_by(versions[:1]):
        # Empty, or a manifest that cannot be read: nothing is known to be old.
        return 0
    kept = _kept(table, versions, kept_for)
    freed = [path for path in versions if path not in kept]
    named = files_named_by(freed) - files_named_by(kept) - files_of_pins(table)
    return size_of(table, named) + sum(map(_size, freed))


def _tables(lance: Path) -> Iterator[Path]:
    yield from sorted(path for path in lance.glob(f"*{_LANCE}") if path.is_dir())


def _of_table(table: Path) -> Iterator[DiskUse]:
    name = table.name.removesuffix(_LANCE)
    kind, _, slug = name.partition("__")
    encoder = slug or None
    versions = manifests(table)
    current = files_named_by(versions[:1])
    pinned = (files_named_by(_pinned(table, versions)) | files_of_pins(table)) - current
    total = size_of_all(table)
    of_pins = size_of(table, pinned) + size_of_all(table / "tree")
    data = {path.name for path in (table / "data").glob("*")}
    old = size_of(table, data - current - pinned)
    old += sum(_size(path) for path in versions[1:])
    if versions and not current and data:
        # A manifest that cannot be read says nothing of what is old.
        of_pins, old = 0, 0
    own = max(0, total - of_pins - old)
    yield DiskUse(_KIND_OF_TABLE.get(kind, "tables"), name, own, encoder)
    yield DiskUse("versions", name, of_pins, encoder)
    yield DiskUse("old_versions", name, old, encoder)


def _kept(table: Path, versions: list[Path], kept_for: timedelta) -> list[Path]:
    since = time.time() - kept_for.total_seconds()
    young = [path for path in versions if _modified(path) >= since]
    return list(dict.fromkeys([*versions[:1], *_pinned(table, versions), *young]))


def _pinned(table: Path, versions: list[Path]) -> list[Path]:
    """Return the manifests of the versions that are pinned."""
    numbers = {_pinned_version(path) for path in (table / "_refs" / "branches").glob("*.json")}
    return [path for path in versions if LAST_VERSION - int(path.stem) in numbers]


def _pinned_version(pin: Path) -> int | None:
    try:
        content = json.loads(pin.read_text("utf-8"))
        return int(content.get("parentVersion", content.get("parent_version")))
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _beside_tables(root: Path) -> Iterator[DiskUse]:
    for path in sorted(root.glob("*")):
        if path.name == "lance":
            yield DiskUse("other", "lance", sum(_size(p) for p in path.glob("*") if p.is_file()))
        elif path.name == "dagster":
            yield DiskUse("history", path.name, size_of_all(path))
        elif path.name == set_aside.FOLDER or path.match(HISTORY_ASIDE):
            yield DiskUse("set_aside", path.name, size_of_all(path))
        elif path.name == "cache":
            yield DiskUse("cache", path.name, size_of_all(path))
        else:
            yield DiskUse("other", path.name, size_of_all(path))


def size_of_all(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder; those that go count nothing."""
    if not path.is_dir():
        return _size(path)
    return sum(_size(below) for below in path.rglob("*") if below.is_file())


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        # It went meanwhile: there is nothing left to free.
        return float("inf")
