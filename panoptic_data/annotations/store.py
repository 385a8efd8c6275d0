"""The annotations of a project, shared by the whole process and kept current with the log.

Here: the current state, writing batches, undo and redo, the history. Not here: what a state is
and how it follows from the log (``state``, ``replay``), the log itself (``log``), making changes
(``properties``, ``tags``, ``edits``), the tables of merged values (``snapshot``,
``materialize``).

    store = annotations_of(project)
    state = store.state()
    theme, changes = properties.created(state.properties, "Theme", "tags")
    store.commit(changes, "property")
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import log
from panoptic_data.annotations.log import ANSWER_PREFIX, Appended, Batch, Change
from panoptic_data.annotations.replay import UndoStack
from panoptic_data.annotations.snapshot import read_snapshot
from panoptic_data.annotations.state import (
    DEFINITION_KINDS,
    State,
    advance,
    from_log,
    needs_log,
)

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Store", "annotations_of"]

# Seconds between two looks at the log: a page asks for the state many times a second.
CHECK_EVERY = 0.5


def annotations_of(project: Project) -> Store:
    """Return the annotations of a project, shared by the whole process."""
    with _stores_lock:
        return _stores.setdefault(project.root, Store(project))


class Store:
    """The annotations of one project, kept current with its log. Safe to share between threads."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._state: State | None = None
        self._log: pl.DataFrame | None = None
        self._undo_stacks: dict[str, UndoStack] | None = None
        self._version = 0
        self._checked_at = 0.0
        self._lock = threading.RLock()

    def state(self, *, fresh: bool = False) -> State:
        """Return the annotations as they are now, or were less than a second ago.

        ``fresh`` looks at the log first, whatever the time.
        """
        state = self._state
        is_recent = time.monotonic() - self._checked_at < CHECK_EVERY
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
        return self._write(log.new_batch(changes, act, about=about, author=author))

    def undo(self, author: str | None = None) -> Batch | None:
        """Switch off the author's last active batch; None where there is none."""
        return self._undo_or_redo(author or log.current_user(), is_redo=False)

    def redo(self, author: str | None = None) -> Batch | None:
        """Restore what the author's last undo switched off; None where there is nothing."""
        return self._undo_or_redo(author or log.current_user(), is_redo=True)

    def switch(self, batch: str, is_on: bool, author: str | None = None) -> Batch:
        """Switch any batch off or on again, whoever made it."""
        change = Change("batch", batch, "active", "set", "true" if is_on else "false")
        act = "redo" if is_on else "undo"
        return self._write(log.new_batch([change], act, author=author, undoes=batch))

    def can_undo(self, author: str | None = None) -> str | None:
        """Return the batch that undo would take back."""
        with self._lock:
            state = self._catch_up()
            return self._undo_stack(author or log.current_user()).undoable(state.inactive)

    def can_redo(self, author: str | None = None) -> str | None:
        """Return the batch that redo would restore."""
        with self._lock:
            state = self._catch_up()
            return self._undo_stack(author or log.current_user()).redoable(state.inactive)

    def log(self) -> pl.DataFrame:
        """Return every event, in order: the columns of ``log.EVENT_SCHEMA``."""
        with self._lock:
            self._catch_up()
            return self._full_log()

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
        (how many), changes (how many), undoes, is_on. ``target`` limits them to those that
        changed an image, file, property or tag (or one of several), ``property`` to those that
        changed its values, itself or its tags, ``before`` to those before a batch.
        """
        rows = self.log()
        inactive = self.state().inactive
        if author is not None:
            rows = rows.filter(pl.col("author") == author)
        if target is not None:
            targets = [target] if isinstance(target, str) else list(target)
            rows = rows.filter(pl.col("target").is_in(targets))
        if property is not None:
            rows = rows.filter(_is_about_property(property, rows))
        if before is not None:
            rows = rows.filter(pl.col("batch") < before)
        # Ids sort by time: only the last batches' rows are gathered.
        recent = rows.select(pl.col("batch").unique().top_k(limit))["batch"]
        rows = rows.filter(pl.col("batch").is_in(recent.implode()))
        first = ("at", "author", "act", "about", "kind", "property", "undoes")
        batches = rows.group_by("batch").agg(
            *(pl.col(name).first() for name in first),
            targets=pl.col("target").n_unique(),
            changes=pl.len(),
        )
        return batches.sort("batch", descending=True).with_columns(
            is_on=~pl.col("batch").is_in(list(inactive))
        )

    def changes(self, batch: str) -> pl.DataFrame:
        """Return the changes of one batch: rows of the log."""
        return self.log().filter(pl.col("batch") == batch)

    def _write(self, batch: Batch) -> Batch:
        if batch.changes.height:
            appended = log.append(self.project, batch)
            with self._lock:
                if not self._apply_own(batch, appended):
                    self._catch_up()
        return batch

    def _apply_own(self, batch: Batch, appended: Appended) -> bool:
        """Apply a batch of our own without reading it; False where there is more to read."""
        if self._state is None or self._state.position != appended.first:
            return False
        self._apply(log.event_rows(batch, appended.first))
        if self._state.position != appended.end:
            return False
        self._version = appended.version
        self._checked_at = time.monotonic()
        return True

    def _undo_or_redo(self, author: str, *, is_redo: bool) -> Batch | None:
        with self._lock:
            batch = self.can_redo(author) if is_redo else self.can_undo(author)
        return None if batch is None else self.switch(batch, is_redo, author)

    def _undo_stack(self, author: str) -> UndoStack:
        if self._undo_stacks is None:
            self._undo_stacks = {}
            _push_batches(self._undo_stacks, self._full_log())
        return self._undo_stacks.setdefault(author, UndoStack())

    def _full_log(self) -> pl.DataFrame:
        if self._log is None:
            assert self._state is not None
            events, _ = log.read(self.project)
            # What was written in the meantime is applied by the next look.
            self._log = events.head(self._state.position)
        return self._log

    def _catch_up(self) -> State:
        if self._state is None:
            self._state = read_snapshot(self.project) or State()
        version = self.project.database().version(log.TABLE)
        if version != self._version:
            new_events, version = log.read(self.project, self._state.position)
            if new_events.height:
                self._apply(new_events)
            self._version = version
        self._checked_at = time.monotonic()
        return self._state

    def _apply(self, new_events: pl.DataFrame) -> None:
        assert self._state is not None
        if self._undo_stacks is not None:
            _push_batches(self._undo_stacks, new_events)
        if self._state.position == 0:
            self._log, self._state = new_events, from_log(new_events)
            return
        if needs_log(new_events):
            self._full_log()
        if self._log is not None:
            self._log = pl.concat([self._log, new_events])
        self._state = advance(self._state, new_events, self._log)


def _is_about_property(property: str, events: pl.DataFrame) -> pl.Expr:
    """Select the events about a property: its values, its tags and their answers."""
    assigns_tag = (pl.col("kind") == "tag") & (pl.col("property") == "property")
    assigned = events.filter(assigns_tag & (pl.col("new") == json.dumps(property)))["target"]
    tags = assigned.unique().to_list()
    is_definition = pl.col("kind").is_in(DEFINITION_KINDS)
    values = [property, *(ANSWER_PREFIX + tag for tag in tags)]
    is_own_definition = is_definition & pl.col("target").is_in([property, *tags])
    return pl.col("property").is_in(values) | is_own_definition


def _push_batches(stacks: dict[str, UndoStack], events: pl.DataFrame) -> None:
    """Push each batch of these events on its author's stack."""
    batches = events.unique("batch", keep="first", maintain_order=True)
    for author, batch, undoes, new in batches.select(
        "author", "batch", "undoes", "new"
    ).iter_rows():
        stacks.setdefault(author, UndoStack()).push(batch, undoes, new == "true")


_stores: dict[Path, Store] = {}
_stores_lock = threading.Lock()
