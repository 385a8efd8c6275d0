"""Which type the values of a column have, told from its texts.

Pure. Not here: reading the values as that type (``values``), the columns of a file to import
(``exchange.columns``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from panoptic_data.annotations.dates import parse_date, with_day_first
from panoptic_data.annotations.edtf import bounds, is_edtf
from panoptic_data.annotations.parsing import (
    HEX_COLOUR,
    NO,
    YES,
    is_number_text,
    is_web_address,
    parse_image,
)
from panoptic_data.text import folded

__all__ = ["infer_type"]

# What a column must be like to be taken for tags: few names, each repeated.
_MAX_TAGS = 2_000
_MAX_TAG_LENGTH = 80
_MIN_REPEATS = 2.0
_YEARS = range(1000, 2101)
_YEAR_NAMES = frozenset(("year", "annee", "an", "date", "dates"))


def infer_type(texts: Iterable[str | None], name: str = "") -> str:
    """Return the strictest type that all texts of a column fit; ``name`` is the column's.

    Numbers are years where the column's name says so; codes and numbers of an inventory ("007",
    "1.10") are text.
    A few texts that are often repeated are tags.
    """
    filled = [text.strip() for text in texts if text is not None and text.strip()]
    distinct = set(filled)
    if not distinct:
        return "text"
    for type, fits in _CHECKS.items():
        if fits(distinct):
            return "date" if type == "number" and _are_years(distinct, name) else type
    return _tags_or_text(distinct, len(filled))


def _are_checks(texts: set[str]) -> bool:
    """Return whether all mean yes or no: 0 and 1 alone are numbers."""
    words = {text.casefold() for text in texts}
    return words <= YES | NO and not words <= {"0", "1"}


def _are_numbers(texts: set[str]) -> bool:
    """Return whether the numbers, written back, are the same texts: codes (1.10, 1E5) are not.

    Programs write whole numbers as "1.0" where a column has fractions or gaps.
    """
    return all(map(is_number_text, texts)) or all(map(_is_float, texts))


def _is_float(text: str) -> bool:
    try:
        return repr(float(text)) == text and text.strip("-") not in ("inf", "nan")
    except ValueError:
        return False


def _are_dates(texts: set[str]) -> bool:
    return all(map(_is_date, texts)) or all(_is_date(with_day_first(text)) for text in texts)


def _is_date(text: str) -> bool:
    if text.isdecimal():
        return int(text) in _YEARS
    parsed = parse_date(text)
    if parsed is None or not is_edtf(parsed):
        return parsed is not None
    # 1234/5678 is a number of an inventory.
    return all(day is None or day.year in _YEARS for day in bounds(parsed))


def _are_years(texts: set[str], name: str) -> bool:
    names_years = bool(_YEAR_NAMES & set(re.findall(r"[a-z]+", folded(name))))
    return names_years and all(text.isdecimal() and int(text) in _YEARS for text in texts)


def _are_colours(texts: set[str]) -> bool:
    return all(HEX_COLOUR.fullmatch(text) for text in texts)


def _are_urls(texts: set[str]) -> bool:
    return all(map(is_web_address, texts))


def _are_images(texts: set[str]) -> bool:
    return all(parse_image(text) is not None for text in texts)


# From the strictest; each takes the distinct texts of a column.
_CHECKS: Mapping[str, Callable[[set[str]], bool]] = {
    "checkbox": _are_checks,
    "number": _are_numbers,
    "date": _are_dates,
    "colour": _are_colours,
    "url": _are_urls,
    "image": _are_images,
}


def _tags_or_text(texts: set[str], filled: int) -> str:
    """Tell tags from text: ``texts`` are the distinct ones of ``filled`` texts."""
    if any(len(text) > _MAX_TAG_LENGTH * 3 or "\n" in text for text in texts):
        return "text"
    parts = [part.strip() for text in texts for part in text.split(",")]
    names = {part for part in parts if part}
    is_list = any("," in text for text in texts) and not _are_names(texts)
    if is_list and _are_few(names, filled) and max(map(len, names)) <= _MAX_TAG_LENGTH:
        return "tags"
    is_short = max(map(len, texts)) <= _MAX_TAG_LENGTH
    return "tag" if is_short and _are_few(texts, filled) else "text"


def _are_few(texts: Collection[str], filled: int) -> bool:
    return len(texts) <= _MAX_TAGS and filled >= _MIN_REPEATS * len(texts)


def _are_names(texts: set[str]) -> bool:
    """Return whether commas are part of names, as in "Newton, Amanda A., 1860-1943".

    Most lists of tags have neither years nor initials.
    """
    with_comma = [text for text in texts if "," in text]
    names = sum(1 for text in with_comma if re.search(r"[0-9]{4}|\b[A-Z]\.", text))
    return names * 2 > len(with_comma)
