"""Giving a corpus version up: its row goes first, then the pins of its tables.

Killed in between, there is no version any more, and the next one that is made gives its pins up.
Not here: making one (``create``).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panoptic_data.annotations.log import current_user
from panoptic_data.provenance import runs
from panoptic_data.storage import deleted_versions, version_files
from panoptic_data.storage.pinned import pin_name
from panoptic_data.versions import record

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["Freed", "delete", "preview", "size_alone", "sizes_alone"]


@dataclass(frozen=True)
class Freed:
    """What deleting a version frees: ``bytes`` in all, and by table, where nothing else reads them.

    Versions younger than an hour are freed when the tables are next cleaned.
    """

    version: CorpusVersion
    bytes: int
    tables: Mapping[str, int]


def preview(project: Project, name: str) -> Freed:
    """Return what deleting the version of this name or id would free. Raises UnknownVersion."""
    version = record.find(project, name)
    tables = size_alone(project, version)
    return Freed(version, sum(tables.values()), tables)


def delete(project: Project, name: str, wait: float = 0.0, author: str | None = None) -> Freed:
    """Delete a version; return what that frees. Raises UnknownVersion, ProjectBusy.

    Who deletes it, ``author``, is noted for those who have it open.
    """
    with runs.alone(project, wait):
        freed = preview(project, name)
        version = freed.version
        deleted_versions.note(project, version.id, version.name, author or current_user())
        database = project.database()
        record.forget(project, freed.version.id)
        for table in freed.version.tables:
            database.pins.remove(table, pin_name(freed.version.id))
            if table in database.names():
                database.clean(table)
        with project.anchored() as root:
            for cache in (root / "cache").glob(f"version-{freed.version.id}-*"):
                shutil.rmtree(cache, ignore_errors=True)
    return freed


def size_alone(project: Project, version: CorpusVersion) -> dict[str, int]:
    """Return, by table, the bytes that a version alone keeps on the disk; without those of none."""
    sizes = {}
    for table, number in version.tables.items():
        folder = project.lance / f"{table}.lance"
        own = version_files.files_of_version(folder, number)
        others = version_files.files_of_others(folder, pin_name(version.id))
        sizes[table] = version_files.size_of(folder, own - others)
    return {table: size for table, size in sizes.items() if size}


def sizes_alone(project: Project, versions: Iterable[CorpusVersion]) -> dict[str, int]:
    """Return, by id, the bytes that each version alone keeps on the disk.

    Each table is looked at once, however many versions there are.
    """
    by_table: dict[str, dict[str, frozenset[str]]] = {}
    sizes: dict[str, int] = {}
    for version in versions:
        sizes[version.id] = 0
        for table, number in version.tables.items():
            files = version_files.files_of_version(project.lance / f"{table}.lance", number)
            by_table.setdefault(table, {})[version.id] = files
    for table, files_of in by_table.items():
        folder = project.lance / f"{table}.lance"
        current = version_files.files_named_by(version_files.manifests(folder)[:1])
        readers = Counter(name for files in files_of.values() for name in files)
        for id, files in files_of.items():
            alone = {name for name in files - current if readers[name] == 1}
            sizes[id] += version_files.size_of(folder, alone)
    return sizes
