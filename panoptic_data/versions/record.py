"""What a corpus version is: the rows of the table `corpus_versions`, and finding one of them.

Not here: making one (``create``), reading the corpus at one (``opened``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from panoptic_data.errors import UnknownVersion
from panoptic_data.storage.schema import arrow

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["TABLE", "CorpusVersion", "find", "from_json", "list_versions", "to_rows"]

TABLE = "corpus_versions"
# A column `digest` is that of its own row (``storage.checksums``).
_DIGEST = "corpus_digest"
_JSON = ("digests", "tables", "encoders", "stages", "counts", "packages", "origin")


@dataclass(frozen=True)
class CorpusVersion:
    """One corpus version; the fields are the columns of the table, JSON read.

    ``tables``: table → pinned version. ``digests``: part of the content → digest. ``encoders``:
    slug → text, status, dim, fingerprint and weights. ``stages``: stage → parameters, code version,
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


def list_versions(project: Project) -> list[CorpusVersion]:
    """Return all corpus versions, the newest first."""
    rows = project.now.database().read(TABLE).to_pylist()
    versions = [_from_row(row) for row in rows]
    return sorted(versions, key=lambda version: (version.at, version.id), reverse=True)


def find(project: Project, name: str) -> CorpusVersion:
    """Return the version of this id or name. Raises UnknownVersion."""
    versions = list_versions(project)
    by_id = {version.id: version for version in versions}
    by_name = {version.name.casefold(): version for version in versions}
    version = by_id.get(name) or by_name.get(" ".join(name.split()).casefold())
    if version is None:
        known = ", ".join(version.name for version in versions) or "–"
        raise UnknownVersion(name=name, known=known)
    return version


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
