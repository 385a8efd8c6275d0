"""The tables ``clusters`` and ``cluster_info``: each image's cluster at several levels.

Not here: how clusters are found and numbered (``hierarchy``), their sizes and medoids
(``cluster_info``), the names people give them.

Clusters are fitted once; later images join the cluster of most of their nearest fitted images,
until they outnumber the fitted ones. Every image belongs to a cluster; ``strength`` is the share
of its nearest images that are in the same cluster of the main level.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.errors import UsageError
from panoptic_data.messages import translate
from panoptic_data.provenance.stages import (
    SETTINGS,
    ReportProgress,
    StageResult,
    digest,
    ignore_progress,
)
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sync import TableChanges, sync_table
from panoptic_data.vectors import cluster_info, neighbours
from panoptic_data.vectors.arrivals import Arrivals, compare, forget_absent, write
from panoptic_data.vectors.embeddings import matrix
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
    EARLIER,
    fingerprint,
    fit_id,
    nearest_fitted_images,
    needs_refit,
    recorded_parameters,
)

__all__ = ["METHODS", "main_of", "update"]

METHODS = ("levels", "kmeans")
"""``levels``: several levels, their sizes chosen by the corpus. ``kmeans``: one level of k."""

# A list of 15 neighbours holds so many fitted images until a third of the corpus was placed; 15
# place no better (bench/placing.py).
N_VOTERS = 10
# What a row's digest leaves out.
DERIVED = ("closeness", "fit")


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    refit: bool = False,
    method: str | None = None,
    k: int | None = None,
    anew: bool = False,
) -> StageResult:
    """Assign clusters to every image of ``neighbours``; fit them where there are none.

    ``method`` is one of ``METHODS``, ``k`` the number of clusters for ``kmeans``; without them the
    recorded ones are used. Fitted again with ``refit`` or ``anew``, when method, k or the encoder's
    weights differ from those recorded, or when more images were placed than fitted; numbers are
    then kept by overlap. Raises UsageError for an unknown method.
    """
    began = time.monotonic()
    progress = partial(report, f"clusters/{slug}")
    database, name = project.database(), table_name("clusters", slug)
    before = _without_fit(recorded_parameters(project, f"clusters/{slug}"))
    parameters = _parameters(project, slug, before, method, k)
    sha1s = database.frame(table_name("neighbours", slug), ["sha1"])["sha1"].sort()
    progress(0, len(sha1s))
    arrivals = compare(database, name, sha1s)
    has_other_parameters = (
        dict(before) != parameters if before else not (method is None and k is None)
    )
    fitted = int(arrivals.rows["fitted"].sum())
    is_outdated = refit or anew or has_other_parameters or needs_refit(fitted, len(sha1s))
    is_refit = len(sha1s) > 0 and is_outdated
    if is_refit:
        fit = fit_id(f"clusters/{slug}", run)
        rows, changes = _fit(project, slug, arrivals, parameters, fit, run)
    else:
        fit = arrivals.fit or fit_id(f"clusters/{slug}", EARLIER)
        rows, changes = _carry_forward(project, slug, arrivals, fit, run)
    info = cluster_info.rows(rows, fit)
    info_changes = sync_table(
        database, table_name("cluster_info", slug), info, run, ("fit",), is_made_anew=is_refit
    )
    progress(len(sha1s), len(sha1s))
    labels = _levels(rows)
    return StageResult(
        **{
            **vars(changes),
            "data_version": digest([changes.data_version, info_changes.data_version]),
        },
        seconds=time.monotonic() - began,
        parameters={**parameters, "fit": fit},
        extra={
            "refitted": is_refit or not len(sha1s),
            "placed": rows.height - int(rows["fitted"].sum()),
            "clusters": [len(np.unique(column)) for column in labels.T],
            "main": main_of(labels, rows),
        },
    )


def _carry_forward(
    project: Project, slug: str, arrivals: Arrivals, fit: str, run: str
) -> tuple[pl.DataFrame, TableChanges]:
    """Place the new images into the stored clusters; return all rows, and what was written."""
    database, name = project.database(), table_name("clusters", slug)
    known = arrivals.rows
    placed = _place(project, slug, arrivals, fit)
    rows = pl.concat([known.drop("run"), placed.select(known.drop("run").columns)])
    has_closeness = known.filter("fitted")["closeness"].null_count() == 0
    if has_closeness and known["fit"].null_count() == 0:
        return rows, write(database, name, arrivals, placed, run, DERIVED)
    # An earlier release made them.
    rows = _with_closeness(project, slug, rows).with_columns(fit=pl.lit(fit))
    return rows, sync_table(database, name, rows.to_arrow(), run, DERIVED)


def _fit(
    project: Project,
    slug: str,
    arrivals: Arrivals,
    parameters: Mapping[str, object],
    fit: str,
    run: str,
) -> tuple[pl.DataFrame, TableChanges]:
    """Find the clusters of all images and write them; return the rows, and what was written."""
    graph, vectors = neighbours.with_vectors(project, slug)
    images = pl.DataFrame({"sha1": graph.sha1s}, schema={"sha1": pl.String})
    before = images.join(arrivals.rows, on="sha1", how="left", maintain_order="left")
    labels, main = _labels(vectors, graph.lists, before, parameters)
    rows = images.with_columns(
        cluster=pl.Series(labels[:, main]),
        levels=_list_column(labels),
        strength=pl.Series(_strength(labels[:, main], graph.lists)),
        fitted=pl.lit(True),
        closeness=_list_column(cluster_info.closeness(vectors, labels)),
        fit=pl.lit(fit),
    )
    database, name = project.database(), table_name("clusters", slug)
    changes = sync_table(database, name, rows.to_arrow(), run, DERIVED, is_made_anew=True)
    forget_absent(database, name)
    return rows, changes


def _without_fit(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in parameters.items() if name not in ("fit", SETTINGS)}


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


def _labels(
    vectors: npt.NDArray[np.float16],
    lists: NeighbourLists,
    before: pl.DataFrame,
    parameters: Mapping[str, object],
) -> tuple[npt.NDArray[np.int32], int]:
    """Return labels (n, m) int32 at each level, finest first, and the index of the main level."""
    points = smoothed(vectors, lists)
    k = parameters["k"]
    if parameters["method"] == "kmeans":
        counts = level_counts(len(points))
        levels_labels = [kmeans(points, k if isinstance(k, int) else counts[main_level(counts)])]
        main = 0
    else:
        levels_labels = levels(points)
        main = main_level([int(labels.max()) + 1 for labels in levels_labels])
    older = _levels(before)
    older_main = main_of(older, before)
    labels = [
        renumbered(part, _numbers_before(older, level - main + older_main))
        for level, part in enumerate(levels_labels)
    ]
    return np.stack(labels, axis=1), main


def _numbers_before(older: npt.NDArray[np.int32], counterpart: int) -> npt.NDArray[np.int32] | None:
    """Return the old numbers of the level as far from the main one, or None where there is none."""
    return older[:, counterpart] if 0 <= counterpart < older.shape[1] else None


def _strength(labels: npt.NDArray[np.int32], lists: NeighbourLists) -> npt.NDArray[np.float32]:
    inside = lists.ids >= 0
    same = inside & (labels[lists.ids] == labels[:, None])
    # An image alone in its corpus has strength 1.
    share = same.sum(axis=1) / np.maximum(1, inside.sum(axis=1))
    return np.where(inside.any(axis=1), share, 1).astype(np.float32)


def _place(project: Project, slug: str, arrivals: Arrivals, fit: str) -> pl.DataFrame:
    """Return rows for the new images, by the votes of their nearest fitted images."""
    new, fitted = arrivals.new, arrivals.rows.filter("fitted").sort("sha1")
    if new.is_empty() or fitted.is_empty():
        return arrivals.rows.clear().drop("run")
    near = nearest_fitted_images(project, slug, new, fitted["sha1"], N_VOTERS)
    # Every image has as many voters, fewer only where fewer were fitted.
    shape = (-1, min(N_VOTERS, fitted.height))
    sha1s = near["sha1"].unique(maintain_order=True)
    positions = fitted["sha1"].search_sorted(near["id"]).to_numpy().reshape(shape)
    votes = np.maximum(near["similarity"].to_numpy().reshape(shape), 0).astype(np.float64)
    known = _levels(fitted)
    main = main_of(known, fitted)
    labels = np.empty((len(sha1s), known.shape[1]), np.int32)
    strength = np.empty(len(sha1s), np.float32)
    counted_votes = votes.copy()
    # The coarsest level first; at finer levels only the winner's voters count, so that levels nest.
    for level in reversed(range(known.shape[1])):
        voter_labels = known[positions, level]
        labels[:, level] = [
            _winner(*pair) for pair in zip(voter_labels, counted_votes, strict=True)
        ]
        counted_votes = np.where(voter_labels == labels[:, level, None], counted_votes, 0)
        if level == main:
            total = np.maximum(votes.sum(axis=1), np.finfo(float).tiny)
            strength[:] = counted_votes.sum(axis=1) / total
    return pl.DataFrame(
        {
            "sha1": sha1s,
            "cluster": labels[:, main],
            "levels": _list_column(labels),
            "strength": strength,
            "fitted": pl.Series([False] * len(sha1s), dtype=pl.Boolean),
            "closeness": pl.Series([None] * len(sha1s), dtype=pl.List(pl.Float32)),
            "fit": pl.Series([fit] * len(sha1s), dtype=pl.String),
        }
    )


def _winner(labels: npt.NDArray[np.int32], votes: npt.NDArray[np.float64]) -> np.int32:
    """Return the label with most votes; among equals that of the nearest voter."""
    candidates, first, positions = np.unique(labels, return_index=True, return_inverse=True)
    counts = np.bincount(positions, weights=votes)
    best: np.int32 = candidates[
        min(np.flatnonzero(counts == counts.max()), key=lambda at: first[at])
    ]
    return best


def main_of(labels: npt.NDArray[np.int32], rows: pl.DataFrame) -> int:
    """Return which level of ``labels`` (n, m) is the main one: that in the column ``cluster``."""
    cluster = rows["cluster"].fill_null(-1).to_numpy()
    return next(level for level in range(labels.shape[1]) if (labels[:, level] == cluster).all())


def _levels(rows: pl.DataFrame) -> npt.NDArray[np.int32]:
    """Return the column ``levels`` as (n, m) int32, -1 where it is null."""
    depth = int(rows["levels"].list.len().max() or 1)  # type: ignore[arg-type]
    labels = np.full((rows.height, depth), -1, np.int32)
    has_row = rows["levels"].is_not_null().to_numpy()
    flat = rows["levels"].drop_nulls().explode(empty_as_null=False).to_numpy()
    labels[has_row] = flat.reshape(-1, depth)
    return labels


def _list_column(values: npt.NDArray[np.generic]) -> pl.Series:
    offsets = pa.array(np.arange(len(values) + 1) * values.shape[1], pa.int32())
    column = pl.from_arrow(pa.ListArray.from_arrays(offsets, pa.array(values.ravel())))
    assert isinstance(column, pl.Series)
    return column


def _with_closeness(project: Project, slug: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Fill in how close each fitted image is to the means of its clusters, reading the vectors."""
    sha1s, vectors = matrix(project, slug)
    fitted = rows.filter("fitted").sort("sha1")
    positions = pl.Series(sha1s, dtype=pl.String).search_sorted(fitted["sha1"]).to_numpy()
    close = cluster_info.closeness(vectors[positions], _levels(fitted))
    filled = fitted.select("sha1", filled=_list_column(close))
    joined = rows.join(filled, on="sha1", how="left", maintain_order="left")
    return joined.with_columns(closeness="filled").drop("filled")
