"""Which language a person reads. Not here: the texts (``panoptic_data.messages``)."""

from __future__ import annotations

from panoptic_data.messages import terminal_language, translate

__all__ = ["cli_text", "number", "terminal_language"]


def cli_text(key: str, **params: object) -> str:
    """Return a text of the section ``cli`` in the terminal's language."""
    return translate(f"cli.{key}", terminal_language(), **params)


def number(value: float, language: str | None = None) -> str:
    """Write a whole number readably: ``81,204`` or, in French, ``81 204``."""
    grouped = f"{value:,.0f}"
    # U+202F: the narrow no-break space of French typography.
    return grouped.replace(",", "\u202f") if (language or terminal_language()) == "fr" else grouped
