"""What a view showed when it was last asked, held still while its images are edited.

Which images there are, their order and their groups stay; what is said of them is read as it is
now. Not here: when a view is asked anew, and who holds it (the app).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from panoptic_data.catalogue.execute import run_view

if TYPE_CHECKING:
    from panoptic_data.catalogue.corpus import Rows
    from panoptic_data.catalogue.groups import Groups
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.views.model import View

__all__ = ["Changes", "Hold", "hold", "shown"]


@dataclass(frozen=True)
class Changes:
    """What a view would show differently if it were asked now.

    ``gone`` (n,) bool marks the held rows whose images are shown no longer, ``new`` counts
    images that would be; ``is_moved`` where only the order or the groups would be others.
    """

    gone: npt.NDArray[np.bool_]
    new: int = 0
    is_moved: bool = False

    @property
    def count(self) -> int:
        """How many images would go or come."""
        return int(np.count_nonzero(self.gone)) + self.new


class Hold:
    """A view as it was found. Safe to share between threads; ``key`` names it over HTTP."""

    def __init__(self, current: Catalogue, view: View) -> None:
        self.key = token_urlsafe(9)
        self.view = view
        self.found = run_view(current, view)
        self._lock = threading.Lock()
        self._now = current.with_frozen_result(view, self.found)
        self._of = current.version
        self._asked = time.monotonic()
        self._changes: tuple[str, Changes] | None = None

    @property
    def idle(self) -> float:
        """For how many seconds nobody has asked for what is held."""
        return time.monotonic() - self._asked

    def is_of(self, current: Catalogue) -> bool:
        """Whether it is of the same project."""
        return self._now.project.root == current.project.root

    def now(self, current: Catalogue) -> Catalogue:
        """Return the catalogue in which the view shows what it did, with today's annotations.

        Images that came since are not in it: it may have fewer rows than ``current``.
        """
        with self._lock:
            self._asked = time.monotonic()
            if self._of != current.version:
                # As long as the corpus is the same, the rest of it may be as it is now.
                is_same = current.corpus is self._now.corpus
                base = current if is_same else self._now.with_annotations(current.annotations)
                self._now = base.with_frozen_result(self.view, self.found)
                self._of = current.version
            return self._now

    def changes(self, current: Catalogue) -> Changes:
        """Compare with what the view would show now. Raises what running it raises."""
        known = self._changes
        if known is None or known[0] != current.version:
            known = (current.version, self._compared(current))
            self._changes = known
        return known[1]

    def _compared(self, current: Catalogue) -> Changes:
        found, held = run_view(current, self.view), self.now(current)
        if found is self.found:
            return Changes(np.zeros(len(held), dtype=bool))
        rows, unknown = _carried(current, found, held)
        then, now = (np.zeros(len(held), dtype=bool) for _ in range(2))
        then[self.found.rows] = True
        now[rows] = True
        gone, new = then & ~now, int(np.count_nonzero(now & ~then)) + unknown
        is_same = gone.any() or new or self._is_arranged(found, rows)
        return Changes(gone, new, not is_same)

    def _is_arranged(self, found: ViewResult, rows: Rows) -> bool:
        return np.array_equal(rows, self.found.rows) and _are_same(found.groups, self.found.groups)


def hold(current: Catalogue, view: View) -> Hold:
    """Hold what a view shows, until nobody keeps what is returned. Raises what running raises."""
    made = Hold(current, view)
    _holds[made.key] = made
    return made


def shown(current: Catalogue, view: View, key: str | None) -> tuple[Catalogue, Hold | None]:
    """Return the catalogue to run a view on, and the hold of that key if it holds the view.

    Of a hold that is gone (the server was restarted, it was let go) the view is shown as it is.
    """
    kept = _holds.get(key) if key else None
    if kept is None or kept.view.key != view.key or not kept.is_of(current):
        return current, None
    return kept.now(current), kept


def _carried(current: Catalogue, found: ViewResult, held: Catalogue) -> tuple[Rows, int]:
    """Return the held rows of the images that are found now, and how many have none."""
    if current.corpus is held.corpus:
        return found.rows, 0
    rows = held.rows_of(current.sha1s(found.rows))
    return rows, len(np.unique(found.rows)) - len(np.unique(rows))


def _are_same(some: Groups | None, others: Groups | None) -> bool:
    if some is None or others is None:
        return some is others
    is_alike = np.array_equal(some.start, others.start) and np.array_equal(some.depth, others.depth)
    return is_alike and some.values == others.values


# Who holds keeps the hold itself: when a session ends, its hold goes with it.
_holds: WeakValueDictionary[str, Hold] = WeakValueDictionary()
