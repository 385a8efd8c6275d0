"""Tags and properties that are gone: refused by name and author, and how they come back.

A stamp, a key and a panel hold the id of a tag that somebody may delete meanwhile. Not here:
deleting (``properties``, ``tags``), switching a batch off or on (``store``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.errors import (
    DeletedProperty,
    DeletedTag,
    InvalidProperty,
    InvalidTag,
    PanopticError,
)

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.storage.project import Project

__all__ = ["explained", "live_property", "live_tag"]


def live_property(state: State, id: str) -> Property:
    """Return a property that is not deleted. Raises DeletedProperty, InvalidProperty."""
    prop = state.properties.get(id)
    if prop is None:
        raise InvalidProperty("unknown", name=id)
    if prop.deleted:
        author, batch = _deletion(state, "property", id)
        raise DeletedProperty(id, batch, None, is_undone=False, name=prop.name, author=author)
    return prop


def live_tag(state: State, id: str, property: str | None = None) -> Tag:
    """Return a tag, of this property where one is given, that is not deleted, nor its property.

    Raises DeletedTag, DeletedProperty, InvalidTag.
    """
    tag = state.tags.get(id)
    if tag is None or (property is not None and tag.property != property):
        raise InvalidTag("unknown", name=str(id))
    live_property(state, tag.property)
    if tag.deleted:
        author, batch = _deletion(state, "tag", id)
        raise DeletedTag(id, batch, tag.property, is_undone=False, name=tag.name, author=author)
    return tag


def explained(project: Project, error: PanopticError) -> PanopticError:
    """Return the error of an unknown tag or property as that of one whose making was undone.

    Any other error is returned as it is.
    """
    if not isinstance(error, InvalidTag | InvalidProperty) or error.problem != "unknown":
        return error
    # ``store`` imports what raises these.
    from panoptic_data.annotations.store import annotations_of

    kind = "tag" if isinstance(error, InvalidTag) else "property"
    id = str(error.params.get("name"))
    events = annotations_of(project).log()
    parts = events.filter((pl.col("kind") == kind) & (pl.col("target") == id))
    names = parts.filter(pl.col("property") == "name")
    if names.is_empty():
        return error
    creation = names["batch"][0]
    is_switch = (pl.col("kind") == "batch") & (pl.col("target") == creation)
    switches = events.filter(is_switch & (pl.col("new") == "false"))
    if switches.is_empty():
        return error
    assigned = parts.filter(pl.col("property") == "property")["new"]
    of = json.loads(assigned[-1]) if kind == "tag" and assigned.len() else None
    gone = DeletedTag if kind == "tag" else DeletedProperty
    name, author = json.loads(names["new"][-1]), switches["author"][-1]
    return gone(id, creation, of, is_undone=True, name=name, author=author)


def _deletion(state: State, kind: str, id: str) -> tuple[str, str]:
    """Return who deleted a tag or property, and in which batch."""
    cell = {"kind": kind, "target": id, "property": "deleted"}
    rows = state.definitions.filter(*(pl.col(name) == value for name, value in cell.items()))
    author, batch = rows.select("author", "batch").row(0)
    return author, batch
