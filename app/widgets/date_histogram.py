"""Counts of dates as bars that fit a narrow panel. Not here: counting, drawing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.components.facets import Histogram

__all__ = ["BARS", "bars_by_month"]

BARS = 26
# Bars of the dates, in months, finest first: a month, a year, a decade, a century.
_STEPS = (1, 12, 120, 1200)


def bars_by_month(counts: Mapping[tuple[int, int], int]) -> Histogram:
    """Return bars of a month, a year, a decade or a century of counts by months since year 0.

    Each count is of dates from a first month to a last one: where but the year of any is known, no
    bar is finer. A date counts in each bar in which it may be, as a press on the bar finds it.
    """
    if not counts:
        return Histogram([], [])
    first, last = min(first for first, _ in counts), max(last for _, last in counts)
    finest = 12 if any(end - begin >= 11 for begin, end in counts) else 1
    steps = [months for months in _STEPS if months >= finest]
    step = next((months for months in steps if (last - first) / months < BARS), steps[-1])
    start = first // step * step
    bars = [0] * ((last - start) // step + 1)
    for (begin, end), count in counts.items():
        for bar in range((begin - start) // step, (end - start) // step + 1):
            bars[bar] += count
    return Histogram(bars, [_day(start + step * bar) for bar in range(len(bars) + 1)])


def _day(month: int) -> str:
    year, month = divmod(month, 12)
    # Year 0 and years after 9999 are typing errors of a camera; days stay days.
    return date(min(max(year, 1), 9999), month + 1, 1).isoformat()
