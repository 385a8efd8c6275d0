"""Decisions: changes that follow from a state, made again where the log went on meanwhile.

Two dashboards that add the same new tag at once would make two: each saw none of this name. So a
decision is a function from the state to changes. It is made when it is asked for, and made again
under the lock that numbers the commit wherever the log went on since, by others or by what is
earlier in the same commit. Not here: who calls it (``store``), the lock (``log``).

    def choose(state: State) -> Decision:
        tag, changes = tags.create(state.tags, theme.id, "war")
        return Decision(changes, "tag", tag.name, result=tag)

    made = store.decide(choose)
    made.result, made.batch
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import polars as pl

from panoptic_data.annotations import log
from panoptic_data.annotations.log import CHANGE_SCHEMA, EVENT_SCHEMA, Batch, Change, Edit

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State

__all__ = ["Choose", "Decided", "Deciding", "Decision"]

T = TypeVar("T")

# Slower decisions (a large import) are made before the lock as often as this: others wait for it.
TRIES = 4
SLOW_SECONDS = 0.2
_NO_EVENTS = pl.DataFrame(schema=EVENT_SCHEMA)


@dataclass(frozen=True)
class Decision(Generic[T]):
    """Changes, and what the history calls them: ``act``, ``about``, ``undoes`` of a ``Batch``.

    ``result`` is what the caller wants to know of what was decided.
    """

    changes: Iterable[Change] | pl.DataFrame
    act: str
    about: str | None = None
    undoes: str | None = None
    result: T = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Decided(Generic[T]):
    """What was written, without changes where there were none, and the decision's ``result``.

    ``is_repeat``: the edit was stored already. Then nothing was written, ``batch`` is what was
    stored then, and ``result`` is None.
    """

    batch: Batch
    result: T
    is_repeat: bool = False


Choose = Callable[["State", pl.DataFrame], Decision[T]]
"""Gets the state, and the events in it that are not written yet (``EVENT_SCHEMA``)."""


class Deciding(Generic[T]):
    """One decision on its way into the log.

    ``look`` returns the state after the whole log and some events more, ``stored`` the batch that
    an edit was stored in, among these events or earlier.
    """

    def __init__(
        self,
        choose: Choose[T],
        look: Callable[[pl.DataFrame], State],
        stored: Callable[[Edit, pl.DataFrame], Batch | None],
        author: str | None,
        edit: Edit | None,
        *,
        needs_values: bool,
    ) -> None:
        self._choose = choose
        self._look = look
        self._stored = stored
        self._author = author
        self._edit = edit
        self._needs_values = needs_values
        self._state: State | None = None
        self.decided: Decided[T] | None = None

    def first(self) -> log.Proposal:
        """Decide from the state of now. What ``choose`` raises refuses it."""
        for _ in range(TRIES):
            began = time.monotonic()
            state = self._look(_NO_EVENTS)
            batch = self._decide(state, _NO_EVENTS)
            is_quick = time.monotonic() - began < SLOW_SECONDS
            if is_quick or self._look(_NO_EVENTS).position == state.position:
                break
        return log.Proposal(batch, state.position, self.again)

    def again(self, unwritten: pl.DataFrame) -> Batch:
        """Decide again under the lock, after all that is written and some events that are not."""
        before, decided = self._state, self.decided
        assert before is not None
        assert decided is not None
        if not self._needs_values and self._edit is None and _is_of_values(unwritten):
            # Names, types and tags are as they were: so is what was decided from them.
            now = self._look(_NO_EVENTS)
            if now.definitions is before.definitions:
                return decided.batch
        return self._decide(self._look(unwritten), unwritten)

    def _decide(self, state: State, unwritten: pl.DataFrame) -> Batch:
        self._state = state
        stored = None if self._edit is None else self._stored(self._edit, unwritten)
        if stored is not None:
            self.decided = Decided(stored, None, is_repeat=True)  # type: ignore[arg-type]
            return replace(stored, changes=pl.DataFrame(schema=CHANGE_SCHEMA))
        decision = self._choose(state, unwritten)
        batch = log.new_batch(
            decision.changes,
            decision.act,
            about=decision.about,
            author=self._author,
            undoes=decision.undoes,
            edit=self._edit,
        )
        self.decided = Decided(batch, decision.result)
        return batch


def _is_of_values(events: pl.DataFrame) -> bool:
    """Whether events change values alone, no property, tag or batch."""
    return bool(events["kind"].is_in(("image", "file")).all())
