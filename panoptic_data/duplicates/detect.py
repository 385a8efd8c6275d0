"""Detect groups of identical, nearly identical and similar images.

Exact: files with the same bytes. Near: edits of one picture, found by perceptual hash and
confirmed by fingerprint. Semantic: images whose vectors under an encoder are very similar. Groups
are stars, not chains: each has a centre, and every member is a pair with the centre.

Not here: perceptual hashes (``media.hashes``), pairs of them (``hamming``), comparing two pictures
(``media.fingerprints``), the neighbours among which similar images are found
(``vectors.neighbours``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.duplicates import hamming
from panoptic_data.ingest.links import distinct_files
from panoptic_data.media import fingerprints
from panoptic_data.provenance.stages import ReportProgress, StageResult, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors import neighbours

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = ["RADIUS", "SIMILARITY", "update"]

Positions = npt.NDArray[np.int64]

RADIUS = 10
"""Bits of 64 by which the DCT hashes of two edits of a picture may differ."""

SIMILARITY: Mapping[str, float] = {"clip": 0.95, "timm": 0.92, "visual": 0.98}
"""Cosine from which two images count as similar, by family of encoder; measured."""

# With more neighbours within the radius, on average, the hash does not distinguish the images, and
# a smaller radius is used.
MAX_MEAN_NEIGHBOURS = 64
# Different pictures of one hash that are compared: with more of them the hash means nothing.
MAX_PICTURES_OF_HASH = 32
THUMBNAILS_AT_ONCE = 1_000
PAIRS_AT_ONCE = 4_096
THREADS = 4


def update(
    project: Project,
    run: str,
    slugs: Sequence[str],
    report: ReportProgress = ignore_progress,
    radius: int = RADIUS,
    similarity: Mapping[str, float] = SIMILARITY,
) -> StageResult:
    """Detect all groups again and write the members that changed.

    ``radius`` is in bits, ``similarity`` a cosine by slug or by family of encoder. A group's name
    is its kind and its smallest sha1.
    """
    began = time.monotonic()
    database = project.database()
    # Missing files are left out: there is nothing of them to keep or to discard.
    files = database.frame("files", ["file_id", "sha1"], "status = 'ok'")
    near, used = _near(database, files, radius, report)
    # A file that has several paths is no copy of itself.
    parts = [_exact(distinct_files(project, files)), near]
    for slug in slugs:
        threshold = similarity.get(slug, similarity.get(slug.partition("-")[0], 1.0))
        parts.append(_semantic(project, slug, files, threshold))
    rows = pl.concat(parts).sort("member")
    changes = sync_table(database, "duplicates", rows.to_arrow(), run)
    groups = rows.group_by("kind").agg(pl.col("group").n_unique()).sort("kind")
    return StageResult(
        **vars(changes),
        seconds=time.monotonic() - began,
        parameters={"radius": radius, "similarity": dict(similarity)},
        extra={"groups": dict(groups.iter_rows()), "radius_used": used},
    )


def _exact(files: pl.DataFrame) -> pl.DataFrame:
    copies = files.filter(pl.len().over("sha1") > 1)
    return copies.select(
        member=pl.format("exact:{}/{}", "sha1", "file_id"),
        group=pl.format("exact:{}", "sha1"),
        kind=pl.lit("exact"),
        sha1="sha1",
        file_id="file_id",
        distance=pl.lit(0.0, pl.Float32),
    )


def _near(
    database: Database, files: pl.DataFrame, radius: int, report: ReportProgress
) -> tuple[pl.DataFrame, int]:
    """Return the rows of near groups, and the radius that was used."""
    images = database.frame("images", ["sha1", "phash"])
    images = images.join(files, on="sha1", how="semi").sort("sha1")
    hashes, bucket = np.unique(images["phash"].to_numpy(), return_inverse=True)
    while radius and hamming.mean_neighbours(hashes, radius) > MAX_MEAN_NEIGHBOURS:
        # A DCT hash has as many ones as zeros, so that distances are even.
        radius -= 2
    left, right = hamming.pairs(hashes, radius)
    has_pair = np.bincount(bucket) > 1
    has_pair[np.concatenate([left, right])] = True
    candidates = images.filter(pl.Series(has_pair[bucket]))
    prints = _fingerprints(database, candidates["sha1"].to_list(), report)
    bucket = bucket[has_pair[bucket]]
    leader_of = _leaders(bucket, prints)
    pairs = _confirmed(prints, *_leader_pairs(leader_of, bucket, left, right))
    centres = _star_centres(len(leader_of), *pairs)
    # An image with the hash and picture of a leader is in the leader's group.
    centres = np.where(centres[leader_of] < 0, leader_of, centres[leader_of])
    return _near_rows(candidates.with_columns(centre=centres)), radius


def _fingerprints(
    database: Database, sha1s: list[str], report: ReportProgress
) -> npt.NDArray[np.int8]:
    prints = np.zeros((len(sha1s), *fingerprints.FINGERPRINT_SHAPE), np.int8)
    with ThreadPoolExecutor(THREADS) as threads:
        for start in range(0, len(sha1s), THUMBNAILS_AT_ONCE):
            block = sha1s[start : start + THUMBNAILS_AT_ONCE]
            rows = database.take("images", block, ["sha1", "thumbnail"]).sort_by("sha1")
            computed = threads.map(fingerprints.fingerprint, rows["thumbnail"].to_pylist())
            prints[start : start + len(block)] = list(computed)
            report("duplicates", start + len(block), len(sha1s))
    return prints


def _leaders(bucket: Positions, prints: npt.NDArray[np.int8]) -> Positions:
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


def _leader_pairs(
    leader_of: Positions, bucket: Positions, left: Positions, right: Positions
) -> tuple[Positions, Positions]:
    """Return pairs of leaders whose hashes are the pairs ``left``, ``right`` of buckets."""
    leaders = np.flatnonzero(leader_of == np.arange(len(leader_of)))
    leaders = leaders[np.argsort(bucket[leaders], kind="stable")]
    owner = bucket[leaders]
    first = np.searchsorted(owner, left), np.searchsorted(owner, right)
    counts = [
        np.minimum(np.searchsorted(owner, side, side="right") - start, MAX_PICTURES_OF_HASH)
        for side, start in zip((left, right), first, strict=True)
    ]
    sizes = counts[0] * counts[1]
    pair = np.repeat(np.arange(len(left)), sizes)
    offsets = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    left_offset, right_offset = np.divmod(offsets, np.maximum(1, counts[1][pair]))
    return leaders[first[0][pair] + left_offset], leaders[first[1][pair] + right_offset]


def _confirmed(
    prints: npt.NDArray[np.int8], left: Positions, right: Positions
) -> tuple[Positions, Positions]:
    same = _is_same_picture(prints, left, right)
    return left[same], right[same]


def _is_same_picture(
    prints: npt.NDArray[np.int8], left: Positions, right: Positions
) -> npt.NDArray[np.bool_]:
    same = np.zeros(len(left), bool)
    for start in range(0, len(left), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        same[block] = fingerprints.same_picture(prints[left[block]], prints[right[block]])
    return same


def _star_centres(count: int, left: Positions, right: Positions) -> Positions:
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
    return _grouped(distances, "near")


def _nearest_bits(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Return the distance in bits of each hash to the nearest other one; 0 for a single hash."""
    if len(hashes) < 2:
        return np.zeros(len(hashes))
    return np.array(
        [np.partition(np.bitwise_count(hashes ^ query), 1)[1] for query in hashes], np.float64
    )


