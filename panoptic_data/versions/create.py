"""Making a corpus version: every table is pinned, then one row says what they hold.

No run is at work meanwhile. The row comes last, and its copy just before: killed before that, there
is no version, and the pins that were made are given up when the next one is made. Not here: giving
versions up (``delete``).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as release_of
from platform import python_version
from typing import TYPE_CHECKING, Any
from unicodedata import category

import polars as pl

from panoptic_data.annotations import log, materialize
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidVersion
from panoptic_data.provenance import overview, runs, stages
from panoptic_data.storage import checksums, version_files
from panoptic_data.storage.pinned import PIN_PREFIX, pin_name
from panoptic_data.versions import content, known_digests, record
from panoptic_data.versions.opened import at_version
from panoptic_data.versions.record import CorpusVersion

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = [
    "LONGEST_NAME",
    "checked_name",
    "create",
    "create_in_run",
    "describe",
    "encoder_rows",
    "give_up_unrecorded_pins",
    "merge",
    "merge_in_run",
    "new_id",
    "pin_tables",
    "same_as",
    "store",
]

LONGEST_NAME = 120
# Categories of Unicode that cannot be seen, or be stored: control signs, marks of direction, halves
# of signs, as in names of files that are in no encoding.
_UNWRITABLE = ("Cc", "Cf", "Cs", "Co")
# Which writing needs: joiners, and marks of direction that a letter may have beside it.
_WRITTEN = str.maketrans("", "", "\u200c\u200d\u200e\u200f")
_ID_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"
_PACKAGES = (
    *("lancedb", "polars", "pyarrow", "numpy", "pillow", "imagehash", "torch", "open_clip_torch"),
    *("timm", "scikit-learn", "umap-learn", "pynndescent", "dagster", "streamlit"),
)
_OF_ENCODER = ("text", "status", "dim", "fingerprint", "weights", "dtype", "device")
_OF_STAGE = ("parameters", "code_version", "data_version", "inputs", "at", "run")


def create(
    project: Project, name: str, note: str = "", author: str | None = None, wait: float = 0.0
) -> CorpusVersion:
    """Make a version of the corpus as it is and return it.

    ``wait`` is how many seconds to wait for a run to end. Raises InvalidVersion (no name, one too
    long, one that another version has), ProjectBusy, DataUnavailable.
    """
    project.require_now()
    merge(project, wait)
    with runs.alone(project, wait):
        return create_in_run(project, name, note, author)


def create_in_run(
    project: Project, name: str, note: str = "", author: str | None = None
) -> CorpusVersion:
    """Make a version where the log is merged; else as :func:`create`. Only under the run's lock."""
    name = checked_name(project, name)
    give_up_unrecorded_pins(project)
    version = describe(project, pin_tables(project, new_id()), name, note, author)
    store(project, version)
    return version


def describe(
    project: Project,
    draft: CorpusVersion,
    name: str,
    note: str = "",
    author: str | None = None,
) -> CorpusVersion:
    """Return a version of which the tables are pinned with all that is known of it."""
    before = record.list_versions(project)
    opened = at_version(project, draft)
    known = known_digests.of(project, draft.tables)
    if content.LOG not in known:
        known[content.LOG] = known_digests.of_log(opened)
    parts = content.part_digests(opened, known)
    known_digests.keep(project, draft.tables, parts)
    state = annotations_of(opened).state()
    return replace(
        draft,
        name=name,
        note=" ".join(note.split()),
        author=author or log.current_user(),
        digest=content.corpus_digest(parts),
        digests=parts,
        events=state.position,
        off=tuple(sorted(state.inactive)),
        counts=_counts(opened),
        previous=before[0].id if before else None,
        **_stages_and_runs(opened.database()),
    )


def store(project: Project, version: CorpusVersion) -> None:
    """Store a version that was described: from now on there is one. Only under the run's lock."""
    # What is verified later is also what lies on the disk now.
    checksums.record(project, _files(project, version))
    record.keep(project, version)


def same_as(project: Project, version: CorpusVersion) -> CorpusVersion | None:
    """Return the last version before this one that has the same content, None where none has."""
    others = record.list_versions(project)
    same = [other for other in others if other.digest == version.digest and other.at < version.at]
    return same[0] if same else None


def merge(project: Project, wait: float) -> None:
    """Merge the log of annotations first: who reads the tables of a version has the values then."""
    if not materialize.behind(project):
        return
    with runs.start(project, runs.MERGE, {}, wait) as run:
        merge_in_run(project, run.id)


def merge_in_run(project: Project, run: str) -> None:
    """Merge the log of annotations as part of a run. Only under its lock."""
    stages.begin(project, materialize.STAGE, run)
    result = materialize.update(project)
    inputs = {stages.LOG: str(result.parameters["events"])}
    code_version = stages.CODE_VERSIONS[materialize.STAGE]
    stages.record(project, materialize.STAGE, result, inputs, code_version, run)


