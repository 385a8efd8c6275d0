"""What people said of images: the values that follow from the log, kept current in memory.

Here: the state of a project's annotations, writing batches, undo and redo, the history. Not
here: the log (``events``), how values follow from it (``replay``), making changes
(``properties``, ``tags``, ``edits``), the table of merged values (``merging``).

    store = annotations.get(project)
    state = store.state()
    theme, changes = properties.created(state.properties, "Theme", "tags")
    store.commit(changes, "property")
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import log as events
from panoptic_data.annotations import materialize, properties, tags
from panoptic_data.annotations.log import ANSWER, EVENTS, Batch, Change
from panoptic_data.annotations.properties import EXCLUDED, Property
from panoptic_data.annotations.replay import CELL, MARKS, Walk, fold, switched_off
from panoptic_data.annotations.tags import Tag

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Cells", "State", "Store", "get"]

# The log is looked at no more often than this: a page asks many times a second.
LOOK_EVERY = 0.5
# So many changed cells are kept beside the others before all are put together.
BESIDE_AT_MOST = 20_000
# Readers that kept what they made of a property learn which of the last changes they lack.
CHANGES_KEPT = 50
_VALUE = ("target", "value", "author", "at", "batch")
_VALUES = pl.Schema({name: MARKS[name] for name in _VALUE})
_DEFINITIONS = ("property", "tag")


@dataclass(frozen=True)
class Cells:
    """The values of one property; never changes what it says.

    ``base`` and ``beside`` have the columns target, value, author, at, batch; what ``beside``
    says of the targets in ``touched`` holds. ``changes`` are the targets of the last batches,
    each with the number of the change.
    """

    base: pl.DataFrame
    beside: pl.DataFrame
    touched: frozenset[str]
    number: int = 0
    changes: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, values: pl.DataFrame) -> Cells:
        """Return cells that hold these values."""
        return cls(values.select(_VALUE), pl.DataFrame(schema=_VALUES), frozenset())

    def frame(self) -> pl.DataFrame:
        """Return all values: target, value, author, at, batch."""
        if not self.touched:
            return self.base
        kept = self.base.filter(~pl.col("target").is_in(list(self.touched)))
        return pl.concat([kept, self.beside])

    def take(self, targets: Iterable[str]) -> pl.DataFrame:
        """Return the values of some targets."""
        asked = list(dict.fromkeys(targets))
        new = [one for one in asked if one in self.touched]
        old = [one for one in asked if one not in self.touched] if self.touched else asked
        parts = []
        if old and self.base.height:
            parts.append(self.base.filter(pl.col("target").is_in(old)))
        if new:
            parts.append(self.beside.filter(pl.col("target").is_in(new)))
        return pl.concat(parts) if parts else self.base.clear()

    def replaced(self, targets: Sequence[str], values: pl.DataFrame) -> Cells:
        """Return the cells with those of some targets holding these values and no others."""
        number = self.number + 1
        changes = (*self.changes, (number, tuple(targets)))[-CHANGES_KEPT:]
        kept = self.beside.filter(~pl.col("target").is_in(list(targets)))
        beside = pl.concat([kept, values.select(_VALUE)])
        touched = self.touched.union(targets)
        if len(touched) <= BESIDE_AT_MOST:
            return Cells(self.base, beside, touched, number, changes)
        base = self.base.filter(~pl.col("target").is_in(list(touched)))
        whole = pl.concat([base, beside]).rechunk()
        return Cells(whole, whole.clear(), frozenset(), number, changes)

    def changed_since(self, number: int) -> list[str] | None:
        """Return the targets that changed after a number; None where that is no longer known."""
        if number == self.number:
            return []
        later = [targets for at, targets in self.changes if at > number]
        if len(later) != self.number - number:
            return None
        return list(dict.fromkeys(target for targets in later for target in targets))


_NO_CELLS = Cells.of(pl.DataFrame(schema=_VALUES))


@dataclass(frozen=True)
class State:
    """All annotations after the first ``position`` events of the log; never changes.

    ``cells`` are the values of each property by its id, deleted ones included, ``excluded`` the
    images that were taken out of the corpus.
    """

    position: int = 0
    properties: Mapping[str, Property] = field(default_factory=dict)
    tags: Mapping[str, Tag] = field(default_factory=dict)
    cells: Mapping[str, Cells] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    definitions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MARKS))

    @property
    def shown(self) -> list[Property]:
        """The properties that are not deleted, in their order."""
        return [one for one in self.properties.values() if not one.deleted]

    def tags_of(self, property: str) -> list[Tag]:
        """Return a property's tags that are not deleted, in their order."""
        return [one for one in self.tags.values() if one.property == property and not one.deleted]

    @cached_property
    def live_tags(self) -> dict[str, frozenset[str]]:
        """The ids of each property's tags that are not deleted."""
        found: dict[str, set[str]] = {}
        for one in self.tags.values():
            if not one.deleted:
                found.setdefault(one.property, set()).add(one.id)
        return {property: frozenset(ids) for property, ids in found.items()}

    def below(self, ids: Iterable[str]) -> set[str]:
        """Return all tags below some, without these (unless one is below another)."""
        return tags.reached(self._children, ids)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        return tags.children(self.tags)

    def cells_of(self, property: str) -> Cells:
        """Return the values of a property (or ``EXCLUDED``)."""
        return self.cells.get(property, _NO_CELLS)

    def values(self, property: str) -> pl.DataFrame:
        """Return all values of a property: target, value, author, at, batch.

        Values are canonical texts (``values``), tags their ids, one row each.
        """
        return self.cells_of(property).frame()

    def of_target(self, target: str) -> dict[str, pl.DataFrame]:
        """Return what is said of one image or file: property → its values."""
        found = {id: cells.take([target]) for id, cells in self.cells.items()}
        return {id: values for id, values in found.items() if values.height}

    def kind_of(self, property: str) -> str:
        """Return what a property's values belong to: "image" or "file"."""
        known = self.properties.get(property)
        return known.target if known else "image"

    @property
    def excluded(self) -> Cells:
        """The images that were taken out of the corpus."""
        return self.cells_of(EXCLUDED)


