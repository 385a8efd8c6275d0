"""The annotations of a project, shared by the whole process and kept current with the log.

Here: the current state, writing batches, undo and redo, the history. Not here: what a state is
and how it follows from the log (``state``, ``replay``), the log itself (``log``), making changes
(``properties``, ``tags``, ``edits``), what a decision is (``decisions``), the tables of merged
values (``snapshot``, ``materialize``).

    store = annotations_of(project)

    def choose(state: State) -> Decision[Property]:
        theme, changes = properties.create(state.properties, "Theme", "tags")
        return Decision(changes, "property", result=theme)

    theme = store.decide(choose).result
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from panoptic_data.annotations import log
from panoptic_data.annotations.decisions import Choose, Decided, Deciding, Decision
from panoptic_data.annotations.log import (
    ANSWER_PREFIX,
    EDIT_DIGITS,
    TIME_DIGITS,
    Appended,
    Batch,
    Change,
    Edit,
)
from panoptic_data.annotations.namesakes import numbered_names
from panoptic_data.annotations.replay import UndoStack
from panoptic_data.annotations.snapshot import read_snapshot
from panoptic_data.annotations.state import (
    DEFINITION_KINDS,
    State,
    advance,
    from_log,
    needs_log,
    with_switch,
)
from panoptic_data.errors import DataUnavailable, TableDamaged, TableMissing
from panoptic_data.storage.per_project import PerProject

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Store", "annotations_of"]

T = TypeVar("T")

# Seconds between two looks at the log: a page asks for the state many times a second.
CHECK_EVERY = 0.5


def annotations_of(project: Project) -> Store:
    """Return the annotations of a project, shared by the whole process."""
    return _stores.of(project.folder, lambda: Store(project))


class Store:
    """The annotations of one project, kept current with its log. Safe to share between threads."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._state: State | None = None
        self._log: pl.DataFrame | None = None
        self._undo_stacks: dict[str, UndoStack] | None = None
        self._version = 0
        self._checked_at = 0.0
        # Edits that were seen to arrive, as the digits that end the ids of their batches.
        self._edits: set[str] = set()
        # Why the log cannot be followed now.
        self.problem: DataUnavailable | None = None
        self._lock = threading.RLock()

    def state(self, *, fresh: bool = False) -> State:
        """Return the annotations as they are now, or were less than a second ago.

        ``fresh`` looks at the log first, whatever the time. Where the log cannot be read, the
        last state that is known, at least that of the tables, and ``problem`` says why.
        """
        state = self._state
        is_recent = time.monotonic() - self._checked_at < CHECK_EVERY
        if state is not None and is_recent and not fresh:
            return state
        with self._lock:
            try:
                return self._catch_up()
            except DataUnavailable as problem:
                # Without a merge nothing is known: empty would be wrong.
                if self._state is None or not self._state.position:
                    raise
                self.problem = problem
                self._checked_at = time.monotonic()
                return self._state

    def commit(
        self,
        changes: Iterable[Change] | pl.DataFrame,
        act: str,
        *,
        about: str | None = None,
        author: str | None = None,
    ) -> Batch:
        """Write changes as one batch, all or nothing; the state then holds them.

        Only for changes that follow from no state; others are decided (:meth:`decide`). Nothing
        is written for no changes. Raises WriteConflict.
        """
        batch = log.new_batch(changes, act, about=about, author=author)
        if batch.changes.height:
            self._apply_own(log.append(self.project, batch))
        return batch

    def decide(
        self,
        choose: Callable[[State], Decision[T]],
        *,
        author: str | None = None,
        edit: Edit | None = None,
        needs_values: bool = True,
    ) -> Decided[T]:
        """Write what ``choose`` decides from the state as one batch; the state then holds it.

        ``choose`` may be called several times, the last time with the state right before the
        batch in the log; what it raises refuses the batch. Without ``needs_values`` it is called
        again only where properties or tags changed. An ``edit`` that is stored already is not
        written again. Nothing is written for no changes. Raises WriteConflict.
        """
        return self._decide(
            lambda state, _: choose(state), author, edit=edit, needs_values=needs_values
        )

    def undo(self, author: str | None = None, seen: str | None = None) -> Batch | None:
        """Switch off the author's last active batch; None where there is none.

        With ``seen``, the batch that a page shows as the last one, also None where that is
        another by now.
        """
        return self._undo_or_redo(author or log.current_user(), seen, is_redo=False)

    def redo(self, author: str | None = None, seen: str | None = None) -> Batch | None:
        """Restore what the author's last undo switched off; None as for :meth:`undo`."""
        return self._undo_or_redo(author or log.current_user(), seen, is_redo=True)

    def switch(self, batch: str, is_on: bool, author: str | None = None) -> Batch:
        """Switch any batch off or on again, whoever made it; nothing is written where it is so.

        A tag or property that comes back by it while another has its name is numbered: *Sea (2)*.
        """

        def choose(_: State, unwritten: pl.DataFrame) -> Decision[bool]:
            with self._lock:
                return self._switching(self._look(unwritten), unwritten, batch, is_on)

        return self._decide(choose, author).batch

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

    def _decide(
        self,
        choose: Choose[T],
        author: str | None,
        *,
        edit: Edit | None = None,
        needs_values: bool = True,
    ) -> Decided[T]:
        deciding = Deciding(
            choose, self._look, self._stored, author, edit, needs_values=needs_values
        )
        proposal = deciding.first()
        if proposal.batch.changes.height:
            appended = log.append(self.project, proposal)
            if appended.batch.changes.height:
                self._apply_own(appended)
        assert deciding.decided is not None
        return deciding.decided

    def _look(self, unwritten: pl.DataFrame) -> State:
        """Return the state after the whole log and some events that are not in it yet."""
        with self._lock:
            state = self._catch_up()
            if unwritten.is_empty():
                return state
            if state.position == 0:
                return from_log(unwritten)
            is_replayed = needs_log(unwritten)
            events = pl.concat([self._full_log(), unwritten]) if is_replayed else None
            return advance(state, unwritten, events)

    def _stored(self, edit: Edit, unwritten: pl.DataFrame) -> Batch | None:
        """Return the batch that an edit was stored in, or will be with events not written yet."""
        own = unwritten.filter(pl.col("batch").str.ends_with(edit.digest))
        if own.height:
            return log.batch_of(own)
        if edit.is_repeat or edit.digest in self._edits:
            return log.stored_batch(self.project, edit)
        return None

    def _apply_own(self, appended: Appended) -> None:
        """Apply a batch of our own, without reading it where there is nothing else to read."""
        # It is stored: what fails here is left to the next look.
        with self._lock, suppress(DataUnavailable):
            if self._state is None or self._state.position != appended.first:
                self._catch_up()
                return
            self._apply(log.event_rows(appended.batch, appended.first))
            if self._state.position != appended.end:
                self._catch_up()
                return
            self._version = appended.version
            self._checked_at = time.monotonic()

    def _undo_or_redo(self, author: str, seen: str | None, *, is_redo: bool) -> Batch | None:
        def choose(_: State, unwritten: pl.DataFrame) -> Decision[bool]:
            # The stack may be ahead of the state given: both are taken at one moment.
            with self._lock:
                state = self._look(unwritten)
                stack = self._undo_stack_after(author, unwritten)
                batch = (stack.redoable if is_redo else stack.undoable)(state.inactive)
                if batch is None or (seen is not None and batch != seen):
                    return Decision((), "redo" if is_redo else "undo", result=False)
                return self._switching(state, unwritten, batch, is_redo)

        made = self._decide(choose, author)
        return made.batch if made.result else None

    def _switching(
        self, state: State, unwritten: pl.DataFrame, batch: str, is_on: bool
    ) -> Decision[bool]:
        """Switch a batch, the lock held; the result is whether it was not so before."""
        act = "redo" if is_on else "undo"
        if (batch not in state.inactive) == is_on:
            return Decision((), act, result=False)
        events = pl.concat([self._full_log(), unwritten])
        after = with_switch(state, batch, is_on, events)
        # First: by it the batch is known as one that switches another.
        switch = Change("batch", batch, "active", "set", "true" if is_on else "false")
        return Decision([switch, *numbered_names(state, after)], act, undoes=batch, result=True)

    def _undo_stack(self, author: str) -> UndoStack:
        if self._undo_stacks is None:
            self._undo_stacks = {}
            _push_batches(self._undo_stacks, self._full_log())
        return self._undo_stacks.setdefault(author, UndoStack())

    def _undo_stack_after(self, author: str, unwritten: pl.DataFrame) -> UndoStack:
        """Return what undo takes back after the whole log and some events not in it yet."""
        stack = self._undo_stack(author)
        if unwritten.is_empty():
            return stack
        stack = stack.copy()
        _push_batches({author: stack}, unwritten.filter(pl.col("author") == author))
        return stack

    def _full_log(self) -> pl.DataFrame:
        if self._log is None:
            assert self._state is not None
            events, _ = log.read(self.project)
            # What was written in the meantime is applied by the next look.
            self._log = events.head(self._state.position)
        return self._log

    def _catch_up(self) -> State:
        if self._state is None:
            self._state = self._merged() or State()
        version = self.project.database().version(log.TABLE)
        if version != self._version:
            log.require_whole(self.project)
            new_events, version = log.read(self.project, self._state.position)
            if new_events.height:
                self._apply(new_events)
            self._version = version
        self._checked_at = time.monotonic()
        self.problem = None
        return self._state

    def _merged(self) -> State | None:
        """Return the state that the tables hold; None where the whole log has to be read."""
        try:
            return read_snapshot(self.project)
        except (TableMissing, TableDamaged):
            # The log has it all, if it is whole.
            log.require_whole(self.project)
            return None

    def _note_edits(self, new_events: pl.DataFrame) -> None:
        of_edits = new_events["batch"].str.len_chars() == TIME_DIGITS + EDIT_DIGITS
        for batch in new_events.filter(of_edits)["batch"].unique():
            self._edits.add(batch[TIME_DIGITS:])

    def _apply(self, new_events: pl.DataFrame) -> None:
        assert self._state is not None
        if self._state.position and needs_log(new_events):
            # Before anything is changed: it may fail.
            self._full_log()
        if self._undo_stacks is not None:
            _push_batches(self._undo_stacks, new_events)
        if self._state.position == 0:
            self._log, self._state = new_events, from_log(new_events)
            return
        self._note_edits(new_events)
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


_stores: PerProject[Store] = PerProject()
