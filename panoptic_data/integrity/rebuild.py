"""Before a run: derived tables that are gone or damaged are taken out, and so made again.

A run does this by itself: nothing is lost by it, and corpus versions go on reading what they can.
What people made or only the files on disk have is never taken out without being asked (``repair``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panoptic_data.integrity.check import check_table, tables_of
from panoptic_data.integrity.kinds import MERGED, group_of, is_rebuilt
from panoptic_data.storage.set_aside import take_out

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["prepare_merge", "prepare_run"]


def prepare_run(project: Project) -> tuple[str, ...]:
    """Take out derived tables that are gone or damaged; return them. Only under the run's lock.

    Raises TableMissing, TableDamaged for the first of the others.
    """
    return _prepare(project, tables_of(project))


def prepare_merge(project: Project) -> tuple[str, ...]:
    """Do so with the tables that are merged from the log."""
    return _prepare(project, tuple(set(tables_of(project)) & set(MERGED)))


def _prepare(project: Project, tables: tuple[str, ...]) -> tuple[str, ...]:
    problems = [check_table(project, table, in_full=False) for table in tables]
    rebuilt: dict[str, None] = {}
    for problem in problems:
        if problem is None:
            continue
        if not is_rebuilt(problem.table):
            raise problem.error
        rebuilt |= dict.fromkeys(group_of(problem.table))
    for table in rebuilt:
        take_out(project, table)
    return tuple(rebuilt)
