"""Periods of dates as numbers that grow with time, and their names: 1930, 1930-05, 1930-W18.

A date of which but the year is known belongs to no month: at a level of months it is in a period
of its own, "1930", before the months of that year. Not here: groups (``grouping``), the days of a
period (``groups``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue.groups import EPOCH

__all__ = ["name", "numbers"]

# A period is numbered three times: for dates of which but the year is known, the month, all.
_KNOWN = 3
_ALL = _KNOWN - 1
# Periods within years, and within months.
_FINE = ("month", "week", "day")


def numbers(dates: pl.Series, by: str, precisions: pl.Series | None) -> npt.NDArray[np.int64]:
    """Return the period of each date as a number that grows with time.

    ``precisions`` says of each date how much of it is known, where that is less than all.
    """
    whole = _PERIODS[by](dates).to_numpy() * _KNOWN + _ALL
    if precisions is None or by not in _FINE:
        return whole
    missing = {"year": _ALL} if by == "month" else {"year": _ALL, "month": _ALL - 1}
    less = precisions.replace_strict(missing, default=0, return_dtype=pl.Int64).fill_null(0)
    return np.asarray(whole - less.to_numpy())


def name(by: str, number: int) -> str:
    """Return the name of a numbered period."""
    period, known = divmod(number, _KNOWN)
    if known == _ALL:
        return _period_name(by, period)
    if by == "month":
        first = _period_name(by, period)
    else:
        # The first day of a month is in the week that ends in this month.
        first = (_first_day(by, period) + timedelta(days=6 if by == "week" else 0)).isoformat()
    return first[: len("1958")] if known == 0 else first[: len("1958-06")]


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


def _first_day(by: str, number: int) -> date:
    return EPOCH + timedelta(days=number if by == "day" else number * 7 - 3)


def _period_name(by: str, number: int) -> str:
    if by in ("century", "decade", "year"):
        return f"{number:04}"
    if by == "month":
        return f"{number // 12:04}-{number % 12 + 1:02}"
    day = _first_day(by, number)
    if by == "day":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"
