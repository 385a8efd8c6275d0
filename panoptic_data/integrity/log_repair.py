"""A log of annotations made whole again: what it still holds, and what was merged from it.

What was merged is the state after the first so many events. Where some of them are gone, events are
made of that state in their place: who set each value, when and in which batch is known of each.
Batches that fill the gap say nothing, so that later events keep their numbers and no process that
has the project open sees the log shrink. Not here: putting it in place (``repair``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import log
from panoptic_data.annotations.log import EVENT_SCHEMA
from panoptic_data.annotations.snapshot import read_merge_time, read_record, read_snapshot
from panoptic_data.errors import TableDamaged, TableMissing
from panoptic_data.storage import salvage

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["WholeLog", "whole_log"]

# Who wrote the events that were made of merged values, and what the history calls them.
AUTHOR = "panoptic repair"
ACT = "recovered"


@dataclass(frozen=True)
class WholeLog:
    """A log without gaps (``EVENT_SCHEMA``), and what it was made of.

    ``read`` events were read, ``made`` stand for merged values. ``lost`` is how many later changes
    are known to be gone, None where that is not known. ``forgets_merge``: what was merged cannot be
    read either, and must not be expected any more. ``merged_at`` is when, None for never.
    """

    events: pl.DataFrame
    read: int
    made: int
    lost: int | None
    forgets_merge: bool
    merged_at: datetime | None


def whole_log(project: Project) -> WholeLog:
    """Return the log that keeps all that can be had, without writing it."""
    readable, total = _readable_events(project)
    merged, merged_at = _merged(project)
    position = 0 if merged is None else merged.position
    if merged is None or _is_whole_up_to(readable, position):
        lost = None if total is None else max(0, total - readable.height)
        return WholeLog(_numbered(readable), readable.height, 0, lost, merged is None, merged_at)
    # Numbered below it but written since: a new log that was begun after the old one was gone.
    is_later = pl.col("number") >= position
    if merged_at is not None:
        is_later |= pl.col("at") > merged_at
    later = readable.filter(is_later)
    made = _events_of(merged)
    # One change may have given several tags: then there are more of these than changes were merged,
    # and those above the position give what is there already.
    gap = max(0, position - made.height)
    events = _numbered(pl.concat([_filling(gap), made, later]))
    lost = None if total is None else max(0, total - position - later.height)
    return WholeLog(events, later.height, made.height, lost, False, merged_at)


def _readable_events(project: Project) -> tuple[pl.DataFrame, int | None]:
    """Return the events that can be read, by number, and how many there were, where it is known."""
    database = project.database()
    frames = [pl.DataFrame(schema=EVENT_SCHEMA)]
    try:
        total = database.count(log.TABLE)
        for part in salvage.parts(database, log.TABLE):
            if part.rows is not None:
                frame = pl.from_arrow(part.rows)
                assert isinstance(frame, pl.DataFrame)
                frames.append(frame.select(list(EVENT_SCHEMA)).cast(EVENT_SCHEMA))
    except (TableMissing, TableDamaged):
        total = None
    return pl.concat(frames).unique("number", keep="first").sort("number"), total


def _merged(project: Project) -> tuple[State | None, datetime | None]:
    try:
        merged = read_snapshot(project)
        return merged, read_merge_time(project) if read_record(project) else None
    except (TableMissing, TableDamaged):
        return None, None


def _is_whole_up_to(events: pl.DataFrame, position: int) -> bool:
    return events.filter(pl.col("number") < position).height == position


def _events_of(state: State) -> pl.DataFrame:
    """Return events that make the values and definitions of a state, the oldest first."""
    frames = [state.definitions]
    for property, values in state.values_by_property.items():
        frames.append(
            values.frame().select(
                *("target", "value", "author", "at", "batch", "act"),
                kind=pl.lit(state.target_kind(property)),
                property=pl.lit(property),
            )
        )
    rows = pl.concat(frames, how="diagonal").sort("at", "batch", maintain_order=True)
    return rows.select(
        number=pl.lit(0, pl.Int64),
        batch="batch",
        at="at",
        author="author",
        # What it was, where the tables say it: from it follows who proposed a value.
        act=pl.coalesce("act", pl.lit(ACT)),
        about=pl.lit(None, pl.String),
        kind="kind",
        target="target",
        property="property",
        # Of a cell of one value the same as "set".
        op=pl.lit("add"),
        old=pl.lit(None, pl.String),
        new="value",
        undoes=pl.lit(None, pl.String),
    ).cast(EVENT_SCHEMA)


def _filling(count: int) -> pl.DataFrame:
    """Return events that change nothing."""
    batch = log.new_batch((), ACT, author=AUTHOR)
    empty = log.Change("batch", batch.id, "active", "set", "true")
    changes = log.as_frame([empty]).select(pl.all().repeat_by(count).explode()) if count else None
    if changes is None:
        return pl.DataFrame(schema=EVENT_SCHEMA)
    return log.event_rows(log.Batch(batch.id, batch.at, AUTHOR, ACT, None, None, changes))


def _numbered(events: pl.DataFrame) -> pl.DataFrame:
    return events.with_columns(number=pl.int_range(pl.len(), dtype=pl.Int64))
