"""Comparing and ordering texts as people do: without accents and capitals, numbers by their size.

Pure; for whole columns ``catalogue.spelling`` does the same. Not here: the words of the query
language (``query.vocabulary``), messages (``messages``).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "DIGITS",
    "LETTERS",
    "MARKS",
    "SILENT",
    "closest",
    "folded",
    "name_key",
    "natural_key",
    "without_accents",
]

# Accents of Latin, Greek, Cyrillic, Hebrew and Arabic letters; marks of other scripts are letters.
MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u0652\u0670"
LETTERS: Mapping[str, str] = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH",
    "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "ς": "σ",
}  # fmt: skip
"""Letters that are no plain letter with an accent, and what is typed for them."""
SILENT = "'’"
DIGITS = 12
"""Numbers of more digits are compared digit by digit."""
_MARK = re.compile(f"[{MARKS}]")
_SILENT = re.compile(f"[{SILENT}]")
_LETTERS = str.maketrans(dict(LETTERS))

# Nobody mistypes more than this; comparing long texts takes long.
_LONGEST_NAME = 100
# How alike two names must be, as ``difflib`` measures it: 0 (nothing in common) to 1 (equal).
_LEAST_RATIO = 0.65


def folded(text: str) -> str:
    """Return a text without accents, apostrophes and capitals: Été is ete, Straße is strasse."""
    return without_accents(text.lower()).lower()


def without_accents(text: str) -> str:
    """Return a text with plain letters and no apostrophes, in the case it has."""
    plain = _MARK.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return _SILENT.sub("", plain)


def natural_key(text: str) -> tuple[str, str]:
    """Return a key by which texts sort as people put them: "page2" before "page10"."""
    # A longer number keeps its digits, but no zeros before them.
    plain = re.sub("[0-9]+", lambda number: number[0].lstrip("0").zfill(DIGITS), folded(text))
    return plain.replace("/", "\x01"), text


def name_key(name: str) -> str:
    """Return what two names of tags or properties have in common that are one name.

    Case counts for nothing, nor do spaces around and between words, nor whether an accent is a
    sign of its own (as macOS writes the names of files).
    """
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())


def closest(typed: str, known: Iterable[str], most: int = 1) -> Sequence[str]:
    """Return at most ``most`` known names that look like a typed one, the most alike first."""
    if len(typed) > _LONGEST_NAME:
        return []
    by_folded = {folded(name): name for name in known}
    matches = difflib.get_close_matches(folded(typed), by_folded, most, _LEAST_RATIO)
    return [by_folded[name] for name in matches]
