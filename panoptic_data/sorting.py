"""A sorting by words while people answer it: how each of its images stands by now.

What was sorted stays as it was, so that a list can be gone through; answers, tags put on by other
ways and undo show in how its images stand. Not here: sorting (``zero_shot``), writing answers
(``offers``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data import offers
from panoptic_data.events import REFUSED
from panoptic_data.fields import property_field

if TYPE_CHECKING:
    from panoptic_data.catalogue import Catalogue
    from panoptic_data.zero_shot import Class, Classes

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

    ``accepted`` have its tag, ``refused`` are said not to belong; ``others`` (n,) is another of
    the classes that an image has the tag of, -1 for none; ``open`` are still to be answered.
    """

    accepted: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    others: npt.NDArray[np.intp]
    open: npt.NDArray[np.bool_]


def stands(
    current: Catalogue, sorting: Sorting, only: Iterable[str] | None = None
) -> list[tuple[Class, Stand]]:
    """Return the classes of a sorting and how they stand: of some tags alone where they are given.

    Classes whose tag is no longer there are left out.
    """
    wanted = None if only is None else set(only)
    known = current.annotations.tags
    ids = [one.tag for one in sorting.found.classes]
    holders = _holders(current, sorting.property, ids)
    return [
        (one, _stand(current, sorting, at, one, holders))
        for at, one in enumerate(sorting.found.classes)
        if (wanted is None or one.tag in wanted) and not known[one.tag].deleted
    ]


def counts(one: Class, among: npt.NDArray[np.bool_] | None = None) -> list[int]:
    """Return how many images of a class are as probable as each of ``STEPS``, of some of them."""
    ends = np.searchsorted(-one.probabilities, -STEPS.astype(np.float32), side="right")
    if among is None:
        return [int(end) for end in ends]
    sums = np.concatenate([[0], np.cumsum(among)])
    return [int(count) for count in sums[ends]]


def _stand(
    current: Catalogue, sorting: Sorting, at: int, one: Class, holders: list[npt.NDArray[np.intp]]
) -> Stand:
    # Places in the corpus; -1 where an image is gone since.
    rows = current.corpus.rows_of_sha1(pl.Series(one.sha1s, dtype=pl.String))
    accepted = np.isin(rows, holders[at])
    said = offers.answered(current.annotations, one.tag).filter(pl.col("value") == REFUSED)
    refused = np.isin(rows, current.rows_of(said["target"].to_list())) & ~accepted
    others = np.full(len(rows), -1, np.intp)
    for other, held in enumerate(holders):
        if other != at and len(held):
            others[np.isin(rows, held)] = other
    open = ~accepted & ~refused & (rows >= 0)
    if not sorting.again:
        open &= others < 0
    return Stand(accepted, refused, others, open)


def _holders(current: Catalogue, property: str, ids: list[str]) -> list[npt.NDArray[np.intp]]:
    """Return, for each tag, the rows that have it: itself, not one below it."""
    one = current.annotations.properties.get(property)
    none = np.empty(0, np.intp)
    if one is None or one.deleted:
        return [none for _ in ids]
    column = current.column(property_field(one.type, one.id))
    if column.units is None or column.tags is None:
        return [none for _ in ids]
    rows = current.corpus.file_row[column.units] if one.target == "file" else column.units
    place = {id: at for at, id in enumerate(column.ids)}
    return [rows[column.tags == place[id]].astype(np.intp) if id in place else none for id in ids]
