"""What a map draws: points with their group, a stable sample of many, their density.

Here: choosing and counting on the catalogue's arrays, and the bytes that a browser reads. Not
here: making the coordinates (``vectors.projection``), drawing (the app).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue.execute import run_view

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = ["COLOURINGS", "Group", "MapPoints", "encode", "legend", "picture"]

COLOURINGS = ("cluster", "folder")
# What WebGL draws without a pause on a laptop, as a scatter with a point each.
DRAWN_AT_MOST = 50_000
# Of a sample, so much may go to what lies outside the view and is only context.
CONTEXT = 0.2
DENSITY_SIDE = 512
# Beyond this many groups a legend is no legend.
GROUPS_AT_MOST = 200
NO_GROUP = -1


@dataclass(frozen=True)
class Group:
    """One line of the legend. ``exemplar`` is a sha1; ``value`` is what a condition takes."""

    number: int
    value: int | str
    count: int
    exemplar: str | None


@dataclass(frozen=True)
class MapPoints:
    """Points to draw, in no order that means anything.

    ``x``, ``y`` (n,) float32; ``group`` (n,) int16, -1 in no group; ``shown`` (n,) bool, inside
    the view; ``sha1s`` n texts. ``total`` and ``inside`` count all placed images, drawn or not.
    ``density`` is None, or (2, side, side) uint8, row 0 at the bottom: all images and those
    inside the view, on a logarithmic scale over ``extent`` (left, right, bottom, top).
    """

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    group: npt.NDArray[np.int16]
    shown: npt.NDArray[np.bool_]
    sha1s: list[str]
    total: int
    inside: int
    extent: tuple[float, float, float, float]
    density: npt.NDArray[np.uint8] | None


def picture(
    catalogue: Catalogue, encoder: str, view: View, colouring: str = "cluster"
) -> MapPoints | None:
    """Choose what to draw of a projection under a view; None before there is a projection."""
    projection = catalogue.projection(encoder)
    if projection is None:
        return None
    inside = np.zeros(len(catalogue), dtype=bool)
    inside[run_view(catalogue, view).rows] = True
    placed = np.flatnonzero(projection.placed)
    drawn = _sample(catalogue, placed, inside)
    group, _ = _groups(catalogue, encoder, colouring)
    x, y = projection.x[placed], projection.y[placed]
    is_all = len(drawn) == len(placed)
    return MapPoints(
        x=projection.x[drawn],
        y=projection.y[drawn],
        group=group[drawn],
        shown=inside[drawn],
        sha1s=catalogue.sha1s(drawn.astype(np.uint32)),
        total=len(placed),
        inside=int(inside[placed].sum()),
        extent=_extent(x, y),
        density=None if is_all else _densities(x, y, inside[placed]),
    )


def legend(
    catalogue: Catalogue, encoder: str, view: View, colouring: str = "cluster"
) -> list[Group]:
    """Return the groups of a colouring with their counts under a view, largest first.

    A view's own condition on what is coloured by does not count: the legend is where it is
    changed.
    """
    group, values = _groups(catalogue, encoder, colouring)
    field = "cluster" if colouring == "cluster" else "folder"
    result = run_view(catalogue, view.without(field))
    counts = np.bincount(group[result.rows][group[result.rows] >= 0], minlength=len(values))
    exemplars = _exemplars(catalogue, encoder) if colouring == "cluster" else {}
    groups = [
        Group(number, value, int(counts[number]), exemplars.get(value))
        for number, value in enumerate(values)
    ]
    return sorted(groups, key=lambda it: (-it.count, it.number))[:GROUPS_AT_MOST]


def encode(drawn: MapPoints) -> bytes:
    """Return a picture as bytes: length of a JSON header (uint32), header, arrays.

    All little-endian: x, y (float32), sha1s (20 bytes each), density (uint8), group (int16),
    shown (uint8). The header, padded to 4 bytes, says the number of points and the rest.
    """
    header = json.dumps(
        {
            "points": len(drawn.x),
            "total": drawn.total,
            "inside": drawn.inside,
            "extent": drawn.extent,
            "side": 0 if drawn.density is None else DENSITY_SIDE,
        }
    ).encode()
    header += b" " * (-len(header) % 4)
    parts = (
        np.uint32(len(header)).astype("<u4").tobytes(),
        header,
        drawn.x.astype("<f4").tobytes(),
        drawn.y.astype("<f4").tobytes(),
        bytes.fromhex("".join(drawn.sha1s)),
        b"" if drawn.density is None else drawn.density.tobytes(),
        drawn.group.astype("<i2").tobytes(),
        drawn.shown.astype("u1").tobytes(),
    )
    return b"".join(parts)


def _sample(
    catalogue: Catalogue, placed: npt.NDArray[np.intp], inside: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Take the images with the smallest sha1s: a draw by lot that new images barely change."""
    if len(placed) <= DRAWN_AT_MOST:
        return placed
    _, by_sha1 = catalogue.corpus.by_sha1
    is_placed = np.zeros(len(catalogue), dtype=bool)
    is_placed[placed] = True
    by_lot = by_sha1[is_placed[by_sha1]]
    within, without = by_lot[inside[by_lot]], by_lot[~inside[by_lot]]
    context = max(int(DRAWN_AT_MOST * CONTEXT), DRAWN_AT_MOST - len(within))
    without = without[:context]
    return np.concatenate([within[: DRAWN_AT_MOST - len(without)], without]).astype(np.intp)


