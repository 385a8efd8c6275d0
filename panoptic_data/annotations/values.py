"""Values of properties: their types, the canonical text of each, and what people write instead.

Pure. Not here: where values are kept (``events``, ``annotations``), tags' names (``tags``),
reading whole files of them (``imports``).

    text       as it is                     date      1912, 1912-05, 1912-05-04, 1912-05-04T10:30:00
    number     12, 3.5, 1e+20               colour    #rrggbb
    tag        a tag's id                   checkbox  true, false
    tags       a JSON list of tags' ids     path      parts between "/"
    url        https://…                    image     a sha1
"""

from __future__ import annotations

import calendar
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from panoptic_data.errors import InvalidValue
from panoptic_data.media.colour import HUE_NAMES
from panoptic_data.text import folded

__all__ = [
    "COLOURS",
    "TYPES",
    "canonical",
    "canonical_series",
    "convert",
    "days",
    "infer",
    "plain",
]

TYPES = ("text", "number", "tag", "tags", "date", "colour", "url", "checkbox", "path", "image")
# What the integers 0 to 11 of Panoptic's colours become: once around the wheel, readable as a
# chip on light and dark.
COLOURS = (
    "#d94f4f",
    "#e07b39",
    "#d9a520",
    "#9bb832",
    "#4fa64f",
    "#2fa58a",
    "#2f9fbf",
    "#3f7fd0",
    "#5f63cf",
    "#8f55c4",
    "#c14fa9",
    "#8a8a8a",
)
_YES = frozenset(("true", "vrai", "yes", "oui", "1", "x", "✓", "✔", "☑"))
_NO = frozenset(("false", "faux", "no", "non", "0", "☐"))
# Whole numbers above this are not told apart by a float.
_EXACT_BELOW = 10**15

_SPACES = " \u00a0\u2009\u202f'’"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
# Thousands apart by spaces; by commas or points only where these cannot be decimal signs.
_GROUPED = re.compile(
    rf"[+-]?[0-9]{{1,3}}(?:(?:[{_SPACES}][0-9]{{3}})+(?:[.,][0-9]+)?"
    r"|(?:,[0-9]{3})+\.[0-9]+|(?:\.[0-9]{3})+,[0-9]+|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,})"
)

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
# A zone is read and dropped: the clock stays as it was written.
_TIME = re.compile(
    r"(?P<date>.*[0-9])(?:T|,? )(?P<hour>[0-9]{1,2})[:h](?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)? ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)
_SHA1 = re.compile(r"[0-9a-f]{40}")
_WEB = ("http", "https", "ftp")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

# Texts that are canonical as they stand: columns are mostly made of them.
_AS_THEY_ARE: Mapping[str, str] = {
    "text": r"^\S(?s:.*)$",
    "tag": r"^\S+$",
    "number": r"^(?:0|-?[1-9][0-9]{0,9}|-?(?:0|[1-9][0-9]{0,9})\.[0-9]{0,3}[1-9])$",
    "date": (
        r"^[1-9][0-9]{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|1[0-9]|2[0-8])"
        r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?)?)?$"
    ),
    "url": r"^(?:https?|ftp)://[A-Za-z0-9.-]+(?::[0-9]{1,4})?(?:[/?#][^\s\[\]]*)?$",
    "colour": r"^#[0-9a-f]{6}$",
    "checkbox": r"^(?:true|false)$",
    "image": r"^[0-9a-f]{40}$",
    "path": r"^[^\s\\]+$",
}

# How databases write an instant: all but canonical.
_SQL_TIME = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})$"

# What a column must be like to be taken for tags: few names, told again and again.
_MOST_TAGS = 2_000
_LONGEST_TAG = 80
_TOLD_AGAIN = 2.0
_YEARS = range(1000, 2101)
_YEAR_NAMES = frozenset(("year", "annee", "an", "date", "dates"))


def canonical(type: str, raw: Any) -> str | None:
    """Return the canonical text of a value, given as Python's or as people write it.

    None for no value: None, not-a-number, empty text. Raises InvalidValue.
    """
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):
        return None
    if type == "tags":
        return _tags(raw)
    text = _as_text(raw)
    if not text.strip():
        return None
    result = _READERS[type](text if type == "text" else text.strip())
    if result is None or not _is_unicode(result):
        raise InvalidValue(type, text)
    return result


def plain(type: str, text: str | None) -> Any:
    """Return the Python value of a canonical text.

    Whole numbers are int, others float. A date with its day is a date, with its time a
    datetime; a year or a month stays the text, since Python has nothing for it.
    """
    if text is None:
        return None
    if type == "number":
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < _EXACT_BELOW else number
    if type == "checkbox":
        return text == "true"
    if type == "tags":
        return json.loads(text)
    if type == "date" and len(text) >= len("yyyy-mm-dd"):
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    return text


def days(text: str) -> tuple[date, date]:
    """Return the first and the last day that a canonical date stands for."""
    parts = [int(part) for part in text.partition("T")[0].split("-")]
    first = parts + [1] * (3 - len(parts))
    last = parts + [12] * (2 - len(parts))
    if len(last) == 2:
        last.append(calendar.monthrange(last[0], last[1])[1])
    return date(*first), date(*last)


