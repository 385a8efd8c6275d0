"""Carry out the plan of an import, or add a tree of tags, as one batch of annotation changes.

Not here: what an import would do (``plan``), reading files (``readers``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits, identifiers, properties, tags, values
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import Batch, Change, as_frame
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport, InvalidTag, InvalidValue
from panoptic_data.exchange.columns import free_name, properties_by_name
from panoptic_data.exchange.plan import open_question
from panoptic_data.exchange.tables import ColumnHint, NewTag
from panoptic_data.text import name_key
from panoptic_data.views import saved
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Level, Sort, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.exchange.columns import Column, ColumnValues
    from panoptic_data.exchange.plan import Plan
    from panoptic_data.storage.project import Project

__all__ = ["add_tags", "apply_plan", "apply_tags", "find_or_create_tags_property"]

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
        return Decision(_concatenated(parts), "import", plan.table.name)

    batch = annotations_of(project).decide(choose, author=author).batch
    _add_views(project, plan)
    report(len(plan.readings), len(plan.readings))
    return batch


def _add_views(project: Project, plan: Plan) -> None:
    """Keep the file's views with the project, as tabs; those that are there already stay alone."""
    if not plan.table.views:
        return
    by_name = properties_by_name(annotations_of(project).state())
    columns = {column.source: by_name.get(name_key(column.name)) for column in plan.columns}
    fields = {
        source: property_field(property.type, property.id)
        for source, property in columns.items()
        if property is not None
    }
    known = {(view.name, view.view) for view in saved.list_views(project)}
    for new in plan.table.views:
        sort = (Sort(fields[column], down) for column, down in new.sort if column in fields)
        group = (Level(fields[column]) for column in new.group if column in fields)
        view = View(sort=tuple(sort), group=tuple(group))
        if (new.name, view) not in known:
            saved.save(project, new.name, view, saved.LAST)


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
        state, target, changes = find_or_create_tags_property(state, property)
        if not target.has_tags:
            raise InvalidImport("other_type", about or property, name=target.name, type=target.type)
        _, tag_changes, _ = add_tags(state, target.id, new_tags, strict=True)
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
    state = with_property(state, property)
    new_values = reading.values
    if plan.existing == "keep":
        present = state.values(property.id).select("target")
        new_values = new_values.join(present, on="target", how="anti", maintain_order="left")
    if property.has_tags:
        used = [NewTag(name) for name in new_values["value"].unique(maintain_order=True)]
        tree = plan.table.tags.get(reading.column.source, ())
        state, tag_changes, ids = add_tags(state, property.id, [*tree, *used])
        changes += tag_changes
        new_values = _with_tag_ids(property, ids, new_values)
    assigned = edits.assign(state, property.id, new_values)
    if reading.authors is not None:
        assigned = assigned.join(reading.authors, on="target", how="left", maintain_order="left")
    return state, [as_frame(changes), assigned]


