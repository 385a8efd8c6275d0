"""Dates as people write them, and their canonical text: 1912, 1912-05, 1912-05-04T10:30:00.

Pure. English and French, with the day before the month where both are numbers. Not here: other
types of values (``parsing``), dates in photographs (``media.exif``).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date

from panoptic_data.annotations import edtf
from panoptic_data.text import folded

__all__ = ["day_orders", "day_range", "parse_date", "with_day_first"]

_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv",
            "february feb fevrier fevr fev",
            "march mar mars",
            "april apr avril avr",
            "may mai",
            "june jun juin",
            "july jul juillet juil",
            "august aug aout",
            "september sept sep septembre",
            "october oct octobre",
            "november nov novembre",
            "december dec decembre",
        ),
        1,
    )
    for name in names.split()
}
_WORD = r"(?P<month>[^\W\d_]{3,9})\.?"
_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{4})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<year>[0-9]{3,4})",
        rf"{_YEAR}(?P<sign>[-/.:])(?P<month>[0-9]{{1,2}})(?:(?P=sign){_DAY})?",
        rf"{_DAY}(?P<sign>[-/. ])(?P<month>[0-9]{{1,2}})(?P=sign){_YEAR}",
        rf"(?P<month>[0-9]{{1,2}})[-/.]{_YEAR}",
        rf"(?:[^\W\d_]+,? )?{_DAY}(?:er|e|st|nd|rd|th)?[ -]{_WORD},?[ -]{_YEAR}",
        rf"{_WORD} {_DAY}(?:st|nd|rd|th)?, ?{_YEAR}",
        rf"{_WORD}[ -]{_YEAR}",
    )
)
_NUMBERS = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2(?=[0-9]{4}\b)")
# A zone is read and dropped: the clock stays as it was written.
_TIME = re.compile(
    r"(?P<date>.*[0-9])(?:T|,? )(?P<hour>[0-9]{1,2})[:h](?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)? ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


def parse_date(text: str) -> str | None:
    """Return the canonical text of a date, with its time if it has one; None for no date.

    One that is not known to the day is written as archivists do (``edtf``): 1930?, 193X, 1930/1935.
    """
    # Spaces of all kinds, and several, are one space.
    text = " ".join(text.split())
    return _known_date(text) or edtf.parse(text, _known_date)


def _known_date(text: str) -> str | None:
    with_time = _TIME.fullmatch(text)
    if with_time is None:
        return _day(text)
    day = _day(with_time["date"])
    hour, minute, second = (int(with_time[part] or 0) for part in ("hour", "minute", "second"))
    if day is None or len(day) < len("yyyy-mm-dd") or hour > 23 or minute > 59 or second > 59:
        return None
    return f"{day}T{hour:02}:{minute:02}:{second:02}"


def day_orders(text: str) -> frozenset[str]:
    """Return which of two numbers of a date may come first, "day" and "month".

    Empty for a text that is no such date, and where both mean the same day.
    """
    match = _NUMBERS.match(text.strip())
    if match is None:
        return frozenset()
    first, second = int(match[1]), int(match[3])
    if first == second or not (0 < first <= 31 and 0 < second <= 31):
        return frozenset()
    orders = (("day", second <= 12), ("month", first <= 12))
    return frozenset(order for order, is_possible in orders if is_possible)


def with_day_first(text: str) -> str:
    """Return a date of numbers with its first two numbers exchanged; other texts unchanged."""
    return _NUMBERS.sub(r"\3\2\1\2", text.strip(), count=1)


def day_range(text: str) -> tuple[date, date]:
    """Return the first and the last day that a canonical date stands for.

    An open end is the first day, or the last, that there is.
    """
    if edtf.is_edtf(text):
        first_day, last_day = edtf.bounds(text)
        return first_day or date.min, last_day or date.max
    parts = [int(part) for part in text.partition("T")[0].split("-")]
    first = parts + [1] * (3 - len(parts))
    last = parts + [12] * (2 - len(parts))
    if len(last) == 2:
        last.append(calendar.monthrange(last[0], last[1])[1])
    return date(*first), date(*last)


def _day(text: str) -> str | None:
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        year, day = int(parts["year"]), parts.get("day")
        month = _month(parts.get("month"))
        if parts.get("month") and month is None:
            continue
        return _dated(year, month, int(day) if day else None)
    return None


def _month(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdecimal() else _MONTHS.get(folded(text))


def _dated(year: int, month: int | None, day: int | None) -> str | None:
    try:
        date(year, month or 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    parts = [f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
    return "-".join(parts)
