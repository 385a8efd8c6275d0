"""Carry out the plan of an import, or add a tree of tags, as one batch of annotation changes.

Not here: what an import would do (``plan``), reading files (``readers``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits, properties, tags, values
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Batch, Change, as_frame
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport, InvalidTag, InvalidValue
from panoptic_data.exchange.columns import free_name, properties_by_name
from panoptic_data.exchange.plan import open_question
from panoptic_data.exchange.tables import ColumnHint, NewTag
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.exchange.columns import Column, ColumnValues
    from panoptic_data.exchange.plan import Plan
    from panoptic_data.storage.project import Project

__all__ = ["apply_plan", "apply_tags"]

Progress = Callable[[int, int], None]
"""Called with how many columns are done, and of how many."""


def _silent(_done: int, _of: int) -> None:
    """Report nothing."""


def apply_plan(
    project: Project, plan: Plan, author: str | None = None, progress: Progress | None = None
) -> Batch:
    """Carry out a plan as one batch: properties, tags and values, all of it or nothing.

    Properties and tags are looked up by name in the current state, which may be newer than the
    plan; values that exist already are not written again. Raises WriteConflict, InvalidImport
    where a question is open (``plan.open_question``).
    """
    question = open_question(plan)
    if question is not None:
        raise question
    report = progress or _silent

    def choose(state: State) -> Decision[None]:
        parts = []
        for done, reading in enumerate(plan.readings):
            report(done, len(plan.readings))
            if reading.values.is_empty() and not _is_defined(plan, reading):
                continue
            state, changes = _import_column(state, reading, plan)
            parts += changes
        return Decision(pl.concat([as_frame([]), *parts]), "import", plan.table.name)

    batch = annotations_of(project).decide(choose, author=author).batch
    report(len(plan.readings), len(plan.readings))
    return batch


def apply_tags(
    project: Project,
    property: str,
    new_tags: Sequence[NewTag],
    author: str | None = None,
    about: str | None = None,
) -> Batch:
    """Add tags, their colours and their parents to a property of tags, as one batch.

    ``property`` is its name; a missing property is created. Existing tags get the colours and
    parents they lack. Raises InvalidTag for a cycle, InvalidValue for a colour, InvalidImport for
    a property of another type.
    """

    def choose(state: State) -> Decision[None]:
        target = properties_by_name(state).get(name_key(property))
        changes: list[Change] = []
        if target is None:
            target, changes = properties.create(state.properties, property, "tags")
            state = _with_property(state, target)
        if not target.has_tags:
            raise InvalidImport("other_type", about or property, name=target.name, type=target.type)
        _, tag_changes = _add_tags(state, target.id, new_tags, strict=True)
        return Decision([*changes, *tag_changes], "import", about or property)

    return annotations_of(project).decide(choose, author=author, needs_values=False).batch


def _is_defined(plan: Plan, reading: ColumnValues) -> bool:
    """Whether a file defines a column's property, so that it is made though it has no value."""
    return bool(plan.table.hints.get(reading.column.source, ColumnHint()).is_exact)


def _import_column(
    state: State, reading: ColumnValues, plan: Plan
) -> tuple[State, list[pl.DataFrame]]:
    """Return the state with a column's property, and the changes that import it."""
    property, changes = _find_or_create(state, reading.column, plan.existing, plan.table.name)
    state = _with_property(state, property)
    new_values = reading.values
    if plan.existing == "keep":
        present = state.values(property.id).select("target")
        new_values = new_values.join(present, on="target", how="anti", maintain_order="left")
    if property.has_tags:
        used = [NewTag(name) for name in new_values["value"].unique(maintain_order=True)]
        tree = plan.table.tags.get(reading.column.source, ())
        state, tag_changes = _add_tags(state, property.id, [*tree, *used])
        changes += tag_changes
        new_values = _with_tag_ids(state, property, new_values)
    return state, [as_frame(changes), edits.assign(state, property.id, new_values)]


