"""Texts in conditions: the SQL that reading a table takes. Not here: reading (``tables``)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["literal", "literals"]


def literal(text: str) -> str:
    """Return a text as SQL has it: in quotes, those inside doubled."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return texts as a list for ``IN (…)``; an empty text for none, which SQL needs."""
    return ", ".join(map(literal, texts)) or literal("")
