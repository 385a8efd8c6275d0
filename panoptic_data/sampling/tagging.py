"""Samples and divisions as tags: one batch of the log that says how it was made.

Not here: which images they are (``sample``, ``split``), how it was made as a line (``recipe``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import as_frame
from panoptic_data.errors import InvalidSample
from panoptic_data.sampling.split import PARTS
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Change
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.sampling.sample import Sampled

__all__ = ["Tagged", "decide", "free_tag"]


@dataclass(frozen=True)
class Tagged:
    """The property and the tags that images get, and how many lose another value by it."""

    property: str
    tags: tuple[str, ...]
    replaced: int = 0


def decide(
    state: State, sampled: Sampled, property: str, tag: str | None = None, wanted: str = ""
) -> Decision[Tagged]:
    """Return the batch that gives images their tags of a property, which is made if missing.

    A sample is all that its ``tag`` is on: one that is on other images is refused. Without a
    ``tag`` it gets the name ``wanted``, numbered where that is taken. The parts of a division
    replace those that images have of the property, and no other tags. Raises InvalidSample,
    InvalidProperty, InvalidTag.
    """
    is_sample = "" in sampled.images
    prop, state, creation = _property(state, property, "tags" if is_sample else "tag")
    if not is_sample:
        _refuse_other_tags(state, prop, sampled)
    names = {name: name for name in sampled.images}
    if is_sample:
        names = {"": _checked_tag(state, prop, sampled.images[""], tag, wanted)}
    rows = [(sha1, names[name]) for name, sha1s in sampled.images.items() for sha1 in sha1s]
    named = pl.DataFrame(rows, {"target": pl.String, "name": pl.String}, orient="row")
    changes = edits.tag_by_name(state, prop.id, named, add=is_sample)
    replaced = changes.filter(pl.col("old").is_not_null())["target"].n_unique()
    act = "sample" if is_sample else "split"
    return Decision(
        pl.concat([as_frame(creation), changes]) if rows else [],
        act,
        sampled.recipe.line(),
        result=Tagged(prop.name, tuple(names.values()), replaced),
    )


def _refuse_other_tags(state: State, prop: Property, sampled: Sampled) -> None:
    """Raise InvalidSample where images have tags of a property that are no parts of a division."""
    known = tags.by_name(state.tags, prop.id)
    parts = [known[name_key(name)].id for name in PARTS if name_key(name) in known]
    sha1s = pl.Series([sha1 for part in sampled.images.values() for sha1 in part], dtype=pl.String)
    is_other = ~pl.col("value").is_in(parts) & pl.col("target").is_in(sha1s.implode())
    others = state.values(prop.id).filter(is_other)["target"].n_unique()
    if others:
        raise InvalidSample("other_tags", name=prop.name, count=others)


def free_tag(state: State, prop: Property, sha1s: Collection[str], wanted: str) -> str:
    """Return a name that no tag has, or one that is on these images and no others: *name (2)*."""
    name, number = wanted, 1
    while not _is_free(state, prop, sha1s, name):
        number += 1
        name = f"{wanted} ({number})"
    return name


def _checked_tag(
    state: State, prop: Property, sha1s: Collection[str], tag: str | None, wanted: str
) -> str:
    if not prop.is_multi_valued:
        raise InvalidSample("one_tag", name=prop.name)
    if tag is None:
        return free_tag(state, prop, sha1s, wanted)
    if not _is_free(state, prop, sha1s, tag):
        raise InvalidSample("taken", name=tag)
    return tag


def _is_free(state: State, prop: Property, sha1s: Collection[str], name: str) -> bool:
    known = tags.by_name(state.tags, prop.id).get(name_key(name))
    if known is None:
        return True
    tagged = state.values(prop.id).filter(pl.col("value") == known.id)["target"]
    return set(tagged) <= set(sha1s) if len(tagged) in (0, len(sha1s)) else False


def _property(state: State, name: str, type: str) -> tuple[Property, State, list[Change]]:
    """Return the property of tags of a name, the state with it, and what creates it."""
    for prop in state.live_properties:
        if name_key(prop.name) == name_key(name):
            if not prop.has_tags or prop.target != "image":
                raise InvalidSample("no_tags", name=prop.name)
            return prop, state, []
    prop, creation = properties.create(state.properties, name, type)
    return prop, replace(state, properties={**state.properties, prop.id: prop}), creation
