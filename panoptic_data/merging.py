"""The values of all annotations as tables: merged from the log up to a place in it.

Here: writing ``annotations``, ``properties`` and ``tags``, and reading a state back from them.
Not here: how values follow from the log (``replay``), when this happens (the asset
``annotations``). The stage's record says up to which event they hold and at which versions of
the three tables: a merge that was killed leaves the last one in force.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data import properties, tags
from panoptic_data.replay import MARKS
from panoptic_data.schema import arrow
from panoptic_data.stages import Report, StageResult, digest, quiet

if TYPE_CHECKING:
    from panoptic_data.annotations import State
    from panoptic_data.project import Project

__all__ = ["STAGE", "read", "update"]

STAGE = "annotations"
_TABLES = ("annotations", "properties", "tags")


def update(project: Project, report: Report = quiet) -> StageResult:
    """Write the tables as the log has them now; nothing where no event came since."""
    from panoptic_data.annotations import get

    began = time.monotonic()
    state = get(project).state(fresh=True)
    before = _record(project)
    merged = int(before.get("events", 0))
    rows = sum(cells.frame().height for cells in state.cells.values())
    version = digest([str(state.position), *sorted(state.off)])
    if before and merged == state.position:
        return StageResult(rows, version, unchanged=rows, parameters=before)
    report(STAGE, 0, 3)
    versions = {}
    for done, (name, frame) in enumerate(_frames(state).items(), 1):
        table = frame.to_arrow().cast(arrow(name))
        versions[name] = project.database().replace(name, table)
        report(STAGE, done, 3)
    return StageResult(
        rows,
        version,
        new=state.position - merged,
        seconds=time.monotonic() - began,
        parameters={"events": state.position, "off": sorted(state.off), "versions": versions},
        extra={"properties": len(state.shown), "tags": len(state.tags), **_authors(state)},
    )


def read(project: Project) -> State | None:
    """Return the state of the last merge; None where there is none, or it was cleaned away."""
    from panoptic_data.annotations import Cells, State

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


def _frames(state: State) -> dict[str, pl.DataFrame]:
    values = [
        cells.frame().select(
            kind=pl.lit(state.kind_of(property)), property=pl.lit(property), **_SAME
        )
        for property, cells in state.cells.items()
    ]
    marks = [part.select(list(MARKS)) for part in values]
    rows = [
        vars(one) | {"options": json.dumps(dict(one.options))} for one in state.properties.values()
    ]
    return {
        "annotations": pl.concat([state.definitions, *marks]),
        "properties": _table("properties", rows),
        "tags": _table("tags", [vars(one) for one in state.tags.values()]),
    }


_SAME = {name: pl.col(name) for name in ("target", "value", "author", "at", "batch")}


def _table(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    import pyarrow as pa

    frame = pl.from_arrow(pa.Table.from_pylist(rows, schema=arrow(name)))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _authors(state: State) -> dict[str, object]:
    """Return how many values stand by each author's hand."""
    held = [cells.frame()["author"] for cells in state.cells.values()]
    if not held:
        return {"authors": {}}
    counts = pl.concat(held).value_counts(sort=True)
    return {"authors": dict(counts.iter_rows())}


def _record(project: Project) -> dict[str, Any]:
    found = project.database().take("stages", [STAGE], ["parameters"]).to_pylist()
    kept: dict[str, Any] = json.loads(found[0]["parameters"]) if found else {}
    return kept