def _semantic(project: Project, slug: str, files: pl.DataFrame, threshold: float) -> pl.DataFrame:
    graph = neighbours.read(project, slug)
    left, rank = np.nonzero(graph.lists.similarities >= threshold)
    right = graph.lists.ids[left, rank].astype(np.int64)
    distances = 1 - graph.lists.similarities[left, rank].astype(np.float64)
    has_file = pl.Series(graph.sha1s, dtype=pl.String).is_in(files["sha1"].implode()).to_numpy()
    present = (right >= 0) & has_file[left] & has_file[right]
    left, right, distances = left[present], right[present], distances[present]
    codes = np.minimum(left, right) * len(graph.sha1s) + np.maximum(left, right)
    centres = _star_centres(
        len(graph.sha1s), *np.divmod(np.unique(codes), max(1, len(graph.sha1s)))
    )
    is_same_group = centres[left] == centres[right]
    distance = np.full(len(centres), np.inf)
    for side in (left, right):
        np.minimum.at(distance, side[is_same_group], distances[is_same_group])
    members = pl.DataFrame(
        {"sha1": graph.sha1s, "centre": centres, "distance": np.maximum(distance, 0)},
        schema={"sha1": pl.String, "centre": pl.Int64, "distance": pl.Float64},
    )
    return _grouped(members.filter(pl.col("centre") >= 0), f"semantic:{slug}")


def _grouped(members: pl.DataFrame, kind: str) -> pl.DataFrame:
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
