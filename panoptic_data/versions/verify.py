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
    damaged = dict(_unreadable(database, version))
    parts = {} if damaged else content.part_digests(opened)
    differing = () if damaged else _differing(version, parts)
    return Verified(
        version=version,
        digest=content.corpus_digest(parts) if parts else "",
        differing=differing,
        damaged=damaged,
        images=() if "images" in damaged else tuple(_damaged_images(database)),
        files=dict(_changed_files(project, version)),
    )


def _unreadable(
    database: Database, version: CorpusVersion
) -> Iterator[tuple[str, TableMissing | TableDamaged]]:
    for table in version.tables:
        try:
            for _ in database.batches(table, [column.name for column in table_of(table).columns]):
                pass
        except (TableMissing, TableDamaged) as error:
            yield table, error
        except (ValueError, RuntimeError, OSError) as error:
            # The pinned version is no longer there.
            yield table, TableDamaged(table=table, problem=str(error).splitlines()[0])


def _differing(version: CorpusVersion, parts: Mapping[str, str]) -> tuple[str, ...]:
    names = sorted({*version.digests, *parts})
    return tuple(name for name in names if version.digests.get(name) != parts.get(name))


def _damaged_images(database: Database) -> Iterator[str]:
    columns = [column.name for column in table_of("images").columns]
    for batch in database.batches("images", columns):
        for row in batch.to_pylist():
            if not has_its_digest(row):
                yield str(row["sha1"])


def _changed_files(
    project: Project, version: CorpusVersion
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for table, number in version.tables.items():
        own = version_files.files_of_version(project.lance / f"{table}.lance", number)
        changed = checksums.changed_files(project, table, in_full=True)
        of_version = tuple(name for name in changed if not own or Path(name).name in own)
        if of_version:
            yield table, of_version
