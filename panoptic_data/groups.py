"""Groups of a view: which value each row has at each level, and the rows in that order.

Here: the values of a level, the arrangement, and what each group is as a condition. Not here:
the names of groups in a person's language (the app), which rows there are (``conditions``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.colours import hues
from panoptic_data.errors import NoEmbeddings
from panoptic_data.fields import HUES
from panoptic_data.views import Clause, Condition, Level

if TYPE_CHECKING:
    from panoptic_data.catalogue import Catalogue

__all__ = ["Groups", "arrange", "codes", "condition"]

NONE = -1
Codes = npt.NDArray[np.int64]
# Up to this many combinations of values are counted in a table, more are sorted.
TABLE_AT_MOST = 1 << 22
BINS = 20
_RADIX = 1 << 16


@dataclass(frozen=True)
class Coded:
    """The values of one level, smallest first, and each unit's place in them (-1: none)."""

    codes: Codes
    values: Sequence[Any]


@dataclass(frozen=True)
class Groups:
    """Every group of a view in the order in which it is shown, a parent before its children.

    ``depth`` (g,) uint8 counts from 0; ``start`` and ``count`` (g,) int64 are places in the
    view's order; ``parent`` (g,) int64 is the place of the group around it, -1 at the top;
    ``values`` says what each holds: a text, a number, [from, to) of a number, the name of a
    period ("1930", "1930-05", "1930-W18", "1930-05-01"), or None.
    """

    levels: tuple[Level, ...]
    depth: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    parent: npt.NDArray[np.int64]
    values: list[Any]

    def __len__(self) -> int:
        return len(self.values)

    def path(self, place: int) -> list[tuple[Level, Any]]:
        """Return the levels and values from the top down to a group."""
        found = []
        while place >= 0:
            found.append((self.levels[self.depth[place]], self.values[place]))
            place = int(self.parent[place])
        return found[::-1]


def arrange(levels: Sequence[Level], coded: Sequence[Coded]) -> tuple[npt.NDArray[np.intp], Groups]:
    """Return the order that puts n units into their groups, and the groups.

    ``coded`` are the units' values at each level, in the order that holds inside a group.
    """
    sizes = [len(one.values) + 1 for one in coded]
    # What has no value is coded last.
    combined = np.zeros(len(coded[0].codes), dtype=np.int64)
    for one, size in zip(coded, sizes, strict=True):
        combined = combined * size + np.where(one.codes < 0, size - 1, one.codes)
    leaves, place, counts = _leaves(combined, math.prod(sizes))
    parts = _apart(leaves, sizes)
    order = _order(levels, sizes, parts, counts)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    arranged = _sorted(rank[place], len(order))
    return arranged, _tree(levels, coded, parts[:, order], counts[order])


def codes(catalogue: Catalogue, level: Level, by_file: bool) -> Coded:
    """Return the value of each image (of each file, in file mode) at a level.

    Raises NoEmbeddings where an encoder has no clusters.
    """
    if level.field == "folder":
        return _folders(catalogue, level.by, by_file)
    coded = _CODERS[level.field](catalogue, level)
    if not by_file:
        return coded
    return Coded(coded.codes[catalogue.corpus.file_row], coded.values)


def condition(level: Level, value: Any) -> Condition | Clause:
    """Return what a group asks for, as a part of a view."""
    field = level.field
    if field == "cluster":
        wanted = {"encoder": level.by, "numbers": [NONE if value is None else value]}
        return Condition(field, "in", wanted)
    if field == "duplicate":
        if value is None:
            return Condition(field, "not in", {"kinds": [level.by]})
        return Condition(field, "in", {"groups": [value]})
    if field == "folder" and value is None:
        return Condition("copies", "=", 0)
    if field == "colour" and value is not None:
        return Condition(field, "is", value)
    if value is None:
        return Condition(field, "is empty")
    if field in ("taken_at", "added"):
        return Condition(field, "between", [one.isoformat() for one in _period(level.by, value)])
    if isinstance(value, list):
        low, high = (
            Condition(field, sign, end) for sign, end in zip((">=", "<"), value, strict=True)
        )
        return Clause("all", (low, high))
    if field in ("folder", "format", "status"):
        return Condition(field, "in", [value])
    return Condition(field, "=", value)


