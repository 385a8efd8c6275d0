"""Checks of the values that conditions and groups take.

A check of a condition's value returns the key of the message that says what it should be
(section ``view``), or None where the value is right. Not here: which operator takes which value
(``operators``).
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeGuard

from panoptic_data.annotations.values import PROPOSERS
from panoptic_data.errors import InvalidExpression
from panoptic_data.media.colour import HUES
from panoptic_data.views import search_expression

__all__ = [
    "COLOUR",
    "KEY",
    "PERIODS",
    "SHA1",
    "SLUG",
    "STATUSES",
    "Check",
    "check_authors",
    "check_boolean",
    "check_clusters",
    "check_date",
    "check_date_range",
    "check_duplicates",
    "check_hue",
    "check_like",
    "check_meaning",
    "check_near_colour",
    "check_nothing",
    "check_number",
    "check_number_range",
    "check_parts",
    "check_pattern",
    "check_proposers",
    "check_region",
    "check_selection",
    "check_sha1s",
    "check_similar",
    "check_statuses",
    "check_text",
    "check_texts",
    "is_bin_width",
    "is_folder_depth",
    "is_period",
    "is_slug",
]

Check = Callable[[Any], str | None]

STATUSES = ("ok", "unreadable", "missing")
PERIODS = ("century", "decade", "year", "month", "week", "day")
SHA1 = re.compile(r"[0-9a-f]{40}")
# The key of a stored selection.
KEY = re.compile(r"[0-9a-f]{20}")
# Slugs are part of table names; anything else never reaches the database.
SLUG = re.compile(r"[A-Za-z0-9_.-]{1,200}")
COLOUR = re.compile(r"#[0-9a-f]{6}")
_LONGEST_PATTERN = 1_000


def check_nothing(value: Any) -> str | None:
    """Check the value of an operator that takes none."""
    return None if value is None else "nothing"


def check_texts(value: Any) -> str | None:
    """Check a list of texts, at least one."""
    is_list = isinstance(value, list) and value and all(isinstance(text, str) for text in value)
    return None if is_list else "texts"


def check_text(value: Any) -> str | None:
    """Check a text that is not empty."""
    return None if isinstance(value, str) and value else "text"


def check_pattern(value: Any) -> str | None:
    """Check a regular expression of at most 1,000 characters."""
    if check_text(value) or len(value) > _LONGEST_PATTERN:
        return "pattern"
    try:
        with warnings.catch_warnings():
            # Python warns that "[[a]" may mean something else one day; Polars searches, not Python.
            warnings.simplefilter("ignore")
            re.compile(value)
    except (re.error, RecursionError, OverflowError):
        return "pattern"
    return None


def check_boolean(value: Any) -> str | None:
    """Check a boolean."""
    return None if isinstance(value, bool) else "truth"


def check_number(value: Any) -> str | None:
    """Check a finite number."""
    return None if _is_number(value) else "number"


def check_number_range(value: Any) -> str | None:
    """Check the two ends of a range of numbers, of which one may be null."""
    return None if _is_range(value, _is_number) else "range"


def check_date(value: Any) -> str | None:
    """Check a date, ``1930-05-12``."""
    return None if _is_date(value) else "date"


def check_date_range(value: Any) -> str | None:
    """Check the two ends of a range of dates, of which one may be null."""
    return None if _is_range(value, _is_date) else "dates"


def check_statuses(value: Any) -> str | None:
    """Check a list of statuses of images."""
    return check_texts(value) or (None if set(value) <= set(STATUSES) else "status")


def check_sha1s(value: Any) -> str | None:
    """Check a list of images by their sha1s, at least one."""
    return None if value and _are_sha1s(value) else "sha1s"


def check_selection(value: Any) -> str | None:
    """Check images by their sha1s, maybe none, or the key and the size of a stored selection."""
    if not isinstance(value, Mapping):
        return None if _are_sha1s(value) else "sha1s"
    key, count = value.get("key"), value.get("count")
    has_key = isinstance(key, str) and bool(KEY.fullmatch(key)) and len(value) == 2
    return None if has_key and _is_integer(count) and count >= 0 else "sha1s"


def check_near_colour(value: Any) -> str | None:
    """Check a colour, ``#rrggbb``, and how far others may be from it."""
    if not isinstance(value, Mapping) or not isinstance(value.get("colour"), str):
        return "colour"
    distance = value.get("distance", 1)
    is_right = COLOUR.fullmatch(value["colour"]) and _is_number(distance) and distance >= 0
    return None if is_right else "colour"


