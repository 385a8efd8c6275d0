"""Who is at work on the project, and the name of the person at this browser.

Not here: what the name is good for (``app.services.identity``), what people did
(``components.history``).
"""

from __future__ import annotations

from collections.abc import Mapping

from app.components.assets import component

__all__ = ["people"]


def people(
    *, language: str, cookie: str, longest: int, texts: Mapping[str, str], key: str = "people"
) -> None:
    """Show who is at work; ``cookie`` is where the browser keeps the name given here."""
    data = {"language": language, "cookie": cookie, "longest": longest, "texts": dict(texts)}
    component("people")(key=key, data=data)
