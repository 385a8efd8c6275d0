"""Groups of the same, of nearly the same and of alike images.

Not here: hashes (``hashes``), pairs of them (``hamming``), looking at two pictures
(``sketches``), the neighbours that alike images are found among (``neighbours``).

Exact: files of the same bytes. Near: edits of one picture, found by perceptual hash and
confirmed by looking. Semantic: images whose vectors under an encoder are very similar.
Groups do not chain: each has a centre, and every member is a pair with the centre.
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
"""Cosine from which two images count as alike, by family of encoder; measured."""

# Where images have more others than this within the radius, on average, the hash does not tell
# them apart at that radius, and a smaller one is taken.
CROWD = 64
# Images of one hash that are different pictures: with more of them the hash says nothing.
DIFFERENT_OF_ONE_HASH = 32
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
    """Find all groups anew and write the members that differ.

    ``radius`` in bits; ``similarity`` by slug or by family of encoder. A group's name is its
    kind and its smallest sha1.
    """
    began = time.monotonic()
    database = project.database()
    # Of a missing file the image stays known, but there is nothing of it to keep or to discard.
    files = database.frame("files", ["file_id", "sha1"], "status = 'ok'")
    near, used = _near(database, files, radius, report)
    parts = [_exact(files), near]
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
    while radius and hamming.crowd(hashes, radius) > CROWD:
        # A DCT hash has as many ones as zeros: its distances are even.
        radius -= 2
    left, right = hamming.pairs(hashes, radius)
    worth = np.bincount(bucket) > 1
    worth[np.concatenate([left, right])] = True
    candidates = images.filter(pl.Series(worth[bucket]))
    drawn = _sketches(database, candidates["sha1"].to_list(), report)
    bucket = bucket[worth[bucket]]
    leads = _leads(bucket, drawn)
    pairs = _confirmed(drawn, *_across(leads, bucket, left, right))
    centres = _stars(len(leads), *pairs)
    # An image of the same hash and picture as a leader goes where the leader goes.
    centres = np.where(centres[leads] < 0, leads, centres[leads])
    return _near_rows(candidates.with_columns(centre=centres)), radius


def _sketches(database: Database, sha1s: list[str], report: ReportProgress) -> npt.NDArray[np.int8]:
    drawn = np.zeros((len(sha1s), *fingerprints.FINGERPRINT_SHAPE), np.int8)
    with ThreadPoolExecutor(THREADS) as threads:
        for start in range(0, len(sha1s), THUMBNAILS_AT_ONCE):
            some = sha1s[start : start + THUMBNAILS_AT_ONCE]
            rows = database.take("images", some, ["sha1", "thumbnail"]).sort_by("sha1")
            made = threads.map(fingerprints.fingerprint, rows["thumbnail"].to_pylist())
            drawn[start : start + len(some)] = list(made)
            report("duplicates", start + len(some), len(sha1s))
    return drawn


def _leads(bucket: Positions, drawn: npt.NDArray[np.int8]) -> Positions:
    """Return for each image the first one of its hash that shows the same picture."""
    leads = np.arange(len(bucket))
    order = np.argsort(bucket, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(bucket[order])) + 1):
        rest = members
        for _ in range(DIFFERENT_OF_ONE_HASH):
            if len(rest) < 2:
                break
            same = _agree(drawn, np.repeat(rest[:1], len(rest) - 1), rest[1:])
            leads[rest[1:][same]] = rest[0]
            rest = rest[1:][~same]
    return leads


def _across(
    leads: Positions, bucket: Positions, left: Positions, right: Positions
) -> tuple[Positions, Positions]:
    """Return pairs of leaders whose hashes, at ``left`` and ``right``, are near each other."""
    leaders = np.flatnonzero(leads == np.arange(len(leads)))
    leaders = leaders[np.argsort(bucket[leaders], kind="stable")]
    owner = bucket[leaders]
    first = np.searchsorted(owner, left), np.searchsorted(owner, right)
    counts = [
        np.minimum(np.searchsorted(owner, side, side="right") - start, DIFFERENT_OF_ONE_HASH)
        for side, start in zip((left, right), first, strict=True)
    ]
    many = counts[0] * counts[1]
    pair = np.repeat(np.arange(len(left)), many)
    inside = np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many)
    one, other = np.divmod(inside, np.maximum(1, counts[1][pair]))
    return leaders[first[0][pair] + one], leaders[first[1][pair] + other]


def _confirmed(
    drawn: npt.NDArray[np.int8], left: Positions, right: Positions
) -> tuple[Positions, Positions]:
    same = _agree(drawn, left, right)
    return left[same], right[same]


def _agree(drawn: npt.NDArray[np.int8], left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
    same = np.zeros(len(left), bool)
    for start in range(0, len(left), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        same[some] = fingerprints.same_picture(drawn[left[some]], drawn[right[some]])
    return same


def _stars(count: int, left: Positions, right: Positions) -> Positions:
    """Return each image's centre, its own position for a centre, -1 where it is in no group.

    The image with most pairs becomes a centre and takes all that it is a pair with; then the
    next of those left. So no group is a chain whose ends have nothing in common.
    """
    sources = np.concatenate([left, right])
    targets = np.concatenate([right, left])[np.argsort(sources, kind="stable")]
    degrees = np.bincount(sources, minlength=count)
    starts = np.concatenate([[0], np.cumsum(degrees)])
    centres = np.full(count, -1, np.int64)
    for place in np.argsort(-degrees, kind="stable")[: np.count_nonzero(degrees)]:
        if centres[place] >= 0:
            continue
        around = targets[starts[place] : starts[place + 1]]
        around = around[centres[around] < 0]
        if len(around):
            centres[around] = centres[place] = place
    return centres


def _near_rows(members: pl.DataFrame) -> pl.DataFrame:
    members = members.filter(pl.len().over("centre") > 1)
    copies = pl.len().over("centre", "phash") > 1
    bits = [
        pl.DataFrame({"centre": centre, "phash": hashes, "bits": _nearest_bits(hashes.to_numpy())})
        for (centre,), group in members.group_by("centre", maintain_order=True)
        for hashes in [group["phash"].unique(maintain_order=True)]
    ]
    found = pl.concat(bits) if bits else members.select("centre", "phash", bits=pl.lit(0.0))
    joined = members.join(found, on=["centre", "phash"], how="left", maintain_order="left")
    distances = joined.select(
        "sha1", "centre", distance=pl.when(copies).then(0.0).otherwise("bits")
    )
    return _grouped(distances, "near")


def _nearest_bits(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Return each hash's distance to the nearest of the others; 0 for a single one."""
    if len(hashes) < 2:
        return np.zeros(len(hashes))
    return np.array(
        [np.partition(np.bitwise_count(hashes ^ one), 1)[1] for one in hashes], np.float64
    )


def _semantic(project: Project, slug: str, files: pl.DataFrame, threshold: float) -> pl.DataFrame:
    graph = neighbours.read(project, slug)
    left, at = np.nonzero(graph.lists.similarities >= threshold)
    right = graph.lists.ids[left, at].astype(np.int64)
    apart = 1 - graph.lists.similarities[left, at].astype(np.float64)
    there = pl.Series(graph.sha1s, dtype=pl.String).is_in(files["sha1"].implode()).to_numpy()
    present = (right >= 0) & there[left] & there[right]
    left, right, apart = left[present], right[present], apart[present]
    codes = np.minimum(left, right) * len(graph.sha1s) + np.maximum(left, right)
    centres = _stars(len(graph.sha1s), *np.divmod(np.unique(codes), max(1, len(graph.sha1s))))
    together = centres[left] == centres[right]
    distance = np.full(len(centres), np.inf)
    for side in (left, right):
        np.minimum.at(distance, side[together], apart[together])
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
