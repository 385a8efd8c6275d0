"""The table ``projection``: two coordinates for each image on the map of one encoder.

Not here: neighbours (``neighbours``), drawing the map and selecting in it
(``catalogue.map_data``, ``catalogue.polygons``).

The map is a UMAP (McInnes, Healy and Melville, 2018) of the stored neighbours. Its centre is
0, 0 and 99 % of the images are within 1 of it. It is fitted once; later images are placed into
it, at the median of their nearest fitted images, until they outnumber the fitted ones. Each fit
has an id, which its rows and those placed into it bear.
"""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.provenance.stages import ReportProgress, StageResult, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sync import TableChanges, sync_table
from panoptic_data.vectors import neighbours
from panoptic_data.vectors.arrivals import Arrivals, compare, forget_absent, write
from panoptic_data.vectors.knn import NeighbourLists
from panoptic_data.vectors.pca import components
from panoptic_data.vectors.refit import (
    EARLIER,
    fingerprint,
    fit_id,
    is_other_encoder,
    nearest_fitted_images,
    needs_refit,
    recorded_parameters,
)

__all__ = ["aligned", "layout", "normalised", "update"]

Coordinates = npt.NDArray[np.float32]

SEED = 42
# 500 epochs took twice as long and kept no more neighbours near, 100 a little fewer.
EPOCHS = 200
# Together they fill twice as much of the map as UMAP's defaults of 0.1 and 1, and keep as many
# neighbours near.
MIN_DIST = 0.5
REPULSION = 8.0
NEGATIVE_SAMPLES = 5
# Radius of the map of some thousand images before it is normalised.
MAP_RADIUS = 20.0
# Starting from an older map, a small learning rate moves images least (a median of 0.02 to 0.04 of
# the radius, against 0.1 to 0.2 from a new start) and keeps as many neighbours near.
LEARNING_RATE_FROM_MAP = 0.03
# Fewer images have no neighbourhoods to preserve: their principal components are shown.
MIN_FOR_UMAP = 10
# The median of five places an image inside a group; a mean can fall between two groups.
N_PLACING_NEIGHBOURS = 5
# What a row's digest leaves out.
DERIVED = ("fit",)
# Offsets keep copies of one picture from hiding each other: under a hundredth of the radius.
MAX_OFFSET = 0.004


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    refit: bool = False,
    anew: bool = False,
    min_dist: float = MIN_DIST,
) -> StageResult:
    """Place every image of ``neighbours`` on the map; fit the map where there is none.

    ``min_dist`` is how near images may lie (UMAP's parameter). Also fitted again with ``refit`` or
    ``anew``, when the encoder's weights have changed, or when more images were placed than fitted.
    ``refit`` starts from the existing map, so that images stay about where they were; the others
    start anew, and the result is rotated towards the old map.
    """
    began = time.monotonic()
    progress = partial(report, f"projection/{slug}")
    database, name = project.database(), table_name("projection", slug)
    sha1s = database.frame(table_name("neighbours", slug), ["sha1"])["sha1"].sort()
    arrivals = compare(database, name, sha1s)
    parameters = _parameters(project, slug, min_dist)
    before = recorded_parameters(project, f"projection/{slug}")
    progress(0, len(sha1s))
    rows = arrivals.rows
    fitted = int(rows["fitted"].sum())
    fit_anew = anew or needs_refit(fitted, len(sha1s)) or is_other_encoder(before, parameters)
    is_refit = bool(len(sha1s)) and (fit_anew or refit)
    is_of_earlier_release = rows["fit"].null_count() > 0
    fit = fit_id(f"projection/{slug}", run if is_refit else EARLIER)
    if not is_refit and not is_of_earlier_release:
        fit = arrivals.fit or fit
    placed = _place(project, slug, arrivals, fit)
    if is_refit:
        known = rows if fit_anew else pl.concat([rows.drop("run"), placed], how="diagonal")
        changes = _fit(project, slug, known, fit_anew, fit, run, min_dist)
    elif is_of_earlier_release:
        every = pl.concat([rows.drop("run"), placed]).with_columns(fit=pl.lit(fit))
        changes = sync_table(database, name, every.to_arrow(), run, DERIVED)
    else:
        changes = write(database, name, arrivals, placed, run, DERIVED)
    progress(len(sha1s), len(sha1s))
    return StageResult(
        **vars(changes),
        seconds=time.monotonic() - began,
        parameters={**parameters, "fit": fit},
        extra={
            "refitted": is_refit,
            "placed": 0 if is_refit else len(sha1s) - fitted,
        },
    )


