"""Groups of a view: which value each row has at each level, and the rows in that order.

Here: the values of a level, the arrangement, and what each group is as a condition. Not here:
the names of groups in a person's language (the app), which rows there are (``conditions``).
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.tags import above
from panoptic_data.catalogue.corpus import NO_TIME, folded, occurring
from panoptic_data.catalogue.ordering import sorted_by
from panoptic_data.catalogue.property_columns import authored
from panoptic_data.errors import InvalidView, NoEmbeddings
from panoptic_data.media.colour import HUES
from panoptic_data.views.fields import FIELDS, property_of
from panoptic_data.views.model import Clause, Condition, Level

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["Groups", "arrange", "codes", "condition"]

NONE = -1
# What ``Catalogue.clusters`` says of an image that is not embedded yet: in no cluster either.
_NOT_EMBEDDED = -2
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
# Numbers that lie within so many are counted in a table, others are sorted.
TABLE_AT_MOST = 1 << 22
BINS = 20
# A double tells whole numbers apart up to here.
_WHOLE_AT_MOST = 2.0**52


@dataclass(frozen=True)
class Coded:
    """The values of one level, smallest first, and each unit's place in them (-1: none)."""

    codes: Codes
    values: Sequence[Any]
    # Of a property of several tags: where each unit's codes begin in ``codes``, and their end.
    starts: Places | None = None


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

    @property
    def nbytes(self) -> int:
        """How much memory the groups take, about."""
        return len(self) * 64

    def path(self, place: int) -> list[tuple[Level, Any]]:
        """Return the levels and values from the top down to a group."""
        found = []
        while place >= 0:
            found.append((self.levels[self.depth[place]], self.values[place]))
            place = int(self.parent[place])
        return found[::-1]


def chosen(coded: Sequence[Coded], units: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], list[Coded]]:
    """Return some units and their values at each level, in the units' order.

    A unit that has several values at a level comes once for each.
    """
    places = np.arange(len(units))
    codes = []
    for one in coded:
        if one.starts is None:
            codes.append(one.codes[units[places]])
            continue
        begins, ends = one.starts[units[places]], one.starts[units[places] + 1]
        counts = np.maximum(ends - begins, 1)
        firsts = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(firsts, counts)
        is_none = np.repeat(ends == begins, counts)
        at = np.repeat(begins, counts) + within
        found = np.full(len(at), NONE, dtype=np.int32)
        found[~is_none] = one.codes[at[~is_none]]
        codes = [np.repeat(before, counts) for before in codes]
        codes.append(found)
        places = np.repeat(places, counts)
    return units[places], [Coded(some, one.values) for some, one in zip(codes, coded, strict=True)]


def arrange(levels: Sequence[Level], coded: Sequence[Coded]) -> tuple[npt.NDArray[np.intp], Groups]:
    """Return the order that puts n units into their groups, and the groups.

    ``coded`` are the units' values at each level, in the order that holds inside a group.
    """
    ranks = [_ranks(level, one) for level, one in zip(levels, coded, strict=True)]
    order = sorted_by(ranks)
    # Where each level's groups begin: where its rank changes, or that of a level above.
    is_new = np.zeros(len(order), dtype=bool)
    is_new[:1] = True
    begins = []
    for rank in ranks:
        ordered = rank[order]
        is_new[1:] |= ordered[1:] != ordered[:-1]
        begins.append(np.flatnonzero(is_new))
    firsts = [rank[order[begin]] for rank, begin in zip(ranks, begins, strict=True)]
    values = [
        _values(level, one)[first] for level, one, first in zip(levels, coded, firsts, strict=True)
    ]
    if any(level.order == "size" for level in levels):
        order, begins, values = _by_size(levels, coded, order, begins, firsts, values)
    return order, _tree(levels, begins, values, len(order))


def codes(catalogue: Catalogue, level: Level, by_file: bool) -> Coded:
    """Return the value of each image (of each file, in file mode) at a level.

    Raises NoEmbeddings where an encoder has no clusters.
    """
    if level.field == "folder":
        return _folders(catalogue, level.by, by_file)
    coded = _of_property(catalogue, level) if property_of(level.field) else _coded(catalogue, level)
    if by_file == catalogue.is_of_files(level.field):
        return coded
    corpus = catalogue.corpus
    if by_file:
        return _taken(coded, corpus.file_row)
    # Of an image the first file speaks.
    first = np.full(len(catalogue), NONE, dtype=np.int64)
    first[corpus.file_row[::-1]] = np.arange(corpus.files.height)[::-1]
    return _taken(coded, first)


