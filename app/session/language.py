"""Which language a person reads. Not here: the texts (``panoptic_data.messages``)."""

from __future__ import annotations

from panoptic_data.messages import terminal_language, translate

__all__ = ["cli_text", "file_size", "image_count", "number", "terminal_language"]


def cli_text(key: str, **params: object) -> str:
    """Return a text of the section ``cli`` in the terminal's language."""
    return translate(f"cli.{key}", terminal_language(), **params)


def number(value: float, language: str | None = None) -> str:
    """Write a whole number readably: ``81,204`` or, in French, ``81 204``."""
    grouped = f"{value:,.0f}"
    # U+202F: the narrow no-break space of French typography.
    return grouped.replace(",", "\u202f") if (language or terminal_language()) == "fr" else grouped


def image_count(images: int, missing: int, language: str | None = None) -> str:
    """Say how many images there are, and how many of them have no file any more."""
    code = language or terminal_language()
    text = translate("frame.image_count", code, count=images, shown=number(images, code))
    if not missing:
        return text
    of_them = translate("frame.of_them_missing", code, count=missing, shown=number(missing, code))
    return f"{text}, {of_them}"


def file_size(count: int, language: str | None = None) -> str:
    """Write a number of bytes as people read it: ``312 bytes``, ``37 kB``, ``1.2 MB``."""
    code = language or terminal_language()
    for unit, least in (("gigabytes", 1e9), ("megabytes", 1e6)):
        if count >= least:
            amount = f"{count / least:.1f}" if count < 100 * least else number(count / least, code)
            amount = amount.removesuffix(".0")
            shown = amount.replace(".", ",") if code == "fr" else amount
            return translate(f"frame.{unit}", code, amount=shown)
    if count < 1_000:
        return translate("frame.bytes", code, amount=number(count, code))
    return translate("frame.kilobytes", code, amount=number(count / 1_000, code))
