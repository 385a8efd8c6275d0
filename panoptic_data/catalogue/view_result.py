"""What a view shows, and what running views may use again: results, orders, values of groups.

Data only. Not here: running a view (``execute``), results that are held still while a person edits
(``frozen_results``).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.views.fields import WHO_FIELDS, property_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from panoptic_data.catalogue.corpus import Rows
    from panoptic_data.catalogue.groups import Groups, LevelCodes
    from panoptic_data.views.model import Sort

__all__ = ["ViewCache", "ViewResult", "uses_annotations"]

# One result of a million images takes 4 MB.
RESULT_BYTES = 256 * 2**20
# The values of a million images at one level of groups take 4 MB as well.
LEVELS = 24


@dataclass(frozen=True)
class ViewResult:
    """What a view shows: ``rows`` are the images' row numbers in the view's order.

    ``similarity`` (float32, cosine) has a value for each of ``rows`` when the view searches by
    similarity. ``files`` too has in mode "file" (positions in ``Corpus.files``; an image's row
    then comes once for each). ``groups`` says where each group begins when the view has groups.
    """

    rows: Rows
    similarity: npt.NDArray[np.float32] | None = None
    files: npt.NDArray[np.intp] | None = None
    groups: Groups | None = None
    # Whether the view does not depend on annotations.
    is_fixed: bool = True
    # How many of the rows repeat an image that is in another group too.
    repeats: int = 0
    # Nothing is clearly like the words that the view searches for: these are the nearest.
    is_unclear: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def images(self) -> int:
        """How many images (files, in mode "file") there are, in however many groups each."""
        return len(self.rows) - self.repeats

    @property
    def nbytes(self) -> int:
        """About how many bytes it takes."""
        parts = (self.rows, self.similarity, self.files, self.groups)
        return sum(part.nbytes for part in parts if part is not None)


class ViewCache:
    """What running views on one catalogue makes and may use again.

    ``results`` by a view's key and ``level_codes`` by a level are bounded and need ``lock``;
    ``orders`` (a sort's order of all units) and ``ranks`` (a field's rank of each unit) are bounded
    by the number of fields, and two threads may both make an entry.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.results: LRUCache[str, ViewResult] = LRUCache(RESULT_BYTES, _size)
        self.level_codes: LRUCache[tuple[Hashable, ...], LevelCodes] = LRUCache(LEVELS)
        self.orders: dict[tuple[Sort, bool], npt.NDArray[Any]] = {}
        self.ranks: dict[str, npt.NDArray[np.int64]] = {}

    def without_results(self, *, keep_annotated: bool) -> ViewCache:
        """Return a cache with orders and values of groups, of annotations only if asked for."""
        if not keep_annotated:
            return self.without_annotations(keep_results=False)
        copy = ViewCache()
        with self.lock:
            copy.orders, copy.ranks = dict(self.orders), dict(self.ranks)
            copy.level_codes.update(list(self.level_codes.items()))
        return copy

    def without_annotations(self, *, keep_results: bool) -> ViewCache:
        """Return a cache with what does not depend on annotations, results only if asked for."""
        copy = ViewCache()
        with self.lock:
            # Copies first: other threads add to these while they are looked through.
            orders, ranks = dict(self.orders), dict(self.ranks)
            level_codes, results = list(self.level_codes.items()), list(self.results.items())
        copy.orders = {
            key: order for key, order in orders.items() if not uses_annotations(key[0].field)
        }
        copy.ranks = {key: rank for key, rank in ranks.items() if not uses_annotations(key)}
        copy.level_codes.update(
            (key, codes) for key, codes in level_codes if not uses_annotations(str(key[0]))
        )
        if keep_results:
            copy.results.update((key, result) for key, result in results if result.is_fixed)
        return copy


def uses_annotations(field: str) -> bool:
    """Whether a field's values depend on annotations (``ranks`` has "file name" as a field too)."""
    return property_of(field) is not None or field in (EXCLUDED, *WHO_FIELDS)


def _size(result: ViewResult) -> int:
    # A result that is larger than the cache takes all of it, alone.
    return min(result.nbytes, RESULT_BYTES)
