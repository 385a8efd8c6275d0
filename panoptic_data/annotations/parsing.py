"""What people write as a value of each type, and the canonical text of it.

Pure; each function takes a text without spaces around it and returns the canonical one, or None
where it is no value of the type. Not here: dates (``dates``), Python's values, tags and whole
columns (``values``), which type a column has (``type_inference``).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from panoptic_data.annotations.dates import parse_date
from panoptic_data.media.colour import HUE_NAMES
from panoptic_data.text import folded

__all__ = [
    "COLOURS",
    "EXACT_BELOW",
    "HEX_COLOUR",
    "NO",
    "PANOPTIC_COLOURS",
    "PARSERS",
    "YES",
    "has_control_signs",
    "is_inexact",
    "is_invisible",
    "is_number_text",
    "is_web_address",
    "number_text",
    "parse_checkbox",
    "parse_colour",
    "parse_image",
    "parse_number",
    "parse_path",
    "parse_url",
]

# The colours of tags: once around the wheel, readable as a chip on light and dark.
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
# As Panoptic draws its colours, by their numbers: red, pink, grape, violet, indigo, blue, cyan,
# teal, green, lime, yellow, orange.
PANOPTIC_COLOURS = (
    "#ff8787",
    "#f783ac",
    "#da77f2",
    "#9775fa",
    "#748ffc",
    "#4dabf7",
    "#3bc9db",
    "#38d9a9",
    "#69db7c",
    "#a9e34b",
    "#ffd43b",
    "#ffa94d",
)
YES = frozenset(("true", "vrai", "yes", "oui", "1", "x", "✓", "✔", "☑"))
NO = frozenset(("false", "faux", "no", "non", "0", "☐"))
# Above this, neighbouring whole numbers may be the same float.
EXACT_BELOW = 10**15

_SPACES = " \u00a0\u2009\u202f'’"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
# Above this, a whole number may be no float at all.
_LARGEST_EXACT = 2**53
_LONG_WHOLE = re.compile(r"[+-]?[0-9]{16,40}")
# Thousands apart by spaces; by commas or points only where these cannot be decimal signs.
_GROUPED = re.compile(
    rf"[+-]?[0-9]{{1,3}}(?:(?:[{_SPACES}][0-9]{{3}})+(?:[.,][0-9]+)?"
    r"|(?:,[0-9]{3})+\.[0-9]+|(?:\.[0-9]{3})+,[0-9]+|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,})"
)

_CONTROL = re.compile("[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f]")
# Letters and marks of Unicode that are drawn as nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | set(map(chr, range(0xFE00, 0xFE10)))
_SHA1 = re.compile(r"[0-9a-f]{40}")
_WEB = ("http", "https", "ftp")
# A host with a dot and what comes after it, or an address of mail.
_LINK = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,24}(?::[0-9]+)?(?:[/?#]\S*)?|mailto:[^\s@]+@[^\s@]+")
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def parse_number(text: str) -> str | None:
    """Read a number with a decimal point or comma, thousands maybe apart; "true" is 1."""
    if text in ("true", "false"):
        return "1" if text == "true" else "0"
    text = text.replace("\u2212", "-")
    if is_inexact(text):
        return None
    if _LONG_WHOLE.fullmatch(text):
        return str(int(text))
    if _NUMBER.fullmatch(text):
        number = float(text.replace(",", "."))
    elif _GROUPED.fullmatch(text):
        number = float(_ungrouped(text))
    else:
        return None
    return number_text(number) if math.isfinite(number) else None


def is_inexact(text: str) -> bool:
    """Whether a text is a number with more whole digits than a number keeps.

    Whole numbers are kept up to 2^53 in size (9 007 199 254 740 992).
    """
    text = text.replace("\u2212", "-")
    if not (_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text)):
        return False
    if len(text) <= len("999999999999999") or "e" in text.casefold():
        return False
    plain = text.replace(",", ".") if _NUMBER.fullmatch(text) else _ungrouped(text)
    written = Decimal(plain)
    if abs(written) <= _LARGEST_EXACT:
        return False
    # A float in full is kept as it is.
    return "." not in plain or written != Decimal(float(plain))


def is_number_text(text: str) -> bool:
    """Whether a text is a number that is written the same way again, but for its separators.

    1.10 and 1E5 are not, nor 007, nor an identifier of more digits than a number has.
    """
    number = parse_number(text)
    plain = text.replace("\u2212", "-")
    plain = _ungrouped(plain) if _GROUPED.fullmatch(plain) else plain.replace(",", ".")
    return number is not None and number == plain and not _LONG_WHOLE.fullmatch(plain)


def _ungrouped(text: str) -> str:
    for space in _SPACES:
        text = text.replace(space, "")
    # The last sign is the decimal one, unless there are several of it and no other.
    sign = "," if text.rfind(",") > text.rfind(".") else "."
    other = "." if sign == "," else ","
    text = text.replace(other, "")
    return text.replace(sign, "." if text.count(sign) == 1 else "")


def number_text(number: float) -> str:
    """Return the canonical text of a finite number: 12, 3.5, 1e+20."""
    if number.is_integer() and abs(number) < EXACT_BELOW:
        return str(int(number))
    return repr(number)


def parse_checkbox(text: str) -> str | None:
    """Read a word for yes or no, in English or French, or a sign for it."""
    word = text.casefold()
    return "true" if word in YES else "false" if word in NO else None


def parse_colour(text: str) -> str | None:
    """Read #rrggbb, a number of Panoptic's, a hue in English or French, or any colour of CSS."""
    if text.isdecimal():
        return PANOPTIC_COLOURS[int(text)] if int(text) < len(PANOPTIC_COLOURS) else None
    name = folded(text)
    if HEX_COLOUR.fullmatch(text):
        return text.lower()
    # Reads names and the other forms of CSS; imported only for those.
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(HUE_NAMES.get(name, text))[:3]
    except ValueError:
        return None
    return f"#{red:02x}{green:02x}{blue:02x}"


def parse_url(text: str) -> str | None:
    """Read a link as it was written: an address on the web, with a scheme or without, or mailto."""
    if _LINK.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_address = parts.scheme in _WEB and parts.netloc and not re.search(r"\s", parts.netloc)
    return text if is_address else None


def is_web_address(text: str) -> bool:
    """Whether a text can be nothing but a link: it says so by its scheme, or by "www."."""
    begins = text.lower().startswith(("www.", *(f"{scheme}://" for scheme in _WEB)))
    return begins and not re.search(r"\s", text) and parse_url(text) is not None


def parse_path(text: str) -> str:
    """Return a path with "/" between its parts."""
    return text.replace("\\", "/")


def parse_image(text: str) -> str | None:
    """Read a sha1: 40 hexadecimal digits."""
    return text.lower() if _SHA1.fullmatch(text.lower()) else None


def has_control_signs(text: str) -> bool:
    """Whether a text holds control characters that are no space and no end of a line."""
    return _CONTROL.search(text) is not None


def is_invisible(text: str) -> bool:
    """Whether nothing of a text can be seen, though it is more than spaces."""
    return all(
        letter.isspace() or letter in _BLANK or unicodedata.category(letter) == "Cf"
        for letter in text
    )


def _unchanged(text: str) -> str:
    return text


PARSERS: Mapping[str, Callable[[str], str | None]] = {
    "text": _unchanged,
    "tag": _unchanged,
    "number": parse_number,
    "date": parse_date,
    "colour": parse_colour,
    "checkbox": parse_checkbox,
    "url": parse_url,
    "path": parse_path,
    "image": parse_image,
}
