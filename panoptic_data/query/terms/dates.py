"""Dates as values of terms: ``date:1930s``, ``date>1930``, ``added:7d``, ``date:1930..1935-06``.

Here: days, months, years and decades, ranges of them, and dates that are not known to the day
(``annotations.edtf``). Not here: dates as values of properties, which people write in more ways
(``annotations.values``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from panoptic_data.annotations import edtf
from panoptic_data.query.terms.term import (
    Context,
    Part,
    Span,
    Term,
    TermError,
    TermValue,
    require_single_value,
)
from panoptic_data.query.vocabulary import DAY_NAMES
from panoptic_data.text import folded
from panoptic_data.views.model import Condition

__all__ = ["read_date", "write_date_range"]

_PERIOD = re.compile(r"(?P<decade>[0-9]{3})0s|(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2}))?")
_FRENCH = re.compile(r"(?:(?P<day>[0-9]{1,2})/)?(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EDTF_DAY = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_LAST_DAYS = re.compile(r"([0-9]{1,5})[dj]")
_DAY = timedelta(days=1)


def read_date(term: Term, value: TermValue, context: Context) -> Part:
    """Return the condition of one value: a period, a range or a comparison. Raises TermError."""
    field, sign, text = term.field, term.sign, value.text
    uncertain = _uncertain_period(text)
    if uncertain is not None and None in uncertain:
        if sign not in (":", "="):
            raise TermError("date", value.span, text=text)
        return Condition(field, "between", [day and day.isoformat() for day in uncertain])
    low, dots, high = text.partition("..")
    if dots and sign == ":":
        if not low and not high:
            raise TermError("range", value.span)
        first = _read_period(low, value.span, context.today)[0].isoformat() if low else None
        last = _read_period(high, value.span, context.today)[1].isoformat() if high else None
        return Condition(field, "between", [first, last])
    begin, end = _read_period(text, value.span, context.today)
    if sign == "=" and begin == end:
        return Condition(field, "=", begin.isoformat())
    if sign in (":", "="):
        return Condition(field, "between", [begin.isoformat(), end.isoformat()])
    require_single_value(term)
    return _comparison(field, sign, begin, end)


def _comparison(field: str, sign: str, begin: date, end: date) -> Part:
    """Return the condition that compares with a period: after its end, before its begin."""
    edge = begin if sign.endswith(("<", ">=")) else end
    if sign.startswith(":"):
        return Condition(field, sign[1:], edge.isoformat())
    try:
        days = {
            ">": lambda: [(edge + _DAY).isoformat(), None],
            ">=": lambda: [edge.isoformat(), None],
            "<": lambda: [None, (edge - _DAY).isoformat()],
            "<=": lambda: [None, edge.isoformat()],
        }[sign]()
    except OverflowError:
        # No day comes after 9999-12-31, none before 0001-01-01.
        return Condition(field, sign, edge.isoformat())
    return Condition(field, "between", days)


def _read_period(text: str, span: Span, today: date) -> tuple[date, date]:
    """Return the first and the last day of what is typed. Raises TermError."""
    try:
        period = _relative_period(text, today) or _calendar_period(text)
        if period is None:
            first, last = _uncertain_period(text) or (None, None)
            period = (first, last) if first and last else None
    except (ValueError, OverflowError):
        period = None
    if period is None:
        raise TermError("date", span, text=text)
    return period


def _relative_period(text: str, today: date) -> tuple[date, date] | None:
    days_ago = DAY_NAMES.get(folded(text))
    if days_ago is not None:
        return today - days_ago * _DAY, today - days_ago * _DAY
    match = _LAST_DAYS.fullmatch(text)
    if match is None or int(match[1]) < 1:
        return None
    return today - (int(match[1]) - 1) * _DAY, today


def _calendar_period(text: str) -> tuple[date, date] | None:
    if _ISO.fullmatch(text):
        day = date.fromisoformat(text)
        return day, day
    french = _FRENCH.fullmatch(text)
    if french is not None and french["day"]:
        day = date(*(int(french[part]) for part in ("year", "month", "day")))
        return day, day
    match = french or _PERIOD.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    if parts.get("decade"):
        first_year = int(parts["decade"]) * 10
        return date(first_year, 1, 1), date(first_year + 9, 12, 31)
    year = int(parts["year"])
    if not parts["month"]:
        return date(year, 1, 1), date(year, 12, 31)
    begin = date(year, int(parts["month"]), 1)
    return begin, _month_end(begin)


def _uncertain_period(text: str) -> tuple[date | None, date | None] | None:
    """Return the days that a date as archivists write it may mean, None for an open end.

    None for any other text: 1930?, ~1930-06, 193X, 1930/1935, 1930/.. are such dates.
    """
    if "/" in text and _FRENCH.fullmatch(text):
        return None
    known = edtf.parse(text, lambda plain: plain if _is_calendar_date(plain) else None)
    return edtf.bounds(known) if known is not None and edtf.is_edtf(known) else None


def _is_calendar_date(text: str) -> bool:
    try:
        return bool(_EDTF_DAY.fullmatch(text)) and _calendar_period(text) is not None
    except ValueError:
        return False


def _month_end(day: date) -> date:
    if day.month == 12:
        return day.replace(day=31)
    return day.replace(month=day.month + 1, day=1) - _DAY


def write_date_range(condition: Condition) -> str:
    """Return what follows the name of the field, for "between"."""
    if condition.value[0] is None:
        return f"<={_shortest(date.fromisoformat(condition.value[1]), _periods_ending)}"
    if condition.value[1] is None:
        return f">={_shortest(date.fromisoformat(condition.value[0]), _periods_beginning)}"
    low, high = map(date.fromisoformat, condition.value)
    spanning = [name for name in _periods_beginning(low) if name in _periods_ending(high)]
    if spanning:
        return f":{spanning[0]}"
    names = _shortest(low, _periods_beginning), _shortest(high, _periods_ending)
    if len(names[0]) != len(names[1]):
        names = low.isoformat(), high.isoformat()
    return f":{names[0]}..{names[1]}"


def _shortest(day: date, periods: Callable[[date], list[str]]) -> str:
    return min((name for name in periods(day) if not name.endswith("s")), key=len)


def _periods_beginning(day: date) -> list[str]:
    """Return the periods that begin on a day, the longest first."""
    iso = day.isoformat()
    if day.day != 1:
        return [iso]
    if day.month != 1:
        return [iso[:7], iso]
    decade = [f"{iso[:4]}s"] if day.year % 10 == 0 else []
    return [*decade, iso[:4], iso[:7], iso]


def _periods_ending(day: date) -> list[str]:
    """Return the periods that end on a day, the longest first."""
    iso = day.isoformat()
    if day != _month_end(day):
        return [iso]
    if day.month != 12:
        return [iso[:7], iso]
    decade = [f"{iso[:3]}0s"] if day.year % 10 == 9 else []
    return [*decade, iso[:4], iso[:7], iso]
