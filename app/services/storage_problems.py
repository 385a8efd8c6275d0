"""What is gone or damaged in a project, and what still works: sentences for pages and commands.

Not here: finding it out (``panoptic_data.storage``, ``panoptic_data.annotations.store``), checking
everything (``panoptic_data.integrity``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import DataUnavailable, TableMissing

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["log_problem", "missing_tables"]


def missing_tables(project: Project) -> list[TableMissing]:
    """Return the tables that were made once and are not there now, sorted by name."""
    database = project.database()
    return [TableMissing(table=name) for name in sorted(database.expected() - database.names())]


def log_problem(project: Project) -> DataUnavailable | None:
    """Return why annotations are those of the last merge, and cannot be changed; else None."""
    store = annotations_of(project)
    store.state()
    return store.problem
