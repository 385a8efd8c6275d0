"""Groups of images that share one part, from the pairs that do: pure.

On each image the outlines that overlap are one place. Groups are stars, not chains: each has a hub,
and every member shares with it what is at one place of the hub. An image with several places may be
in several groups. Not here: finding pairs (``detect``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["grouped", "name_of"]

Outline = npt.NDArray[np.float32]

# Two outlines are of one place where this share of the smaller one lies in the larger one.
SAME_PLACE = 0.5
_OUTLINES = ("left_outline", "right_outline")
_SCHEMA = pl.Schema(
    {
        "member": pl.String(),
        "group": pl.String(),
        "sha1": pl.String(),
        "hub": pl.String(),
        "outline": pl.List(pl.Float32),
        "inliers": pl.Int32(),
        "sureness": pl.Float32(),
    }
)


def grouped(pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the members of the groups that pairs make, and the group of each pair or null.

    ``pairs`` has the columns of the table ``shared_parts``, sorted by pair; the members have those
    of ``part_groups``, but for the run. A group is named by the first of its pairs, so that it
    keeps its name while others join it.
    """
    rows = pairs.to_dicts()
    ends = _places(rows)
    hubs = _hubs(ends, [int(row["inliers"]) for row in rows])
    of_hub: dict[int, list[int]] = defaultdict(list)
    for at, (left, right) in enumerate(ends):
        # Pairs of two members that are no hub say nothing new.
        hub = hubs.get(left)
        if hub is not None and hub == hubs.get(right) and hub in (left, right):
            of_hub[hub].append(at)
    names: list[str | None] = [None] * len(rows)
    members: list[dict[str, Any]] = []
    for hub, positions in of_hub.items():
        first = rows[positions[0]]
        name = name_of(first["left"], first["right"])
        sides = [("left", "right") if ends[at][0] == hub else ("right", "left") for at in positions]
        members += _members(name, [rows[at] for at in positions], sides)
        for at in positions:
            names[at] = name
    return (
        pl.DataFrame(members, schema=_SCHEMA, orient="row").sort("member"),
        pl.Series("group", names, dtype=pl.String),
    )


def name_of(left: str, right: str) -> str:
    """Return the name of a group whose first pair is of these two images."""
    return f"{left[:16]}-{right[:16]}"


def _places(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Return the number of the place that each pair has on the left and on the right image."""
    of_image: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, row in enumerate(rows):
        of_image[row["left"]].append((at, 0))
        of_image[row["right"]].append((at, 1))
    numbers: dict[tuple[int, int], int] = {}
    count = 0
    for sha1 in sorted(of_image):
        seeds: list[Outline] = []
        # The surest first: those that overlap it are of its place.
        for at, side in sorted(of_image[sha1], key=lambda it: (-rows[it[0]]["inliers"], it[0])):
            outline = _outline(rows[at][_OUTLINES[side]])
            place = next((n for n, seed in enumerate(seeds) if _overlap(outline, seed)), None)
            if place is None:
                place = len(seeds)
                seeds.append(outline)
            numbers[at, side] = count + place
        count += len(seeds)
    return [(numbers[at, 0], numbers[at, 1]) for at in range(len(rows))]


def _hubs(ends: Sequence[tuple[int, int]], inliers: Sequence[int]) -> dict[int, int]:
    """Return the hub of each place that is in a group; a hub is its own.

    The place with most pairs takes all its partners, then the next of those that remain.
    """
    partners: dict[int, list[int]] = defaultdict(list)
    strength: dict[int, int] = defaultdict(int)
    for (left, right), points in zip(ends, inliers, strict=True):
        for place, other in ((left, right), (right, left)):
            partners[place].append(other)
            strength[place] += points
    hubs: dict[int, int] = {}
    for place in sorted(partners, key=lambda it: (-len(partners[it]), -strength[it], it)):
        if place in hubs:
            continue
        free = [other for other in partners[place] if other not in hubs]
        if free:
            hubs |= dict.fromkeys([place, *free], place)
    return hubs


def _members(
    name: str, pairs: Sequence[Mapping[str, Any]], sides: Sequence[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a group, of its pairs and which side of each is the hub."""
    best = max(range(len(pairs)), key=lambda at: (pairs[at]["inliers"], -at))
    hub = pairs[best][sides[best][0]]
    yield _member(name, hub, pairs[best], sides[best][0])
    for pair, (_, side) in zip(pairs, sides, strict=True):
        yield _member(name, hub, pair, side)


def _member(name: str, hub: str, pair: Mapping[str, Any], side: str) -> dict[str, Any]:
    return {
        "member": f"{name}/{pair[side]}",
        "group": name,
        "sha1": pair[side],
        "hub": hub,
        "outline": pair[f"{side}_outline"],
        "inliers": pair["inliers"],
        "sureness": pair["sureness"],
    }


def _outline(numbers: Sequence[float]) -> Outline:
    return np.asarray(numbers, np.float32).reshape(-1, 2)


def _overlap(outline: Outline, seed: Outline) -> bool:
    import cv2

    smaller = min(cv2.contourArea(outline), cv2.contourArea(seed))
    shared, _ = cv2.intersectConvexConvex(outline, seed)
    return bool(shared >= SAME_PLACE * smaller)
