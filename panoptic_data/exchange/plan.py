"""What an import of a table would do; nothing is written.

    table = readers.read("labels.csv")
    planned = plan.make_plan(project, table)
    planned = plan.revise(project, planned, columns={"year": {"type": "date"}})
    batch = apply.apply_plan(project, planned)  # one batch, undone in one step

Not here: reading files (``readers``), which image a row is about (``matching``), what one column
becomes (``columns``), carrying a plan out (``apply``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations import properties, values
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import matching as row_matching
from panoptic_data.exchange.columns import (
    Column,
    ColumnValues,
    free_name,
    nonempty,
    properties_by_name,
    propose,
    read_values,
)
from panoptic_data.exchange.matching import Matches, Matching, has_panoptic_ids
from panoptic_data.exchange.readers import unclear_encoding
from panoptic_data.exchange.tables import Table, TextForm
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = [
    "EXISTING",
    "Plan",
    "make_plan",
    "open_question",
    "revise",
    "skipped_rows",
    "summarize",
    "text_summary",
]

# What happens to values that exist already: they are replaced, kept, or everything goes into new
# properties.
EXISTING = ("replace", "keep", "new")
_LISTED = 20
_EXAMPLES = 3
# Examples are taken from so many values.
_SAMPLED = 20_000
_CHOICES = frozenset(("name", "type", "target", "take", "separator", "folder", "order"))
_ORDERS = ("day", "month")


@dataclass(frozen=True)
class Plan:
    """What an import would do.

    ``columns`` are all of the table's, ``readings`` the values of those that are taken.
    ``position`` is that of the annotation log when the plan was made.
    """

    table: Table
    matches: Matches
    columns: tuple[Column, ...]
    readings: tuple[ColumnValues, ...]
    existing: str = "replace"
    target: str = "image"
    choices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    position: int = 0


def make_plan(
    project: Project,
    table: Table,
    matching: Matching | None = None,
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    existing: str = "replace",
    target: str = "image",
) -> Plan:
    """Return what importing a table would do; nothing is written.

    ``columns`` overrides what is proposed: ``{"year": {"type": "date"}, "note": {"take":
    False}}``; a column has name, type, target, take, separator, folder and order (what dates
    begin with, "day" or "month"). ``existing`` is one of ``EXISTING``, ``target`` that of new
    properties. Raises InvalidImport.
    """
    matches = row_matching.match_rows(
        project, table, matching or row_matching.propose(project, table)
    )
    return _planned(project, table, matches, columns or {}, existing, target)


def revise(
    project: Project,
    before: Plan,
    matching: Matching | None = None,
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    existing: str | None = None,
    target: str | None = None,
) -> Plan:
    """Return a plan with other choices; earlier choices that are not overridden stay.

    Rows are not matched again, nor unchanged columns read again, where the earlier plan has them.
    """
    is_same = matching is None or matching == before.matches.matching
    matches = (
        before.matches
        if is_same
        else row_matching.match_rows(project, before.table, matching or Matching("path"))
    )
    choices = {name: dict(parts) for name, parts in before.choices.items()}
    for name, parts in (columns or {}).items():
        choices[name] = {**choices.get(name, {}), **parts}
    existing, target = existing or before.existing, target or before.target
    return _planned(project, before.table, matches, choices, existing, target, before)


def open_question(plan: Plan) -> InvalidImport | None:
    """Return what a person is to say before a plan is carried out: encoding, order of dates."""
    unclear = unclear_encoding(plan.table)
    if unclear is not None:
        return unclear
    for column in plan.columns:
        if column.take and column.order is None:
            return InvalidImport("dates", plan.table.name, name=column.source)
    return None


def skipped_rows(plan: Plan) -> pl.DataFrame:
    """Return the rows of which nothing is imported: row, line, key and why.

    Besides unmatched rows these are rows of files that were never read (why: "unread"), where
    values belong to images.
    """
    unmatched = plan.matches.unmatched
    if all(reading.column.target == "file" for reading in plan.readings):
        return unmatched
    unread = plan.matches.rows.filter(pl.col("sha1").is_null()).select("row")
    described = unread.with_columns(
        key=_keys(plan, unread["row"]),
        why=pl.lit("unread"),
        line=plan.table.lines.gather(unread["row"]),
    )
    return pl.concat([unmatched, described.select(unmatched.columns)]).sort("row")


def summarize(plan: Plan, listed: int = _LISTED) -> dict[str, Any]:
    """Return a plan in numbers and first examples (``listed`` of each), ready for JSON."""
    skipped = skipped_rows(plan)
    counts = skipped["why"].value_counts()
    sha1s = plan.matches.rows["sha1"]
    return {
        "file": plan.table.name,
        "rows": len(plan.table.lines),
        "matching": vars(plan.matches.matching),
        "matched": len(plan.table.lines) - skipped.height,
        "images": sha1s.n_unique() - int(sha1s.has_nulls()),
        "missed": {
            "count": skipped.height,
            "why": dict(counts.iter_rows()),
            "first": skipped.head(listed).select("line", "key", "why").to_dicts(),
        },
        "caseless": plan.matches.caseless,
        "hint": _hint(plan),
        "overlong": list(plan.table.overlong[:listed]),
        "text": plan.table.text and text_summary(plan.table.text, listed),
        "unread": {
            "count": len(plan.table.unread),
            "first": [{"file": name, "cause": why} for name, why in plan.table.unread[:listed]],
        },
        "existing": plan.existing,
        "columns": [_summarize_column(plan, column, listed) for column in plan.columns],
    }


def text_summary(text: TextForm, listed: int = _LISTED) -> dict[str, Any]:
    """Return how a file was read as text, ready for JSON: lines as a count and the first."""
    lines = {"bad_lines": text.bad_lines, "open_quotes": text.open_quotes}
    return vars(text) | {
        name: {"count": len(numbers), "first": numbers[:listed]} for name, numbers in lines.items()
    }


def _hint(plan: Plan) -> str | None:
    """Return what to say of rows that match nothing: that they bear Panoptic's own numbers."""
    column = plan.matches.matching.column
    is_panoptics = not plan.matches.rows.height and has_panoptic_ids(plan.table, column)
    return "panoptic_ids" if is_panoptics else None


