"""Columns of texts as people compare them: without accents and capitals, numbers by their size.

The same rules as ``text.folded`` and ``text.natural_key``, for whole columns. Pure.
"""

from __future__ import annotations

import polars as pl

from panoptic_data.text import DIGITS, LETTERS, MARKS, SILENT

__all__ = ["folded", "naturally_sorted", "order_keys", "without_accents"]

_MARKS = f"[{MARKS}]"


def folded(texts: pl.Series) -> pl.Series:
    """Spell texts so that their other cases, accents and spellings are equal; null stays null.

    As ``text.folded`` does. Few texts need more than lower case.
    """
    lower = texts.str.to_lowercase().str.replace_all("'", "", literal=True)
    foreign = lower.str.contains(r"[^\x{0}-\x{7f}]").fill_null(False).arg_true()
    if not len(foreign):
        return lower
    return lower.scatter(foreign, without_accents(lower.gather(foreign)).str.to_lowercase())


def without_accents(texts: pl.Series) -> pl.Series:
    """Return texts with plain letters, in the case they have."""
    decomposed = texts.str.normalize("NFKD").str.replace_all(_MARKS, "")
    return decomposed.str.replace_many(list(LETTERS), list(LETTERS.values())).str.replace_all(
        f"[{SILENT}]", ""
    )


def order_keys(texts: pl.Series) -> pl.Series:
    """Return keys by which texts sort as people put them; null stays null.

    "page2" comes before "page10", and a folder's own files before those of "folder 2".
    """
    keys = folded(texts).str.replace_all("/", "\x01", literal=True)
    numbered = keys.str.contains("[0-9]").fill_null(False).arg_true()
    if not len(numbered):
        return keys
    # Every number gets as many digits: more than it needs before it, then all but the last of them.
    padded = keys.gather(numbered).str.replace_all("([0-9]+)", "0" * DIGITS + "$1")
    return keys.scatter(numbered, padded.str.replace_all(f"0+([0-9]{{{DIGITS}}})", "$1"))


def naturally_sorted(texts: pl.Series) -> pl.Series:
    """Return texts in the order of :func:`order_keys`, those of one key by their signs."""
    keyed = pl.DataFrame({"key": order_keys(texts), "text": texts})
    return keyed.sort("key", "text")["text"].rename(texts.name)