def _files(project: Project, version: CorpusVersion) -> dict[str, frozenset[str]]:
    """Return the data files that a version reads, by table."""
    return {
        table: version_files.files_of_version(project.lance / f"{table}.lance", number)
        for table, number in version.tables.items()
    }


def checked_name(project: Project, name: str) -> str:
    """Return the name of a new version: as it is given, with single spaces between its words.

    Raises InvalidVersion.
    """
    name = " ".join(name.split())
    if not name:
        raise InvalidVersion("no_name")
    if name.startswith("-"):
        # A command would take it for an option.
        raise InvalidVersion("dash_name", name=name[:60])
    if any(category(sign) in _UNWRITABLE for sign in name.translate(_WRITTEN)):
        raise InvalidVersion("unwritable_name", name=ascii(name)[1:-1][:60])
    if len(name) > LONGEST_NAME:
        raise InvalidVersion("long_name", most=LONGEST_NAME)
    if any(other.name.casefold() == name.casefold() for other in record.list_versions(project)):
        raise InvalidVersion("name_used", name=name)
    return name


def new_id() -> str:
    """Return an id for a version: eight letters and digits."""
    return "".join(secrets.choice(_ID_SIGNS) for _ in range(8))


def pin_tables(project: Project, id: str) -> CorpusVersion:
    """Pin every table for the version ``id``; return it with nothing else filled in."""
    database = project.database()
    pinned = {
        name: database.pins.add(name, pin_name(id))
        for name in sorted(database.names() - {record.TABLE})
    }
    return CorpusVersion(
        id=id,
        name="",
        note="",
        at=datetime.now(UTC),
        author="",
        digest="",
        digests={},
        tables={name: version for name, version in pinned.items() if version is not None},
        events=0,
        off=(),
        runs=(),
        encoders=encoder_rows(project),
        stages={},
        counts={},
        code_version=runs.code_version(),
        packages=dict(_packages()),
    )


def give_up_unrecorded_pins(project: Project) -> int:
    """Give up pins of versions that were never recorded, of a kill; return how many.

    Versions whose row was lost have it again first. Only under the run's lock.
    """
    record.recover(project)
    database = project.database()
    ids = {version.id for version in record.list_versions(project)}
    known = {pin_name(id) for id in ids | record.copied_ids(project)}
    given_up = 0
    for name in sorted(database.pins.tables()):
        for pin in sorted(database.pins.of(name) - known):
            if pin.startswith(PIN_PREFIX):
                database.pins.remove(name, pin)
                given_up += 1
    return given_up


def encoder_rows(project: Project) -> dict[str, dict[str, Any]]:
    """Return the project's encoders in their order, by slug; also those that no run has tried."""
    rows = {row["text"]: row for row in project.database().frame("encoders").to_dicts()}
    encoders = {}
    for text in project.encoders:
        row = rows.get(text, {"slug": text, "text": text})
        encoders[str(row["slug"])] = {name: row.get(name) for name in _OF_ENCODER}
    return encoders


def _stages_and_runs(database: Database) -> dict[str, Any]:
    records = database.frame("stages").sort("stage").to_dicts()
    made = {
        row["stage"]: {
            name: _read(row[name]) if name in ("parameters", "inputs") else _plain(row[name])
            for name in _OF_STAGE
        }
        for row in records
    }
    return {"stages": made, "runs": tuple(sorted({row["run"] for row in records}))}


def _read(text: str | None) -> Any:
    return json.loads(text or "{}")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _packages() -> Iterable[tuple[str, str]]:
    yield "python", python_version()
    for name in _PACKAGES:
        try:
            yield name, release_of(name)
        except PackageNotFoundError:
            continue


def _counts(opened: Project) -> dict[str, Any]:
    """Return how much a version holds.

    ``images``, and how many of them are ``missing``; ``files`` by status; ``sources``;
    ``properties``, ``tags``, ``values``, ``events``; ``duplicates``: kind → groups; ``clusters``:
    encoder → clusters at the main level.
    """
    database = opened.database()
    state = annotations_of(opened).state()
    groups = database.frame("duplicates", ["kind", "group"]).group_by("kind")
    duplicates = groups.agg(pl.col("group").n_unique()).sort("kind")
    return {
        "images": database.count("images"),
        "missing": overview.image_counts(opened)["missing"],
        "files": overview.file_counts(opened),
        "sources": database.count("sources"),
        "properties": len(state.live_properties),
        "tags": sum(not tag.deleted for tag in state.tags.values()),
        "values": sum(held.frame().height for held in state.values_by_property.values()),
        "events": state.position,
        "duplicates": dict(duplicates.iter_rows()),
        "clusters": _cluster_counts(database),
    }


def _cluster_counts(database: Database) -> Mapping[str, int]:
    tables = sorted(name for name in database.names() if name.startswith("cluster_info__"))
    return {name.partition("__")[2]: database.count(name, "main = true") for name in tables}
