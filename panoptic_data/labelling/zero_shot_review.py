"""A sorting by words while people answer it: how each of its images stands by now.

What was sorted stays as it was, so that a list can be gone through; answers, tags put on by other
ways and undo show in how its images stand. Not here: sorting (``zero_shot``), writing answers
(``offers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.log import REFUSED
from panoptic_data.labelling import suggest
from panoptic_data.views.fields import property_field

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.labelling.zero_shot import Class, Classes

__all__ = ["STEPS", "Sorting", "Stand", "counts", "stands"]

# Thresholds that are counted: each hundredth.
STEPS = np.arange(101) / 100


@dataclass(frozen=True)
class Sorting:
    """What was found for the tags of a property. ``again``: tagged images were sorted too."""

    property: str
    again: bool
    found: Classes


@dataclass(frozen=True)
class Stand:
    """How the images of a class stand, in its order.

    ``accepted`` have its tag, ``refused`` are said not to belong; ``others`` (n,) is another tag of
    the property that an image has, as a place among ``tags``, -1 for none; ``open`` are still to be
    answered.
    """

    accepted: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    others: npt.NDArray[np.intp]
    open: npt.NDArray[np.bool_]
    tags: Sequence[str]


@dataclass(frozen=True)
class _Held:
    """Which rows have which tags of a property: ``rows`` and ``places`` (m,) among ``tags``.

    ``one`` (n + 1,) is a tag of each row of the corpus, -1 for none; the last is of no row.
    """

    rows: npt.NDArray[np.intp]
    places: npt.NDArray[np.intp]
    one: npt.NDArray[np.intp]
    tags: Sequence[str]


def stands(
    current: Catalogue, sorting: Sorting, only: Iterable[str] | None = None
) -> list[tuple[Class, Stand]]:
    """Return the classes of a sorting and how they stand: of some tags alone where they are given.

    Classes whose tag is no longer there are left out.
    """
    wanted = None if only is None else set(only)
    known = current.annotations.tags
    held = _held(current, sorting.property)
    return [
        (one, _stand(current, sorting, one, held))
        for one in sorting.found.classes
        if (wanted is None or one.tag in wanted) and not known[one.tag].deleted
    ]


def counts(one: Class, among: npt.NDArray[np.bool_] | None = None) -> list[int]:
    """Return how many images of a class are as probable as each of ``STEPS``, of some of them."""
    ends = np.searchsorted(-one.probabilities, -STEPS.astype(np.float32), side="right")
    if among is None:
        return [int(end) for end in ends]
    sums = np.concatenate([[0], np.cumsum(among)])
    return [int(count) for count in sums[ends]]


def _stand(current: Catalogue, sorting: Sorting, one: Class, held: _Held) -> Stand:
    # Places in the corpus; -1 where an image is gone since.
    rows = current.corpus.rows_of_sha1(pl.Series(one.sha1s, dtype=pl.String))
    own = held.tags.index(one.tag) if one.tag in held.tags else -1
    accepted = np.isin(rows, held.rows[held.places == own])
    said = suggest.answered(current.annotations, one.tag).filter(pl.col("value") == REFUSED)
    refused = np.isin(rows, current.rows_of(said["target"].to_list())) & ~accepted
    others = np.where(accepted, -1, held.one[rows])
    open = ~accepted & ~refused & (rows >= 0)
    if not sorting.again:
        open &= others < 0
    return Stand(accepted, refused, others, open, held.tags)


def _held(current: Catalogue, property: str) -> _Held:
    one = current.annotations.properties.get(property)
    none, nobody = np.empty(0, np.intp), np.full(len(current.corpus.frame) + 1, -1, np.intp)
    if one is None or one.deleted:
        return _Held(none, none, nobody, ())
    column = current.column(property_field(one.type, one.id))
    if column.units is None or column.tags is None:
        return _Held(none, none, nobody, ())
    rows = current.corpus.file_row[column.units] if one.target == "file" else column.units
    nobody[rows] = column.tags
    return _Held(rows.astype(np.intp), column.tags.astype(np.intp), nobody, column.ids)
