"""The annotations of a project at one position in its log, as values that never change.

Pure. Here: ``State`` and ``PropertyValues``, the state after a whole log (``from_log``) and after
more events (``advance``). Not here: the rules by which events make values (``replay``), reading
a state from the merged tables (``snapshot``), keeping one current (``store``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.log import EVENT_SCHEMA
from panoptic_data.annotations.properties import EXCLUDED, Property
from panoptic_data.annotations.replay import CELL_KEY, VALUE_SCHEMA, fold, inactive_batches
from panoptic_data.annotations.tags import Tag

__all__ = [
    "DEFINITION_KINDS",
    "PropertyValues",
    "State",
    "advance",
    "from_log",
    "from_values",
    "needs_log",
    "with_switch",
]

# Above this many overlaid targets the overlay is merged into the base.
MAX_OVERLAID = 20_000
# How many of the last changes a reader that cached an older revision can catch up with.
REVISIONS_KEPT = 50
DEFINITION_KINDS = ("property", "tag")
"""Kinds of targets whose events define properties and tags; those of others are values."""

_VALUE_COLUMNS = ("target", "value", "author", "at", "batch", "act")
_VALUES = pl.Schema({name: VALUE_SCHEMA[name] for name in _VALUE_COLUMNS})
_IS_DEFINITION = pl.col("kind").is_in(DEFINITION_KINDS)


@dataclass(frozen=True)
class PropertyValues:
    """The values of one property, immutable.

    ``base`` and ``overlay`` have the columns target, value, author, at, batch, act. For targets in
    ``overlaid``, ``overlay`` counts and ``base`` does not. ``revision`` rises by one with each
    change; ``revisions`` are the last ones, each with the targets that changed.
    """

    base: pl.DataFrame
    overlay: pl.DataFrame
    overlaid: frozenset[str]
    revision: int = 0
    revisions: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @classmethod
    def from_frame(cls, values: pl.DataFrame) -> PropertyValues:
        """Return these values: target, value, author, at, batch, act."""
        return cls(values.select(_VALUE_COLUMNS), pl.DataFrame(schema=_VALUES), frozenset())

    def frame(self) -> pl.DataFrame:
        """Return all values: target, value, author, at, batch, act."""
        if not self.overlaid:
            return self.base
        unchanged = self.base.filter(~pl.col("target").is_in(list(self.overlaid)))
        return pl.concat([unchanged, self.overlay])

    def take(self, targets: Iterable[str]) -> pl.DataFrame:
        """Return the values of some targets."""
        wanted = list(dict.fromkeys(targets))
        in_overlay = [target for target in wanted if target in self.overlaid]
        in_base = (
            [target for target in wanted if target not in self.overlaid]
            if self.overlaid
            else wanted
        )
        parts = []
        if in_base and self.base.height:
            parts.append(self.base.filter(pl.col("target").is_in(in_base)))
        if in_overlay:
            parts.append(self.overlay.filter(pl.col("target").is_in(in_overlay)))
        return pl.concat(parts) if parts else self.base.clear()

    def replaced(self, targets: Sequence[str], values: pl.DataFrame) -> PropertyValues:
        """Return the same with some targets having these values and no others."""
        revision = self.revision + 1
        revisions = (*self.revisions, (revision, tuple(targets)))[-REVISIONS_KEPT:]
        unchanged = self.overlay.filter(~pl.col("target").is_in(list(targets)))
        overlay = pl.concat([unchanged, values.select(_VALUE_COLUMNS)])
        overlaid = self.overlaid.union(targets)
        if len(overlaid) <= MAX_OVERLAID:
            return PropertyValues(self.base, overlay, overlaid, revision, revisions)
        base = self.base.filter(~pl.col("target").is_in(list(overlaid)))
        merged = pl.concat([base, overlay]).rechunk()
        return PropertyValues(merged, merged.clear(), frozenset(), revision, revisions)

    def changed_since(self, revision: int) -> list[str] | None:
        """Return the targets that changed after a revision; None where that is too long ago."""
        if revision == self.revision:
            return []
        later = [targets for number, targets in self.revisions if number > revision]
        if len(later) != self.revision - revision:
            return None
        return list(dict.fromkeys(target for targets in later for target in targets))


_NO_VALUES = PropertyValues.from_frame(pl.DataFrame(schema=_VALUES))


@dataclass(frozen=True)
class State:
    """All annotations after the first ``position`` events of the log, immutable.

    ``values_by_property`` has the values of each property by its id, deleted ones included, and
    those kept under other names (``EXCLUDED``, answers). ``inactive`` are the batches that are
    switched off, ``definitions`` the parts of properties and tags as ``VALUE_SCHEMA`` rows.
    """

    position: int = 0
    properties: Mapping[str, Property] = field(default_factory=dict)
    tags: Mapping[str, Tag] = field(default_factory=dict)
    values_by_property: Mapping[str, PropertyValues] = field(default_factory=dict)
    inactive: frozenset[str] = frozenset()
    definitions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VALUE_SCHEMA))

    @property
    def live_properties(self) -> list[Property]:
        """The properties that are not deleted, in their order."""
        return [prop for prop in self.properties.values() if not prop.deleted]

    def tags_of(self, property: str) -> list[Tag]:
        """Return a property's tags that are not deleted, in their order."""
        return [tag for tag in self.tags.values() if tag.property == property and not tag.deleted]

    @cached_property
    def live_tags(self) -> dict[str, frozenset[str]]:
        """The ids of each property's tags that are not deleted."""
        ids: dict[str, set[str]] = {}
        for tag in self.tags.values():
            if not tag.deleted:
                ids.setdefault(tag.property, set()).add(tag.id)
        return {property: frozenset(tag_ids) for property, tag_ids in ids.items()}

    def descendants(self, ids: Iterable[str]) -> set[str]:
        """Return all tags below some, without these (unless one is below another)."""
        return tags.reachable(self._children, ids)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        return tags.children(self.tags)

    def property_values(self, property: str) -> PropertyValues:
        """Return the values of a property (or ``EXCLUDED``)."""
        return self.values_by_property.get(property, _NO_VALUES)

    def values(self, property: str) -> pl.DataFrame:
        """Return all values of a property: target, value, author, at, batch, act.

        Values are canonical texts (``values``), tags their ids, one row each.
        """
        return self.property_values(property).frame()

    def values_of_target(self, target: str) -> dict[str, pl.DataFrame]:
        """Return the values of one image or file: property → their rows."""
        by_property = {id: held.take([target]) for id, held in self.values_by_property.items()}
        return {id: values for id, values in by_property.items() if values.height}

    def target_kind(self, property: str) -> str:
        """Return what a property's values belong to: "image" or "file"."""
        prop = self.properties.get(property)
        return prop.target if prop else "image"

    @property
    def excluded(self) -> PropertyValues:
        """The images that were taken out of the corpus."""
        return self.property_values(EXCLUDED)