def check_hue(value: Any) -> str | None:
    """Check the name of a hue."""
    return None if isinstance(value, str) and value in HUES else "hue"


def check_clusters(value: Any) -> str | None:
    """Check an encoder and numbers of its clusters."""
    if not _has_encoder(value):
        return "encoder"
    numbers = value.get("numbers")
    is_right = isinstance(numbers, list) and numbers and all(map(_is_integer, numbers))
    return None if is_right else "numbers"


def check_region(value: Any) -> str | None:
    """Check an encoder and a polygon on its map."""
    if not _has_encoder(value):
        return "encoder"
    polygon = value.get("polygon")
    is_polygon = isinstance(polygon, list) and len(polygon) >= 3 and all(map(_is_point, polygon))
    return None if is_polygon else "polygon"


def check_similar(value: Any) -> str | None:
    """Check an encoder, images by their sha1s, and the least cosine similarity."""
    if not _has_encoder(value):
        return "encoder"
    if check_sha1s(value.get("sha1s")):
        return "sha1s"
    threshold = value.get("threshold")
    return None if _is_number(threshold) and -1 <= threshold <= 1 else "threshold"


def check_meaning(value: Any) -> str | None:
    """Check an encoder, words, and how many images at most."""
    if not _has_encoder(value):
        return "encoder"
    if check_text(value.get("text")):
        return "text"
    return None if _is_count(value.get("count", 1)) else "count"


def check_like(value: Any) -> str | None:
    """Check an encoder, a search, and its limits."""
    if not _has_encoder(value):
        return "encoder"
    if not _is_search(value.get("query")):
        return "query"
    if not _is_limit(value.get("threshold"), -1, 1):
        return "threshold"
    if not _is_limit(value.get("percentile"), 0, 100):
        return "percentile"
    if {"threshold", "percentile"} <= set(value):
        return "limits"
    return None if _is_count(value.get("count", 1)) else "count"


def check_duplicates(value: Any) -> str | None:
    """Check kinds of duplicates, or groups of duplicates by their names, or both."""
    if not isinstance(value, Mapping) or not set(value) <= {"groups", "kinds"} or not value:
        return "duplicate"
    return next((problem for problem in map(check_texts, value.values()) if problem), None)


def check_parts(value: Any) -> str | None:
    """Check a list of pictures, each an image or a crop as a search has them."""
    return None if not check_texts(value) and all(map(_is_picture, value)) else "parts"


def check_authors(value: Any) -> str | None:
    """Check names of authors, and the id of the property whose values they set."""
    return _check_who(value, "authors")


def check_proposers(value: Any) -> str | None:
    """Check who proposed, of ``PROPOSERS``, and the id of the property whose values they are."""
    problem = _check_who(value, "proposers")
    return problem or (None if set(value["proposers"]) <= set(PROPOSERS) else "proposers")


def _check_who(value: Any, key: str) -> str | None:
    if not isinstance(value, Mapping) or not set(value) <= {key, "property"}:
        return key
    if "property" in value and check_text(value["property"]):
        return key
    return key if check_texts(value.get(key)) else None


def is_slug(value: Any) -> bool:
    """Whether a value can be the name of an encoder's tables."""
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


def is_period(value: Any) -> bool:
    """Whether dates can be grouped by a value."""
    return isinstance(value, str) and value in PERIODS


def is_bin_width(value: Any) -> bool:
    """Whether numbers can be grouped by a value: the width of a bin, or None."""
    return value is None or (_is_number(value) and value > 0)


def is_folder_depth(value: Any) -> bool:
    """Whether folders can be grouped by a value: a depth from 1 on, or None."""
    return value is None or _is_count(value)


def _has_encoder(value: Any) -> bool:
    return isinstance(value, Mapping) and is_slug(value.get("encoder"))


def _is_range(value: Any, is_end: Callable[[Any], bool]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and any(end is not None for end in value)
        and all(end is None or is_end(end) for end in value)
    )


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return is_real and math.isfinite(value)
    except OverflowError:
        return False


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 1


def _is_limit(value: Any, low: float, high: float) -> bool:
    """Whether a limit is between two numbers, or not given."""
    return value is None or (_is_number(value) and low <= value <= high)


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_date(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_search(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(search_expression.parse(value))
    except InvalidExpression:
        return False


def _is_picture(value: str) -> bool:
    try:
        terms = search_expression.parse(value).terms
    except InvalidExpression:
        return False
    return len(terms) == 1 and terms[0].kind in ("image", "crop") and terms[0].weight == 1


def _are_sha1s(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(sha1, str) and SHA1.fullmatch(sha1) for sha1 in value
    )