def _leaves(combined: Codes, size: int) -> tuple[Codes, Codes, Codes]:
    """Return the combinations that occur, each unit's place in them, and how many have each."""
    if size > TABLE_AT_MOST:
        leaves, place, counts = np.unique(combined, return_inverse=True, return_counts=True)
        return leaves, place, counts
    table = np.bincount(combined, minlength=size)
    leaves = np.flatnonzero(table)
    places = np.cumsum(table > 0) - 1
    return leaves, places[combined], table[leaves]


def _apart(leaves: Codes, sizes: Sequence[int]) -> Codes:
    """Return each leaf's value at each level: (levels, leaves)."""
    parts = []
    for size in reversed(sizes):
        leaves, part = np.divmod(leaves, size)
        parts.append(part)
    return np.array(parts[::-1])


def _order(levels: Sequence[Level], sizes: Sequence[int], parts: Codes, counts: Codes) -> Codes:
    keys: list[npt.NDArray[np.int64]] = []
    prefix = np.zeros(parts.shape[1], dtype=np.int64)
    for level, size, part in zip(levels, sizes, parts, strict=True):
        _, prefix = np.unique(prefix * size + part, return_inverse=True)
        total = np.bincount(prefix, weights=counts).astype(np.int64)[prefix]
        is_none = part == size - 1
        turned = -1 if level.descending else 1
        if level.order == "size":
            keys += [is_none.astype(np.int64), turned * total, part]
        else:
            keys += [is_none.astype(np.int64), turned * part]
    return np.lexsort(keys[::-1])


