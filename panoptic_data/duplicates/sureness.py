"""How sure it is that the images of groups show one picture, where many are merged at once.

Of alike images by how far they are within the limit: that of their corpus, and of the images
around each of them (``vectors.spread``). Not here: finding groups (``detect``), what merging them
does (``review``, ``merge``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl
from cachetools import LRUCache

from panoptic_data.duplicates.altered import LESS_SURE_BITS
from panoptic_data.storage.schema import table_name

if TYPE_CHECKING:
    from panoptic_data.duplicates.review import OpenGroups
    from panoptic_data.storage.project import Project

__all__ = ["LEVELS", "limits", "sureness"]

LEVELS = ("compared", "high", "edited", "medium", "low")
"""Surest first; ``compared``: the pixels were, which was right wherever it was measured;
``edited``: they were, and some differ in colours or show less than others."""

# Parts of the limit up to which images are within it.
_HIGH, _MEDIUM = 1 / 3, 2 / 3
# Distances are stored in single precision.
_ROUNDING = 1e-6
_KIND = "semantic:"
_lock = threading.Lock()
# What images allow, by project, encoder and version of its neighbours: 60 MB for a million.
_own: LRUCache[tuple[str, str, int], pl.DataFrame] = LRUCache(2)


def limits(project: Project) -> dict[str, float]:
    """Return by kind the distance (1 - cosine) from which images are no longer alike.

    As recorded when the groups were made; a kind that is not recorded is left out.
    """
    rows = project.database().take("stages", ["duplicates"]).to_pylist()
    parameters = json.loads(rows[0]["parameters"] or "{}") if rows else {}
    similarity = parameters.get("similarity") or {}
    return {f"{_KIND}{slug}": 1 - float(least) for slug, least in similarity.items()}


def sureness(project: Project, groups: OpenGroups, distances: Sequence[float]) -> list[str | None]:
    """Return how sure all groups within each of some distances are: the least sure, of ``LEVELS``.

    None where the limit is not known.
    """
    if not groups.kind.startswith(_KIND):
        return ["compared" if most < LESS_SURE_BITS else "edited" for most in distances]
    limit = limits(project).get(groups.kind)
    if limit is None or not distances:
        return [None] * len(distances)
    parts = _parts(project, groups, limit)
    return [_level(parts.filter(pl.col("distance") <= most)["part"].max()) for most in distances]


def _parts(project: Project, groups: OpenGroups, limit: float) -> pl.DataFrame:
    """Return of each group its distance, and which part that is of what its images allow."""
    members = groups.frame.select(
        "group", "distance", sha1=pl.concat_list(pl.concat_list("keeper"), "others")
    ).explode("sha1")
    own = _allowed(project, groups.kind.removeprefix(_KIND))
    allowed = (
        members.join(own, on="sha1", how="left")
        .group_by("group", "distance")
        .agg(most=pl.min_horizontal(pl.col("most").min(), pl.lit(limit)).first())
    )
    part = pl.col("distance") / pl.max_horizontal(pl.col("most"), pl.lit(_ROUNDING))
    return allowed.select("distance", part=part)


def _allowed(project: Project, slug: str) -> pl.DataFrame:
    # lancedb and what is around it is there by now; a page that merges nothing needs none of it.
    from panoptic_data.vectors import spread

    database = project.database()
    key = (database.uri, slug, database.version(table_name("neighbours", slug)))
    with _lock:
        known = _own.get(key)
    if known is None:
        known = spread.limit(project, slug, 0.0).own
        with _lock:
            _own[key] = known
    return known


def _level(part: object) -> str | None:
    if not isinstance(part, float):
        return None
    if part <= _HIGH + _ROUNDING:
        return "high"
    return "medium" if part <= _MEDIUM + _ROUNDING else "low"