def _planned(
    project: Project,
    table: Table,
    matches: Matches,
    choices: Mapping[str, Mapping[str, Any]],
    existing: str,
    target: str,
    before: Plan | None = None,
) -> Plan:
    state = annotations_of(project).state(fresh=True)
    _check(table, choices, existing)
    columns = _columns(state, table, matches, choices, existing, target)
    is_same = before is not None and before.matches is matches and before.position == state.position
    earlier = {reading.column: reading for reading in before.readings} if before and is_same else {}
    readings = [
        earlier.get(column) or read_values(state, table, matches, column)
        for column in columns
        if column.take
    ]
    return Plan(table, matches, columns, tuple(readings), existing, target, choices, state.position)


def _check(table: Table, choices: Mapping[str, Mapping[str, Any]], existing: str) -> None:
    if existing not in EXISTING:
        raise InvalidImport("existing", table.name, name=existing, known=", ".join(EXISTING))
    for name, parts in choices.items():
        if name not in table.frame.columns:
            raise InvalidImport("no_column", table.name, column=name)
        for part in set(parts) - _CHOICES:
            raise InvalidImport("part", table.name, name=part)
        type = parts.get("type")
        if type is not None and type not in values.TYPES:
            known = ", ".join(values.TYPES)
            raise InvalidImport("type", table.name, name=type, known=known)
        if parts.get("order") not in (None, *_ORDERS):
            raise InvalidImport("order", table.name, name=parts["order"])
        if parts.get("target", "image") not in properties.TARGETS:
            raise InvalidImport("target", table.name, name=parts["target"])


def _columns(
    state: State,
    table: Table,
    matches: Matches,
    choices: Mapping[str, Mapping[str, Any]],
    existing: str,
    target: str,
) -> tuple[Column, ...]:
    by_name = properties_by_name(state)
    usable = {} if existing == "new" else by_name
    taken = set(by_name) if existing == "new" else set()
    columns = []
    for source in table.frame.columns:
        keys = (table.path_column, table.second_path_column, table.sha1_column)
        if source in (matches.matching.column, *keys):
            continue
        column = propose(table, source, choices.get(source, {}), usable, target)
        if column.take:
            name = free_name(column.name, taken)
            taken.add(name_key(name))
            property = column.property if name == column.name else None
            column = replace(column, name=name, property=property)
        columns.append(column)
    return tuple(columns)


def _keys(plan: Plan, rows: pl.Series) -> pl.Series:
    """Return the texts by which rows are matched: cells of the key column, or row numbers."""
    column = plan.matches.matching.column
    if column is None:
        return (rows + 1).cast(pl.String)
    return plan.table.frame[column].gather(rows).cast(pl.String, strict=False)


def _summarize_column(plan: Plan, column: Column, listed: int) -> dict[str, Any]:
    examples = nonempty(plan.table.frame[column.source]).head(_EXAMPLES).to_list()
    summary: dict[str, Any] = {
        **vars(column),
        "is_new": column.property is None,
        "examples": [cell if isinstance(cell, list) else str(cell).strip() for cell in examples],
    }
    reading = next((reading for reading in plan.readings if reading.column == column), None)
    if reading is None:
        return summary
    return summary | {
        "read": _first_values(reading),
        "values": reading.values.height,
        "targets": reading.values["target"].n_unique(),
        "repeated": reading.repeated,
        "conflicts": {
            "count": reading.conflicts.height,
            "first": reading.conflicts.head(listed).to_dicts(),
        },
        "rewritten": {
            "count": reading.rewritten.height,
            "first": reading.rewritten.head(listed).to_dicts(),
        },
        "new_tags": {"count": len(reading.new_tags), "first": list(reading.new_tags[:listed])},
        "unreadable": {
            "count": reading.unreadable.height,
            "first": reading.unreadable.head(listed).to_dicts(),
        },
    }


def _first_values(reading: ColumnValues) -> list[list[str]]:
    """Return the first different values as they were read; tags of one target together."""
    sample = reading.values.head(_SAMPLED)
    if reading.column.type != "tags":
        return [[value] for value in sample["value"].unique(maintain_order=True).head(_EXAMPLES)]
    targets = sample["target"].unique(maintain_order=True).head(_EXAMPLES)
    return [sample.filter(pl.col("target") == target)["value"].to_list() for target in targets]