def _fit(
    project: Project,
    slug: str,
    known: pl.DataFrame,
    fit_anew: bool,
    fit: str,
    run: str,
    min_dist: float,
) -> TableChanges:
    """Fit the map of all images and write it; ``known`` are their places so far."""
    graph, vectors = neighbours.with_vectors(project, slug)
    images = pl.DataFrame({"sha1": graph.sha1s}, schema={"sha1": pl.String})
    rows = images.join(known, on="sha1", how="left", maintain_order="left")
    before = rows.select(pl.col("x", "y").fill_null(0)).to_numpy().astype(np.float32)
    has_position = rows["x"].is_not_null().to_numpy()
    start = None if fit_anew else before
    fitted_map = normalised(layout(vectors, graph.lists, start, min_dist))
    coordinates = aligned(fitted_map, before, has_position) + _offsets(graph.sha1s)
    database, name = project.database(), table_name("projection", slug)
    made = _rows(graph.sha1s, coordinates, is_fitted=True, fit=fit)
    changes = sync_table(database, name, made.to_arrow(), run, DERIVED, is_made_anew=True)
    forget_absent(database, name)
    return changes


def layout(
    vectors: npt.NDArray[np.float16],
    lists: NeighbourLists,
    start: Coordinates | None = None,
    min_dist: float = MIN_DIST,
) -> Coordinates:
    """Lay rows out by their neighbours: (n, 2) float32, not normalised.

    Starts from ``start``, an older normalised map of the same rows, else from their principal
    components. In one thread and seeded: the same each time.
    """
    first = components(vectors, 2) if start is None else start
    width = np.abs(first).max(initial=0.0)
    if len(vectors) < MIN_FOR_UMAP or width == 0:
        return first
    random = np.random.RandomState(SEED)
    # UMAP's learning rate expects a start some 10 wide. Noise separates identical images.
    scale, rate = (5 / width, 1.0) if start is None else (MAP_RADIUS, LEARNING_RATE_FROM_MAP)
    positions = first * scale + random.normal(scale=1e-3, size=first.shape)
    umap, layouts = _umap()
    ids, distances = _with_self(lists)
    graph, _, _ = umap.fuzzy_simplicial_set(
        vectors, ids.shape[1], random, "cosine", knn_indices=ids, knn_dists=distances
    )
    graph = graph.tocoo()
    # Weaker edges would be sampled in no epoch.
    strong = graph.data >= graph.data.max() / EPOCHS
    a, b = umap.find_ab_params(1.0, min_dist)
    positions = positions.astype(np.float32, order="C")
    # Not simplicial_set_embedding, which scales any start to a square.
    optimized = layouts.optimize_layout_euclidean(
        head_embedding=positions,
        tail_embedding=positions,
        head=graph.row[strong],
        tail=graph.col[strong],
        n_epochs=EPOCHS,
        n_vertices=len(positions),
        epochs_per_sample=umap.make_epochs_per_sample(graph.data[strong], EPOCHS),
        a=a,
        b=b,
        rng_state=random.randint(np.iinfo(np.int32).min, np.iinfo(np.int32).max, 3).astype(
            np.int64
        ),
        gamma=REPULSION,
        initial_alpha=rate,
        negative_sample_rate=NEGATIVE_SAMPLES,
        move_other=True,
    )
    return np.asarray(optimized, np.float32)


def normalised(coordinates: Coordinates) -> Coordinates:
    """Move the centre to 0, 0 and scale so that 99 % of the rows are within 1 of it."""
    centred = coordinates - coordinates.mean(axis=0, dtype=np.float64)
    radius = np.percentile(np.hypot(*centred.T), 99)
    return np.asarray(centred / radius if radius > 0 else centred, np.float32)


