"""What a corpus version is: the rows of the table `corpus_versions`, and finding one of them.

Beside the table each row has a copy, ``versions/<id>.json``, written before the row and deleted
before it: a row that is lost is not missed, and what it pinned is not given up. Not here: making a
version (``create``), reading the corpus at one (``opened``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from panoptic_data.errors import UnknownVersion
from panoptic_data.storage import deleted_versions
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.storage.schema import arrow, table_name

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "COPIES",
    "TABLE",
    "CorpusVersion",
    "copied_ids",
    "copies",
    "find",
    "forget",
    "from_json",
    "keep",
    "list_versions",
    "recover",
    "to_rows",
]

TABLE = "corpus_versions"
COPIES = "versions"
"""The folder of a project that holds a copy of each row."""

_MARKS = re.compile("[“”„‘’'\"]|«\\s?|\\s?»")
# A column `digest` is that of its own row (``storage.checksums``).
_DIGEST = "corpus_digest"
_JSON = ("digests", "tables", "encoders", "stages", "counts", "packages", "origin")


@dataclass(frozen=True)
class CorpusVersion:
    """One corpus version; the fields are the columns of the table, JSON read.

    ``tables``: table → pinned version. ``digests``: part of the content → digest. ``encoders``:
    slug → text, status, dim, fingerprint and weights, also those that had no vectors yet
    (``waiting``). ``stages``: stage → parameters, code version,
    data version, time and run. ``counts``: see ``create``. ``origin``: None for one made here.
    """

    id: str
    name: str
    note: str
    at: datetime
    author: str
    digest: str
    digests: Mapping[str, str]
    tables: Mapping[str, int]
    events: int
    off: tuple[str, ...]
    runs: tuple[str, ...]
    encoders: Mapping[str, Mapping[str, Any]]
    stages: Mapping[str, Mapping[str, Any]]
    counts: Mapping[str, Any]
    code_version: str
    packages: Mapping[str, str]
    previous: str | None = None
    origin: Mapping[str, Any] | None = None

    @property
    def missing(self) -> int:
        """How many of its images had no file any more; 0 where an earlier release made it."""
        return int(self.counts.get("missing", 0))

    @property
    def used_encoders(self) -> dict[str, Mapping[str, Any]]:
        """Those of ``encoders`` that had vectors."""
        return {slug: row for slug, row in self.encoders.items() if self._has_vectors(slug)}

    @property
    def waiting(self) -> tuple[str, ...]:
        """The texts of those that had none: their weights were waited for."""
        rows = self.encoders.items()
        return tuple(str(row["text"]) for slug, row in rows if not self._has_vectors(slug))

    def _has_vectors(self, slug: str) -> bool:
        return table_name("embeddings", slug) in self.tables


def list_versions(project: Project) -> list[CorpusVersion]:
    """Return all corpus versions, the newest first; also those of which only the copy is left."""
    rows = project.now.database().read(TABLE).to_pylist()
    versions = [_from_row(row) for row in rows]
    versions += copies(project, without={version.id for version in versions})
    return sorted(versions, key=lambda version: (version.at, version.id), reverse=True)


def find(project: Project, name: str) -> CorpusVersion:
    """Return the version of this id or name. Raises UnknownVersion, also as VersionDeleted."""
    versions = list_versions(project)
    by_id = {version.id: version for version in versions}
    by_name = {_key(version.name): version for version in versions}
    version = by_id.get(name) or by_name.get(_key(name))
    if version is None:
        gone = deleted_versions.find(project.root, name)
        if gone is not None:
            raise gone
        known = ", ".join(version.name for version in versions) or "–"
        raise UnknownVersion(name=name, known=known)
    return version


def _key(name: str) -> str:
    """Return what a name is looked up by: any quotation marks, as sentences have others inside."""
    return _MARKS.sub('"', " ".join(name.split()).casefold())


def keep(project: Project, version: CorpusVersion) -> None:
    """Store a version, of which the tables are pinned. Only under the run's lock."""
    _write_copy(project, version)
    project.database().append(TABLE, to_rows(version))


def forget(project: Project, id: str) -> None:
    """Delete a version's copy and row, in this order. Only under the run's lock."""
    with project.anchored() as root:
        (root / COPIES / f"{id}.json").unlink(missing_ok=True)
    project.database().delete(TABLE, [id])


def recover(project: Project) -> tuple[CorpusVersion, ...]:
    """Write rows that are lost again from their copies, and copies that are not there from rows.

    Returns the versions that have their row again. Only under the run's lock.
    """
    rows = [_from_row(row) for row in project.database().read(TABLE).to_pylist()]
    lost = tuple(copies(project, without={version.id for version in rows}))
    for version in lost:
        project.database().append(TABLE, to_rows(version))
    copied = copied_ids(project)
    for version in rows:
        if version.id not in copied:
            _write_copy(project, version)
    return lost


def copied_ids(project: Project) -> frozenset[str]:
    """Return the ids of the versions that have a copy of their row."""
    return frozenset(path.stem for path in (project.root / COPIES).glob("[!.]*.json"))


def copies(project: Project, without: Collection[str] = ()) -> Iterator[CorpusVersion]:
    """Yield the versions that have a readable copy of their row, but for those of these ids."""
    for id in sorted(copied_ids(project).difference(without)):
        version = _read_copy(project.root / COPIES / f"{id}.json")
        if version is not None and version.id == id:
            yield version


def _write_copy(project: Project, version: CorpusVersion) -> None:
    row = to_rows(version).to_pylist()[0]
    text = json.dumps(row, ensure_ascii=False, indent=1, default=str)
    with project.anchored() as root:
        (root / COPIES).mkdir(exist_ok=True)
        write_in_one_step(root / COPIES / f"{version.id}.json", text)


def _read_copy(path: Path) -> CorpusVersion | None:
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        # Damaged, or deleted meanwhile: its row, if there is one, counts.
        return None


def to_rows(version: CorpusVersion) -> pa.Table:
    """Return a version as one row of the table."""
    row = dict(vars(version)) | {"off": list(version.off), "runs": list(version.runs)}
    row[_DIGEST] = row.pop("digest")
    for name in _JSON:
        value = row[name]
        row[name] = None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return pa.Table.from_pylist([row], schema=arrow(TABLE))


def from_json(row: Mapping[str, Any]) -> CorpusVersion:
    """Return a version from a row that was written as JSON."""
    return _from_row({**row, "at": datetime.fromisoformat(str(row["at"]))})


def _from_row(row: Mapping[str, Any]) -> CorpusVersion:
    values = dict(row) | {"off": tuple(row["off"]), "runs": tuple(row["runs"])}
    values["digest"] = values.pop(_DIGEST)
    for name in _JSON:
        values[name] = None if row[name] is None else json.loads(row[name])
    return CorpusVersion(**values)