def convert(before: str, after: str, text: str) -> str | None:
    """Return the canonical text of another type; None where the value cannot be that.

    Tags are known by their ids here: who changes to or from tags gives and takes names.
    """
    if before == after:
        return text
    if before == "checkbox":
        return _from_checkbox(after, text)
    try:
        return canonical(after, text)
    except InvalidValue:
        return None


def infer(texts: Iterable[str | None], name: str = "") -> str:
    """Return the strictest type that all texts of a column fit; ``name`` is the column's.

    Numbers may be years where the name says so, never where they look like numbers of an
    inventory ("007"). A few texts told again and again are tags.
    """
    filled = [text.strip() for text in texts if text is not None and text.strip()]
    kept = set(filled)
    if not kept:
        return "text"
    for type, fits in _KINDS.items():
        if fits(kept):
            return "date" if type == "number" and _are_years(kept, name) else type
    return _tags_or_text(kept, len(filled))


def canonical_series(type: str, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the canonical texts of a column, and which of its values could not be read.

    What could not be read has no value (null) and is true in the second series.
    """
    if raw.dtype != pl.String:
        return _mapped(type, raw)
    cut = raw if type == "text" else raw.str.strip_chars()
    if type == "date":
        cut = cut.str.replace(_SQL_TIME, "${1}T${2}")
    is_right = cut.str.contains(_AS_THEY_ARE[type]) if type in _AS_THEY_ARE else None
    if is_right is None:
        return _mapped(type, raw)
    rest = ~is_right.fill_null(True)
    if not rest.any():
        return cut, rest
    values, problems = _mapped(type, raw.filter(rest))
    places = rest.arg_true()
    return cut.clone().scatter(places, values), rest & _at(places, problems, len(raw))


def _mapped(type: str, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read each different value once."""
    if raw.dtype.is_nested() or raw.dtype == pl.Object:
        pairs = [_attempt(type, value) for value in raw.to_list()]
        return (
            pl.Series(raw.name, [text for text, _ in pairs], pl.String),
            pl.Series(raw.name, [failed for _, failed in pairs], pl.Boolean),
        )
    known = raw.unique()
    pairs = [_attempt(type, value) for value in known.to_list()]
    table = pl.DataFrame(
        {"raw": known, "text": [text for text, _ in pairs], "bad": [bad for _, bad in pairs]},
        {"raw": known.dtype, "text": pl.String, "bad": pl.Boolean},
    )
    found = (
        raw.rename("raw")
        .to_frame()
        .join(table, on="raw", how="left", nulls_equal=True, maintain_order="left")
    )
    return found["text"].rename(raw.name), found["bad"].fill_null(False).rename(raw.name)


def _attempt(type: str, raw: Any) -> tuple[str | None, bool]:
    try:
        return canonical(type, raw), False
    except InvalidValue:
        return None, True


def _at(places: pl.Series, values: pl.Series, length: int) -> pl.Series:
    return pl.repeat(False, length, dtype=pl.Boolean, eager=True).scatter(places, values)


def _as_text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Integral):
        return str(int(raw))
    if isinstance(raw, Real | Decimal):
        return _number_text(float(raw))
    if isinstance(raw, date):
        return raw.isoformat() if not isinstance(raw, datetime) else raw.isoformat("T", "seconds")
    if isinstance(raw, list | tuple | set | frozenset):
        return ", ".join(map(_as_text, raw))
    return str(raw)


