"""Values of properties: their types and the canonical text of each, by which they are stored.

Pure. Not here: what people write instead (``parsing``, ``dates``), which type a column has
(``type_inference``), where values are stored (``log``, ``state``), tags' names (``tags``).

    text       as it is                     date      1912, 1912-05, 1912-05-04, 1912-05-04T10:30:00
                                                      and 1912?, 191X, 1912/1914 (``edtf``)
    number     12, 3.5, 1e+20               colour    #rrggbb
    tag        a tag's id                   checkbox  true, false
    tags       a JSON list of tags' ids     path      parts between "/"
    url        https://…                    image     a sha1
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import polars as pl

from panoptic_data.annotations.edtf import is_edtf
from panoptic_data.annotations.parsing import (
    COLOURS,
    EXACT_BELOW,
    PARSERS,
    has_control_signs,
    is_inexact,
    is_invisible,
    number_text,
)
from panoptic_data.errors import InvalidValue

__all__ = ["COLOURS", "PROPOSERS", "TYPES", "canonical", "canonical_series", "convert", "to_python"]

PROPOSERS = ("person", "import", "model")
"""Who proposes values (``proposals``)."""

TYPES = ("text", "number", "tag", "tags", "date", "colour", "url", "checkbox", "path", "image")
# Texts that are canonical already: most of a column, usually, and not read one by one.
_CANONICAL: Mapping[str, str] = {
    "text": r"^[^\s\p{C}\p{M}\x{115f}\x{1160}\x{2800}\x{3164}\x{ffa0}](?:\P{Cc}|[\t\n\r])*$",
    "tag": r"^[^\s\p{C}]+$",
    "number": r"^(?:0|-?[1-9][0-9]{0,9}|-?(?:0|[1-9][0-9]{0,9})\.[0-9]{0,3}[1-9])$",
    "date": (
        r"^[1-9][0-9]{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|1[0-9]|2[0-8])"
        r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?)?)?$"
    ),
    "url": r"^(?:https?|ftp)://[A-Za-z0-9.-]+(?::[0-9]{1,4})?(?:[/?#][^\s\[\]\p{C}]*)?$",
    "colour": r"^#[0-9a-f]{6}$",
    "checkbox": r"^(?:true|false)$",
    "image": r"^[0-9a-f]{40}$",
    "path": r"^[^\s\\\p{C}\p{M}\x{115f}\x{1160}\x{2800}\x{3164}\x{ffa0}]+$",
}

# How databases write an instant: canonical but for the space.
_SQL_TIME = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})$"


def canonical(type: str, raw: Any) -> str | None:
    """Return the canonical text of a value, given as Python's or as people write it.

    None for no value: None, empty text. Raises InvalidValue, also for numbers that are not finite,
    whole numbers beyond 2^53, bytes, control characters, and text of which nothing can be seen.
    """
    if raw is None:
        return None
    if _is_no_value(raw):
        raise InvalidValue(type, str(raw))
    if type == "tags":
        return _tags(raw)
    text = _as_text(raw)
    if has_control_signs(text):
        raise InvalidValue(type, text, "control")
    if not text.strip():
        return None
    if is_invisible(text):
        raise InvalidValue(type, text, "invisible")
    if type == "number" and is_inexact(text.strip()):
        raise InvalidValue(type, text, "inexact")
    result = PARSERS[type](text if type == "text" else text.strip())
    if result is None or not _is_unicode(result):
        raise InvalidValue(type, text)
    return result


def to_python(type: str, text: str | None) -> Any:
    """Return the Python value of a canonical text.

    Whole numbers are int, others float. A date with its day is a date, with its time a
    datetime; a year, a month or a date that is not known (1930?, 193X) stays the text, since
    Python has nothing for it.
    """
    if text is None:
        return None
    if type == "number":
        if text.lstrip("-").isdecimal():
            return int(text)
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < EXACT_BELOW else number
    if type == "checkbox":
        return text == "true"
    if type == "tags":
        return json.loads(text)
    if type == "date" and len(text) >= len("yyyy-mm-dd") and not is_edtf(text):
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    return text


def convert(before: str, after: str, text: str) -> str | None:
    """Return the canonical text of another type; None where the value cannot be that.

    The value of a tag is its id here: to change to or from tags, pass names.
    """
    if before == after:
        return text
    if before == "checkbox":
        return _from_checkbox(after, text)
    try:
        return canonical(after, text)
    except InvalidValue:
        return None


def canonical_series(type: str, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the canonical texts of a column, and which of its values could not be read.

    Both series are as long as ``raw``: String, null where there is no value or it could not be
    read, and Boolean, true where it could not be read.
    """
    if raw.dtype != pl.String:
        return _mapped(type, raw)
    texts = raw if type == "text" else raw.str.strip_chars()
    if type == "date":
        texts = texts.str.replace(_SQL_TIME, "${1}T${2}")
    if type not in _CANONICAL:
        return _mapped(type, raw)
    is_canonical = texts.str.contains(_CANONICAL[type])
    is_other = ~is_canonical.fill_null(True)
    if not is_other.any():
        return texts, is_other
    values, problems = _mapped(type, raw.filter(is_other))
    indices = is_other.arg_true()
    return texts.clone().scatter(indices, values), _scattered(indices, problems, len(raw))


