"""Texts in conditions: the SQL that reading a table takes. Not here: reading (``tables``)."""

from __future__ import annotations

__all__ = ["literal"]


def literal(text: str) -> str:
    """Return a text as SQL has it: in quotes, those inside doubled."""
    return "'" + text.replace("'", "''") + "'"
