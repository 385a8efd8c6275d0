"""Dates that are not known to the day, as archivists write them (EDTF, ISO 8601-2), and in words.

    1930?  1930-06~  1930%     uncertain, approximate, both
    193X  19XX  1930-XX        some year of a decade or century, some month of a year
    1930/1935  1930/..  ../1900  from one to the other, from then on, until then

Pure. Not here: dates that are known (``dates``).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date

from panoptic_data.text import folded

__all__ = ["bounds", "is_edtf", "parse"]

_QUALIFIERS = "?~%"
_MASKED = re.compile(r"[0-9]{2}(?:[0-9]X|XX)|[0-9]{4}-(?:XX(?:-XX)?|[0-9]{2}-XX)")
_PLAIN = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_PART = re.compile(rf"({_PLAIN.pattern}|{_MASKED.pattern})([{_QUALIFIERS}]?)")
_EDTF = re.compile(r"(?:[0-9X-]{4,10}[?~%]?|\.\.)(?:/(?:[0-9X-]{4,10}[?~%]?|\.\.))?")
# As people write them in catalogues, English and French, without accents.
_ABOUT = re.compile(r"(?:c\.?|ca\.?|circa|about|approx\.?|vers|env\.?|environ) ?(?=[0-9])(.*)")
_DECADE = re.compile(r"(?:the |annees )?([0-9]{3})0(?:s|er)?")
_CENTURY = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|e|eme) (?:century|siecle)")
_BEFORE = re.compile(r"(?:before|until|avant|jusqu(?:e en)?)(?: |(?=[0-9]))(.*)")
_AFTER = re.compile(r"(?:after|since|from|apres|depuis) (.*)")
_YEARS = re.compile(r"([0-9]{4}) ?[-–—] ?([0-9]{4})")
_OPEN = ".."


def parse(text: str, parse_plain: Callable[[str], str | None]) -> str | None:
    """Return the canonical text of a date that is not known to the day; None for no such date.

    ``parse_plain`` reads a date that is known.
    """
    years = _YEARS.fullmatch(text)
    begin, slash, end = (years[1], "/", years[2]) if years else text.partition("/")
    if slash:
        return _interval(begin.strip(), end.strip(), parse_plain)
    word = folded(text)
    for pattern, form in ((_BEFORE, "../{}"), (_AFTER, "{}/..")):
        match = pattern.fullmatch(word)
        if match is not None:
            known = _single(match[1].strip(), parse_plain)
            return None if known is None else form.format(known)
    return _single(text, parse_plain)


def is_edtf(text: str) -> bool:
    """Whether a canonical date is one of these, not a known one."""
    return any(sign in text for sign in (*_QUALIFIERS, "X", "/")) and bool(_EDTF.fullmatch(text))


def bounds(text: str) -> tuple[date | None, date | None]:
    """Return the first and the last day that a canonical date may mean; None for an open end."""
    begin, slash, end = text.partition("/")
    return _days(begin)[0], _days(end if slash else begin)[1]


def _interval(begin: str, end: str, parse_plain: Callable[[str], str | None]) -> str | None:
    parts = [_OPEN if part in (_OPEN, "") else _single(part, parse_plain) for part in (begin, end)]
    if None in parts or parts == [_OPEN, _OPEN]:
        return None
    first, last = (_days(str(part)) for part in parts)
    if first[0] is not None and last[1] is not None and first[0] > last[1]:
        return None
    return "/".join(map(str, parts))


def _single(text: str, parse_plain: Callable[[str], str | None]) -> str | None:
    """Return a date with its qualifier behind it, before or as a word."""
    word = folded(text)
    about = _ABOUT.fullmatch(word)
    if about is not None:
        text, qualifier = about[1].strip(), "~"
    else:
        text, qualifier = text.strip(), ""
        if text[-1:] in _QUALIFIERS and text:
            text, qualifier = text[:-1].strip(), text[-1]
        elif text[:1] in _QUALIFIERS and text:
            text, qualifier = text[1:].strip(), text[0]
    known = _masked(text) or _known(text, parse_plain)
    return None if known is None else f"{known}{qualifier}"


def _known(text: str, parse_plain: Callable[[str], str | None]) -> str | None:
    plain = parse_plain(text)
    return plain if plain is not None and _PLAIN.fullmatch(plain) else None


def _masked(text: str) -> str | None:
    word = folded(text)
    century = _CENTURY.fullmatch(word)
    if century is not None and 1 <= int(century[1]) <= 21:
        return f"{int(century[1]) - 1:02}XX"
    decade = _DECADE.fullmatch(word)
    if decade is not None and not word.isdecimal():
        return f"{decade[1]}X"
    upper = text.upper()
    if not _MASKED.fullmatch(upper):
        return None
    year, _, rest = upper.partition("-")
    if year == "00XX" or year == "000X":
        return None
    month = rest[:2]
    return None if month.isdecimal() and not 1 <= int(month) <= 12 else upper


def _days(text: str) -> tuple[date | None, date | None]:
    match = _PART.fullmatch(text)
    if match is None:
        return None, None
    year, month, day = (*match[1].split("-"), "XX", "XX")[:3]
    first, last = int(year.replace("X", "0")), int(year.replace("X", "9"))
    first_month, last_month = (1, 12) if month == "XX" else (int(month), int(month))
    if day != "XX":
        return date(first, first_month, int(day)), date(last, last_month, int(day))
    end = calendar.monthrange(last, last_month)[1]
    return date(max(first, 1), first_month, 1), date(last, last_month, end)
