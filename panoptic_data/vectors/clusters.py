"""The tables ``clusters`` and ``cluster_info``: each image's cluster at several levels.

Not here: how clusters are found and numbered (``hierarchy``), the names people give them.

Clusters are fitted once; later images join the cluster of most of their nearest fitted images,
until they outnumber the fitted ones. Every image belongs to a cluster; ``strength`` is the share
of its nearest images that are in the same cluster of the main level.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.errors import UsageError
from panoptic_data.messages import translate
from panoptic_data.provenance.stages import ReportProgress, StageResult, digest, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors import neighbours
from panoptic_data.vectors.hierarchy import (
    SEED,
    kmeans,
    level_counts,
    levels,
    main_level,
    renumbered,
    smoothed,
)
from panoptic_data.vectors.knn import NeighbourLists
from panoptic_data.vectors.refit import (
    fingerprint,
    nearest_fitted,
    needs_refit,
    recorded_parameters,
)

__all__ = ["METHODS", "update"]

METHODS = ("levels", "kmeans")
"""``levels``: several levels, their sizes chosen by the corpus. ``kmeans``: one level of k."""

N_VOTERS = 15


@dataclass(frozen=True)
class _Clusters:
    """Clusters of n images at m levels: ``labels`` (n, m) int32, finest first, -1 where unknown.

    ``main``: index of the main level. ``strength``: (n,) 0 to 1, NaN where unknown. ``fitted``:
    (n,) whether the image was in the fit.
    """

    labels: npt.NDArray[np.int32]
    main: int
    strength: npt.NDArray[np.float32]
    fitted: npt.NDArray[np.bool_]


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    refit: bool = False,
    method: str | None = None,
    k: int | None = None,
) -> StageResult:
    """Assign clusters to every image of ``neighbours``; fit them where there are none.

    ``method`` is one of ``METHODS``, ``k`` the number of clusters for ``kmeans``; without them the
    recorded ones are used. Fitted again with ``refit``, when method, k or the encoder's weights
    differ from those recorded, or when more images were placed than fitted; numbers are then kept
    by overlap. Raises UsageError for an unknown method.
    """
    began = time.monotonic()
    progress = partial(report, f"clusters/{slug}")
    before = recorded_parameters(project, f"clusters/{slug}")
    parameters = _parameters(project, slug, before, method, k)
    graph, vectors = neighbours.with_vectors(project, slug)
    progress(0, len(graph.sha1s))
    clusters = _stored(project, slug, graph.sha1s)
    has_other_parameters = (
        dict(before) != parameters if before else not (method is None and k is None)
    )
    is_refit = refit or has_other_parameters or needs_refit(clusters.fitted)
    if is_refit and graph.sha1s:
        clusters = _fit(vectors, graph.lists, clusters, parameters)
    else:
        _place(vectors, clusters)
    name = table_name("clusters", slug)
    changes = sync_table(project.database(), name, _rows(graph.sha1s, clusters), run)
    info = _info(graph.sha1s, vectors, clusters)
    info_changes = sync_table(project.database(), table_name("cluster_info", slug), info, run)
    progress(len(graph.sha1s), len(graph.sha1s))
    return StageResult(
        **{
            **vars(changes),
            "data_version": digest([changes.data_version, info_changes.data_version]),
        },
        seconds=time.monotonic() - began,
        parameters=parameters,
        extra={
            "refitted": is_refit,
            "placed": int(np.count_nonzero(~clusters.fitted)),
            "clusters": [len(np.unique(column)) for column in clusters.labels.T],
            "main": clusters.main,
        },
    )


def _parameters(
    project: Project,
    slug: str,
    before: Mapping[str, object],
    method: str | None,
    k: int | None,
) -> dict[str, object]:
    if method is None and k is not None:
        method = "kmeans"
    if method is None:
        method, k = str(before.get("method", METHODS[0])), before.get("k")  # type: ignore[assignment]
    if method not in METHODS:
        methods = ", ".join(METHODS)
        raise UsageError(
            problem=translate("clusters.unknown_method", "en", name=method, known=methods)
        )
    return {
        "method": method,
        "k": k if method == "kmeans" else None,
        "seed": SEED,
        "fingerprint": fingerprint(project, slug),
    }


def _fit(
    vectors: npt.NDArray[np.float16],
    lists: NeighbourLists,
    before: _Clusters,
    parameters: Mapping[str, object],
) -> _Clusters:
    points = smoothed(vectors, lists)
    k = parameters["k"]
    if parameters["method"] == "kmeans":
        counts = level_counts(len(points))
        levels_labels = [kmeans(points, k if isinstance(k, int) else counts[main_level(counts)])]
        main = 0
    else:
        levels_labels = levels(points)
        main = main_level([int(labels.max()) + 1 for labels in levels_labels])
    labels = np.stack(
        [
            renumbered(part, _numbers_before(before, level, main))
            for level, part in enumerate(levels_labels)
        ],
        axis=1,
    )
    all_fitted = np.ones(len(labels), bool)
    return _Clusters(labels, main, _strength(labels[:, main], lists), all_fitted)


def _numbers_before(before: _Clusters, level: int, main: int) -> npt.NDArray[np.int32] | None:
    """Return the old numbers for a new level: of the level as far from the main one, or None."""
    counterpart = level - main + before.main
    if 0 <= counterpart < before.labels.shape[1]:
        return before.labels[:, counterpart]
    return None


def _strength(labels: npt.NDArray[np.int32], lists: NeighbourLists) -> npt.NDArray[np.float32]:
    inside = lists.ids >= 0
    same = inside & (labels[lists.ids] == labels[:, None])
    # An image alone in its corpus has strength 1.
    share = same.sum(axis=1) / np.maximum(1, inside.sum(axis=1))
    return np.where(inside.any(axis=1), share, 1).astype(np.float32)


def _place(vectors: npt.NDArray[np.float16], clusters: _Clusters) -> None:
    """Assign the rows without labels in place, by the votes of their nearest fitted images."""
    new = np.flatnonzero(np.isnan(clusters.strength)).astype(np.int32)
    if not len(new):
        return
    lists = nearest_fitted(vectors, clusters.fitted, new, N_VOTERS)
    votes = np.where(lists.ids < 0, 0, np.maximum(lists.similarities, 0)).astype(np.float64)
    counted_votes = votes.copy()
    # The coarsest level first; at finer levels only the winner's voters count, so that levels nest.
    for level in reversed(range(clusters.labels.shape[1])):
        voter_labels = clusters.labels[lists.ids, level]
        winners = np.array(
            [_winner(*pair) for pair in zip(voter_labels, counted_votes, strict=True)], np.int32
        )
        clusters.labels[new, level] = winners
        counted_votes = np.where(voter_labels == winners[:, None], counted_votes, 0)
        if level == clusters.main:
            total = np.maximum(votes.sum(axis=1), np.finfo(float).tiny)
            clusters.strength[new] = counted_votes.sum(axis=1) / total


def _winner(labels: npt.NDArray[np.int32], votes: npt.NDArray[np.float64]) -> np.int32:
    """Return the label with most votes; among equals that of the nearest voter."""
    candidates, first, positions = np.unique(labels, return_index=True, return_inverse=True)
    counts = np.bincount(positions, weights=votes)
    best: np.int32 = candidates[
        min(np.flatnonzero(counts == counts.max()), key=lambda at: first[at])
    ]
    return best


def _stored(project: Project, slug: str, sha1s: list[str]) -> _Clusters:
    """Return the stored clusters of these images; a strength of NaN where there is no row."""
    stored = project.database().frame(table_name("clusters", slug))
    images = pl.DataFrame({"sha1": sha1s}, schema={"sha1": pl.String})
    rows = images.join(stored, on="sha1", how="left", maintain_order="left")
    depth = int(stored["levels"].list.len().max() or 1)  # type: ignore[arg-type]
    has_row = rows["cluster"].is_not_null().to_numpy()
    labels = np.full((len(sha1s), depth), -1, np.int32)
    if has_row.any():
        labels[has_row] = np.array(rows["levels"].drop_nulls().to_list(), np.int32)
    cluster = rows["cluster"].fill_null(-1).to_numpy()
    main_levels = [level for level in range(depth) if (labels[:, level] == cluster).all()]
    strength = rows["strength"].fill_null(float("nan")).to_numpy().copy()
    fitted = rows["fitted"].fill_null(False).to_numpy().copy()
    return _Clusters(labels, main_levels[0], strength.astype(np.float32), fitted)


def _rows(sha1s: list[str], clusters: _Clusters) -> pa.Table:
    depth = clusters.labels.shape[1]
    offsets = pa.array(np.arange(len(sha1s) + 1) * depth, pa.int32())
    return pa.table(
        {
            "sha1": pa.array(sha1s, pa.string()),
            "cluster": clusters.labels[:, clusters.main],
            "levels": pa.ListArray.from_arrays(offsets, pa.array(clusters.labels.ravel())),
            "strength": clusters.strength,
            "fitted": clusters.fitted,
        }
    )


def _info(sha1s: list[str], vectors: npt.NDArray[np.float16], clusters: _Clusters) -> pa.Table:
    rows = [
        {
            "key": f"{level}:{number}",
            "level": level,
            "number": number,
            "size": len(members),
            "medoid": sha1s[_medoid(vectors, members)],
            "main": level == clusters.main,
        }
        for level, column in enumerate(clusters.labels.T)
        for number, members in _members(column)
    ]
    return pa.Table.from_pylist(rows, schema=_INFO)


def _members(labels: npt.NDArray[np.int32]) -> list[tuple[int, npt.NDArray[np.intp]]]:
    order = np.argsort(labels, kind="stable")
    numbers, starts = np.unique(labels[order], return_index=True)
    ends = [*starts[1:], len(order)]
    spans = zip(numbers.tolist(), starts, ends, strict=True) if len(order) else ()
    return [(number, order[start:end]) for number, start, end in spans]


def _medoid(vectors: npt.NDArray[np.float16], members: npt.NDArray[np.intp]) -> int:
    own = vectors[members].astype(np.float64)
    # Row by row: a matrix product may round equal rows differently.
    towards = np.einsum("ij,j->i", own, own.mean(axis=0)) / np.linalg.norm(own, axis=1)
    return int(members[np.argmax(towards.astype(np.float32))])


_INFO = pa.schema(
    [
        ("key", pa.string()),
        ("level", pa.int32()),
        ("number", pa.int32()),
        ("size", pa.int32()),
        ("medoid", pa.string()),
        ("main", pa.bool_()),
    ]
)
