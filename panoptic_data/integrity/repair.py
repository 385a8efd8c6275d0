"""Making a project's tables whole again: what can be had back, and saying what cannot.

A damaged table is moved aside, never deleted. What can be computed is left to the next run; of what
people made and of pictures whose files may be away, the rows that can be read are kept. Killed at
any moment, a repair can be started again. Not here: finding out (``check``), the log
(``log_repair``), a run's own repairs (``rebuild``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from panoptic_data.errors import TableDamaged, TableMissing
from panoptic_data.integrity.check import (
    TableProblem,
    check_log,
    check_table,
    differing_values,
    tables_of,
)
from panoptic_data.integrity.kinds import LOG, MERGED, group_of, is_rebuilt
from panoptic_data.integrity.log_repair import WholeLog, whole_log
from panoptic_data.provenance import runs
from panoptic_data.storage import checksums, salvage
from panoptic_data.storage.schema import arrow
from panoptic_data.storage.set_aside import set_aside, take_out
from panoptic_data.storage.tables import Database
from panoptic_data.versions import record
from panoptic_data.versions.opened import at_version

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["Step", "perform", "plan"]

# Where a table is made whole before it takes the place of the damaged one.
DRAFTS = "repair"


@dataclass(frozen=True)
class Step:
    """What is done with one table, and what comes of it.

    ``action``: ``rebuild`` (the next run makes it again), ``merge`` (from the log), ``save`` (rows
    that can be read are kept), ``log`` (the log of annotations is made whole), ``place`` (a repair
    that was stopped is finished). ``kept`` rows are kept, ``lost`` are not, None where it cannot be
    told. ``merged_at`` is up to when values of a log are known. ``versions`` are the names of the
    corpus versions that read the table as it is set aside, and can no longer be opened.
    """

    table: str
    action: str
    kept: int = 0
    lost: int | None = 0
    merged_at: datetime | None = None
    versions: tuple[str, ...] = ()


def plan(project: Project) -> tuple[Step, ...]:
    """Return what a repair would do, reading every table in full and changing nothing."""
    steps: dict[str, Step] = {}
    for table in tables_of(project):
        if _draft(project, table).is_dir():
            problem = check_table(project, table, in_full=False)
            if problem is not None:
                steps[table] = Step(table, "place", salvage.read(_drafts(project), table).rows)
                continue
        problem = check_table(project, table, in_full=True)
        if problem is not None:
            steps |= {step.table: step for step in _steps(project, problem)}
    if LOG not in steps and check_log(project) is not None:
        steps[LOG] = _log_step(whole_log(project))
    if not steps and differing_values(project):
        steps |= {table: Step(table, "merge") for table in MERGED}
    return tuple(_with_versions(project, step) for step in steps.values())


def _with_versions(project: Project, step: Step) -> Step:
    """Return a step with the versions that it makes unreadable."""
    if step.action == "place" or step.table == record.TABLE:
        return step
    try:
        versions = record.list_versions(project)
    except (TableMissing, TableDamaged):
        # Their table is damaged as well: of some the copies are left.
        versions = list(record.copies(project))
    names = sorted(
        version.name
        for version in versions
        if step.table in version.tables and not _stays_readable(project, version, step)
    )
    return replace(step, versions=tuple(names))


def _stays_readable(project: Project, version: CorpusVersion, step: Step) -> bool:
    """Whether a version can read its state of a table after the step: what is made again stays."""
    if step.action not in ("rebuild", "merge") or not project.database().pins.of(step.table):
        return False
    opened = at_version(project, version).database()
    return salvage.read(opened, step.table).problem is None


def perform(project: Project, steps: tuple[Step, ...]) -> Iterator[tuple[Step, Path | None]]:
    """Do these steps; yield each when it is done, and where the damaged table is now.

    Raises ProjectBusy where a run is at work.
    """
    # Without a row in `runs`, which may be what is damaged.
    with runs.alone(project):
        for step in sorted(steps, key=_order):
            yield step, _perform(project, step)
        with project.anchored() as root:
            shutil.rmtree(root / DRAFTS, ignore_errors=True)
        record.recover(project)
        checksums.record(project)


def _order(step: Step) -> int:
    """Stages say what was merged, and the log is made of that while it is there."""
    return 0 if step.table == "stages" else 1 if step.table == LOG else 2


def _steps(project: Project, problem: TableProblem) -> Iterator[Step]:
    table = problem.table
    if is_rebuilt(table):
        action = "merge" if table in MERGED else "rebuild"
        for other in group_of(table):
            yield Step(other, action)
    elif table == LOG:
        yield _log_step(whole_log(project))
    else:
        readable = salvage.read(project.database(), table)
        copies = _copies_of_lost_rows(project) if table == record.TABLE else 0
        lost = readable.lost if not copies else max(0, (readable.lost or 0) - copies)
        yield Step(table, "save", readable.rows + copies, lost)


def _copies_of_lost_rows(project: Project) -> int:
    """Return how many versions have no readable row any more, and a copy of it."""
    rows = [row["id"] for part in _saved_rows(project, record.TABLE) for row in part.to_pylist()]
    return len(record.copied_ids(project).difference(rows))


def _log_step(whole: WholeLog) -> Step:
    return Step(LOG, "log", whole.read + whole.made, whole.lost, whole.merged_at)


def _perform(project: Project, step: Step) -> Path | None:
    if step.action in ("rebuild", "merge"):
        return take_out(project, step.table)
    forgets_merge = False
    if step.action == "save":
        _write_draft(project, step.table, _saved_rows(project, step.table))
    elif step.action == "log":
        whole = whole_log(project)
        forgets_merge = whole.forgets_merge
        rows = whole.events.to_arrow().cast(arrow(LOG))
        _write_draft(project, LOG, iter([rows] if rows.num_rows else []))
    moved_to = _exchange(project, step.table)
    if forgets_merge:
        for table in MERGED:
            take_out(project, table)
        _forget_merge(project)
    return moved_to


def _saved_rows(project: Project, table: str) -> Iterator[pa.Table]:
    database = project.database()
    try:
        for part in salvage.parts(database, table):
            if part.rows is not None and part.rows.num_rows:
                yield part.rows
    except (TableMissing, TableDamaged):
        # Nothing of it can be read.
        return


def _write_draft(project: Project, table: str, parts: Iterator[pa.Table]) -> None:
    """Write a table beside the project's; it has its name only when it is complete."""
    with project.anchored() as root:
        unfinished = root / DRAFTS / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(root / DRAFTS / f"{table}.lance", ignore_errors=True)
        unfinished.mkdir(parents=True)
        database = Database(str(unfinished))
        for rows in parts:
            database.append(table, rows)
        written = unfinished / f"{table}.lance"
        if written.is_dir():
            written.rename(root / DRAFTS / written.name)


def _exchange(project: Project, table: str) -> Path | None:
    """Take out a table and put its draft in its place, if there is one."""
    with project.anchored() as root:
        draft = root / DRAFTS / f"{table}.lance"
        if not draft.is_dir():
            return set_aside(project, table)
        # Still on the list of tables while it is gone: killed here, it is missing, not new.
        moved_to = set_aside(project, table, forgotten=False)
        draft.rename(root / "lance" / draft.name)
    project.database().remember(table)
    return moved_to


def _forget_merge(project: Project) -> None:
    try:
        project.database().delete("stages", ["annotations"])
    except (TableMissing, TableDamaged):
        # Repaired after the log: then there is no record either.
        return


def _draft(project: Project, table: str) -> Path:
    return project.root / DRAFTS / f"{table}.lance"


def _drafts(project: Project) -> Database:
    return Database(str(project.root / DRAFTS))
