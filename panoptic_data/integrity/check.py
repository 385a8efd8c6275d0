"""Which tables are gone or damaged, and whether the log of annotations is whole.

Not here: mending (``rebuild``, ``repair``), how it is said (``app.commands.doctor``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panoptic_data.annotations import log, materialize
from panoptic_data.errors import LogIncomplete, TableDamaged, TableMissing
from panoptic_data.storage import checksums, salvage
from panoptic_data.storage.schema import TABLES

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "MISSING",
    "TableProblem",
    "check_log",
    "check_table",
    "check_tables",
    "differing_values",
    "tables_of",
]

MISSING = "missing"
DAMAGED = "damaged"


@dataclass(frozen=True)
class TableProblem:
    """A table that is gone (``state`` is missing) or damaged.

    ``rows`` is how many rows cannot be read, or hold another content than was written; None where
    it is not known. ``detail`` is what Lance says, or which files changed.
    """

    table: str
    state: str
    detail: str = ""
    rows: int | None = None

    @property
    def error(self) -> TableMissing | TableDamaged:
        """The problem as an error to raise."""
        if self.state == MISSING:
            return TableMissing(table=self.table)
        return TableDamaged(table=self.table, problem=self.detail)


def tables_of(project: Project) -> tuple[str, ...]:
    """Return the tables that are there or must be, sorted."""
    database = project.database()
    names = database.names() | database.expected()
    return tuple(sorted(name for name in names if name.partition("__")[0] in TABLES))


def check_tables(project: Project, *, in_full: bool) -> Iterator[TableProblem]:
    """Check every table, as :func:`check_table` does."""
    for table in tables_of(project):
        problem = check_table(project, table, in_full=in_full)
        if problem is not None:
            yield problem


def check_table(project: Project, table: str, *, in_full: bool) -> TableProblem | None:
    """Return what is wrong with a table, or None.

    ``in_full`` reads all of it. Else only what costs nothing where nothing happened: that it is
    there, opens, and that its files are as they were recorded.
    """
    database = project.database()
    try:
        database.version(table)
    except TableMissing:
        return TableProblem(table, MISSING)
    except TableDamaged as error:
        return TableProblem(table, DAMAGED, str(error.params["problem"]))
    changed = checksums.changed_files(project, table, in_full=in_full)
    if not changed and not in_full:
        return None
    readable = salvage.read(database, table)
    if readable.problem is None and not changed:
        return None
    detail = readable.problem or ", ".join(changed)
    return TableProblem(table, DAMAGED, detail, readable.lost)


def check_log(project: Project) -> LogIncomplete | None:
    """Return whether events that were merged are no longer in the log."""
    try:
        log.require_whole(project)
    except LogIncomplete as error:
        return error
    except (TableMissing, TableDamaged):
        # Said of the table itself.
        pass
    return None


def differing_values(project: Project) -> int:
    """Return how many merged values differ from those of the log; 0 where that is not known."""
    try:
        log.require_whole(project)
        return materialize.differing(project)
    except (TableMissing, TableDamaged, LogIncomplete):
        return 0
