"""Making the corpus again what it was at a version, as a new state: nothing is lost by it.

The state before is made a version first, so that restoring that one undoes it. Tables are restored
as new versions of themselves; annotations by one batch that switches off what was done since, and
on what was switched off since. The log, runs, saved views and versions stay as they are.

What is to be done is written down before it is begun (``restore.json``): killed at any moment, the
next to open the project finishes it. Not here: files on the disk, which the next run reads again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from panoptic_data.annotations import log
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import annotations_of
from panoptic_data.provenance import runs
from panoptic_data.storage import checksums
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.storage.locks import is_held
from panoptic_data.storage.project import open_project, set_encoders
from panoptic_data.storage.schema import arrow
from panoptic_data.versions import create, record

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["ACT", "FILE_NAME", "finish", "is_unfinished", "restore"]

ACT = "restore_version"
FILE_NAME = "restore.json"
# What people did and what was recorded of runs is only ever added to.
_KEPT = frozenset({record.TABLE, log.TABLE, "runs", "materializations", "selections", "views"})


def restore(
    project: Project, name: str, before_name: str, author: str | None = None, wait: float = 0.0
) -> CorpusVersion:
    """Restore a version; return the version ``before_name`` of the state before.

    Where that name is used, a number is added. Raises UnknownVersion, ProjectBusy.
    """
    version = record.find(project, name)
    finish(project)
    create.merge(project, wait)
    with runs.start(project, "restore", {"version": version.id, "name": version.name}, wait):
        create.give_up_unrecorded_pins(project)
        draft = create.pin_tables(project, create.new_id())
        before = create.record_version(
            project, draft, _free_name(project, before_name), author=author
        )
        plan = {"version": version.id, "author": author, "events": before.events}
        with project.anchored() as root:
            write_in_one_step(root / FILE_NAME, json.dumps(plan))
        _carry_out(project, plan)
    return before


def is_unfinished(project: Project) -> bool:
    """Whether a restoration was begun, and nobody is at work on it."""
    return (project.root / FILE_NAME).exists() and not is_held(project.root / runs.LOCK)


def finish(project: Project) -> bool:
    """Finish a restoration that a kill interrupted; return whether there was one.

    Raises ProjectBusy where another process is at work.
    """
    if project.version or not (project.root / FILE_NAME).exists():
        return False
    with runs.start(project, "restore", {"finishes": True}):
        plan = _plan(project)
        if plan is not None:
            _carry_out(project, plan)
    return plan is not None


def _plan(project: Project) -> dict[str, Any] | None:
    try:
        plan: dict[str, Any] = json.loads((project.root / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return plan


def _carry_out(project: Project, plan: dict[str, Any]) -> None:
    """Do all of it, also where part of it is done."""
    version = record.find(project, plan["version"])
    _restore_annotations(project, version, plan["events"], plan["author"])
    _restore_tables(project, version)
    texts = tuple(str(encoder["text"]) for encoder in version.encoders.values())
    set_encoders(open_project(project.root), texts)
    checksums.record(project)
    with project.anchored() as root:
        (root / FILE_NAME).unlink(missing_ok=True)


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