def _is_unicode(text: str) -> bool:
    """Whether a text can be written: half of a pair of surrogates cannot."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _number(text: str) -> str | None:
    if text in ("true", "false"):
        return "1" if text == "true" else "0"
    text = text.replace("\u2212", "-")
    if _NUMBER.fullmatch(text):
        number = float(text.replace(",", "."))
    elif _GROUPED.fullmatch(text):
        number = float(_ungrouped(text))
    else:
        return None
    return _number_text(number) if math.isfinite(number) else None


def _ungrouped(text: str) -> str:
    for space in _SPACES:
        text = text.replace(space, "")
    # The last sign is the decimal one, unless there are several of it and no other.
    sign = "," if text.rfind(",") > text.rfind(".") else "."
    other = "." if sign == "," else ","
    text = text.replace(other, "")
    return text.replace(sign, "." if text.count(sign) == 1 else "")


def _number_text(number: float) -> str:
    if number.is_integer() and abs(number) < _EXACT_BELOW:
        return str(int(number))
    return repr(number)


def _date(text: str) -> str | None:
    # "1e3" is no date; spaces of all kinds are one space.
    text = " ".join(text.split())
    with_time = _TIME.fullmatch(text)
    if with_time is None:
        return _day(text)
    day = _day(with_time["date"])
    hour, minute, second = (int(with_time[part] or 0) for part in ("hour", "minute", "second"))
    if day is None or len(day) < len("yyyy-mm-dd") or hour > 23 or minute > 59 or second > 59:
        return None
    return f"{day}T{hour:02}:{minute:02}:{second:02}"


def _day(text: str) -> str | None:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
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


def _checkbox(text: str) -> str | None:
    word = text.casefold()
    return "true" if word in _YES else "false" if word in _NO else None


def _colour(text: str) -> str | None:
    if text.isdecimal():
        return COLOURS[int(text)] if int(text) < len(COLOURS) else None
    name = folded(text)
    if _HEX.fullmatch(text):
        return text.lower()
    # Names and the other forms of CSS; loaded by those who need them.
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(HUE_NAMES.get(name, text))[:3]
    except ValueError:
        return None
    return f"#{red:02x}{green:02x}{blue:02x}"


def _url(text: str) -> str | None:
    if text.lower().startswith("www."):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_address = parts.scheme in _WEB and parts.netloc and not re.search(r"\s", text)
    return text if is_address else None


def _path(text: str) -> str:
    return text.replace("\\", "/")


def _image(text: str) -> str | None:
    return text.lower() if _SHA1.fullmatch(text.lower()) else None


def _tags(raw: Any) -> str | None:
    """Return ids as a JSON list, each once; a text is such a list, or one id."""
    if isinstance(raw, str):
        raw = raw.strip()
        if raw.startswith("["):
            try:
                raw = json.loads(raw)
            except ValueError:
                raise InvalidValue("tags", str(raw)) from None
        else:
            raw = [raw]
    if not isinstance(raw, Collection) or isinstance(raw, Mapping):
        raise InvalidValue("tags", str(raw))
    ids = [canonical("tag", one) for one in raw]
    kept = list(dict.fromkeys(one for one in ids if one is not None))
    return json.dumps(kept, ensure_ascii=False) if kept else None


def _same(text: str) -> str:
    return text


_READERS: Mapping[str, Callable[[str], str | None]] = {
    "text": _same,
    "tag": _same,
    "number": _number,
    "date": _date,
    "colour": _colour,
    "checkbox": _checkbox,
    "url": _url,
    "path": _path,
    "image": _image,
}


def _from_checkbox(after: str, text: str) -> str | None:
    if after == "number":
        return "1" if text == "true" else "0"
    return text if after in ("text", "tag", "tags") else None


def _are_checks(texts: set[str]) -> bool:
    """Whether all are words of yes and no: 0 and 1 alone are numbers."""
    words = {text.casefold() for text in texts}
    return words <= _YES | _NO and not words <= {"0", "1"}


def _are_numbers(texts: set[str]) -> bool:
    return all(_is_number(text) for text in texts)


def _is_number(text: str) -> bool:
    digits = text.lstrip("+-")
    is_inventory = len(digits) > 1 and digits[0] == "0" and digits[1].isdecimal()
    # Long digits are an identifier; long fractions are how programs write numbers.
    is_identifier = digits.isdecimal() and len(digits) > 16
    return not (is_inventory or is_identifier) and _number(text) is not None


def _are_dates(texts: set[str]) -> bool:
    return all(
        int(text) in _YEARS if text.isdecimal() else _date(text) is not None for text in texts
    )


def _are_years(texts: set[str], name: str) -> bool:
    says_so = bool(_YEAR_NAMES & set(re.findall(r"[a-z]+", folded(name))))
    return says_so and all(text.isdecimal() and int(text) in _YEARS for text in texts)


def _are_colours(texts: set[str]) -> bool:
    return all(_HEX.fullmatch(text) for text in texts)


def _are_urls(texts: set[str]) -> bool:
    return all(_url(text) is not None for text in texts)


def _are_images(texts: set[str]) -> bool:
    return all(_image(text) is not None for text in texts)


# From the strictest; each is asked of the different texts of a column.
_KINDS: Mapping[str, Callable[[set[str]], bool]] = {
    "checkbox": _are_checks,
    "number": _are_numbers,
    "date": _are_dates,
    "colour": _are_colours,
    "url": _are_urls,
    "image": _are_images,
}


def _tags_or_text(texts: set[str], filled: int) -> str:
    """Tell tags from text: ``texts`` are the different ones of ``filled`` texts."""
    if any(len(text) > _LONGEST_TAG * 3 or "\n" in text for text in texts):
        return "text"
    parts = [part.strip() for text in texts for part in text.split(",")]
    told = {part for part in parts if part}
    is_list = any("," in text for text in texts) and not _are_names(texts)
    if is_list and _are_few(told, filled) and max(map(len, told)) <= _LONGEST_TAG:
        return "tags"
    is_short = max(map(len, texts)) <= _LONGEST_TAG
    return "tag" if is_short and _are_few(texts, filled) else "text"


def _are_few(texts: Collection[str], filled: int) -> bool:
    return len(texts) <= _MOST_TAGS and filled >= _TOLD_AGAIN * len(texts)


def _are_names(texts: set[str]) -> bool:
    """Whether commas part one name, as in "Newton, Amanda A., 1860-1943", rather than several.

    Years and initials, which most lists of tags are without, tell.
    """
    parted = [text for text in texts if "," in text]
    told = sum(1 for text in parted if re.search(r"[0-9]{4}|\b[A-Z]\.", text))
    return told * 2 > len(parted)