def _sorted(ranks: Codes, count: int) -> npt.NDArray[np.intp]:
    """Sort stably. NumPy sorts 16 bits by radix, ten times as fast as 64 by comparing."""
    if count <= _RADIX:
        return np.argsort(ranks.astype(np.uint16), kind="stable")
    order = np.argsort((ranks % _RADIX).astype(np.uint16), kind="stable")
    high = (ranks // _RADIX)[order]
    return order[np.argsort(high.astype(np.uint16), kind="stable")]


def _tree(levels: Sequence[Level], coded: Sequence[Coded], parts: Codes, counts: Codes) -> Groups:
    """Put the groups around their leaves, which are in order."""
    depths, starts, totals, places, values = [], [], [], [], []
    ends = np.cumsum(counts)
    begins = ends - counts
    is_new = np.zeros(parts.shape[1], dtype=bool)
    is_new[:1] = True
    for level, part in enumerate(parts):
        is_new = is_new | np.concatenate([[True], part[1:] != part[:-1]])[: len(is_new)]
        first = np.flatnonzero(is_new)
        last = np.append(first[1:], len(is_new)) - 1
        known = coded[level].values
        depths.append(np.full(len(first), level, dtype=np.uint8))
        starts.append(begins[first])
        totals.append(ends[last] - begins[first])
        places.append(first)
        values += [known[one] if one < len(known) else None for one in part[first].tolist()]
    unordered = np.concatenate(depths)
    start, count = np.concatenate(starts), np.concatenate(totals)
    # By the first leaf, then from the outside in.
    order = np.lexsort((unordered, np.concatenate(places)))
    depth = unordered[order]
    return Groups(
        tuple(levels),
        depth,
        start[order].astype(np.int64),
        count[order].astype(np.int64),
        _parents(depth),
        [values[place] for place in order.tolist()],
    )


def _parents(depth: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    places = np.arange(len(depth))
    parent = np.full(len(depth), NONE, dtype=np.int64)
    for level in range(1, int(depth.max(initial=0)) + 1):
        above = np.maximum.accumulate(np.where(depth == level - 1, places, 0))
        parent[depth == level] = above[depth == level]
    return parent


def _folders(catalogue: Catalogue, by: int | None, by_file: bool) -> Coded:
    corpus = catalogue.corpus
    tops = corpus.folders
    if by is not None:
        tops = tops.str.split("/").list.head(by).list.join("/")
    names = tops.unique().sort()
    number = tops.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    of_file = number[corpus.file_folder]
    if by_file:
        return Coded(of_file, names.to_list())
    found = np.full(len(catalogue), NONE, dtype=np.int64)
    # Backwards, so that an image with copies in several folders takes the first.
    found[corpus.file_row[::-1]] = of_file[::-1]
    return Coded(found, names.to_list())


def _texts(catalogue: Catalogue, level: Level) -> Coded:
    column = catalogue.frame[level.field].cast(pl.String)
    values = column.drop_nulls().unique().sort()
    number = column.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(NONE)
    return Coded(number.to_numpy(), values.to_list())


def _hues(catalogue: Catalogue, _: Level) -> Coded:
    return Coded(hues(catalogue.lab).astype(np.int64), list(HUES))


def _clusters(catalogue: Catalogue, level: Level) -> Coded:
    clusters = catalogue.clusters(level.by)
    if clusters is None:
        raise NoEmbeddings(encoder=level.by)
    found = np.maximum(clusters, NONE).astype(np.int64)
    return Coded(found, list(range(int(found.max(initial=NONE)) + 1)))


def _duplicates(catalogue: Catalogue, level: Level) -> Coded:
    members = catalogue.duplicates().filter(pl.col("kind") == level.by)
    names = members["group"].unique().sort()
    found = np.full(len(catalogue), NONE, dtype=np.int64)
    number = members["group"].cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    # An image in two groups of a kind is shown in the first.
    found[members["row"].to_numpy()[::-1]] = number[::-1]
    return Coded(found, names.to_list())


def _numbers(catalogue: Catalogue, level: Level) -> Coded:
    column = catalogue.frame[level.field]
    values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = ~np.isnan(values)
    if not known.any():
        return Coded(np.full(len(values), NONE, dtype=np.int64), [])
    width = level.by or _width(values[known])
    if width is None:
        distinct, place = np.unique(values[known], return_inverse=True)
        named: list[Any] = distinct.astype(np.int64).tolist()
    else:
        distinct, place = np.unique(np.floor(values[known] / width), return_inverse=True)
        named = [[_plain(one * width), _plain((one + 1) * width)] for one in distinct.tolist()]
    found = np.full(len(values), NONE, dtype=np.int64)
    found[known] = place
    return Coded(found, named)


def _width(values: npt.NDArray[np.float64]) -> float | None:
    """Return a round width that makes at most some twenty bins; None for few whole numbers."""
    spread = float(values.max() - values.min())
    if spread < BINS:
        return None
    step = 10.0 ** math.floor(math.log10(spread / BINS))
    return next(step * times for times in (1, 2, 5, 10) if spread / (step * times) <= BINS)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _periods(catalogue: Catalogue, level: Level) -> Coded:
    column = catalogue.frame[level.field].dt.replace_time_zone(None)
    number = _PERIODS[level.by](column)
    values = number.drop_nulls().unique().sort()
    places = np.searchsorted(values.to_numpy(), number.fill_null(0).to_numpy())
    found = np.where(number.is_null().to_numpy(), NONE, places).astype(np.int64)
    return Coded(found, [_period_name(level.by, one) for one in values.to_list()])


def _days(column: pl.Series) -> pl.Series:
    return column.dt.date().cast(pl.Int32).cast(pl.Int64)


def _years(column: pl.Series, step: int) -> pl.Series:
    return column.dt.year().cast(pl.Int64) // step * step


# Each period as a number that grows with time: a year, a month from year 0, a day from 1970.
_PERIODS: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    "century": lambda column: _years(column, 100),
    "decade": lambda column: _years(column, 10),
    "year": lambda column: _years(column, 1),
    "month": lambda column: _years(column, 1) * 12 + column.dt.month() - 1,
    # Weeks begin on Monday (ISO 8601); 1970 began on a Thursday.
    "week": lambda column: (_days(column) + 3) // 7,
    "day": _days,
}
_EPOCH = date(1970, 1, 1)


def _period_name(by: str, number: int) -> str:
    if by in ("century", "decade", "year"):
        return f"{number:04}"
    if by == "month":
        return f"{number // 12:04}-{number % 12 + 1:02}"
    day = _EPOCH + timedelta(days=number if by == "day" else number * 7 - 3)
    if by == "day":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _period(by: str, name: str) -> tuple[date, date]:
    """Return the first and the last day of a period."""
    if by == "day":
        return date.fromisoformat(name), date.fromisoformat(name)
    if by == "week":
        monday = date.fromisoformat(f"{name}-1")
        return monday, monday + timedelta(days=6)
    if by == "month":
        first = date.fromisoformat(f"{name}-01")
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    years = {"century": 100, "decade": 10, "year": 1}[by]
    last = min(int(name) + years - 1, 9999)
    return date(max(int(name), 1), 1, 1), date(last, 12, 31)


_CODERS: Mapping[str, Callable[[Catalogue, Level], Coded]] = {
    "format": _texts,
    "status": _texts,
    "camera": _texts,
    "colour": _hues,
    "taken_at": _periods,
    "added": _periods,
    "width": _numbers,
    "height": _numbers,
    "pixels": _numbers,
    "size": _numbers,
    "copies": _numbers,
    "cluster": _clusters,
    "duplicate": _duplicates,
}