def _taken(coded: Coded, units: npt.NDArray[Any]) -> Coded:
    """Return the values of some units, -1 being one without any."""
    if coded.starts is None:
        return Coded(np.append(coded.codes, np.int32(NONE))[units], coded.values)
    begins = np.append(coded.starts[:-1], 0)[units]
    counts = np.append(np.diff(coded.starts), 0)[units]
    starts = np.concatenate([[0], np.cumsum(counts)])
    at = np.repeat(begins - starts[:-1], counts) + np.arange(int(starts[-1]))
    return Coded(coded.codes[at], coded.values, starts)


def _coded(catalogue: Catalogue, level: Level) -> Coded:
    return _CODERS[level.field](catalogue, level)


def _of_property(catalogue: Catalogue, level: Level) -> Coded:
    kind = FIELDS[level.field].kind
    if kind == "tags":
        return _tags(catalogue, level)
    if kind == "number":
        return _numbers(catalogue, level)
    if kind == "date":
        return _periods(catalogue, level)
    return _texts(catalogue, level)


def _tags(catalogue: Catalogue, level: Level) -> Coded:
    """Code the tags of each unit in the order of the tags; one unit may have several."""
    one, column = catalogue.property(level.field), catalogue.column(level.field)
    assert column.units is not None
    assert column.tags is not None
    known = catalogue.annotations.tags
    order = [tag.id for tag in catalogue.annotations.tags_of(one.id)]
    place = {id: number for number, id in enumerate(order)}
    # As a condition on a tag does, its group holds what has a tag below it.
    held = [
        sorted({place[it] for it in (id, *above(known, [id])) if it in place}) for id in column.ids
    ]
    counts = np.array([len(some) for some in held] or [0], dtype=np.int64)
    units: Places = column.units.astype(np.int64)
    codes = np.array([some[0] for some in held] or [0])[column.tags]
    if counts.max(initial=0) > 1:
        begins = (np.cumsum(counts) - counts)[column.tags]
        times = counts[column.tags]
        firsts = np.cumsum(times) - times
        at = np.repeat(begins - firsts, times) + np.arange(int(times.sum()))
        each = np.repeat(units, times) * len(order)
        pairs = occurring(each + np.concatenate([np.array(some) for some in held])[at])
        units, codes = pairs // len(order), pairs % len(order)
    sizes = np.bincount(units, minlength=column.size)
    return Coded(codes.astype(np.int32), order, np.concatenate([[0], np.cumsum(sizes)]))


def condition(level: Level, value: Any) -> Condition | Clause:
    """Return what a group asks for, as a part of a view.

    Added to the view that was grouped it shows the group: the same files, and the same images
    but in one case. An image with copies in several folders stands in the group of the first;
    a folder's condition also shows those whose other copies lie there, as a folder always does.
    """
    field = level.field
    if field == "cluster":
        numbers = [NONE, _NOT_EMBEDDED] if value is None else [value]
        return Condition(field, "in", {"encoder": level.by, "numbers": numbers})
    if field == "duplicate":
        if value is None:
            return Condition(field, "not in", {"kinds": [level.by]})
        return Condition(field, "in", {"groups": [value]})
    if field == "folder":
        return _folder_condition(level, value)
    if value is None:
        return Condition(field, "is empty")
    if (asked := _chosen_condition(level, value)) is not None:
        return asked
    if FIELDS[field].kind == "date":
        return Condition(field, "between", [one.isoformat() for one in _period(level.by, value)])
    if isinstance(value, list):
        low, high = (
            Condition(field, sign, end) for sign, end in zip((">=", "<"), value, strict=True)
        )
        return Clause("all", (low, high))
    return Condition(field, "=", value)


def _chosen_condition(level: Level, value: Any) -> Condition | None:
    """Return what a group asks for whose value is chosen, not typed: a tag, a truth, a colour."""
    field, kind = level.field, FIELDS[level.field].kind
    if kind in ("tags", "link") or field in ("format", "status"):
        return Condition(field, "in", [value])
    if kind == "truth":
        return Condition(field, "is", value in (True, "true"))
    if field == "author":
        by = {"property": level.by} if level.by else {}
        return Condition(field, "in", {"authors": [value], **by})
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
    is_whole = level.by is not None and value.count("/") + 1 >= level.by
    return Condition("folder", "in", [value if is_whole else f"{value}/."])


