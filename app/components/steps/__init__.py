"""Undo and redo of a person's own last step, on every page, by buttons and keys.

Not here: what they do (``app.api.history``), all that was ever done (``components.history``).
"""

from __future__ import annotations

from collections.abc import Mapping

from app.components.assets import component

__all__ = ["steps"]


def steps(*, language: str, texts: Mapping[str, str], key: str = "steps") -> None:
    """Show the two buttons."""
    data = {"language": language, "texts": dict(texts)}
    component("steps", styles=("shared/ui/toast",))(key=key, data=data)