def get(project: Project) -> Store:
    """Return the annotations of a project, shared by the whole process."""
    with _stores_lock:
        return _stores.setdefault(project.root, Store(project))


class Store:
    """The annotations of one project, kept current with its log. Safe to share between threads."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._state: State | None = None
        self._log: pl.DataFrame | None = None
        self._walks: dict[str, Walk] | None = None
        self._version = 0
        self._looked = 0.0
        self._lock = threading.RLock()

    def state(self, *, fresh: bool = False) -> State:
        """Return the annotations as they are now, or were less than a second ago."""
        state = self._state
        is_recent = time.monotonic() - self._looked < LOOK_EVERY
        if state is not None and is_recent and not fresh:
            return state
        with self._lock:
            return self._catch_up()

    def commit(
        self,
        changes: Iterable[Change] | pl.DataFrame,
        act: str,
        *,
        about: str | None = None,
        author: str | None = None,
    ) -> Batch:
        """Write changes as one batch, all or nothing; the state then holds them.

        Nothing is written for no changes. Raises WriteConflict.
        """
        return self._write(events.batch(changes, act, about=about, author=author))

    def undo(self, author: str | None = None) -> Batch | None:
        """Switch off the author's last batch that counts; None where there is none."""
        return self._step(author or events.whoami(), is_on=False)

    def redo(self, author: str | None = None) -> Batch | None:
        """Bring back what the author's last undo took; None where there is nothing."""
        return self._step(author or events.whoami(), is_on=True)

    def switch(self, batch: str, is_on: bool, author: str | None = None) -> Batch:
        """Switch any batch off or on again, whoever made it."""
        change = Change("batch", batch, "active", "set", "true" if is_on else "false")
        return self._write(
            events.batch([change], "redo" if is_on else "undo", author=author, undoes=batch)
        )

    def can_undo(self, author: str | None = None) -> str | None:
        """Return the batch that undo would take back."""
        with self._lock:
            state = self._catch_up()
            return self._walk(author or events.whoami()).undoable(state.off)

    def can_redo(self, author: str | None = None) -> str | None:
        """Return the batch that redo would bring back."""
        with self._lock:
            state = self._catch_up()
            return self._walk(author or events.whoami()).redoable(state.off)

    def log(self) -> pl.DataFrame:
        """Return every event, in order: the columns of ``events.EVENTS``."""
        with self._lock:
            self._catch_up()
            return self._whole_log()

    def history(
        self,
        limit: int = 200,
        *,
        author: str | None = None,
        target: str | Sequence[str] | None = None,
        property: str | None = None,
        before: str | None = None,
    ) -> pl.DataFrame:
        """Return the last batches, the latest first.

        Columns: batch, at, author, act, about, kind (of the first change), property, targets
        (how many), changes (how many), undoes, is_on. ``target`` asks for those that touched
        an image, file, property or tag (or one of several), ``property`` for those that touched
        its values, itself or its tags, ``before`` for those before a batch.
        """
        rows = self.log()
        off = self.state().off
        if author is not None:
            rows = rows.filter(pl.col("author") == author)
        if target is not None:
            asked = [target] if isinstance(target, str) else list(target)
            rows = rows.filter(pl.col("target").is_in(asked))
        if property is not None:
            rows = rows.filter(_is_of(property, rows))
        if before is not None:
            rows = rows.filter(pl.col("batch") < before)
        # Ids sort by time: only the last ones' rows are gathered.
        recent = rows.select(pl.col("batch").unique().top_k(limit))["batch"]
        rows = rows.filter(pl.col("batch").is_in(recent.implode()))
        first = ("at", "author", "act", "about", "kind", "property", "undoes")
        found = rows.group_by("batch").agg(
            *(pl.col(name).first() for name in first),
            targets=pl.col("target").n_unique(),
            changes=pl.len(),
        )
        return found.sort("batch", descending=True).with_columns(
            is_on=~pl.col("batch").is_in(list(off))
        )

    def changes(self, batch: str) -> pl.DataFrame:
        """Return the changes of one batch: rows of the log."""
        return self.log().filter(pl.col("batch") == batch)

    def _write(self, one: Batch) -> Batch:
        if one.changes.height:
            written = events.append(self.project, one)
            with self._lock:
                if not self._follow(one, written):
                    self._catch_up()
        return one

    def _follow(self, one: Batch, written: events.Written) -> bool:
        """Take in a batch of our own without reading it; False where there is more to read."""
        if self._state is None or self._state.position != written.first:
            return False
        self._take_in(events.events(one, written.first))
        if self._state.position != written.end:
            return False
        self._version = written.version
        self._looked = time.monotonic()
        return True

    def _step(self, author: str, *, is_on: bool) -> Batch | None:
        with self._lock:
            known = self.can_redo(author) if is_on else self.can_undo(author)
        return None if known is None else self.switch(known, is_on, author)

    def _walk(self, author: str) -> Walk:
        if self._walks is None:
            self._walks = {}
            _walk_on(self._walks, self._whole_log())
        return self._walks.setdefault(author, Walk())

    def _whole_log(self) -> pl.DataFrame:
        if self._log is None:
            assert self._state is not None
            log, _ = events.read(self.project)
            # What came in the meantime is taken up by the next look.
            self._log = log.head(self._state.position)
        return self._log

    def _catch_up(self) -> State:
        if self._state is None:
            self._state = materialize.read(self.project) or State()
        version = self.project.database().version(events.TABLE)
        if version != self._version:
            tail, version = events.read(self.project, self._state.position)
            if tail.height:
                self._take_in(tail)
            self._version = version
        self._looked = time.monotonic()
        return self._state

    def _take_in(self, tail: pl.DataFrame) -> None:
        assert self._state is not None
        if self._walks is not None:
            _walk_on(self._walks, tail)
        if self._state.position == 0:
            self._log, self._state = tail, replayed(tail)
            return
        if _needs_log(tail):
            self._whole_log()
        if self._log is not None:
            self._log = pl.concat([self._log, tail])
        self._state = advanced(self._state, tail, self._log)