def _ranks(level: Level, coded: Coded) -> Codes:
    """Return each unit's place among the groups of a level, what has no value last."""
    count = len(coded.values)
    turned = coded.codes
    if level.descending and level.order == "value":
        turned = (np.int32(count - 1) - turned).astype(np.int32)
    return np.where(coded.codes < 0, np.int32(count), turned)


def _values(level: Level, coded: Coded) -> npt.NDArray[np.object_]:
    """Return the value of each rank."""
    known = np.empty(len(coded.values) + 1, dtype=object)
    known[:-1] = coded.values
    if level.descending and level.order == "value":
        known[:-1] = known[-2::-1]
    return known


def _by_size(
    levels: Sequence[Level],
    coded: Sequence[Coded],
    order: npt.NDArray[np.intp],
    begins: Sequence[Places],
    firsts: Sequence[Codes],
    values: Sequence[npt.NDArray[np.object_]],
) -> tuple[npt.NDArray[np.intp], list[Places], list[npt.NDArray[np.object_]]]:
    """Put groups that are in the order of their values in that of their sizes where asked."""
    leaves = begins[-1]
    # The group of each level around each leaf: the last that begins no later.
    around = [np.searchsorted(begin, leaves, side="right") - 1 for begin in begins]
    keys: list[npt.NDArray[Any]] = []
    for level, one, begin, first, place in zip(levels, coded, begins, firsts, around, strict=True):
        if level.order == "size":
            sizes = np.diff(begin, append=len(order))
            most = sizes.max(initial=0)
            turned = most - sizes if level.descending else sizes
            keys.append(np.where(first == len(one.values), most + 1, turned)[place])
        keys.append(first[place])
    chosen = sorted_by(keys)
    counts = np.diff(leaves, append=len(order))[chosen]
    moved = np.cumsum(counts) - counts
    units = np.repeat(leaves[chosen] - moved, counts) + np.arange(len(order))
    new_begins, new_values = [], []
    for place, value in zip(around, values, strict=True):
        begun = np.flatnonzero(np.diff(place[chosen], prepend=NONE))
        new_begins.append(moved[begun])
        new_values.append(value[place[chosen][begun]])
    return order[units], new_begins, new_values


def _tree(
    levels: Sequence[Level],
    begins: Sequence[Places],
    values: Sequence[npt.NDArray[np.object_]],
    total: int,
) -> Groups:
    """Put the groups of all levels in the order in which they are shown."""
    start = np.concatenate(begins)
    count = np.concatenate([np.diff(begin, append=total) for begin in begins])
    depth = np.repeat(np.arange(len(begins), dtype=np.uint8), [len(begin) for begin in begins])
    # From the outside in where several begin.
    order = sorted_by([start, depth])
    return Groups(
        tuple(levels),
        depth[order],
        start[order],
        count[order],
        _parents(depth[order]),
        np.concatenate(values)[order].tolist(),
    )


def _parents(depth: npt.NDArray[np.uint8]) -> Places:
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
    number = tops.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int32)
    of_file = number[corpus.file_folder]
    if by_file:
        return Coded(of_file, names.to_list())
    found = np.full(len(catalogue), NONE, dtype=np.int32)
    # Backwards, so that an image with copies in several folders takes the first.
    found[corpus.file_row[::-1]] = of_file[::-1]
    return Coded(found, names.to_list())


def _texts(catalogue: Catalogue, level: Level) -> Coded:
    values, places = catalogue.texts(level.field)
    return Coded(places, values.to_list())


def _cameras(catalogue: Catalogue, _: Level) -> Coded:
    """Take as one what differs in case or spelling only, as the conditions do."""
    values, places = catalogue.corpus.texts("camera")
    spelled = folded(values)
    names = pl.DataFrame({"as": spelled, "name": values}).group_by("as").agg(pl.col("name").min())
    names = names.sort("as")
    number = spelled.cast(pl.Enum(names["as"])).to_physical().cast(pl.Int32).to_numpy()
    return Coded(np.append(number, np.int32(NONE))[places], names["name"].to_list())


def _hues(catalogue: Catalogue, _: Level) -> Coded:
    return Coded(catalogue.hues.astype(np.int32), list(HUES))


def _clusters(catalogue: Catalogue, level: Level) -> Coded:
    clusters = catalogue.clusters(level.by)
    if clusters is None:
        raise NoEmbeddings(encoder=level.by)
    found = np.maximum(clusters, NONE).astype(np.int32)
    return Coded(found, list(range(int(found.max(initial=NONE)) + 1)))


