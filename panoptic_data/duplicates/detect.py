"""Detect groups of identical, nearly identical and similar images.

Exact: files with the same bytes. Near: edits of one picture, sought by perceptual hash and among
neighbours under the encoders, and confirmed by laying one over the other. Semantic: images whose
vectors under an encoder are very similar. Groups are stars, not chains: each has a centre, and
every member is a pair with the centre.

Not here: near pairs and groups (``added_near``, ``near``), the neighbours among which similar
images are found (``vectors.neighbours``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.duplicates import added_near
from panoptic_data.duplicates.candidates import usable_radius
from panoptic_data.duplicates.near import grouped, near_groups, star_centres
from panoptic_data.encoders import FAMILIES
from panoptic_data.ingest.links import distinct_files
from panoptic_data.provenance.stages import (
    CODE_VERSIONS,
    ReportProgress,
    StageResult,
    ignore_progress,
)
from panoptic_data.storage.project import Project
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors import neighbours, spread

__all__ = ["RADIUS", "SIMILARITY", "update"]

STAGE = "duplicates"

RADIUS = 10
"""Bits of 64 by which the DCT hashes of two edits of a picture may differ."""

SIMILARITY: Mapping[str, float] = {"clip": 0.95, "timm": 0.92, "visual": 0.98}
"""Cosine from which two images count as similar, by family of encoder; measured. In a corpus of
images that are all alike it is higher (``vectors.spread``)."""

# Of the 64 bits of each hash, how many a spot on a flat ground changes at most: few pixels are
# unlike the mean, some more, by the ringing of the reduction, are lighter than the one beside.
BLANK_MEAN_BITS, BLANK_STEP_BITS = 5, 9

# A cosine in a condition on a column of float32 is compared with this margin, then exactly.
MARGIN = 1e-5


def update(
    project: Project,
    run: str,
    slugs: Sequence[str],
    report: ReportProgress = ignore_progress,
    radius: int = RADIUS,
    similarity: Mapping[str, float] = SIMILARITY,
) -> StageResult:
    """Detect the groups and write the members that changed.

    Pairs of images are laid over each other once; the answers are kept as the work goes on, so
    that a run that was killed is continued.

    ``radius`` is in bits, ``similarity`` a cosine by slug, which holds as it is, or by family of
    encoder: then the corpus may raise it. A group's name is its kind and its smallest sha1.
    """
    began = time.monotonic()
    database = project.database()
    # Missing files are left out: there is nothing of them to keep or to discard.
    files = database.frame("files", ["file_id", "sha1"], "status = 'ok'")
    comparison = added_near.compare(database, files)
    used = usable_radius(np.unique(comparison.images["phash"].to_numpy()), radius)
    radius_before = _recorded_radius(project, radius)
    pairs, looked_at = added_near.same_pictures(
        project, comparison, slugs, used, radius_before, run, _progress(report)
    )
    near = near_groups(comparison.images, pairs)
    # A file that has several paths is no copy of itself.
    parts = [_exact(distinct_files(project, files)), near]
    limits = {slug: _limit(project, slug, similarity) for slug in slugs}
    parts += [_semantic(project, slug, files, limit) for slug, limit in limits.items()]
    rows = pl.concat(parts).sort("member")
    changes = sync_table(database, "duplicates", rows.to_arrow(), run)
    added_near.record_compared(database, comparison, run)
    groups = rows.group_by("kind").agg(pl.col("group").n_unique()).sort("kind")
    return StageResult(
        **vars(changes),
        seconds=time.monotonic() - began,
        parameters={
            "radius": radius,
            "similarity": {slug: limit.threshold for slug, limit in limits.items()},
            "usual": dict(similarity),
            "nearer": spread.NEARER,
        },
        extra={
            "groups": dict(groups.iter_rows()),
            "radius_used": used,
            # Of few there is no telling how long all would take.
            "computed": looked_at if 2 * looked_at > comparison.images.height else 0,
        },
    )


def _recorded_radius(project: Project, radius: int) -> int | None:
    """Return the radius that the stored groups were made with.

    None where they were made with other parameters or another code, or not to the end.
    """
    rows = project.database().take("stages", [STAGE]).to_pylist()
    if not rows or rows[0]["code_version"] != CODE_VERSIONS[STAGE]:
        return None
    counts = json.loads(rows[0]["counts"])
    is_complete = counts.get("rows") == project.database().count("duplicates")
    if not is_complete or json.loads(rows[0]["parameters"]).get("radius") != radius:
        return None
    used: int | None = counts.get("extra", {}).get("radius_used")
    return used


def _progress(report: ReportProgress) -> Callable[[int, int], None]:
    return lambda done, total: report("duplicates", done, total)


def _exact(files: pl.DataFrame) -> pl.DataFrame:
    copies = files.filter(pl.len().over("sha1") > 1)
    of_images = copies.with_columns(centre="sha1", distance=0.0)
    return grouped(of_images, "exact").with_columns(
        member=pl.format("exact:{}/{}", copies["sha1"], copies["file_id"]),
        file_id=copies["file_id"],
    )


def _limit(project: Project, slug: str, similarity: Mapping[str, float]) -> spread.Limit:
    # The encoder visual is called as its family is.
    if slug in similarity and slug not in FAMILIES:
        return spread.Limit(similarity[slug])
    return spread.limit(project, slug, similarity.get(slug.partition("-")[0], 1.0))


def _semantic(
    project: Project, slug: str, files: pl.DataFrame, limit: spread.Limit
) -> pl.DataFrame:
    graph = neighbours.read(project, slug, limit.threshold - MARGIN)
    left, rank = np.nonzero(graph.lists.similarities >= limit.threshold)
    right = graph.lists.ids[left, rank].astype(np.int64)
    distances = 1 - graph.lists.similarities[left, rank].astype(np.float64)
    # Near for both, among the images around each.
    allowed = limit.allowed(graph.sha1s)
    near = (distances <= allowed[left]) & (distances <= np.where(right < 0, 0, allowed[right]))
    left, right, distances = left[near], right[near], distances[near]
    has_file = pl.Series(graph.sha1s, dtype=pl.String).is_in(files["sha1"].implode()).to_numpy()
    takes_part = has_file & ~_is_nearly_blank(project, graph.sha1s)
    present = (right >= 0) & takes_part[left] & takes_part[right]
    left, right, distances = left[present], right[present], distances[present]
    codes = np.minimum(left, right) * len(graph.sha1s) + np.maximum(left, right)
    centres = star_centres(len(graph.sha1s), *np.divmod(np.unique(codes), max(1, len(graph.sha1s))))
    is_same_group = centres[left] == centres[right]
    distance = np.full(len(centres), np.inf)
    for side in (left, right):
        np.minimum.at(distance, side[is_same_group], distances[is_same_group])
    members = pl.DataFrame(
        {"sha1": graph.sha1s, "centre": centres, "distance": np.maximum(distance, 0)},
        schema={"sha1": pl.String, "centre": pl.Int64, "distance": pl.Float64},
    )
    return grouped(members.filter(pl.col("centre") >= 0), f"semantic:{slug}")


def _is_nearly_blank(project: Project, sha1s: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which pictures are one flat tone but for a spot: (n,) bool.

    An encoder sees the tone, and takes different signs on it for one picture. Both hashes of such
    a picture tell next to nothing: nowhere is it lighter than beside it, or than its mean.
    """
    images = project.database().frame("images", ["sha1", "ahash", "dhash"]).unique("sha1")
    ordered = pl.DataFrame({"sha1": list(sha1s)}, schema={"sha1": pl.String})
    hashes = ordered.join(images, on="sha1", how="left", maintain_order="left")
    lighter = pl.col("ahash").bitwise_count_ones()
    flat = (lighter <= BLANK_MEAN_BITS) | (lighter >= 64 - BLANK_MEAN_BITS)
    blank = flat & (pl.col("dhash").bitwise_count_ones() <= BLANK_STEP_BITS)
    return hashes.select(blank.fill_null(False)).to_series().to_numpy()
