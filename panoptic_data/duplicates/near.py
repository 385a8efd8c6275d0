"""Groups of edits of one picture, from the pairs of images that are one picture: pure.

Groups are stars, not chains: each has a centre, and every member is a pair with the centre.
Not here: which pairs these are (``verdicts``, ``added_near``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.duplicates.same_picture import reversed_edits
from panoptic_data.media.alignment import inverse

__all__ = ["grouped", "near_groups", "star_centres"]

Positions = npt.NDArray[np.int64]

_EDITS = pl.List(pl.String)
_MATRIX = pl.List(pl.Float32)


def near_groups(images: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the groups that pairs make among ``images`` (sha1, phash; sorted by sha1).

    ``pairs`` has positions ``a`` < ``b``, and ``edits`` and ``matrix`` of the latter beside the
    former.
    """
    centres = star_centres(images.height, pairs["a"].to_numpy(), pairs["b"].to_numpy())
    members = images.with_row_index("at").with_columns(centre=centres).filter(pl.col("centre") >= 0)
    at = members.select(pl.col("at").cast(pl.Int64))
    shown = at.join(_beside_centre(pairs, centres), on="at", how="left", maintain_order="left")
    return grouped(_with_distances(members), "near").with_columns(
        centre=images["sha1"].gather(members["centre"]),
        edits=shown["edits"],
        matrix=shown["matrix"],
    )


def star_centres(count: int, left: Positions, right: Positions) -> Positions:
    """Return the index of each image's centre: its own for a centre, -1 where it has no group.

    The image with most pairs becomes a centre and takes all its partners; then the next of those
    that remain. So no group is a chain whose ends have nothing in common.
    """
    sources = np.concatenate([left, right])
    targets = np.concatenate([right, left])[np.argsort(sources, kind="stable")]
    degrees = np.bincount(sources, minlength=count)
    starts = np.concatenate([[0], np.cumsum(degrees)])
    centres = np.full(count, -1, np.int64)
    for image in np.argsort(-degrees, kind="stable")[: np.count_nonzero(degrees)]:
        if centres[image] >= 0:
            continue
        partners = targets[starts[image] : starts[image + 1]]
        partners = partners[centres[partners] < 0]
        if len(partners):
            centres[partners] = centres[image] = image
    return centres


def grouped(members: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Name the groups of (sha1, centre, distance) by their smallest sha1."""
    named = members.with_columns(
        group=pl.format("{}:{}", pl.lit(kind), pl.col("sha1").min().over("centre"))
    )
    return named.select(
        member=pl.format("{}/{}", "group", "sha1"),
        group="group",
        kind=pl.lit(kind),
        sha1="sha1",
        file_id=pl.lit(None, pl.String),
        distance=pl.col("distance").cast(pl.Float32),
        centre=pl.lit(None, pl.String),
        edits=pl.lit(None, _EDITS),
        matrix=pl.lit(None, _MATRIX),
    )


def _beside_centre(pairs: pl.DataFrame, centres: Positions) -> pl.DataFrame:
    """Return what each member is beside its centre: at, edits, matrix (from it to the centre)."""
    sides = [
        pairs.select("edits", "matrix", at=member, centre=pl.Series(centres[pairs[member]]))
        .filter(centres[pairs[member]] == pairs[other].to_numpy())
        .with_columns(is_right=pl.lit(member == "b"))
        for member, other in (("b", "a"), ("a", "b"))
    ]
    rows = []
    for row in pl.concat(sides).iter_rows(named=True):
        edits, matrix = tuple(row["edits"]), row["matrix"]
        if not row["is_right"]:
            edits = reversed_edits(edits)
            turned = inverse(np.array(matrix).reshape(2, 3)).ravel()
            matrix = np.round(turned, 4).tolist()
        rows.append((row["at"], list(edits), matrix))
    schema = pl.Schema({"at": pl.Int64(), "edits": _EDITS, "matrix": _MATRIX})
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_distances(members: pl.DataFrame) -> pl.DataFrame:
    """Return members (sha1, centre, distance): in bits, to the nearest hash of another member."""
    copies = pl.len().over("centre", "phash") > 1
    bits = [
        pl.DataFrame({"centre": centre, "phash": hashes, "bits": _nearest_bits(hashes.to_numpy())})
        for (centre,), group in members.group_by("centre", maintain_order=True)
        for hashes in [group["phash"].unique(maintain_order=True)]
    ]
    nearest = pl.concat(bits) if bits else members.select("centre", "phash", bits=pl.lit(0.0))
    joined = members.join(nearest, on=["centre", "phash"], how="left", maintain_order="left")
    return joined.select("sha1", "centre", distance=pl.when(copies).then(0.0).otherwise("bits"))


def _nearest_bits(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Return the distance in bits of each hash to the nearest other one; 0 for a single hash."""
    if len(hashes) < 2:
        return np.zeros(len(hashes))
    return np.array(
        [np.partition(np.bitwise_count(hashes ^ query), 1)[1] for query in hashes], np.float64
    )
