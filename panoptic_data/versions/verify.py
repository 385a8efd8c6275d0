"""Is a corpus version still what was made: every table read in full and its digest taken again.

What is compared: the digest of each part of the content, the digest that each row of `images`
bears, and the digest of each data file as it was recorded. Not here: the corpus as it is now
(``integrity``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.errors import PanopticError, TableDamaged, TableMissing
from panoptic_data.storage import checksums, version_files
from panoptic_data.storage.checksums import has_its_digest
from panoptic_data.storage.schema import table_of
from panoptic_data.versions import content, record
from panoptic_data.versions.opened import at_version

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["Verified", "verify"]


@dataclass(frozen=True)
class Verified:
    """What was found: nothing where ``is_whole``.

    ``differing``: parts of the content whose digest is another, or cannot be taken. ``damaged``:
    table → what is wrong. ``images``: sha1s whose row is not what was written. ``files``: table →
    data files that are not what was recorded.
    """

    version: CorpusVersion
    digest: str
    differing: tuple[str, ...]
    damaged: Mapping[str, PanopticError]
    images: tuple[str, ...]
    files: Mapping[str, tuple[str, ...]]

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was when the version was made."""
        return not (self.differing or self.damaged or self.images or self.files)


def verify(project: Project, name: str) -> Verified:
    """Read all of a version and compare it with what was recorded. Raises UnknownVersion."""
    version = record.find(project, name)
    opened = at_version(project, version)
    database = opened.database()
    damaged: dict[str, PanopticError] = {}
    images: list[str] = []
    for table in version.tables:
        error = _read_in_full(database, table, images)
        if error is not None:
            damaged[table] = error
    parts = {} if damaged else content.part_digests(opened)
    return Verified(
        version=version,
        digest=content.corpus_digest(parts) if parts else "",
        differing=() if damaged else _differing(version, parts),
        damaged=damaged,
        images=tuple(images),
        files=dict(_changed_files(project, version)),
    )


def _read_in_full(database: Database, table: str, images: list[str]) -> PanopticError | None:
    """Return what is wrong with a table; add to ``images`` those whose row is not its digest's."""
    columns = [column.name for column in table_of(table).columns]
    try:
        for batch in database.batches(table, columns):
            if table == "images":
                rows = batch.to_pylist()
                images += [str(row["sha1"]) for row in rows if not has_its_digest(row)]
    except (TableMissing, TableDamaged) as error:
        return error
    except (ValueError, RuntimeError, OSError) as error:
        # The pinned version is no longer there.
        return TableDamaged(table=table, problem=str(error).splitlines()[0])
    return None


def _differing(version: CorpusVersion, parts: Mapping[str, str]) -> tuple[str, ...]:
    names = sorted({*version.digests, *parts})
    return tuple(name for name in names if version.digests.get(name) != parts.get(name))


def _changed_files(
    project: Project, version: CorpusVersion
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for table, number in version.tables.items():
        own = version_files.files_of_version(project.lance / f"{table}.lance", number)
        changed = checksums.changed_files(project, table, in_full=True)
        of_version = tuple(name for name in changed if not own or Path(name).name in own)
        if of_version:
            yield table, of_version
