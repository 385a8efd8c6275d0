"""The values of all annotations as tables: merged from the log up to a place in it.

Here: writing ``annotations``, ``properties`` and ``tags``, and reading a state back from them.
Not here: how values follow from the log (``replay``), when this happens (the asset
``annotations``). The stage's record says up to which event they hold and at which versions of
the three tables: a merge that was killed leaves the last one in force.

The log alone is the truth. The tables make a project open fast and are there for other
programs to read; without them everything is read from the log.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.replay import MARKS
from panoptic_data.provenance.stages import LOG, Report, StageResult, quiet
from panoptic_data.storage.schema import arrow
from panoptic_data.storage.sync import content

if TYPE_CHECKING:
    from panoptic_data.annotations.store import State
    from panoptic_data.storage.project import Project

__all__ = ["STAGE", "TABLES", "behind", "clean", "counts", "differing", "read", "update"]

STAGE = "annotations"
TABLES = ("annotations", "properties", "tags")
# Each merge writes all values anew. Who opens a project reads the last ones within seconds.
KEPT_FOR = timedelta(minutes=5)


def update(project: Project, report: Report = quiet) -> StageResult:
    """Write the tables as the log has them now; nothing where no event came since.

    The data version is that of what they hold: what was done and undone leaves it as it was.
    """
    from panoptic_data.annotations.store import get

    began = time.monotonic()
    state = get(project).state(fresh=True)
    before = _record(project)
    counted = _counts(state)
    rows = sum(counted["authors"].values())
    if before and before["events"] == state.position:
        return StageResult(
            rows, before["content"], unchanged=rows, parameters=before, extra=counted
        )
    report(STAGE, 0, len(TABLES))
    versions, digests = {}, {}
    for done, (name, frame) in enumerate(_frames(state).items(), 1):
        table = frame.to_arrow().cast(arrow(name))
        versions[name] = project.database().replace(name, table)
        digests[name] = content(table)
        report(STAGE, done, len(TABLES))
    return StageResult(
        rows,
        # Properties and tags are in it too, part by part.
        digests["annotations"],
        new=max(0, state.position - before.get("events", 0)),
        seconds=time.monotonic() - began,
        parameters={
            "events": state.position,
            "off": sorted(state.off),
            "versions": versions,
            "content": digests["annotations"],
        },
        extra=counted,
    )


def clean(project: Project) -> None:
    """Drop what past merges and edits left; call it when the last merge is recorded."""
    from panoptic_data.annotations import log as events

    events.compact(project)
    for name in TABLES:
        project.database().clean(name, KEPT_FOR)


def behind(project: Project) -> int:
    """Return how many events the log has that the tables do not hold yet."""
    return project.database().count(LOG) - int(_record(project).get("events", 0))


def counts(project: Project) -> dict[str, Any]:
    """Return how many values, properties, tags (and values by author) the tables hold.

    ``unmerged`` is how many events they do not hold yet.
    """
    found = project.database().take("stages", [STAGE], ["counts"]).to_pylist()
    told = json.loads(found[0]["counts"] or "{}") if found else {}
    held = {"properties": 0, "tags": 0, "authors": {}, **told.get("extra", {})}
    return {"values": told.get("rows", 0), **held, "unmerged": behind(project)}


def differing(project: Project) -> int:
    """Return how many values the tables hold that a replay of the log has not, or lack.

    Of the log only what they were merged from is replayed.
    """
    from panoptic_data.annotations import log as events
    from panoptic_data.annotations.store import replayed

    merged = read(project)
    if merged is None:
        return 0
    log, _ = events.read(project)
    wanted, held = _marks(replayed(log.head(merged.position))), _marks(merged)
    # Equal sums of hashes: the same rows, in whatever order.
    if held.height == wanted.height and held.hash_rows().sum() == wanted.hash_rows().sum():
        return 0
    missing = wanted.join(held, on=list(MARKS), how="anti", nulls_equal=True).height
    return missing + held.join(wanted, on=list(MARKS), how="anti", nulls_equal=True).height


def read(project: Project) -> State | None:
    """Return the state of the last merge; None where there is none, or it was cleaned away."""
    from panoptic_data.annotations.store import Cells, State

    record = _record(project)
    if not record:
        return None
    try:
        version = record["versions"]["annotations"]
        marks = project.database().frame("annotations", version=version)
    except (ValueError, RuntimeError, OSError):
        return None
    marks = marks.select(list(MARKS))
    is_definition = pl.col("kind").is_in(["property", "tag"])
    definitions = marks.filter(is_definition)
    values = marks.filter(~is_definition).partition_by("property", as_dict=True)
    return State(
        position=int(record["events"]),
        properties=properties.read(parts(definitions, "property")),
        tags=tags.read(parts(definitions, "tag")),
        cells={str(name): Cells.of(part) for (name,), part in values.items()},
        off=frozenset(record["off"]),
        definitions=definitions,
    )


def parts(definitions: pl.DataFrame, kind: str) -> dict[str, dict[str, Any]]:
    """Return the parts of each property or tag: the text of each, ``parents`` as a list."""
    found: dict[str, dict[str, Any]] = {}
    own = definitions.filter(pl.col("kind") == kind)
    for target, part, value in own.select("target", "property", "value").iter_rows():
        texts = found.setdefault(target, {})
        if part == "parents":
            texts.setdefault(part, []).append(value)
        else:
            texts[part] = value
    return found


def _marks(state: State) -> pl.DataFrame:
    """Return all values and definitions as rows of ``annotations``, in no order."""
    values = [
        cells.frame().select(
            kind=pl.lit(state.kind_of(property)), property=pl.lit(property), **_SAME
        )
        for property, cells in state.cells.items()
    ]
    return pl.concat([state.definitions, *(part.select(list(MARKS)) for part in values)])


def _frames(state: State) -> dict[str, pl.DataFrame]:
    rows = [
        vars(one) | {"options": json.dumps(dict(one.options))} for one in state.properties.values()
    ]
    return {
        # In one order, whatever the order in which things were said: equal values, equal tables.
        "annotations": _marks(state).sort("kind", "property", "target", "value"),
        "properties": _table("properties", rows),
        "tags": _table("tags", [vars(one) for one in state.tags.values()]),
    }


_SAME = {name: pl.col(name) for name in ("target", "value", "author", "at", "batch")}


def _table(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    import pyarrow as pa

    frame = pl.from_arrow(pa.Table.from_pylist(rows, schema=arrow(name)))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _counts(state: State) -> dict[str, Any]:
    """Return how many properties and tags there are, and values by each author's hand."""
    held = [pl.Series("author", [], pl.String)]
    held += [cells.frame()["author"] for cells in state.cells.values()]
    by_author = pl.concat(held).value_counts().sort("count", "author", descending=[True, False])
    return {
        "properties": len(state.shown),
        "tags": sum(not one.deleted for one in state.tags.values()),
        "authors": dict(by_author.iter_rows()),
    }


def _record(project: Project) -> dict[str, Any]:
    found = project.database().take("stages", [STAGE], ["parameters"]).to_pylist()
    kept: dict[str, Any] = json.loads(found[0]["parameters"]) if found else {}
    return kept
