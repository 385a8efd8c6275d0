"""Making the corpus again what it was at a version, as a new state: nothing is lost by it.

The state before is made a version first, so that restoring that one undoes it; where nothing would
change, none is made. Tables are restored as new versions of themselves; annotations by one batch
that switches off what was done since, and on what was switched off since. The log, runs, saved
views and versions stay as they are.

What is to be done is written down before it is begun (``restore.json``): killed at any moment, the
next to open the project finishes it. Not here: files on the disk, which the next run reads again.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from panoptic_data.annotations import log, materialize
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import annotations_of
from panoptic_data.messages import LANGUAGES, translate
from panoptic_data.provenance import parameters, runs
from panoptic_data.storage import checksums
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.storage.locks import is_held
from panoptic_data.storage.project import open_project, set_encoders, set_parameters
from panoptic_data.storage.schema import arrow
from panoptic_data.versions import content, create, known_digests, record
from panoptic_data.versions.opened import at_version

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["ACT", "FILE_NAME", "finish", "is_unfinished", "name_before", "restore", "would_change"]

ACT = "restore_version"
FILE_NAME = "restore.json"
# What people did and what was recorded of runs is only ever added to.
_KEPT = frozenset({record.TABLE, log.TABLE, "runs", "materializations", "selections", "views"})


def restore(
    project: Project,
    name: str,
    before_name: str,
    author: str | None = None,
    wait: float = 0.0,
    note: str = "",
) -> CorpusVersion | None:
    """Restore a version; return the version ``before_name`` of the state before.

    Where that name is used, a number is added; ``note`` is the version's. None where the corpus is
    what it was: then nothing is done. Raises UnknownVersion, ProjectBusy, DataUnavailable.
    """
    version = record.find(project, name)
    finish(project)
    _require_whole(project, version)
    create.merge(project, wait)
    with runs.start(project, "restore", {"version": version.id, "name": version.name}, wait) as run:
        create.give_up_unrecorded_pins(project)
        draft = create.pin_tables(project, create.new_id())
        before = create.describe(project, draft, _free_name(project, before_name), note, author)
        if _is_same(before, version):
            create.give_up_unrecorded_pins(project)
            return None
        create.store(project, before)
        plan = {"version": version.id, "author": author, "events": before.events}
        with project.anchored() as root:
            write_in_one_step(root / FILE_NAME, json.dumps(plan))
        _carry_out(project, plan, run.id)
    return before


def would_change(project: Project, version: CorpusVersion) -> bool:
    """Whether restoring a version would change anything: the content, or the encoders."""
    database = project.database()
    known = known_digests.of(project, {name: database.version(name) for name in database.names()})
    known[content.LOG] = known_digests.of_log(project)
    digest = content.corpus_digest(content.part_digests(project, known))
    encoders = create.encoder_rows(project)
    return digest != version.digest or list(encoders) != list(version.encoders)


def name_before(version: CorpusVersion, language: str) -> str:
    """Return what the state before a version is restored is called.

    That of a version that was itself made before another was restored is called by the time.
    """
    if any(_is_before(version.name, known) for known in LANGUAGES):
        now = f"{datetime.now():%Y-%m-%d %H:%M}"
        return translate("corpus_versions.before_restoring_at", language, at=now)
    return translate("corpus_versions.before_restoring", language, name=version.name)


def _is_before(name: str, language: str) -> bool:
    begins = (
        translate("corpus_versions.before_restoring", language, name="\0").partition("\0")[0],
        translate("corpus_versions.before_restoring_at", language, at="\0").partition("\0")[0],
    )
    return name.startswith(begins)


def _is_same(now: CorpusVersion, version: CorpusVersion) -> bool:
    return now.digest == version.digest and list(now.encoders) == list(version.encoders)


def is_unfinished(project: Project) -> bool:
    """Whether a restoration was begun, and nobody is at work on it."""
    return (project.root / FILE_NAME).exists() and not is_held(project.root / runs.LOCK)


def finish(project: Project) -> bool:
    """Finish a restoration that a kill interrupted; return whether there was one.

    Raises ProjectBusy where another process is at work.
    """
    if project.version or not (project.root / FILE_NAME).exists():
        return False
    with runs.start(project, "restore", {"finishes": True}) as run:
        plan = _plan(project)
        if plan is not None:
            _carry_out(project, plan, run.id)
    return plan is not None


def _plan(project: Project) -> dict[str, Any] | None:
    try:
        plan: dict[str, Any] = json.loads((project.root / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return plan


def _carry_out(project: Project, plan: dict[str, Any], run: str) -> None:
    """Do all of it, also where part of it is done."""
    version = record.find(project, plan["version"])
    _require_whole(project, version)
    _restore_annotations(project, version, plan["events"], plan["author"])
    _restore_tables(project, version)
    # The tables that are back were merged from a shorter log.
    if materialize.behind(project):
        create.merge_in_run(project, run)
    texts = tuple(str(encoder["text"]) for encoder in version.encoders.values())
    restored = set_encoders(open_project(project.root), texts)
    # Else what was restored would be out of date, and made anew by the next run.
    set_parameters(restored, parameters.recorded(restored))
    checksums.record(project)
    with project.anchored() as root:
        (root / FILE_NAME).unlink(missing_ok=True)


def _require_whole(project: Project, version: CorpusVersion) -> None:
    """Raise TableMissing or TableDamaged where a table of a version cannot be read as it was."""
    then = at_version(project, version).database()
    for name in version.tables:
        then.count(name)


def _restore_tables(project: Project, version: CorpusVersion) -> None:
    database = project.database()
    folders = dict(database.frame("sources", ["name", "uri"]).iter_rows())
    # The records of stages last: until then what they say of the others is not so.
    names = sorted(version.tables.keys() - _KEPT, key=lambda name: (name == "stages", name))
    for name in sorted(database.names() - version.tables.keys() - _KEPT):
        database.drop(name)
    for name in names:
        database.pins.restore(name, version.tables[name])
    _keep_folders(project, folders)


def _keep_folders(project: Project, folders: dict[str, str]) -> None:
    """Leave sources that were relinked since where they are now."""
    database = project.database()
    rows = database.read("sources").to_pylist()
    moved = [
        {**row, "uri": folders[row["name"]]}
        for row in rows
        if folders.get(row["name"], row["uri"]) != row["uri"]
    ]
    if moved:
        database.upsert("sources", pa.Table.from_pylist(moved, schema=arrow("sources")))


def _restore_annotations(
    project: Project, version: CorpusVersion, events: int, author: str | None
) -> None:
    """Switch batches so that the values are those of the version; what came later stays."""
    store = annotations_of(project)
    store.state(fresh=True)
    batches = _batches(store.log().head(events))

    def choose(state: State) -> Decision[None]:
        changes = [
            Change("batch", batch, "active", "set", "true" if is_on else "false")
            for batch, is_on in _wanted(batches, version)
            if (batch not in state.inactive) != is_on
        ]
        return Decision(changes, ACT, about=version.name, result=None)

    store.decide(choose, author=author)


def _batches(events: pl.DataFrame) -> pl.DataFrame:
    """Return each batch that changes values or definitions, and its first event's number."""
    return (
        events.filter(pl.col("kind") != "batch")
        .group_by("batch", maintain_order=True)
        .agg(pl.col("number").min())
    )


def _wanted(batches: pl.DataFrame, version: CorpusVersion) -> list[tuple[str, bool]]:
    off = set(version.off)
    return [
        (batch, number < version.events and batch not in off)
        for batch, number in batches.iter_rows()
    ]


def _free_name(project: Project, name: str) -> str:
    used = {version.name.casefold() for version in record.list_versions(project)}
    name = " ".join(name.split())[: create.LONGEST_NAME]
    wanted, number = name, 1
    while wanted.casefold() in used:
        number += 1
        end = f" ({number})"
        wanted = f"{name[: create.LONGEST_NAME - len(end)]}{end}"
    return wanted
