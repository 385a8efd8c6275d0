"""Read which images share a part with which, where it is on both, and the groups that this makes.

Not here: finding it out (``detect``), a rectangle that a person draws (``find``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from panoptic_data.storage.sql import literal

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "GROUPS",
    "PAIRS",
    "STAGE",
    "PartMember",
    "SharedPart",
    "groups",
    "is_made",
    "members_of",
    "parts_of_image",
]

STAGE = "shared_parts"
PAIRS, GROUPS = "shared_parts", "part_groups"

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class SharedPart:
    """A part that an image shares with another one, seen from the former.

    ``other`` is the other's sha1. ``outline`` and ``other_outline`` are the corners of a convex
    polygon around the part, x and y in fractions of each picture's width and height. ``matrix``
    is six numbers, 2 × 3, row by row, that lead from the other picture to this one in fractions;
    its determinant is negative where one is the mirror image. ``inliers`` are the points that
    agree, ``sureness`` is from 0 to 1. ``group`` names the group that the pair is in, None for
    a pair that is in none.
    """

    other: str
    outline: Outline
    other_outline: Outline
    matrix: tuple[float, ...]
    inliers: int
    sureness: float
    group: str | None


@dataclass(frozen=True)
class PartMember:
    """An image of a group, and where the part is on it.

    ``outline`` as of :class:`SharedPart`. ``is_hub``: every other member shares the part with this
    one. ``inliers`` and ``sureness`` are of the pair with the hub, of the hub those of its surest.
    """

    sha1: str
    outline: Outline
    is_hub: bool
    inliers: int
    sureness: float


def is_made(project: Project) -> bool:
    """Whether shared parts were looked for to the end, if only in an earlier state of the corpus.

    Without, that an image shares no part means nothing.
    """
    rows = project.database().take("stages", [STAGE], ["code_version"]).to_pylist()
    return bool(rows and rows[0]["code_version"])


def parts_of_image(project: Project, sha1: str) -> list[SharedPart]:
    """Return the parts that an image shares with others, the surest first."""
    name = literal(sha1)
    rows = project.database().frame(PAIRS, where=f"left = {name} OR right = {name}")
    parts = [_seen_from(row, sha1) for row in rows.to_dicts()]
    return sorted(parts, key=lambda part: (-part.sureness, -part.inliers, part.other))


def groups(project: Project) -> pl.DataFrame:
    """Return the groups of images that share one part, the largest first.

    Columns: group (its stable name), hub (sha1), images (how many, at least 2), sureness (0 to 1,
    that of the least sure member), inliers (of all members).
    """
    rows = project.database().frame(GROUPS, ["group", "sha1", "hub", "sureness", "inliers"])
    partners = rows.filter(pl.col("sha1") != pl.col("hub"))
    return (
        partners.group_by("group")
        .agg(
            pl.col("hub").first(),
            (pl.len() + 1).cast(pl.Int64).alias("images"),
            pl.col("sureness").min(),
            pl.col("inliers").sum().cast(pl.Int64),
        )
        .sort(["images", "sureness", "group"], descending=[True, True, False])
    )


def members_of(project: Project, group: str) -> list[PartMember]:
    """Return the images of a group, the hub first, then the surest; empty where there is none."""
    rows = project.database().frame(GROUPS, where=f"`group` = {literal(group)}")
    members = [
        PartMember(
            row["sha1"],
            outline_of(row["outline"]),
            row["sha1"] == row["hub"],
            int(row["inliers"]),
            float(row["sureness"]),
        )
        for row in rows.to_dicts()
    ]
    return sorted(members, key=lambda it: (not it.is_hub, -it.sureness, -it.inliers, it.sha1))


def outline_of(numbers: list[float]) -> Outline:
    """Return the corners of an outline, which is stored as all x and y in turn."""
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _seen_from(row: Mapping[str, Any], sha1: str) -> SharedPart:
    """Return a stored pair, in which the matrix leads from the right to the left picture."""
    ours, theirs = outline_of(row["left_outline"]), outline_of(row["right_outline"])
    matrix, other = row["matrix"], row["right"]
    if sha1 == other:
        ours, theirs, other = theirs, ours, row["left"]
        turned = np.linalg.inv(np.vstack([np.reshape(matrix, (2, 3)), (0, 0, 1)]))
        matrix = turned[:2].ravel().tolist()
    return SharedPart(
        other, ours, theirs, tuple(matrix), int(row["inliers"]), float(row["sureness"]),
        row["group"],
    )  # fmt: skip
