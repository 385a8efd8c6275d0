"""Comparing what people type with the names that are known: without accents, nearly alike.

Pure. Not here: the words of the query language (``query.vocabulary``), messages (``messages``).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["closest", "folded", "name_key"]

# Nobody mistypes more than this; comparing long texts takes long.
_LONGEST_NAME = 100
# How alike two names must be, as ``difflib`` measures it: 0 (nothing in common) to 1 (equal).
_LEAST_RATIO = 0.65


def folded(text: str) -> str:
    """Return a word without accents, apostrophes and capitals."""
    characters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(
        character
        for character in characters
        if not unicodedata.combining(character) and character not in "'’"
    )


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
