"""Groups of edits of one picture: found by perceptual hash, confirmed by fingerprint.

Groups are stars, not chains: each has a centre, and every member is a pair with the centre.
Not here: perceptual hashes (``media.hashes``), pairs of them (``hamming``), comparing two pictures
(``media.fingerprints``), carrying groups forward by what is new (``added_near``).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.duplicates import hamming
from panoptic_data.media import fingerprints

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = [
    "all_groups",
    "fingerprints_of",
    "group_rows",
    "grouped",
    "leader_pairs",
    "leaders",
    "star_centres",
    "usable_radius",
]

Positions = npt.NDArray[np.int64]

# With more neighbours within the radius, on average, the hash does not distinguish the images, and
# a smaller radius is used.
MAX_MEAN_NEIGHBOURS = 64
# Different pictures of one hash that are compared: with more of them the hash means nothing.
MAX_PICTURES_OF_HASH = 32
THUMBNAILS_AT_ONCE = 1_000
PAIRS_AT_ONCE = 4_096
THREADS = 4

Progress = Callable[[int, int], None]


def usable_radius(hashes: npt.NDArray[np.uint64], radius: int) -> int:
    """Return the radius to use, in bits: smaller where the hash hardly tells images apart."""
    while radius and hamming.mean_neighbours(hashes, radius) > MAX_MEAN_NEIGHBOURS:
        # A DCT hash has as many ones as zeros, so that distances are even.
        radius -= 2
    return radius


def all_groups(
    database: Database, images: pl.DataFrame, radius: int, report: Progress
) -> pl.DataFrame:
    """Return the rows of all near groups of ``images`` (sha1, phash; sorted by sha1)."""
    hashes, bucket = np.unique(images["phash"].to_numpy(), return_inverse=True)
    left, right = hamming.pairs(hashes, radius)
    has_pair = np.bincount(bucket) > 1
    has_pair[np.concatenate([left, right])] = True
    candidates = images.filter(pl.Series(has_pair[bucket]))
    prints = fingerprints_of(database, candidates["sha1"].to_list(), report)
    bucket = bucket[has_pair[bucket]]
    leader_of = leaders(bucket, prints)
    pairs = leader_pairs(leader_of, bucket, prints, left, right)
    return group_rows(candidates, leader_of, *pairs)


def group_rows(
    images: pl.DataFrame, leader_of: Positions, left: Positions, right: Positions
) -> pl.DataFrame:
    """Return the rows of the groups that pairs of leaders make among ``images``, sorted by sha1."""
    centres = star_centres(len(leader_of), left, right)
    # An image with the hash and picture of a leader is in the leader's group.
    centres = np.where(centres[leader_of] < 0, leader_of, centres[leader_of])
    return _near_rows(images.with_columns(centre=centres))


def fingerprints_of(database: Database, sha1s: list[str], report: Progress) -> npt.NDArray[np.int8]:
    """Return the fingerprints of images, sorted by sha1. Raises KeyError for an unknown one."""
    prints = np.zeros((len(sha1s), *fingerprints.FINGERPRINT_SHAPE), np.int8)
    with ThreadPoolExecutor(THREADS) as threads:
        for start in range(0, len(sha1s), THUMBNAILS_AT_ONCE):
            block = sha1s[start : start + THUMBNAILS_AT_ONCE]
            rows = database.take("images", block, ["sha1", "thumbnail"]).sort_by("sha1")
            if rows.num_rows < len(block):
                raise KeyError(f"{len(block) - rows.num_rows} images have no thumbnail")
            computed = threads.map(fingerprints.fingerprint, rows["thumbnail"].to_pylist())
            prints[start : start + len(block)] = list(computed)
            report(start + len(block), len(sha1s))
    return prints


def leaders(bucket: Positions, prints: npt.NDArray[np.int8]) -> Positions:
    """Return for each image the first image with its hash that is the same picture."""
    leader_of = np.arange(len(bucket))
    order = np.argsort(bucket, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(bucket[order])) + 1):
        rest = members
        for _ in range(MAX_PICTURES_OF_HASH):
            if len(rest) < 2:
                break
            same = _is_same_picture(prints, np.repeat(rest[:1], len(rest) - 1), rest[1:])
            leader_of[rest[1:][same]] = rest[0]
            rest = rest[1:][~same]
    return leader_of


def leader_pairs(
    leader_of: Positions,
    bucket: Positions,
    prints: npt.NDArray[np.int8],
    left: Positions,
    right: Positions,
) -> tuple[Positions, Positions]:
    """Return pairs of leaders of one picture, whose buckets are the pairs ``left``, ``right``."""
    own = np.flatnonzero(leader_of == np.arange(len(leader_of)))
    own = own[np.argsort(bucket[own], kind="stable")]
    owner = bucket[own]
    first = np.searchsorted(owner, left), np.searchsorted(owner, right)
    counts = [
        np.minimum(np.searchsorted(owner, side, side="right") - start, MAX_PICTURES_OF_HASH)
        for side, start in zip((left, right), first, strict=True)
    ]
    sizes = counts[0] * counts[1]
    pair = np.repeat(np.arange(len(left)), sizes)
    offsets = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    left_offset, right_offset = np.divmod(offsets, np.maximum(1, counts[1][pair]))
    pairs = own[first[0][pair] + left_offset], own[first[1][pair] + right_offset]
    same = _is_same_picture(prints, *pairs)
    return pairs[0][same], pairs[1][same]


def _is_same_picture(
    prints: npt.NDArray[np.int8], left: Positions, right: Positions
) -> npt.NDArray[np.bool_]:
    same = np.zeros(len(left), bool)
    for start in range(0, len(left), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        same[block] = fingerprints.same_picture(prints[left[block]], prints[right[block]])
    return same


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


def _near_rows(members: pl.DataFrame) -> pl.DataFrame:
    members = members.filter(pl.len().over("centre") > 1)
    copies = pl.len().over("centre", "phash") > 1
    bits = [
        pl.DataFrame({"centre": centre, "phash": hashes, "bits": _nearest_bits(hashes.to_numpy())})
        for (centre,), group in members.group_by("centre", maintain_order=True)
        for hashes in [group["phash"].unique(maintain_order=True)]
    ]
    nearest = pl.concat(bits) if bits else members.select("centre", "phash", bits=pl.lit(0.0))
    joined = members.join(nearest, on=["centre", "phash"], how="left", maintain_order="left")
    distances = joined.select(
        "sha1", "centre", distance=pl.when(copies).then(0.0).otherwise("bits")
    )
    return grouped(distances, "near")


def _nearest_bits(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Return the distance in bits of each hash to the nearest other one; 0 for a single hash."""
    if len(hashes) < 2:
        return np.zeros(len(hashes))
    return np.array(
        [np.partition(np.bitwise_count(hashes ^ query), 1)[1] for query in hashes], np.float64
    )


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
    )