def _find_or_create(
    state: State, column: Column, existing: str, file: str
) -> tuple[Property, list[Change]]:
    """Return the property of a column and the changes that create it, none where it exists."""
    by_name = properties_by_name(state)
    if column.property is not None:
        return _planned_property(state, column, file), []
    property = by_name.get(name_key(column.name)) if existing != "new" else None
    if property is not None and (property.type, property.target) == (column.type, column.target):
        return property, []
    return properties.create(
        state.properties,
        free_name(column.name, by_name),
        column.type,
        target=column.target,
        folder=column.folder,
    )


def _planned_property(state: State, column: Column, file: str) -> Property:
    """Return the property that a column was to go into. Raises InvalidImport where it is gone."""
    property = state.properties.get(column.property or "")
    if property is None or property.deleted:
        raise InvalidImport("property_gone", file, name=column.name)
    if (property.type, property.target) != (column.type, column.target):
        raise InvalidImport("other_type", file, name=property.name, type=property.type)
    return property


def _with_property(state: State, property: Property) -> State:
    return replace(state, properties={**state.properties, property.id: property})


def _add_tags(
    state: State, property: str, new_tags: Sequence[NewTag], *, strict: bool = False
) -> tuple[State, list[Change]]:
    """Return the state with tags of these names, and the changes that make them.

    A link that would close a cycle is left out, as is an invalid colour; with ``strict`` both
    raise (InvalidTag, InvalidValue).
    """
    own = {id: tag for id, tag in state.tags.items() if tag.property == property}
    by_name = tags.by_name(own, property)
    changes: list[Change] = []
    last = max(own.values(), key=lambda tag: tag.place, default=None)
    names = [tag.name for tag in new_tags]
    names += [parent for tag in new_tags for parent in tag.parents]
    for name in names:
        spelled = " ".join(name.split())
        if name_key(spelled) in by_name:
            continue
        # Only the last tag is passed on: searching all of them for each new one takes long.
        last, created = tags.create({last.id: last} if last else {}, property, spelled)
        by_name[name_key(spelled)] = own[last.id] = last
        changes += created
    for tag in new_tags:
        changes += _complete_tag(own, by_name, tag, strict)
    return replace(state, tags={**state.tags, **own}), changes


def _complete_tag(
    own: dict[str, tags.Tag], by_name: Mapping[str, tags.Tag], new_tag: NewTag, strict: bool
) -> list[Change]:
    """Return the changes that give a tag the colour and the parents it lacks; ``own`` gets them."""
    id = by_name[name_key(new_tag.name)].id
    changes: list[Change] = []
    colour = _colour(new_tag.colour, strict)
    if colour is not None and own[id].colour is None:
        changes += tags.update(own, id, colour=colour)
        own[id] = replace(own[id], colour=colour)
    for parent in new_tag.parents:
        parent_id = by_name[name_key(parent)].id
        try:
            link = tags.link(own, id, parent_id)
        except InvalidTag:
            if strict:
                raise
            continue
        if link:
            own[id] = tags.with_parent(own[id], parent_id)
            changes += link
    return changes


def _colour(text: str | None, strict: bool) -> str | None:
    try:
        return values.canonical("colour", text)
    except InvalidValue:
        if strict:
            raise
        return None


def _with_tag_ids(state: State, property: Property, named: pl.DataFrame) -> pl.DataFrame:
    """Return target and value with the ids of tags: one id, or a JSON list of ids."""
    by_name = tags.by_name(state.tags, property.id)
    names = named["value"].unique()
    ids = {name: by_name[name_key(name)].id for name in names}
    with_ids = named.with_columns(
        pl.col("value").replace_strict(ids, return_dtype=pl.String) if ids else pl.col("value")
    )
    if not property.is_multi_valued:
        return with_ids
    lists = with_ids.group_by("target", maintain_order=True).agg(pl.col("value").unique().sort())
    texts = [json.dumps(some) for some in lists["value"].to_list()]
    return lists.select("target", value=pl.Series(texts, dtype=pl.String))
