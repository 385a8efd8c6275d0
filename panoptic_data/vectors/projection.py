"""Where each image stands on the map of one encoder: two coordinates an image.

Not here: neighbours (``neighbours``), pictures of the map and what lies in a lasso (``maps``,
``polygons``).

The map is a UMAP (McInnes, Healy and Melville, 2018) of the stored neighbours. Its centre is
0, 0 and 99 % of the images lie within 1 of it. It is fitted once; later images are placed
into it, at the median of their nearest fitted images, until they outnumber the fitted ones.
"""

from __future__ import annotations

import time
import warnings
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panoptic_data.provenance.stages import ReportProgress, StageResult, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors import neighbours
from panoptic_data.vectors import refit as fits
from panoptic_data.vectors.knn import Lists
from panoptic_data.vectors.pca import components

__all__ = ["aligned", "boxed", "layout", "update"]

Coordinates = npt.NDArray[np.float32]

SEED = 42
# 500 epochs took twice as long and kept no more neighbours near, 100 a little fewer.
EPOCHS = 200
# Together they fill twice as much of the box as UMAP's own 0.1 and 1, and keep no less near.
MIN_DIST = 0.5
REPULSION = 8.0
NEGATIVES = 5
# How far the map of some thousand images reaches before it is put in its box.
MAP_RADIUS = 20.0
# From an older map, a small learning rate moves images least (a median of 0.02 to 0.04 of the
# radius, against 0.1 to 0.2 from a new start) and keeps as many neighbours near.
RATE_FROM_MAP = 0.03
# Fewer images have no neighbourhoods to preserve: their principal directions say it all.
FEWEST = 10
# The median of five keeps an image among its likes; a mean falls between two groups.
PLACED_BY = 5
# Copies of one picture would else hide each other: under a hundredth of the map's radius.
SPREAD = 0.004


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    refit: bool = False,
) -> StageResult:
    """Place every image of ``neighbours`` on the map; fit the map where there is none.

    Also fitted anew when ``refit`` says so, when the encoder's weights have changed, or when
    more images were placed than fitted. ``refit`` begins at the map there is, so that images
    stay about where they were; the other two begin anew and are turned towards it.
    """
    began = time.monotonic()
    progress = partial(report, f"projection/{slug}")
    graph, vectors = neighbours.with_vectors(project, slug)
    coordinates, known, fitted = _stored(project, slug, graph.sha1s)
    parameters = _parameters(project, slug)
    before = fits.made_with(project, f"projection/{slug}")
    progress(0, len(graph.sha1s))
    anew = fits.is_due(fitted) or fits.is_other_encoder(before, parameters)
    if not anew:
        _place(vectors, graph.sha1s, coordinates, fitted, np.flatnonzero(~known).astype(np.int32))
        known[:] = True
    if graph.sha1s and (anew or refit):
        whole = boxed(layout(vectors, graph.lists, None if anew else coordinates))
        coordinates = aligned(whole, coordinates, known) + _spread(graph.sha1s)
        fitted[:] = True
    changes = sync_table(
        project.database(),
        table_name("projection", slug),
        _rows(graph.sha1s, coordinates, fitted),
        run,
    )
    progress(len(graph.sha1s), len(graph.sha1s))
    return StageResult(
        **vars(changes),
        seconds=time.monotonic() - began,
        parameters=parameters,
        extra={"refitted": anew or refit, "placed": int(np.count_nonzero(~fitted))},
    )


def layout(
    vectors: npt.NDArray[np.float16], lists: Lists, start: Coordinates | None = None
) -> Coordinates:
    """Lay rows out by their neighbours: (n, 2) float32 in no particular box.

    Begins at ``start``, an older map of the same rows in its box, else at their principal
    components. One thread, seeded: the same each time.
    """
    first = components(vectors, 2) if start is None else start
    width = np.abs(first).max(initial=0.0)
    if len(vectors) < FEWEST or width == 0:
        return first
    random = np.random.RandomState(SEED)
    # UMAP's learning rate is meant for a start some 10 wide. Noise parts identical images.
    scale, rate = (5 / width, 1.0) if start is None else (MAP_RADIUS, RATE_FROM_MAP)
    places = first * scale + random.normal(scale=1e-3, size=first.shape)
    umap, layouts = _umap()
    ids, distances = _with_self(lists)
    graph, _, _ = umap.fuzzy_simplicial_set(
        vectors, ids.shape[1], random, "cosine", knn_indices=ids, knn_dists=distances
    )
    graph = graph.tocoo()
    # An edge so weak that it would be seen in no epoch.
    seen = graph.data >= graph.data.max() / EPOCHS
    a, b = umap.find_ab_params(1.0, MIN_DIST)
    places = places.astype(np.float32, order="C")
    # Not simplicial_set_embedding, which stretches any start to a square.
    made = layouts.optimize_layout_euclidean(
        head_embedding=places,
        tail_embedding=places,
        head=graph.row[seen],
        tail=graph.col[seen],
        n_epochs=EPOCHS,
        n_vertices=len(places),
        epochs_per_sample=umap.make_epochs_per_sample(graph.data[seen], EPOCHS),
        a=a,
        b=b,
        rng_state=random.randint(np.iinfo(np.int32).min, np.iinfo(np.int32).max, 3).astype(
            np.int64
        ),
        gamma=REPULSION,
        initial_alpha=rate,
        negative_sample_rate=NEGATIVES,
        move_other=True,
    )
    return np.asarray(made, np.float32)


