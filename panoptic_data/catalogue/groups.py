"""The groups of a view as data: where each begins, what it holds, and the condition it stands for.

Here also: the values of one level of groups. Not here: making groups of a catalogue's rows
(``grouping``), the names of groups in a person's language (the app).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from panoptic_data.views.fields import FIELDS, WHO_FIELDS, property_of
from panoptic_data.views.model import Clause, Condition, Level

__all__ = ["EPOCH", "NOT_EMBEDDED", "NO_VALUE", "Groups", "LevelCodes", "condition", "period_of"]

# The code of what has no value at a level; also the number of what lies in no cluster.
NO_VALUE = -1
# The number that ``Catalogue.clusters`` gives an image without a vector: in no cluster either.
NOT_EMBEDDED = -2
EPOCH = date(1970, 1, 1)
_BYTES_A_GROUP = 64


@dataclass(frozen=True)
class LevelCodes:
    """The values of one level of groups, and the value of each unit (image or file) as a code.

    ``values`` come smallest first; ``codes`` int32 are positions in them, -1 for no value. With
    one value a unit, ``codes`` is (n,). Of a property with several tags a unit, unit i has
    ``codes[starts[i]:starts[i + 1]]``, where ``starts`` is (n + 1,) int64.
    """

    codes: npt.NDArray[np.int32]
    values: Sequence[Any]
    starts: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Groups:
    """Every group of a view in the order in which it is shown, a parent before its children.

    ``depth`` (g,) uint8 counts from 0; ``start`` and ``count`` (g,) int64 are a position in the
    view's order and a number of its rows; ``parent`` (g,) int64 is the index of the group around
    it, -1 at the top; ``values`` says what each holds: a text, a number, [from, to) of a number,
    the name of a period ("1930", "1930-05", "1930-W18", "1930-05-01"), or None.
    """

    levels: tuple[Level, ...]
    depth: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    parent: npt.NDArray[np.int64]
    values: list[Any]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """About how many bytes the groups take."""
        return len(self) * _BYTES_A_GROUP

    def path(self, index: int) -> list[tuple[Level, Any]]:
        """Return the levels and values from the top down to a group."""
        upwards = []
        while index >= 0:
            upwards.append((self.levels[self.depth[index]], self.values[index]))
            index = int(self.parent[index])
        return upwards[::-1]


def condition(level: Level, value: Any) -> Condition | Clause:
    """Return what a group selects, as a part of a view.

    Added to the view that was grouped it shows the group: the same files, and the same images
    but in one case. An image with copies in several folders is in the group of the first; a
    folder's condition also shows those whose other copies lie there, as a folder always does.
    """
    field = level.field
    if field == "cluster":
        numbers = [NO_VALUE, NOT_EMBEDDED] if value is None else [value]
        return Condition(field, "in", {"encoder": level.by, "numbers": numbers})
    if field == "duplicate":
        if value is None:
            return Condition(field, "not in", {"kinds": [level.by]})
        return Condition(field, "in", {"groups": [value]})
    if field == "folder":
        return _folder_condition(level, value)
    if value is None:
        return Condition(field, "is empty")
    if (of_choice := _choice_condition(level, value)) is not None:
        return of_choice
    if FIELDS[field].kind == "date":
        first, last = _period_ends(level.by, value)
        return Condition(field, "between", [first.isoformat(), last.isoformat()])
    if isinstance(value, list):
        low, high = (
            Condition(field, sign, end) for sign, end in zip((">=", "<"), value, strict=True)
        )
        return Clause("all", (low, high))
    return Condition(field, "=", value)


def period_of(by: str, name: str) -> str:
    """Return the period that a group is of: a coarser one for dates of which no more is known."""
    if by in ("month", "week", "day") and len(name) == len("1958"):
        return "year"
    return "month" if by in ("week", "day") and len(name) == len("1958-06") else by


def _choice_condition(level: Level, value: Any) -> Condition | None:
    """Return the condition of a value that is chosen, not typed: a tag, a truth, a colour."""
    field, kind = level.field, FIELDS[level.field].kind
    if kind in ("tags", "link") or field in ("format", "status"):
        return Condition(field, "in", [value])
    if kind == "truth":
        return Condition(field, "is", value in (True, "true"))
    if field in WHO_FIELDS:
        by = {"property": level.by} if level.by else {}
        return Condition(field, "in", {WHO_FIELDS[field]: [value], **by})
    if kind == "colour":
        exact = {"colour": value, "distance": 0}
        return (
            Condition(field, "near", exact) if property_of(field) else Condition(field, "is", value)
        )
    return None


def _folder_condition(level: Level, value: str | None) -> Condition:
    if value is None:
        return Condition("copies", "=", 0)
    # A group as deep as the level holds all below it, others what lies in the folder itself.
    with_subfolders = level.by is not None and value.count("/") + 1 >= level.by
    return Condition("folder", "in", [value if with_subfolders else f"{value}/."])


def _period_ends(by: str, name: str) -> tuple[date, date]:
    """Return the first and the last day of a period."""
    by = period_of(by, name)
    if by == "day":
        return date.fromisoformat(name), date.fromisoformat(name)
    if by == "week":
        monday = date.fromisoformat(f"{name}-1")
        return monday, EPOCH + min(timedelta(days=6) + (monday - EPOCH), date.max - EPOCH)
    if by == "month":
        first = date.fromisoformat(f"{name}-01")
        return first, first.replace(day=monthrange(first.year, first.month)[1])
    years = {"century": 100, "decade": 10, "year": 1}[by]
    last = min(int(name) + years - 1, 9999)
    return date(max(int(name), 1), 1, 1), date(last, 12, 31)
