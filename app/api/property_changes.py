"""Changes of what is defined, over HTTP: properties and their tags, made, altered and deleted.

A press is stored by one ``POST /define`` as one batch that undo takes back. Each change has a
model of its request and a function that returns what to write. Not here: reading definitions
(``properties``), values of images (``annotations``), undo (``history``), what a definition is
(``panoptic_data.annotations.properties``, ``tags``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import polars as pl
from pydantic import Field, TypeAdapter
from starlette.routing import Route

from app.api.endpoint import Caller, answering
from app.api.request_body import Id, Ids, KeptRequest, Name, Names, RequestBody, with_body
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.deleted import live_property, live_tag
from panoptic_data.annotations.log import CHANGE_SCHEMA, Change, as_frame
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidProperty, InvalidTag

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["CHANGE_REQUEST", "routes"]

# One body defines a few things, or pastes a list of tags.
BODY_BYTES = 4 * 2**20
# Names of tags in the line of the history.
NAMED_AT_MOST = 3
# What a change of each part is called in the history.
PROPERTY_ACTS = {"name": "rename", "folder": "place", "hidden": "property", "options": "property"}
TAG_ACTS = {"name": "rename", "colour": "colour", "key": "key", "identifier": "identifier"}

Options = dict[Id, bool | int | float]


def routes(project: Project) -> list[Route]:
    """Return the route ``POST /define``.

    It takes ``{"do": …}`` with what the models of this module name, and answers ``batch`` (null
    where nothing changed), ``position`` and ``id`` or ``ids`` of what was made, these not where
    the edit was stored before.
    """
    define = with_body(CHANGE_REQUEST, _define, BODY_BYTES)
    return [Route("/define", answering(project, define), methods=["POST"])]


class CreateProperty(KeptRequest):
    """Make a property; ``folder`` is the heading it is listed under."""

    do: Literal["create"]
    name: Name
    type: Id
    target: Id = "image"
    folder: Name | None = None
    options: Options | None = None


class PropertyParts(RequestBody):
    """The parts of a property that can be changed."""

    name: Name = ""
    folder: Name | None = None
    hidden: bool = False
    options: Options = Field(default_factory=dict)


class AlterProperty(KeptRequest):
    """Change some parts of a property: those that are given."""

    do: Literal["alter"]
    id: Id
    parts: PropertyParts


class DeleteProperty(KeptRequest):
    """Delete a property."""

    do: Literal["delete"]
    id: Id


class PlaceProperties(KeptRequest):
    """Put properties in an order; those named in ``folders`` go under another heading."""

    do: Literal["place"]
    order: Ids
    folders: dict[Id, Name | None] = Field(default_factory=dict)


class RenameHeading(KeptRequest):
    """Give the heading of some properties another name; without one they have none."""

    do: Literal["heading"]
    old: Name | None = Field(alias="from")
    new: Name | None = Field(alias="to")


class ConvertProperty(KeptRequest):
    """Give a property another type, with its values."""

    do: Literal["convert"]
    id: Id
    type: Id


class CreateTags(KeptRequest):
    """Make tags; of several that are pasted, those that are there already are left out."""

    do: Literal["tag"]
    id: Id
    names: Names
    parents: Ids = Field(default_factory=list)


class TagParts(RequestBody):
    """The parts of a tag that can be changed."""

    name: Name = ""
    colour: Id | None = None
    key: Id | None = None
    identifier: Id | None = None


class AlterTags(KeptRequest):
    """Change some parts of tags: those that are given."""

    do: Literal["tag_alter"]
    ids: Ids
    parts: TagParts


class Move(RequestBody):
    """A tag, and the parent it was taken from, null at the top."""

    id: Id
    origin: Id | None = Field(default=None, alias="from")


class PutTags(KeptRequest):
    """Put tags under a parent, or under none where it is null.

    With ``keep`` they stay where they were, too. ``order`` puts them among those that are there.
    Where no parent is given ``moves`` are an order alone.
    """

    do: Literal["tag_put"]
    moves: Annotated[list[Move], Field(max_length=100_000)]
    parent: Id | None = None
    keep: bool = False
    order: Ids | None = None

    @property
    def has_parent(self) -> bool:
        """Whether a parent is given, be it null."""
        return "parent" in self.model_fields_set


class UnlinkTag(KeptRequest):
    """Take a tag from under a parent."""

    do: Literal["tag_unlink"]
    id: Id
    parent: Id


class MergeTags(KeptRequest):
    """Make one tag of several: ``keep`` stays."""

    do: Literal["tag_merge"]
    keep: Id
    others: Ids


class DeleteTags(KeptRequest):
    """Delete tags: images lose them, what was below moves up."""

    do: Literal["tag_delete"]
    ids: Annotated[Ids, Field(min_length=1)]


ChangeRequest = (
    CreateProperty
    | AlterProperty
    | DeleteProperty
    | PlaceProperties
    | RenameHeading
    | ConvertProperty
    | CreateTags
    | AlterTags
    | PutTags
    | UnlinkTag
    | MergeTags
    | DeleteTags
)
CHANGE_REQUEST: TypeAdapter[ChangeRequest] = TypeAdapter(
    Annotated[ChangeRequest, Field(discriminator="do")]
)


# What is decided of a request; its result are the ids of what was made, or None.
_Chosen = Decision[dict[str, Any] | None]


def _define(project: Project, request: ChangeRequest, caller: Caller) -> dict[str, Any]:
    request.check_project(project)
    store = annotations_of(project)
    choose = _CHANGES[type(request)]
    made = store.decide(
        lambda state: choose(state, request), author=caller.author, edit=request.sent_edit()
    )
    return {
        "batch": made.batch.id if made.batch.changes.height else None,
        "position": store.state().position,
        **(made.result or {}),
    }


def _create_property(state: State, request: CreateProperty) -> _Chosen:
    prop, changes = properties.create(
        state.properties,
        request.name,
        request.type,
        target=request.target,
        folder=_heading(request.folder),
        options=request.options,
    )
    return Decision(changes, "property", prop.name, result={"id": prop.id})


def _alter_property(state: State, request: AlterProperty) -> _Chosen:
    prop = live_property(state, request.id)
    parts = request.parts.model_dump(exclude_unset=True)
    if "folder" in parts:
        parts["folder"] = _heading(parts["folder"])
    act = PROPERTY_ACTS[min(parts)] if parts else "property"
    return Decision(properties.update(state.properties, prop.id, **parts), act, prop.name)


def _delete_property(state: State, request: DeleteProperty) -> _Chosen:
    prop = live_property(state, request.id)
    changes = properties.update(state.properties, prop.id, deleted=True)
    return Decision(changes, "delete", prop.name)


def _place_properties(state: State, request: PlaceProperties) -> _Chosen:
    changes = properties.reorder(state.properties, request.order)
    for id, folder in request.folders.items():
        changes += properties.update(state.properties, id, folder=_heading(folder))
    return Decision(changes, "place")


def _rename_heading(state: State, request: RenameHeading) -> _Chosen:
    name = _heading(request.new)
    changes = [
        change
        for prop in state.live_properties
        if prop.folder == request.old
        for change in properties.update(state.properties, prop.id, folder=name)
    ]
    return Decision(changes, "rename", name)


def _convert_property(state: State, request: ConvertProperty) -> _Chosen:
    prop = live_property(state, request.id)
    changes, _ = edits.convert(state, prop.id, request.type)
    return Decision(changes, "convert", prop.name)


def _create_tags(state: State, request: CreateTags) -> _Chosen:
    prop = live_property(state, request.id)
    if not prop.has_tags:
        raise InvalidProperty("holds_no_tags", name=prop.name)
    for parent in request.parents:
        live_tag(state, parent)
    known = dict(state.tags)
    made: list[tags.Tag] = []
    changes: list[Change] = []
    for name in request.names:
        try:
            tag, steps = tags.create(known, prop.id, name, parents=request.parents)
        except InvalidTag:
            if len(request.names) == 1:
                raise
            continue
        known[tag.id] = tag
        made.append(tag)
        changes += steps
    return Decision(changes, "tag", _listed(made), result={"ids": [tag.id for tag in made]})


def _alter_tags(state: State, request: AlterTags) -> _Chosen:
    parts = request.parts.model_dump(exclude_unset=True)
    chosen = [live_tag(state, id) for id in request.ids]
    changes = [
        change for tag in chosen for change in tags.update(state.tags, tag.id, **dict(parts))
    ]
    return Decision(changes, TAG_ACTS[min(parts)] if parts else "tag", _listed(chosen))


def _put_tags(state: State, request: PutTags) -> _Chosen:
    changes = _links(state, request) if request.has_parent else []
    moved = [live_tag(state, move.id) for move in request.moves]
    act = "unlink" if request.parent is None else "link"
    if request.order is not None:
        order = [live_tag(state, id).id for id in request.order]
        act = act if changes else "order"
        changes += tags.reorder(state.tags, order, [tag.id for tag in moved])
    return Decision(changes, act, _listed(moved))


def _links(state: State, request: PutTags) -> list[Change]:
    """Return the links that put tags under a parent, and take them from where they were."""
    parent = request.parent
    if parent is not None:
        live_tag(state, parent)
    known = dict(state.tags)
    changes: list[Change] = []
    for move in request.moves:
        tag = live_tag(state, move.id)
        origins = tag.parents if parent is None else [move.origin]
        if parent is not None:
            link = tags.link(known, tag.id, parent)
            changes += link
            known[tag.id] = tags.with_parent(known[tag.id], parent) if link else known[tag.id]
        for origin in origins:
            if origin is not None and origin != parent and not request.keep:
                changes += tags.unlink(state.tags, tag.id, origin)
    return changes


def _unlink_tag(state: State, request: UnlinkTag) -> _Chosen:
    tag = live_tag(state, request.id)
    return Decision(tags.unlink(state.tags, tag.id, request.parent), "unlink", tag.name)


def _merge_tags(state: State, request: MergeTags) -> _Chosen:
    keep = live_tag(state, request.keep)
    return Decision(edits.merge_tags(state, keep.id, request.others), "merge", keep.name)


def _delete_tags(state: State, request: DeleteTags) -> _Chosen:
    deleted = [live_tag(state, id) for id in request.ids]
    prop = state.properties[deleted[0].property]
    ids = [tag.id for tag in deleted]
    steps = [change for id in ids for change in tags.update(state.tags, id, deleted=True, key=None)]
    steps += _moved_up(state, set(ids))
    rows = state.values(prop.id).filter(pl.col("value").is_in(ids))
    none = pl.lit(None, dtype=pl.String)
    removed = rows.select(
        kind=pl.lit(prop.target),
        target="target",
        property=pl.lit(prop.id),
        op=pl.lit("remove" if prop.is_multi_valued else "set"),
        old=none if prop.is_multi_valued else pl.col("value"),
        new=pl.col("value") if prop.is_multi_valued else none,
    )
    changes = pl.concat([as_frame(steps), removed.select(list(CHANGE_SCHEMA))])
    return Decision(changes, "delete", _listed(deleted))


def _moved_up(state: State, deleted: set[str]) -> list[Change]:
    """Return the links that put what was below deleted tags under what was above them."""
    changes: list[Change] = []
    for id, tag in state.tags.items():
        if tag.deleted or id in deleted or deleted.isdisjoint(tag.parents):
            continue
        changes += [
            Change("tag", id, "parents", "remove", parent)
            for parent in tag.parents
            if parent in deleted
        ]
        new = _nearest_above(state, tag, deleted) - set(tag.parents)
        changes += [Change("tag", id, "parents", "add", parent) for parent in sorted(new)]
    return changes


def _nearest_above(state: State, tag: tags.Tag, deleted: set[str]) -> set[str]:
    """Return the ids of the nearest tags above one that are not deleted."""
    nearest: set[str] = set()
    to_visit = [parent for parent in tag.parents if parent in deleted]
    visited = set(to_visit)
    while to_visit:
        for parent in state.tags[to_visit.pop()].parents:
            if parent not in deleted:
                nearest.add(parent)
            elif parent not in visited:
                visited.add(parent)
                to_visit.append(parent)
    return nearest


_CHANGES: Mapping[type[ChangeRequest], Callable[[State, Any], _Chosen]] = {
    CreateProperty: _create_property,
    AlterProperty: _alter_property,
    DeleteProperty: _delete_property,
    PlaceProperties: _place_properties,
    RenameHeading: _rename_heading,
    ConvertProperty: _convert_property,
    CreateTags: _create_tags,
    AlterTags: _alter_tags,
    PutTags: _put_tags,
    UnlinkTag: _unlink_tag,
    MergeTags: _merge_tags,
    DeleteTags: _delete_tags,
}


def _heading(text: str | None) -> str | None:
    """Return the name of a heading as it is kept; None for none."""
    return " ".join((text or "").split())[: properties.LONGEST_NAME] or None


def _listed(some: Sequence[tags.Tag]) -> str | None:
    """Return the names of the first tags, None of no tag."""
    names = ", ".join(tag.name for tag in some[:NAMED_AT_MOST])
    return names + ("…" if len(some) > NAMED_AT_MOST else "") or None