def _duplicates(catalogue: Catalogue, level: Level) -> Coded:
    members = catalogue.duplicates().filter(pl.col("kind") == level.by)
    names = members["group"].unique().sort()
    found = np.full(len(catalogue), NONE, dtype=np.int32)
    number = members["group"].cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy()
    found[members["row"].to_numpy()] = number
    return Coded(found, names.to_list())


def _numbers(catalogue: Catalogue, level: Level) -> Coded:
    values = catalogue.numbers(level.field)
    is_known = ~np.isnan(values)
    known = values[is_known]
    if not len(known):
        return Coded(np.full(len(values), NONE, dtype=np.int32), [])
    width = _width(known) if level.by is None else float(level.by)
    if width is None:
        distinct, place = _distinct(known.astype(np.int64))
        named: list[Any] = distinct.tolist()
    else:
        distinct, place = _distinct(_bins(known, width))
        named = [[_plain(one * width), _plain((one + 1) * width)] for one in distinct.tolist()]
    return Coded(_spread(place, is_known), named)


def _bins(values: npt.NDArray[np.float64], width: float) -> Places:
    """Return the number of each value's bin, by the very ends that the bin is said to have."""
    if float(np.abs(values).max()) > width * _WHOLE_AT_MOST:
        raise InvalidView("group", "by")
    number = np.floor(values / width)
    number -= number * width > values
    number += (number + 1) * width <= values
    return number.astype(np.int64)


def _distinct(numbers: Places) -> tuple[Places, Places]:
    """Return the numbers that occur, smallest first, and each one's place among them."""
    least = int(numbers.min(initial=0))
    if int(numbers.max(initial=0)) - least >= TABLE_AT_MOST:
        return np.unique(numbers, return_inverse=True)
    occurs = np.bincount(numbers - least) > 0
    return np.flatnonzero(occurs) + least, (np.cumsum(occurs) - 1)[numbers - least]


def _spread(place: Places, is_known: npt.NDArray[np.bool_]) -> Codes:
    codes = np.full(len(is_known), NONE, dtype=np.int32)
    codes[is_known] = place
    return codes


def _width(values: npt.NDArray[np.float64]) -> float | None:
    """Return a round width that makes at most some twenty bins; None for few whole numbers."""
    spread = float(values.max() - values.min())
    is_whole = bool((values == np.floor(values)).all())
    if spread < BINS and is_whole:
        return None
    if not spread:
        return 1.0
    step = 10.0 ** math.floor(math.log10(spread / BINS))
    return next(step * times for times in (1, 2, 5, 10) if spread / (step * times) <= BINS)


def _plain(value: float) -> int | float:
    return int(value) if abs(value) < _WHOLE_AT_MOST and value == int(value) else value


def _periods(catalogue: Catalogue, level: Level) -> Coded:
    times = catalogue.times(level.field)
    is_known = times != NO_TIME
    number = _PERIODS[level.by](pl.Series(times[is_known]).cast(pl.Datetime("us")))
    distinct, place = _distinct(number.to_numpy())
    return Coded(
        _spread(place, is_known), [_period_name(level.by, one) for one in distinct.tolist()]
    )


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
        return monday, _EPOCH + min(timedelta(days=6) + (monday - _EPOCH), date.max - _EPOCH)
    if by == "month":
        first = date.fromisoformat(f"{name}-01")
        return first, first.replace(day=monthrange(first.year, first.month)[1])
    years = {"century": 100, "decade": 10, "year": 1}[by]
    last = min(int(name) + years - 1, 9999)
    return date(max(int(name), 1), 1, 1), date(last, 12, 31)


def _excluded(catalogue: Catalogue, _: Level) -> Coded:
    return Coded(catalogue.column("excluded").filled.astype(np.int32), [False, True])


def _authors(catalogue: Catalogue, level: Level) -> Coded:
    """Code who set what of each image (with ``by``, the values of one property)."""
    rows, codes, names = authored(catalogue, level.by)
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=len(catalogue))
    return Coded(codes[order], names, np.concatenate([[0], np.cumsum(counts)]))


_CODERS: Mapping[str, Callable[[Catalogue, Level], Coded]] = {
    "excluded": _excluded,
    "author": _authors,
    "format": _texts,
    "status": _texts,
    "camera": _cameras,
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
