"""How sure it is that the images of a group show one picture, where many groups are merged at once.

Of alike images by how far they are within the limit of their corpus (``vectors.spread``). Not here:
finding groups (``detect``), what merging them does (``review``, ``merge``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["LEVELS", "limits", "sureness"]

LEVELS = ("compared", "high", "medium", "low")
"""Surest first; ``compared``: the pixels were, which was right wherever it was measured."""

# Parts of the limit up to which images are within it.
_HIGH, _MEDIUM = 1 / 3, 2 / 3
# Distances are stored in single precision.
_ROUNDING = 1e-6


def limits(project: Project) -> dict[str, float]:
    """Return by kind the distance (1 - cosine) from which images are no longer alike.

    As recorded when the groups were made; a kind that is not recorded is left out.
    """
    rows = project.database().take("stages", ["duplicates"]).to_pylist()
    parameters = json.loads(rows[0]["parameters"] or "{}") if rows else {}
    similarity = parameters.get("similarity") or {}
    return {f"semantic:{slug}": 1 - float(least) for slug, least in similarity.items()}


def sureness(kind: str, distance: float, limits: dict[str, float]) -> str | None:
    """Return how sure it is, of ``LEVELS``, that images so far apart are one picture.

    None where the limit is not known.
    """
    if not kind.startswith("semantic:"):
        return "compared"
    limit = limits.get(kind)
    if limit is None:
        return None
    part = distance / limit if limit > _ROUNDING else 0.0
    if part <= _HIGH + _ROUNDING:
        return "high"
    return "medium" if part <= _MEDIUM + _ROUNDING else "low"