def from_values(
    position: int, inactive: frozenset[str], definitions: pl.DataFrame, values: pl.DataFrame
) -> State:
    """Return the state that these definitions and values make: both columns ``VALUE_SCHEMA``."""
    parts = values.partition_by("property", as_dict=True)
    return State(
        position=position,
        properties=_read_properties(definitions),
        tags=_read_tags(definitions),
        values_by_property={
            str(name): PropertyValues.from_frame(part) for (name,), part in parts.items()
        },
        inactive=inactive,
        definitions=definitions,
    )


def from_log(log: pl.DataFrame) -> State:
    """Return the state after a whole log: that of ``advance`` from nothing, in less time."""
    inactive = inactive_batches(log)
    active = _active(log, inactive)
    definitions = fold(active.filter(_IS_DEFINITION), ("parents",))
    multi_valued = _multi_valued(_read_properties(definitions))
    values = fold(active.filter(~_IS_DEFINITION), multi_valued)
    return from_values(log.height, inactive, definitions, values)


def needs_log(new_events: pl.DataFrame) -> bool:
    """Return whether ``advance`` needs the whole log to apply these events.

    True where one switches a batch or changes the type of a property: then cells take values
    that are not in the state.
    """
    sets_type = (pl.col("kind") == "property") & (pl.col("property") == "type")
    return bool(new_events.select(((pl.col("kind") == "batch") | sets_type).any()).item())


def advance(state: State, new_events: pl.DataFrame, log: pl.DataFrame | None) -> State:
    """Return the state after more events, which follow on its position.

    ``log`` is the whole log up to their end, for events that ``needs_log``; else it may be None.
    """
    inactive = _inactive_after(state.inactive, new_events, log)
    active = _active(new_events, inactive)
    switched = inactive ^ state.inactive
    switched_events = pl.DataFrame(schema=EVENT_SCHEMA)
    if switched and log is not None:
        switched_events = log.filter(
            pl.col("batch").is_in(list(switched)) & (pl.col("kind") != "batch")
        )
    update = _Update(
        cells=pl.concat([active.select(CELL_KEY), switched_events.select(CELL_KEY)]).unique(),
        events=active,
        switched_cells=switched_events.select(CELL_KEY).unique(),
        log=log if log is not None else new_events.clear(),
        inactive=inactive,
    )
    position = state.position + new_events.height
    state = replace(state, position=position, inactive=inactive)
    state, retyped = _advance_definitions(state, update)
    return _advance_values(state, update, retyped)


def with_switch(state: State, batch: str, is_on: bool, log: pl.DataFrame) -> State:
    """Return the state as it would be with a batch switched, its values as they are.

    ``log`` is the whole log up to the state's position.
    """
    inactive = state.inactive - {batch} if is_on else state.inactive | {batch}
    definitions = log.filter(_IS_DEFINITION)
    cells = definitions.filter(pl.col("batch") == batch).select(CELL_KEY).unique()
    update = _Update(cells, definitions.clear(), cells, definitions, inactive)
    return _advance_definitions(replace(state, inactive=inactive), update)[0]