def _mapped(type: str, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read each distinct value once."""
    if raw.dtype.is_nested() or raw.dtype == pl.Object:
        pairs = [_attempt(type, value) for value in raw.to_list()]
        return (
            pl.Series(raw.name, [text for text, _ in pairs], pl.String),
            pl.Series(raw.name, [failed for _, failed in pairs], pl.Boolean),
        )
    if raw.dtype.is_float():
        # In a table, not-a-number is how a cell without a value is written.
        raw = raw.fill_nan(None)
    distinct = raw.unique()
    pairs = [_attempt(type, value) for value in distinct.to_list()]
    table = pl.DataFrame(
        {"raw": distinct, "text": [text for text, _ in pairs], "bad": [bad for _, bad in pairs]},
        {"raw": distinct.dtype, "text": pl.String, "bad": pl.Boolean},
    )
    joined = (
        raw.rename("raw")
        .to_frame()
        .join(table, on="raw", how="left", nulls_equal=True, maintain_order="left")
    )
    return joined["text"].rename(raw.name), joined["bad"].fill_null(False).rename(raw.name)


def _attempt(type: str, raw: Any) -> tuple[str | None, bool]:
    try:
        return canonical(type, raw), False
    except InvalidValue:
        return None, True


def _scattered(indices: pl.Series, values: pl.Series, length: int) -> pl.Series:
    """Return a Boolean series with these values at these indices, false elsewhere."""
    return pl.repeat(False, length, dtype=pl.Boolean, eager=True).scatter(indices, values)


def _as_text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Integral):
        return str(int(raw))
    if isinstance(raw, Decimal) and raw == raw.to_integral_value():
        return number_text(float(raw)) if abs(raw) < EXACT_BELOW else f"{raw:f}".partition(".")[0]
    if isinstance(raw, Real | Decimal):
        return number_text(float(raw))
    if isinstance(raw, date):
        return raw.isoformat() if not isinstance(raw, datetime) else raw.isoformat("T", "seconds")
    if isinstance(raw, list | tuple | set | frozenset):
        return ", ".join(map(_as_text, raw))
    return str(raw)


def _is_no_value(raw: Any) -> bool:
    """Return whether it is nothing that a person could write: bytes, or no finite number."""
    if isinstance(raw, bytes | bytearray | memoryview):
        return True
    return isinstance(raw, Real | Decimal) and not math.isfinite(raw)


def _is_unicode(text: str) -> bool:
    """Return whether a text can be encoded: half of a pair of surrogates cannot."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


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
    ids = [canonical("tag", id) for id in raw]
    distinct = list(dict.fromkeys(id for id in ids if id is not None))
    return json.dumps(distinct, ensure_ascii=False) if distinct else None


def _from_checkbox(after: str, text: str) -> str | None:
    if after == "number":
        return "1" if text == "true" else "0"
    return text if after in ("text", "tag", "tags") else None
