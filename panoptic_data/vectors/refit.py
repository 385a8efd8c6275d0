"""When a map or clusters need a new fit, and which fitted images are nearest to a new one.

A fit is made once and new images are placed into it, so that the map and the clusters that people
have learnt to read stay as they are. Not here: fitting itself (``projection``, ``clusters``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.provenance.stages import digest
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import knn, screening
from panoptic_data.vectors.embeddings import matrix
from panoptic_data.vectors.knn import NeighbourLists

__all__ = [
    "EARLIER",
    "MAX_PLACED_SHARE",
    "fingerprint",
    "fit_id",
    "is_other_encoder",
    "nearest_fitted",
    "nearest_fitted_images",
    "needs_refit",
    "recorded_parameters",
]

EARLIER = "an earlier release"
"""Stands for the run of a fit that was made before fits had ids."""

# Where most images were placed and never fitted, the fit describes an older corpus.
MAX_PLACED_SHARE = 0.5


def needs_refit(fitted: int, images: int) -> bool:
    """Return whether too many images were placed without being in the fit."""
    return images - fitted > MAX_PLACED_SHARE * images


def recorded_parameters(project: Project, stage: str) -> Mapping[str, object]:
    """Return the parameters that a stage was last recorded with; empty where it never was."""
    rows = project.database().take("stages", [stage], ["parameters"]).to_pylist()
    parameters: Mapping[str, object] = json.loads(rows[0]["parameters"]) if rows else {}
    return parameters


def fingerprint(project: Project, slug: str) -> str:
    """Return the fingerprint of the encoder's weights; empty where it was never loaded."""
    rows = project.database().take("encoders", [slug], ["fingerprint"]).to_pylist()
    return str(rows[0]["fingerprint"] or "") if rows else ""


def is_other_encoder(before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Return whether a recorded fit came from vectors of other weights."""
    return bool(before) and before.get("fingerprint") != now["fingerprint"]


def fit_id(stage: str, run: str) -> str:
    """Return the id of the fit that a run makes of a stage: 16 hex digits."""
    return digest([stage, run])


def nearest_fitted_images(
    project: Project, slug: str, new: pl.Series, fitted: pl.Series, k: int
) -> pl.DataFrame:
    """Return the k nearest images of ``fitted`` to each image of ``new``: sha1, id, similarity.

    Nearest first, ties in order of id. From the images' own lists where these hold enough; the
    vectors are read only for the others.
    """
    rows = project.database().take(
        table_name("neighbours", slug), new.to_list(), ["sha1", "ids", "similarities"]
    )
    lists = pl.from_arrow(rows)
    assert isinstance(lists, pl.DataFrame)
    listed = lists.explode("ids", "similarities").select(
        "sha1", id="ids", similarity="similarities"
    )
    near = listed.filter(pl.col("id").is_in(fitted.implode()))
    enough = min(k, len(fitted))
    full = near.group_by("sha1").len().filter(pl.col("len") >= enough)["sha1"]
    rest = new.filter(~new.is_in(full.implode()))
    near = near.filter(pl.col("sha1").is_in(full.implode()))
    if not rest.is_empty() and enough:
        near = pl.concat([near, _compared_with_all(project, slug, rest, fitted, k)])
    order = near.sort("sha1", "similarity", "id", descending=[False, True, False])
    return order.group_by("sha1", maintain_order=True).head(k)


def _compared_with_all(
    project: Project, slug: str, new: pl.Series, fitted: pl.Series, k: int
) -> pl.DataFrame:
    sha1s, vectors = matrix(project, slug)
    names = pl.Series(sha1s, dtype=pl.String)
    is_fitted = names.is_in(fitted.implode()).to_numpy()
    queries = np.flatnonzero(names.is_in(new.implode()).to_numpy())
    lists = nearest_fitted(vectors, is_fitted, queries.astype(np.int32), k)
    row, rank = np.nonzero(lists.ids >= 0)
    return pl.DataFrame(
        {
            "sha1": names.gather(queries[row]),
            "id": names.gather(lists.ids[row, rank]),
            "similarity": lists.similarities[row, rank],
        }
    )


def nearest_fitted(
    vectors: npt.NDArray[np.float16],
    fitted: npt.NDArray[np.bool_],
    placed: npt.NDArray[np.int32],
    k: int,
) -> NeighbourLists:
    """Return the k nearest fitted images to each row of ``placed``, as positions in ``vectors``.

    Only fitted images, so that the result does not depend on the order in which images were added.
    """
    queries = vectors[placed]
    try:
        own = np.full(len(placed), -1, np.int64)
        pairs, _ = screening.nearest_pairs(queries, screening.blocks_of(vectors), k, own, fitted)
    except screening.TooManyPairs:
        rows = np.flatnonzero(fitted).astype(np.int32)
        lists = knn.exact(queries, vectors[rows], k)
        return NeighbourLists(np.where(lists.ids < 0, -1, rows[lists.ids]), lists.similarities)
    return knn.listed(
        pairs.queries, pairs.rows, screening.exact_cosines(queries, pairs), len(placed), k
    )