def _groups(
    catalogue: Catalogue, encoder: str, colouring: str
) -> tuple[npt.NDArray[np.int16], list[Any]]:
    """Return each row's group number, and what each number stands for."""
    if colouring == "folder":
        return _folder_groups(catalogue)
    clusters = catalogue.clusters(encoder)
    if clusters is None:
        return np.full(len(catalogue), NO_GROUP, dtype=np.int16), []
    # A cluster's number is its colour: stable, whatever else changes.
    numbers = np.where(clusters < 0, NO_GROUP, clusters).astype(np.int16)
    return numbers, list(range(int(numbers.max(initial=-1)) + 1))


def _folder_groups(catalogue: Catalogue) -> tuple[npt.NDArray[np.int16], list[str]]:
    corpus = catalogue.corpus
    depth = _distinguishing_depth(corpus.folders)
    tops = corpus.folders.str.split("/").list.head(depth).list.join("/")
    names = tops.unique().sort()
    number = tops.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int16)
    group = np.full(len(catalogue), NO_GROUP, dtype=np.int16)
    # Backwards, so that an image with copies in several folders takes the first.
    group[corpus.file_row[::-1]] = number[corpus.file_folder[::-1]]
    return group, names.to_list()


def _distinguishing_depth(folders: pl.Series) -> int:
    """Return the first depth at which folders differ, so that colours tell something."""
    parts = folders.str.split("/")
    deepest = int(parts.list.len().max() or 1)  # type: ignore[arg-type]
    for depth in range(1, deepest + 1):
        if parts.list.head(depth).list.join("/").n_unique() > 1:
            return depth
    return 1


def _exemplars(catalogue: Catalogue, encoder: str) -> dict[Any, str]:
    info = catalogue.cluster_info(encoder)
    return dict(zip(info["number"].to_list(), info["medoid"].to_list(), strict=True))


def _extent(
    x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]
) -> tuple[float, float, float, float]:
    if not len(x):
        return (0.0, 1.0, 0.0, 1.0)
    left, right, bottom, top = float(x.min()), float(x.max()), float(y.min()), float(y.max())
    # A single point, or a line, still needs a room.
    wide, high = max(right - left, 1e-3) * 0.02, max(top - bottom, 1e-3) * 0.02
    return (left - wide, right + wide, bottom - high, top + high)


def _densities(
    x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    left, right, bottom, top = _extent(x, y)
    column = ((x - left) / (right - left) * DENSITY_SIDE).astype(np.int64)
    row = ((y - bottom) / (top - bottom) * DENSITY_SIDE).astype(np.int64)
    cell = row.clip(0, DENSITY_SIDE - 1) * DENSITY_SIDE + column.clip(0, DENSITY_SIDE - 1)
    counts = [np.bincount(cells, minlength=DENSITY_SIDE**2) for cells in (cell, cell[inside])]
    most = np.log1p(max(counts[0].max(), 1))
    scaled = [(np.log1p(count) / most * 255).astype(np.uint8) for count in counts]
    return np.stack(scaled).reshape(2, DENSITY_SIDE, DENSITY_SIDE)
