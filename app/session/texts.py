"""The texts that a component says by itself, a section of the catalogue at a time.

Not here: the catalogue (``panoptic_data.messages``), single texts (``session.state.text``).
"""

from __future__ import annotations

from functools import cache

from app.session import state
from panoptic_data.messages import keys

__all__ = ["section_texts"]


def section_texts(section: str, *prefixes: str) -> dict[str, str]:
    """Return the texts of a section by their names, in this session's language.

    Only names that begin with one of ``prefixes`` are meant, all names where there is none. The
    prefix ``ui_`` is left out of the names.
    """
    return {
        name.removeprefix("ui_"): state.text(f"{section}.{name}")
        for name in _names(section, prefixes)
    }


@cache
def _names(section: str, prefixes: tuple[str, ...]) -> list[str]:
    names = (key.partition(".")[2] for key in keys("en") if key.startswith(f"{section}."))
    return sorted(name for name in names if name.startswith(prefixes or ("",)))