@dataclass(frozen=True)
class _Update:
    """What new events bring: the ``cells`` that they change, and how to compute those.

    ``events`` are the new ones of active batches. ``switched_cells``, whose batches became active
    or inactive, are folded from ``log`` without the ``inactive`` batches.
    """

    cells: pl.DataFrame
    events: pl.DataFrame
    switched_cells: pl.DataFrame
    log: pl.DataFrame
    inactive: frozenset[str]

    def values(
        self, before: pl.DataFrame, cells: pl.DataFrame, multi_valued: Sequence[str]
    ) -> pl.DataFrame:
        """Return what some cells hold after the update; ``before`` is what they held."""
        no_cells = cells.clear()
        switched = (
            cells.join(self.switched_cells, on=CELL_KEY, how="semi")
            if self.switched_cells.height
            else no_cells
        )
        others = cells.join(switched, on=CELL_KEY, how="anti") if switched.height else cells
        parts = []
        if others.height:
            as_events = before.join(others, on=CELL_KEY, how="semi").select(
                *CELL_KEY, pl.lit("add").alias("op"), "author", "at", "batch", "act", new="value"
            )
            new_events = self.events.join(others, on=CELL_KEY, how="semi")
            parts.append(pl.concat([as_events, new_events.select(as_events.columns)]))
        if switched.height:
            all_events = self.log.join(switched, on=CELL_KEY, how="semi")
            active = all_events.filter(~pl.col("batch").is_in(list(self.inactive)))
            parts.append(active.select(*CELL_KEY, "op", "author", "at", "batch", "act", "new"))
        return fold(pl.concat(parts), multi_valued) if parts else pl.DataFrame(schema=VALUE_SCHEMA)


def _advance_definitions(state: State, update: _Update) -> tuple[State, set[str]]:
    """Return the state with its properties and tags updated, and the properties of a new type."""
    cells = update.cells.filter(_IS_DEFINITION)
    if cells.is_empty():
        return state, set()
    changed = update.values(state.definitions, cells, multi_valued=("parents",))
    unchanged = state.definitions.join(cells, on=CELL_KEY, how="anti")
    definitions = pl.concat([unchanged, changed])
    known = _read_properties(definitions)
    retyped = {
        id
        for id, prop in known.items()
        if id in state.properties and state.properties[id].type != prop.type
    }
    return replace(
        state, definitions=definitions, properties=known, tags=_read_tags(definitions)
    ), retyped


def _advance_values(state: State, update: _Update, retyped: set[str]) -> State:
    """Return the state with its values updated, those of retyped properties from the log."""
    multi_valued = _multi_valued(state.properties)
    by_property = dict(state.values_by_property)
    changed = update.cells.filter(~_IS_DEFINITION)
    for (property,), cells in changed.partition_by("property", as_dict=True).items():
        if property in retyped:
            continue
        held = by_property.get(property, _NO_VALUES)
        before = held.take(cells["target"]).with_columns(
            kind=pl.lit(cells["kind"][0]), property=pl.lit(property)
        )
        values = update.values(before, cells, multi_valued)
        by_property[property] = held.replaced(cells["target"].to_list(), values)
    for property in retyped:
        events = update.log.filter((pl.col("property") == property) & ~_IS_DEFINITION)
        values = fold(_active(events, state.inactive), multi_valued)
        # So far ahead that no reader takes the change for a small one.
        revision = by_property.get(property, _NO_VALUES).revision + REVISIONS_KEPT + 1
        by_property[property] = replace(PropertyValues.from_frame(values), revision=revision)
    return replace(state, values_by_property=by_property)


def _active(events: pl.DataFrame, inactive: frozenset[str]) -> pl.DataFrame:
    """Return the events that count: of active batches, without those that switch batches."""
    return events.filter((pl.col("kind") != "batch") & ~pl.col("batch").is_in(list(inactive)))


def _inactive_after(
    inactive: frozenset[str], new_events: pl.DataFrame, log: pl.DataFrame | None
) -> frozenset[str]:
    switches = new_events.filter(pl.col("kind") == "batch")
    if switches.is_empty():
        return inactive
    if log is not None:
        all_switches = log.filter(pl.col("kind") == "batch")
        if switches["target"].is_in(all_switches["batch"].implode()).any():
            return inactive_batches(all_switches)
    return (inactive - frozenset(switches["target"])) | inactive_batches(switches)


def _multi_valued(known: Mapping[str, Property]) -> list[str]:
    return [id for id, prop in known.items() if prop.is_multi_valued]


def _read_properties(definitions: pl.DataFrame) -> dict[str, Property]:
    return properties.read(_parts(definitions, "property"))


def _read_tags(definitions: pl.DataFrame) -> dict[str, Tag]:
    return tags.read(_parts(definitions, "tag"))


def _parts(definitions: pl.DataFrame, kind: str) -> dict[str, dict[str, Any]]:
    """Return the parts of each property or tag: the text of each, ``parents`` as a list."""
    by_target: dict[str, dict[str, Any]] = {}
    own = definitions.filter(pl.col("kind") == kind)
    for target, part, value in own.select("target", "property", "value").iter_rows():
        texts = by_target.setdefault(target, {})
        if part == "parents":
            texts.setdefault(part, []).append(value)
        else:
            texts[part] = value
    return by_target