def aligned(
    coordinates: Coordinates, before: Coordinates, has_position: npt.NDArray[np.bool_]
) -> Coordinates:
    """Rotate and mirror a map so that rows that had a position come near to where they were.

    Orthogonal Procrustes (Schönemann, 1966), without scaling: the map is normalised already, and
    the scale of Procrustes shrinks a map the less it resembles the old one.
    """
    if np.count_nonzero(has_position) < 2:
        return coordinates
    new, old = (part[has_position].astype(np.float64) for part in (coordinates, before))
    left, _, right = np.linalg.svd((new - new.mean(axis=0)).T @ (old - old.mean(axis=0)))
    return np.asarray(coordinates @ (left @ right), np.float32)


def _umap() -> tuple[Any, Any]:
    """Import umap: 5 s, and the first process on a machine compiles 10 s more, for all later ones.

    Umap lets numba compile anew in every process what is kept on the disk here.
    """
    with warnings.catch_warnings():
        # Only parametric UMAP, which is not used here, needs tensorflow.
        warnings.simplefilter("ignore", ImportWarning)
        from umap import layouts, umap_
    for compiled in (
        umap_.smooth_knn_dist,
        umap_.compute_membership_strengths,
        layouts._nb_optimize_layout_euclidean_single_epoch,
    ):
        # Raised where neither the package's folder nor the user's cache can be written.
        with suppress(RuntimeError):
            compiled.enable_caching()
    return umap_, layouts


def _with_self(lists: NeighbourLists) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return ids and cosine distances (n, k + 1) as UMAP takes them: each row first itself."""
    rows = np.arange(len(lists.ids), dtype=np.int32)[:, None]
    # An absent neighbour has id -1 and is infinitely far.
    distances = np.maximum(0.0, 1.0 - lists.similarities)
    zeros = np.zeros_like(rows, np.float32)
    return (
        np.concatenate([rows, lists.ids], axis=1),
        np.concatenate([zeros, distances], axis=1).astype(np.float32),
    )


def _place(project: Project, slug: str, arrivals: Arrivals, fit: str) -> pl.DataFrame:
    """Return rows for the new images, at the median of their nearest fitted images."""
    new, fitted = arrivals.new, arrivals.rows.filter("fitted")
    if new.is_empty() or fitted.is_empty():
        return _rows([], np.empty((0, 2), np.float32), is_fitted=False, fit=fit)
    near = nearest_fitted_images(project, slug, new, fitted["sha1"], N_PLACING_NEIGHBOURS)
    near = near.join(fitted.select("x", "y", id="sha1"), on="id", maintain_order="left")
    medians = near.group_by("sha1").agg(pl.col("x", "y").median()).sort("sha1")
    sha1s = medians["sha1"].to_list()
    coordinates = medians.select("x", "y").to_numpy().astype(np.float32) + _offsets(sha1s)
    return _rows(sha1s, coordinates, is_fitted=False, fit=fit)


def _offsets(sha1s: list[str]) -> Coordinates:
    """Return a small offset (n, 2) for each image, fixed by its sha1, uniform over a disc."""
    turns = np.array([int(sha1[:8], 16) for sha1 in sha1s]) / 2**32 * 2 * np.pi
    radii = MAX_OFFSET * np.sqrt(np.array([int(sha1[8:16], 16) for sha1 in sha1s]) / 2**32)
    return np.stack([radii * np.cos(turns), radii * np.sin(turns)], axis=1).astype(np.float32)


def _rows(sha1s: list[str], coordinates: Coordinates, is_fitted: bool, fit: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sha1": pl.Series(sha1s, dtype=pl.String),
            "x": coordinates[:, 0],
            "y": coordinates[:, 1],
            "fitted": pl.Series([is_fitted] * len(sha1s), dtype=pl.Boolean),
            "fit": pl.Series([fit] * len(sha1s), dtype=pl.String),
        }
    )


def _parameters(project: Project, slug: str, min_dist: float) -> dict[str, object]:
    return {
        "method": "umap",
        "n_epochs": EPOCHS,
        "min_dist": min_dist,
        "repulsion_strength": REPULSION,
        "seed": SEED,
        "fingerprint": fingerprint(project, slug),
    }
