"""What a chart of a view counts: its first level of groups along the axis, its second as series.

Here: the counts, and the conditions that bars stand for. Not here: which groups there are
(``grouping``), drawing and the names of what is counted (the app).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.groups import Groups, condition, period_of
from panoptic_data.media.colour import HUES
from panoptic_data.text import natural_key
from panoptic_data.views.fields import FIELDS, WHO_FIELDS, property_field
from panoptic_data.views.model import Clause, Condition, Level, View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = [
    "MAX_CATEGORIES",
    "MAX_SERIES",
    "Chart",
    "count",
    "is_of_dates",
    "parts",
    "proposed",
]

# More bars than this cannot be told apart on a screen, nor more colours than that.
MAX_CATEGORIES = 200
MAX_SERIES = 12
# A line through more periods than this leaves out the empty ones between empty ones.
MAX_PERIODS = 5_000
# Up to so many months a chart of months shows more than one of years, and so on.
_MONTHS_AT_MOST = 48
_YEARS_AT_MOST = 150
# Where fewer than one image in so many has a date, dates show little of the corpus.
_FEW = 10
# More properties than this are not proposed: a view can be grouped by any.
_PROPERTIES = 12

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chart:
    """How many images (files, in mode "file") each category holds, by series.

    ``counts`` (c, s) int64: a row for each of ``categories``, the values of the first level; a
    column for each of ``series``, those of the second, or a single column without one.
    ``more_categories`` that are smaller than these are added up in one more row at the end,
    ``more_series`` in one more column (0: there is none). All in the view's order.
    """

    levels: tuple[Level, ...]
    categories: list[Any]
    series: list[Any]
    counts: Counts
    more_categories: int = 0
    more_series: int = 0


def count(catalogue: Catalogue, view: View, *, continuous: bool = False) -> Chart:
    """Count a view by its first two levels of groups; it must have one.

    ``continuous`` makes a line of dates of it: every category is kept, periods are in order of
    time, and those between the first and the last that hold no image are there, with 0.
    """
    groups = run_view(catalogue, view).groups
    if groups is None:
        raise ValueError("a chart needs a view with groups")
    tops = np.flatnonzero(groups.depth == 0)
    values = [groups.values[index] for index in tops.tolist()]
    if continuous and is_of_dates(view.group[0]):
        categories = _in_time(view.group[0], values)
        index_of = {value: index for index, value in enumerate(categories)}
        rows = np.array([index_of[value] for value in values], dtype=np.int64)
        more = 0
    else:
        rows, more = _largest(groups.count[tops], MAX_CATEGORIES)
        categories = [value for value, row in zip(values, rows, strict=True) if row >= 0]
    rows = np.where(rows < 0, len(categories), rows)
    height = len(categories) + (more > 0)
    if len(view.group) == 1:
        counts = _added(rows, groups.count[tops], height)[:, None]
        return Chart(view.group[:1], categories, [], counts, more)
    series, columns, counted, more_series = _series(catalogue, groups)
    of_top = rows[np.searchsorted(tops, groups.parent[groups.depth == 1])]
    width = len(series) + (more_series > 0)
    counts = _added(of_top * width + columns, counted, height * width).reshape(height, width)
    return Chart(view.group[:2], categories, series, counts, more, more_series)


def is_of_dates(level: Level) -> bool:
    """Whether a level makes groups of periods."""
    return FIELDS[level.field].kind == "date"


def parts(chart: Chart, bars: Iterable[tuple[int, int]]) -> list[Condition | Clause]:
    """Return what the images of some bars have in common, as parts of a view.

    A bar is its row and its column in ``counts``. What is added up at the end of either gives no
    condition, as it has no value; nor do several series at once.
    """
    pressed = set(bars)
    rows = sorted({row for row, _ in pressed if row < len(chart.categories)})
    columns = {column for _, column in pressed}
    if not rows:
        return []
    conditions = [_any_of(chart, [chart.categories[row] for row in rows])]
    if len(columns) == 1 and (column := columns.pop()) < len(chart.series):
        conditions.append(condition(chart.levels[1], chart.series[column]))
    return conditions


def proposed(catalogue: Catalogue) -> list[Level]:
    """Return what a view without groups can be counted by, the most telling first."""
    levels = [Level("folder", None, "size", True), Level("format", None, "size", True)]
    levels.append(Level("colour"))
    if catalogue.frame["camera"].null_count() < len(catalogue):
        levels.append(Level("camera", None, "size", True))
    clustered = (slug for slug in catalogue.encoders if catalogue.clusters(slug) is not None)
    levels += [Level("cluster", slug, "size", True) for slug in clustered][:1]
    levels += _of_properties(catalogue)
    dates = catalogue.date_range()
    if dates is None:
        return levels
    periods = [Level("taken_at", by) for by in _periods(*dates)]
    with_date = len(catalogue) - catalogue.frame["taken_at"].null_count()
    return [*periods, *levels] if with_date * _FEW >= len(catalogue) else [*levels, *periods]


def _of_properties(catalogue: Catalogue) -> list[Level]:
    """Return a level for each property that has values and is not hidden."""
    state = catalogue.annotations
    levels = []
    for property in state.live_properties:
        field = property_field(property.type, property.id)
        kind = FIELDS[field].kind
        if property.hidden or not state.property_values(property.id).frame().height:
            continue
        is_ordered = kind in ("number", "date", "truth")
        by = "year" if kind == "date" else None
        levels.append(Level(field, by) if is_ordered else Level(field, None, "size", True))
    return levels[:_PROPERTIES]


def _periods(first: date, last: date) -> list[str]:
    months = (last.year - first.year) * 12 + last.month - first.month
    best = "month" if months <= _MONTHS_AT_MOST else "year"
    best = "decade" if months > _YEARS_AT_MOST * 12 else best
    return [best, *(by for by in ("decade", "year", "month") if by != best)]


def _largest(totals: Counts, most: int) -> tuple[Counts, int]:
    """Return the position of each total among the largest (-1: not one), and how many are not."""
    positions = np.full(len(totals), -1, dtype=np.int64)
    largest = np.sort(np.argsort(-totals, kind="stable")[:most])
    positions[largest] = np.arange(len(largest))
    return positions, len(totals) - len(largest)


def _added(positions: Counts, counts: Counts, size: int) -> Counts:
    # Sums below 2**53 are exact in float64.
    return np.bincount(positions, weights=counts, minlength=size).astype(np.int64)


def _series(catalogue: Catalogue, groups: Groups) -> tuple[list[Any], Counts, Counts, int]:
    """Return the series, the column and the count of each group of the second level.

    Last, how many series are added up in one more column.
    """
    seconds = np.flatnonzero(groups.depth == 1)
    number_of: dict[Any, int] = {}
    numbers = np.array(
        [
            number_of.setdefault(_hashable(groups.values[position]), len(number_of))
            for position in seconds.tolist()
        ],
        dtype=np.int64,
    )
    counted = groups.count[seconds]
    totals = _added(numbers, counted, len(number_of))
    ordered = _ordered(catalogue, groups.levels[1], list(number_of), totals.tolist())
    order = np.array([number_of[value] for value in ordered], dtype=np.int64)
    positions, more = _largest(totals[order], MAX_SERIES)
    values = [value for value, position in zip(ordered, positions, strict=True) if position >= 0]
    column_of = np.empty(len(order), dtype=np.int64)
    column_of[order] = np.where(positions < 0, len(values), positions)
    series = [list(value) if isinstance(value, tuple) else value for value in values]
    return series, column_of[numbers], counted, more


def _ordered(catalogue: Catalogue, level: Level, values: list[Any], totals: list[int]) -> list[Any]:
    """Put values in the order of their level, what has no value last."""
    total_of = dict(zip(values, totals, strict=True))
    ordered = sorted(
        (value for value in values if value is not None),
        key=_sort_key(catalogue, level),
        reverse=level.descending and level.order == "value",
    )
    if level.order == "size":
        ordered.sort(key=total_of.__getitem__, reverse=level.descending)
    return ordered + ([None] if None in total_of else [])


# Fields whose groups have names.
_NAMED = ("folder", "format", "camera", "author", "proposed")


def _sort_key(catalogue: Catalogue, level: Level) -> Callable[[Any], Any] | None:
    """Return the key to sort values by, None for values that are their own."""
    if level.field == "colour":
        return HUES.index
    if FIELDS[level.field].kind == "text" or level.field in _NAMED:
        return natural_key
    if FIELDS[level.field].kind != "tags":
        return None
    order = [tag.id for tag in catalogue.annotations.tags_of(catalogue.property(level.field).id)]
    return {id: index for index, id in enumerate(order)}.__getitem__


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _in_time(level: Level, values: Sequence[str | None]) -> list[str | None]:
    """Return the names of the periods from the first to the last, then None if it is there."""
    known = sorted(value for value in values if value is not None)
    periods = [value for value in known if period_of(level.by, value) == level.by]
    # Dates of which no more than the year or month is known come after those of this period.
    rest: list[str | None] = [value for value in known if value not in set(periods)]
    rest += [None] if len(known) < len(values) else []
    return [*(_through(level.by, periods) if periods else ()), *rest]


def _through(by: str, periods: list[str]) -> list[str]:
    numbers = np.array([_number(by, name) for name in periods])
    first, last = numbers[0], numbers[-1]
    if last - first < MAX_PERIODS:
        through = np.arange(first, last + 1)
    else:
        around = np.concatenate([numbers - 1, numbers, numbers + 1])
        through = np.unique(around.clip(first, last))
    return _names(by, through)


# How many years a period lasts.
_YEARS = {"century": 100, "decade": 10, "year": 1}


def _number(by: str, name: str) -> int:
    """Return a number of a period that grows by one with each."""
    if by in _YEARS:
        return int(name) // _YEARS[by]
    if by == "month":
        return int(name[:4]) * 12 + int(name[5:]) - 1
    day = date.fromisoformat(name if by == "day" else f"{name}-1").toordinal()
    return day if by == "day" else day // 7


def _names(by: str, numbers: npt.NDArray[np.int64]) -> list[str]:
    """Return the name of each such number, as ``grouping`` gives it."""
    if by in _YEARS:
        return [f"{number * _YEARS[by]:04}" for number in numbers.tolist()]
    if by == "month":
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers.tolist()]
    # Day 1 of the calendar was a Monday.
    days = numbers if by == "day" else numbers * 7 + 1
    since = pl.Series(days - date(1970, 1, 1).toordinal()).cast(pl.Int32).cast(pl.Date)
    names: list[str] = since.dt.strftime("%Y-%m-%d" if by == "day" else "%G-W%V").to_list()
    return names


def _any_of(chart: Chart, values: list[Any]) -> Condition | Clause:
    """Return one part that selects what has any of some values of the first level."""
    level = chart.levels[0]
    parts = [condition(level, value) for value in values]
    if len(parts) == 1:
        return parts[0]
    if level.field == "cluster":
        numbers = [-1 if value is None else value for value in values]
        return Condition("cluster", "in", {"encoder": level.by, "numbers": numbers})
    if level.field in WHO_FIELDS:
        return Clause("any", tuple(parts))
    if all(isinstance(part, Condition) and part.op == "in" for part in parts):
        return (
            Condition(level.field, "in", values)
            if level.by is None
            else Clause("any", tuple(parts))
        )
    return _span(chart, values) or Clause("any", tuple(parts))


def _span(chart: Chart, values: list[Any]) -> Condition | Clause | None:
    """Return what selects all from the first to the last value, if no other lies between them."""
    level = chart.levels[0]
    is_ordered = FIELDS[level.field].kind in ("number", "date")
    if None in values or chart.more_categories or not is_ordered:
        return None
    low, high = min(values), max(values)
    between = [value for value in chart.categories if value is not None and low <= value <= high]
    if len(between) != len(values):
        return None
    match condition(level, low), condition(level, high):
        case Condition(value=[start, _]), Condition(value=[_, end]):
            return Condition(level.field, "between", [start, end])
        case Clause(parts=(start, _)), Clause(parts=(_, end)):
            return Clause("all", (start, end))
    return Condition(level.field, "between", [low, high])