def boxed(coordinates: Coordinates) -> Coordinates:
    """Move the centre to 0, 0 and scale so that 99 % of the rows lie within 1."""
    centred = coordinates - coordinates.mean(axis=0, dtype=np.float64)
    radius = np.percentile(np.hypot(*centred.T), 99)
    return np.asarray(centred / radius if radius > 0 else centred, np.float32)


def aligned(
    coordinates: Coordinates, before: Coordinates, known: npt.NDArray[np.bool_]
) -> Coordinates:
    """Turn and mirror a map so that the ``known`` rows come near to where they were.

    Orthogonal Procrustes (Schönemann, 1966). No scale: the box has fixed it, and the scale of
    Procrustes shrinks a map towards its centre the less it resembles the old one.
    """
    if np.count_nonzero(known) < 2:
        return coordinates
    new, old = (part[known].astype(np.float64) for part in (coordinates, before))
    left, _, right = np.linalg.svd((new - new.mean(axis=0)).T @ (old - old.mean(axis=0)))
    return np.asarray(coordinates @ (left @ right), np.float32)


def _umap() -> tuple[Any, Any]:
    """Import umap: 5 s, and each process compiles 8 s more (the first on a machine, 25 s)."""
    with warnings.catch_warnings():
        # Only the parametric kind, which is not ours, wants tensorflow.
        warnings.simplefilter("ignore", ImportWarning)
        from umap import layouts, umap_
    return umap_, layouts


def _with_self(lists: Lists) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return neighbours and cosine distances as UMAP takes them: each row's first is itself."""
    rows = np.arange(len(lists.ids), dtype=np.int32)[:, None]
    # An absent neighbour is at -1 and infinitely far.
    distances = np.maximum(0.0, 1.0 - lists.similarities)
    zeros = np.zeros_like(rows, np.float32)
    return (
        np.concatenate([rows, lists.ids], axis=1),
        np.concatenate([zeros, distances], axis=1).astype(np.float32),
    )


def _place(
    vectors: npt.NDArray[np.float16],
    sha1s: list[str],
    coordinates: Coordinates,
    fitted: npt.NDArray[np.bool_],
    new: npt.NDArray[np.int32],
) -> None:
    if not len(new):
        return
    lists = fits.nearest_fitted(vectors, fitted, new, PLACED_BY)
    found = np.where(lists.ids[..., None] < 0, np.nan, coordinates[lists.ids])
    coordinates[new] = np.nanmedian(found, axis=1) + _spread([sha1s[row] for row in new])


def _spread(sha1s: list[str]) -> Coordinates:
    """Return a small step for each image, always the same one, evenly over a disc."""
    turns = np.array([int(sha1[:8], 16) for sha1 in sha1s]) / 2**32 * 2 * np.pi
    radii = SPREAD * np.sqrt(np.array([int(sha1[8:16], 16) for sha1 in sha1s]) / 2**32)
    return np.stack([radii * np.cos(turns), radii * np.sin(turns)], axis=1).astype(np.float32)


def _stored(
    project: Project, slug: str, sha1s: list[str]
) -> tuple[Coordinates, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return coordinates, which rows have some, and which of these were fitted."""
    stored = project.database().frame(table_name("projection", slug), ["sha1", "x", "y", "fitted"])
    images = pl.DataFrame({"sha1": sha1s}, schema={"sha1": pl.String})
    rows = images.join(stored, on="sha1", how="left", maintain_order="left")
    coordinates = rows.select(pl.col("x", "y").fill_null(0)).to_numpy().astype(np.float32)
    known = rows["x"].is_not_null().to_numpy()
    return coordinates, known, rows["fitted"].fill_null(False).to_numpy().copy()


def _rows(sha1s: list[str], coordinates: Coordinates, fitted: npt.NDArray[np.bool_]) -> pa.Table:
    return pa.table(
        {
            "sha1": pa.array(sha1s, pa.string()),
            "x": coordinates[:, 0],
            "y": coordinates[:, 1],
            "fitted": fitted,
        }
    )


def _parameters(project: Project, slug: str) -> dict[str, object]:
    return {
        "method": "umap",
        "n_epochs": EPOCHS,
        "min_dist": MIN_DIST,
        "repulsion_strength": REPULSION,
        "seed": SEED,
        "fingerprint": fits.fingerprint(project, slug),
    }
