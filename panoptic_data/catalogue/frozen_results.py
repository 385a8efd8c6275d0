"""Results of a view that are kept as they were while a person edits the images in them.

Which images there are, their order and their groups stay; their values are read as they are now.
Not here: when a view is run again, and which session keeps a result (the app).
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

__all__ = ["Changes", "FrozenResult", "displayed", "freeze"]


@dataclass(frozen=True)
class Changes:
    """What a view would show differently if it were run now.

    ``gone`` (n,) bool marks the frozen catalogue's rows whose images are shown no longer, ``new``
    counts images that would be; ``is_rearranged`` where only the order or the groups would differ.
    """

    gone: npt.NDArray[np.bool_]
    new: int = 0
    is_rearranged: bool = False

    @property
    def count(self) -> int:
        """How many images would go or come."""
        return int(np.count_nonzero(self.gone)) + self.new


class FrozenResult:
    """A view's result as it was. Safe to share between threads; ``key`` names it over HTTP."""

    def __init__(self, current: Catalogue, view: View) -> None:
        self.key = token_urlsafe(9)
        self.view = view
        self.result = run_view(current, view)
        self._lock = threading.Lock()
        self._catalogue = current.with_frozen_result(view, self.result)
        self._version = current.version
        self._used_at = time.monotonic()
        self._changes: tuple[str, Changes] | None = None

    @property
    def idle(self) -> float:
        """For how many seconds nobody has used it."""
        return time.monotonic() - self._used_at

    def is_of(self, current: Catalogue) -> bool:
        """Whether it is of the same project."""
        return self._catalogue.project.folder == current.project.folder

    def catalogue(self, current: Catalogue) -> Catalogue:
        """Return the catalogue in which the view has this result, with the present annotations.

        Images that were added since are not in it: it may have fewer rows than ``current``.
        """
        with self._lock:
            self._used_at = time.monotonic()
            if self._version != current.version:
                # As long as the corpus is the same, the rest of it may be as it is now.
                is_same = current.corpus is self._catalogue.corpus
                base = current if is_same else self._catalogue.with_annotations(current.annotations)
                self._catalogue = base.with_frozen_result(self.view, self.result)
                self._version = current.version
            return self._catalogue

    def changes(self, current: Catalogue) -> Changes:
        """Compare with what the view would show now. Raises what running it raises."""
        known = self._changes
        if known is None or known[0] != current.version:
            known = (current.version, self._compared(current))
            self._changes = known
        return known[1]

    def _compared(self, current: Catalogue) -> Changes:
        result, frozen = run_view(current, self.view), self.catalogue(current)
        if result is self.result:
            return Changes(np.zeros(len(frozen), dtype=bool))
        rows, unknown = _frozen_rows(current, result, frozen)
        before, now = (np.zeros(len(frozen), dtype=bool) for _ in range(2))
        before[self.result.rows] = True
        now[rows] = True
        gone, new = before & ~now, int(np.count_nonzero(now & ~before)) + unknown
        is_rearranged = not (gone.any() or new or self._has_same_order(result, rows))
        return Changes(gone, new, is_rearranged)

    def _has_same_order(self, result: ViewResult, rows: Rows) -> bool:
        same_rows = np.array_equal(rows, self.result.rows)
        return same_rows and _are_same(result.groups, self.result.groups)


def freeze(current: Catalogue, view: View) -> FrozenResult:
    """Run a view and keep its result for as long as the caller keeps what is returned.

    Raises what running the view raises.
    """
    frozen = FrozenResult(current, view)
    _frozen_by_key[frozen.key] = frozen
    return frozen


def displayed(
    current: Catalogue, view: View, key: str | None
) -> tuple[Catalogue, FrozenResult | None]:
    """Return the catalogue to run a view on, and the frozen result of that key if it is the view's.

    Where the frozen result is gone (the server was restarted, the session dropped it) the view is
    shown as it is now.
    """
    frozen = _frozen_by_key.get(key) if key else None
    if frozen is None or frozen.view.key != view.key or not frozen.is_of(current):
        return current, None
    return frozen.catalogue(current), frozen


def _frozen_rows(current: Catalogue, result: ViewResult, frozen: Catalogue) -> tuple[Rows, int]:
    """Return the frozen catalogue's rows of a present result, and how many images have none."""
    if current.corpus is frozen.corpus:
        return result.rows, 0
    rows = frozen.rows_of(current.sha1s(result.rows))
    return rows, len(np.unique(result.rows)) - len(np.unique(rows))


def _are_same(groups: Groups | None, others: Groups | None) -> bool:
    if groups is None or others is None:
        return groups is others
    same_starts = np.array_equal(groups.start, others.start)
    same_depths = np.array_equal(groups.depth, others.depth)
    return same_starts and same_depths and groups.values == others.values


# A session keeps the frozen result itself: when the session ends, it goes with it.
_frozen_by_key: WeakValueDictionary[str, FrozenResult] = WeakValueDictionary()