def _concatenated(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return all changes; those that are somebody's own come after the others."""
    changes = pl.concat([as_frame([]), *parts], how="diagonal")
    if "author" not in changes.columns:
        return changes
    # The author of a batch is that of its first change.
    is_others = pl.col("author").is_not_null()
    return pl.concat([changes.filter(~is_others), changes.filter(is_others)])


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


def find_or_create_tags_property(state: State, name: str) -> tuple[State, Property, list[Change]]:
    """Return the property of this name, a new one of tags where there is none, and its changes.

    The state has the property. Of which type one is that was there is for the caller to check.
    """
    target = properties_by_name(state).get(name_key(name))
    if target is not None:
        return state, target, []
    target, changes = properties.create(state.properties, name, "tags")
    return with_property(state, target), target, changes


def with_property(state: State, property: Property) -> State:
    """Return the state with a property that is about to be created."""
    return replace(state, properties={**state.properties, property.id: property})


def add_tags(
    state: State, property: str, new_tags: Sequence[NewTag], *, strict: bool = False
) -> tuple[State, list[Change], dict[str, str]]:
    """Return the state with these tags, the changes that make them, and their ids by label.

    A link that would close a cycle is left out, as is an invalid colour; with ``strict`` both
    raise (InvalidTag, InvalidValue).
    """
    own = {id: tag for id, tag in state.tags.items() if tag.property == property}
    by_label = tags.by_label(own, property)
    changes: list[Change] = []
    last = max(own.values(), key=lambda tag: tag.place, default=None)
    used: set[str] = set()
    for label, name, namesake in _wanted(new_tags):
        key = name_key(label)
        known = by_label.get(key) or _same_place(own, used, namesake)
        if known is None:
            # Only the last tag is passed on: searching all of them for each new one takes long.
            siblings = {last.id: last} if last else {}
            is_namesake = namesake is not None
            last, created = tags.create(siblings, property, name, is_namesake=is_namesake)
            own[last.id] = known = last
            changes += created
        by_label[key] = known
        if namesake is not None:
            used.add(known.id)
    for tag in new_tags:
        changes += _complete_tag(own, by_label, tag, strict)
    ids = {key: tag.id for key, tag in by_label.items()}
    return replace(state, tags={**state.tags, **own}), changes, ids


def _wanted(new_tags: Sequence[NewTag]) -> Iterator[tuple[str, str, NewTag | None]]:
    """Yield label and name of each tag, and the tag itself where others have its name."""
    for tag in new_tags:
        name = " ".join(tag.name.split())
        yield tag.label or name, name, tag if tag.label else None
    for tag in new_tags:
        for parent in tag.parents:
            yield parent, " ".join(parent.split()), None


def _same_place(
    own: Mapping[str, tags.Tag], used: Collection[str], wanted: NewTag | None
) -> tags.Tag | None:
    """Return the tag of the name and the parents of one that has namesakes in the file."""
    if wanted is None:
        return None
    parents = {name_key(parent) for parent in wanted.parents}
    for tag in own.values():
        is_free = not tag.deleted and tag.name == wanted.name and tag.id not in used
        above = {name_key(own[id].name) for id in tag.parents if id in own}
        if is_free and above == parents:
            return tag
    return None


def _complete_tag(
    own: dict[str, tags.Tag], by_label: Mapping[str, tags.Tag], new_tag: NewTag, strict: bool
) -> list[Change]:
    """Return the changes that give a tag the colour and the parents it lacks; ``own`` gets them."""
    id = by_label[name_key(new_tag.label or new_tag.name)].id
    changes: list[Change] = []
    identifier = _identifier(new_tag.identifier, strict)
    if identifier is not None and own[id].identifier is None:
        changes += tags.update(own, id, identifier=identifier)
        own[id] = replace(own[id], identifier=identifier)
    colour = _colour(new_tag.colour, strict)
    if colour is not None and own[id].colour is None:
        changes += tags.update(own, id, colour=colour)
        own[id] = replace(own[id], colour=colour)
    for parent in new_tag.parents:
        parent_id = by_label[name_key(parent)].id
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


def _identifier(text: str | None, strict: bool) -> str | None:
    identifier = identifiers.parse(text) if text else None
    if text and identifier is None and strict:
        raise InvalidTag("identifier", name=text[:80])
    return identifier


def _colour(text: str | None, strict: bool) -> str | None:
    try:
        return values.canonical("colour", text)
    except InvalidValue:
        if strict:
            raise
        return None


def _with_tag_ids(property: Property, ids: Mapping[str, str], named: pl.DataFrame) -> pl.DataFrame:
    """Return target and value with the ids of tags: one id, or a JSON list of ids."""
    names = named["value"].unique()
    id_of = {name: ids[name_key(name)] for name in names}
    with_ids = named.with_columns(
        pl.col("value").replace_strict(id_of, return_dtype=pl.String) if id_of else pl.col("value")
    )
    if not property.is_multi_valued:
        return with_ids
    lists = with_ids.group_by("target", maintain_order=True).agg(pl.col("value").unique().sort())
    texts = [json.dumps(some) for some in lists["value"].to_list()]
    return lists.select("target", value=pl.Series(texts, dtype=pl.String))
