"""Writing the values of all annotations as tables: merged from the log up to a position in it.

Here: writing ``annotations``, ``properties`` and ``tags``, dropping what past merges left,
counting, and comparing the tables with the log. Not here: reading a state back from them
(``snapshot``), how values follow from the log (``replay``), when this happens (the asset
``annotations``).

The log alone is the truth. The tables make a project open fast and are there for other
programs to read; without them everything is read from the log.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from panoptic_data.annotations import log, proposals
from panoptic_data.annotations.replay import VALUE_SCHEMA
from panoptic_data.annotations.snapshot import STAGE, read_record, read_snapshot
from panoptic_data.annotations.state import State, from_log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import DataUnavailable
from panoptic_data.provenance.stages import LOG, ReportProgress, StageResult, ignore_progress
from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.schema import arrow

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["STAGE", "TABLES", "behind", "clean", "counts", "differing", "update"]

TABLES = ("annotations", "properties", "tags")
# Each merge writes all values anew. Who opens a project reads the last ones within seconds.
KEPT_FOR = timedelta(minutes=5)


def update(
    project: Project, report: ReportProgress = ignore_progress, *, anew: bool = False
) -> StageResult:
    """Write the tables as the log has them now; nothing where no event came since (but ``anew``).

    The data version is that of what they hold: what was done and undone leaves it as it was.
    Raises LogIncomplete, TableMissing, TableDamaged where the log is not whole: then they stay.
    """
    began = time.monotonic()
    log.require_whole(project)
    store = annotations_of(project)
    state = store.state(fresh=True)
    if store.problem is not None:
        raise store.problem
    before = read_record(project)
    state_counts = _count(state)
    rows = sum(state_counts["authors"].values())
    is_there = project.database().names().issuperset(TABLES)
    if before and before["events"] == state.position and is_there and not anew:
        return StageResult(
            rows, before["content"], unchanged=rows, parameters=before, extra=state_counts
        )
    report(STAGE, 0, len(TABLES))
    versions, content = {}, ""
    for done, (name, frame) in enumerate(_frames(state).items(), 1):
        table = frame.to_arrow().cast(arrow(name))
        versions[name] = project.database().replace(name, table)
        if name == STAGE:
            # Properties and tags are in it too, part by part.
            content = table_digest(table.column_names, row_digests(table))
        report(STAGE, done, len(TABLES))
    return StageResult(
        rows,
        content,
        new=max(0, state.position - before.get("events", 0)),
        seconds=time.monotonic() - began,
        parameters={
            "events": state.position,
            "off": sorted(state.inactive),
            "versions": versions,
            "content": content,
        },
        extra=state_counts,
    )


def clean(project: Project) -> None:
    """Drop what past merges and edits left; call it when the last merge is recorded."""
    log.compact(project)
    for name in TABLES:
        project.database().clean(name, KEPT_FOR)


def behind(project: Project) -> int:
    """Return how many events the log has that the tables do not hold yet."""
    return project.database().count(LOG) - int(read_record(project).get("events", 0))


def counts(project: Project) -> dict[str, Any]:
    """Return how many values, properties, tags (and values by author) the tables hold.

    ``unmerged`` is how many events they do not hold yet, None where the log cannot be read.
    """
    rows = project.database().take("stages", [STAGE], ["counts"]).to_pylist()
    recorded = json.loads(rows[0]["counts"] or "{}") if rows else {}
    extra = {"properties": 0, "tags": 0, "authors": {}, **recorded.get("extra", {})}
    try:
        unmerged = max(0, behind(project))
    except DataUnavailable:
        unmerged = None
    return {"values": recorded.get("rows", 0), **extra, "unmerged": unmerged}


def differing(project: Project) -> int:
    """Return how many values the tables hold that a replay of the log has not, or lack.

    Of the log only what they were merged from is replayed.
    """
    merged = read_snapshot(project)
    if merged is None:
        return 0
    events, _ = log.read(project)
    expected, stored = _value_rows(from_log(events.head(merged.position))), _value_rows(merged)
    # Equal sums of hashes: the same rows, in whatever order.
    is_equal = stored.hash_rows().sum() == expected.hash_rows().sum()
    if stored.height == expected.height and is_equal:
        return 0
    missing = expected.join(stored, on=list(VALUE_SCHEMA), how="anti", nulls_equal=True).height
    extra = stored.join(expected, on=list(VALUE_SCHEMA), how="anti", nulls_equal=True).height
    return missing + extra


def _value_rows(state: State) -> pl.DataFrame:
    """Return all values and definitions as rows of ``annotations``, in no order."""
    columns = [pl.col(name) for name in ("target", "value", "author", "at", "batch", "act")]
    values = [
        held.frame().select(
            *columns, kind=pl.lit(state.target_kind(property)), property=pl.lit(property)
        )
        for property, held in state.values_by_property.items()
    ]
    return pl.concat([state.definitions, *(part.select(list(VALUE_SCHEMA)) for part in values)])


def _frames(state: State) -> dict[str, pl.DataFrame]:
    """Return the rows of each table."""
    rows = [
        vars(prop) | {"options": json.dumps(dict(prop.options))}
        for prop in state.properties.values()
    ]
    return {
        # In one order, whatever the order of the events: equal values, equal tables.
        "annotations": proposals.with_proposers(state, _value_rows(state))
        .select(arrow("annotations").names)
        .sort("kind", "property", "target", "value"),
        "properties": _table("properties", rows),
        "tags": _table("tags", [vars(tag) for tag in state.tags.values()]),
    }


def _table(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    frame = pl.from_arrow(pa.Table.from_pylist(rows, schema=arrow(name)))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _count(state: State) -> dict[str, Any]:
    """Return how many properties and tags there are, and how many values each author set."""
    authors = [pl.Series("author", [], pl.String)]
    authors += [
        held.frame()["author"]
        for property, held in state.values_by_property.items()
        # Kept beside an answer, which counts.
        if not property.startswith(log.PROPOSED_PREFIX)
    ]
    by_author = pl.concat(authors).value_counts().sort("count", "author", descending=[True, False])
    return {
        "properties": len(state.live_properties),
        "tags": sum(not tag.deleted for tag in state.tags.values()),
        "authors": dict(by_author.iter_rows()),
    }
