"""Whether words that are searched for are plainly not English, which most encoders read alone.

A guess by letters and by the small words of some languages, for a hint and nothing else.
"""

from __future__ import annotations

import re

__all__ = ["is_not_english"]

# Small words of French, German, Spanish, Italian, Portuguese and Dutch that are no English words.
_SMALL_WORDS = frozenset(
    """
    le la les une des du aux et est avec sans sous dans sur pour qui que cette ces ses leurs chez
    der das dem den ein eine einer und mit ohne auf von zum zur ist nicht bei unter
    el los las una unos con sin sobre y del al para por
    il lo gli uno di della delle degli nel nella senza
    o os um uma uns umas e do dos da das com sem em na no nas nos
    het een van voor met zonder op zijn bij
    """.split()  # noqa: SIM905
) - {"no", "do", "met", "van", "o", "e", "y", "al", "sin", "den"}
_WORD = re.compile(r"[^\W\d_]+")


def is_not_english(text: str) -> bool:
    """Whether a text has letters that English has not, or small words of another language."""
    words = _WORD.findall(text.casefold())
    return any(not word.isascii() or word in _SMALL_WORDS for word in words)
