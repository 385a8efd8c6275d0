"""Counts of dates as bars that fit a narrow panel. Not here: counting, drawing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.components.facets import Histogram

__all__ = ["BARS", "bars_by_month"]

BARS = 26
# Bars of the dates, in months, finest first: a month, a year, a decade, a century.
_STEPS = (1, 12, 120, 1200)


def bars_by_month(counts: Mapping[int, int]) -> Histogram:
    """Return bars of a month, a year, a decade or a century of counts by month since year 0."""
    if not counts:
        return Histogram([], [])
    first, last = min(counts), max(counts)
    step = next((months for months in _STEPS if (last - first) / months < BARS), _STEPS[-1])
    start = first // step * step
    bars = [0] * ((last - start) // step + 1)
    for month, count in counts.items():
        bars[(month - start) // step] += count
    return Histogram(bars, [_day(start + step * bar) for bar in range(len(bars) + 1)])


def _day(month: int) -> str:
    year, month = divmod(month, 12)
    # Year 0 and years after 9999 are typing errors of a camera; days stay days.
    return date(min(max(year, 1), 9999), month + 1, 1).isoformat()
