"""Reading back the annotations that were last merged into tables.

Here: the record of the last merge and the state that its tables hold. Not here: writing them
(``materialize``), keeping a state current with the log (``store``).

The stage's record says up to which event the tables hold and at which versions: a merge that was
killed leaves the one before in force.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations.log import TABLE
from panoptic_data.annotations.replay import VALUE_SCHEMA
from panoptic_data.annotations.state import DEFINITION_KINDS, State, from_values
from panoptic_data.errors import DataUnavailable, TableDamaged, TableMissing

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["STAGE", "merged_events", "read_merge_time", "read_record", "read_snapshot"]

STAGE = "annotations"


def read_snapshot(project: Project) -> State | None:
    """Return the state of the last merge; None where there is none, or it was cleaned away.

    Raises TableMissing, TableDamaged.
    """
    merged = read_record(project)
    if not merged:
        return None
    try:
        version = merged["versions"]["annotations"]
        rows = project.database().frame("annotations", version=version)
    except (ValueError, RuntimeError, OSError):
        return None
    rows = _with_acts(project, rows.select(list(VALUE_SCHEMA)))
    is_definition = pl.col("kind").is_in(DEFINITION_KINDS)
    return from_values(
        position=int(merged["events"]),
        inactive=frozenset(merged["off"]),
        definitions=rows.filter(is_definition),
        values=rows.filter(~is_definition),
    )


def _with_acts(project: Project, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of which each has its act: an earlier release kept that in the log alone."""
    if not rows["act"].null_count():
        return rows
    try:
        acts = project.database().frame(TABLE, ["batch", "act"]).unique("batch")
    except DataUnavailable:
        # The tables serve all the same: who proposed these values is not known now.
        return rows
    joined = rows.join(acts, on="batch", how="left", suffix="_of_batch", maintain_order="left")
    return joined.with_columns(act=pl.coalesce("act", "act_of_batch")).select(list(VALUE_SCHEMA))


def merged_events(project: Project) -> int:
    """Return how many events of the log the tables hold; 0 where no record says it any more."""
    try:
        return int(read_record(project).get("events", 0))
    except (TableMissing, TableDamaged):
        return 0


def read_merge_time(project: Project) -> datetime | None:
    """Return when the last merge was recorded; None where there was none."""
    rows = project.database().take("stages", [STAGE], ["at"]).to_pylist()
    at: datetime | None = rows[0]["at"] if rows else None
    return at


def read_record(project: Project) -> dict[str, Any]:
    """Return what the last merge recorded; nothing where there was none.

    ``events`` (how many it holds), ``off`` (inactive batches), ``versions`` (of each table),
    ``content`` (digest of the values).
    """
    rows = project.database().take("stages", [STAGE], ["parameters"]).to_pylist()
    parameters: dict[str, Any] = json.loads(rows[0]["parameters"]) if rows else {}
    return parameters