def replayed(log: pl.DataFrame) -> State:
    """Return the state after the whole log: that of ``advanced`` from nothing, in less time."""
    off = switched_off(log)
    counted = log.filter((pl.col("kind") != "batch") & ~pl.col("batch").is_in(list(off)))
    is_definition = pl.col("kind").is_in(_DEFINITIONS)
    definitions = fold(counted.filter(is_definition), ("parents",))
    known = properties.read(materialize.parts(definitions, "property"))
    several = [id for id, one in known.items() if one.holds_several]
    values = fold(counted.filter(~is_definition), several)
    parts = values.partition_by("property", as_dict=True)
    return State(
        position=log.height,
        properties=known,
        tags=tags.read(materialize.parts(definitions, "tag")),
        cells={str(name): Cells.of(part) for (name,), part in parts.items()},
        off=off,
        definitions=definitions,
    )


def advanced(state: State, tail: pl.DataFrame, log: pl.DataFrame | None) -> State:
    """Return the state after the events of ``tail``.

    ``log`` is the whole log up to their end: needed only where a batch is switched or a
    property changes its type.
    """
    off = _switched(state.off, tail)
    counted = tail.filter((pl.col("kind") != "batch") & ~pl.col("batch").is_in(list(off)))
    toggled = off ^ state.off
    again = pl.DataFrame(schema=EVENTS)
    if toggled and log is not None:
        again = log.filter(pl.col("batch").is_in(list(toggled)) & (pl.col("kind") != "batch"))
    touched = pl.concat([counted.select(CELL), again.select(CELL)])
    replayed = again.select(CELL).unique()
    of_log = log if log is not None else tail.clear()
    state = replace(state, position=state.position + tail.height, off=off)
    state, retyped = _define(state, touched, counted, replayed, of_log)
    return _fill(state, touched, counted, replayed, of_log, retyped)


