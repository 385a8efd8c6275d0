"""The names of the texts that pictures hold of themselves. Imports nothing, for it is read often.

Not here: reading them (``description``).
"""

from __future__ import annotations

__all__ = ["KEYWORDS", "KEYWORD_SEPARATOR", "TEXTS"]

TEXTS = ("title", "headline", "caption", "creator", "credit", "rights", "location")
"""Each a column of the table ``images`` and a field of views."""
KEYWORDS = "keywords"
KEYWORD_SEPARATOR = "|"
"""Between a keyword and those above it."""