def _is_of(property: str, log: pl.DataFrame) -> pl.Expr:
    """Select the rows of the log about a property: its values, its tags and their answers."""
    is_made = (pl.col("kind") == "tag") & (pl.col("property") == "property")
    made = log.filter(is_made & (pl.col("new") == json.dumps(property)))["target"]
    own = [property, *made.unique().to_list()]
    is_definition = pl.col("kind").is_in(_DEFINITIONS)
    values = [property, *(ANSWER + id for id in own[1:])]
    return pl.col("property").is_in(values) | (is_definition & pl.col("target").is_in(own))


def _needs_log(tail: pl.DataFrame) -> bool:
    is_typing = (pl.col("kind") == "property") & (pl.col("property") == "type")
    return bool(tail.select(((pl.col("kind") == "batch") | is_typing).any()).item())


def _switched(off: frozenset[str], tail: pl.DataFrame) -> frozenset[str]:
    words = tail.filter(pl.col("kind") == "batch")
    if words.is_empty():
        return off
    return (off - frozenset(words["target"])) | switched_off(words)


def _define(
    state: State,
    touched: pl.DataFrame,
    counted: pl.DataFrame,
    replayed: pl.DataFrame,
    log: pl.DataFrame,
) -> tuple[State, set[str]]:
    """Return the state with its properties and tags after the events, and what changed type."""
    is_definition = pl.col("kind").is_in(_DEFINITIONS)
    cells = touched.filter(is_definition).unique()
    if cells.is_empty():
        return state, set()
    marks = _replayed(
        state.definitions, cells, counted, replayed, log, state.off, several=("parents",)
    )
    kept = state.definitions.join(cells, on=CELL, how="anti")
    definitions = pl.concat([kept, marks])
    known = properties.read(materialize.parts(definitions, "property"))
    retyped = {
        id
        for id, one in known.items()
        if id in state.properties and state.properties[id].type != one.type
    }
    return replace(
        state,
        definitions=definitions,
        properties=known,
        tags=tags.read(materialize.parts(definitions, "tag")),
    ), retyped


def _fill(
    state: State,
    touched: pl.DataFrame,
    counted: pl.DataFrame,
    replayed: pl.DataFrame,
    log: pl.DataFrame,
    retyped: set[str],
) -> State:
    """Return the state with the values of its cells after the events."""
    is_value = ~pl.col("kind").is_in(_DEFINITIONS)
    several = [id for id, one in state.properties.items() if one.holds_several]
    cells = dict(state.cells)
    changed = touched.filter(is_value).unique()
    for (property,), part in changed.partition_by("property", as_dict=True).items():
        if property in retyped:
            continue
        before = cells.get(property, _NO_CELLS)
        known = before.take(part["target"]).with_columns(
            kind=pl.lit(part["kind"][0]), property=pl.lit(property)
        )
        marks = _replayed(known, part, counted, replayed, log, state.off, several)
        cells[property] = before.replaced(part["target"].to_list(), marks)
    for property in retyped:
        own = log.filter((pl.col("property") == property) & is_value & (pl.col("kind") != "batch"))
        values = fold(own.filter(~pl.col("batch").is_in(list(state.off))), several)
        number = cells.get(property, _NO_CELLS).number
        cells[property] = replace(Cells.of(values), number=number + CHANGES_KEPT + 1)
    return replace(state, cells=cells)


def _replayed(
    known: pl.DataFrame,
    cells: pl.DataFrame,
    counted: pl.DataFrame,
    replayed: pl.DataFrame,
    log: pl.DataFrame,
    off: frozenset[str],
    several: Sequence[str],
) -> pl.DataFrame:
    """Return what some cells hold: from what they held and new events, or from the whole log."""
    again = cells.join(replayed, on=CELL, how="semi") if replayed.height else cells.clear()
    fresh = cells.join(again, on=CELL, how="anti") if again.height else cells
    parts = []
    if fresh.height:
        before = known.join(fresh, on=CELL, how="semi").select(
            *CELL, pl.lit("add").alias("op"), "author", "at", "batch", new="value"
        )
        after = counted.join(fresh, on=CELL, how="semi")
        parts.append(pl.concat([before, after.select(before.columns)]))
    if again.height:
        whole = log.join(again, on=CELL, how="semi")
        counts = whole.filter(~pl.col("batch").is_in(list(off)))
        parts.append(counts.select(*CELL, "op", "author", "at", "batch", "new"))
    return fold(pl.concat(parts), several) if parts else pl.DataFrame(schema=MARKS)


def _walk_on(walks: dict[str, Walk], rows: pl.DataFrame) -> None:
    batches = rows.unique("batch", keep="first", maintain_order=True)
    for author, batch, undoes, new in batches.select(
        "author", "batch", "undoes", "new"
    ).iter_rows():
        walks.setdefault(author, Walk()).step(batch, undoes, new == "true")


_stores: dict[Path, Store] = {}
_stores_lock = threading.Lock()
