"""The rows of the table ``cluster_info``: each cluster's size and the image that shows it: pure.

The medoid is the fitted image nearest to the mean of the images that the cluster was fitted to.
How near each is, its row says, so that placing and losing images reads no vectors. Not here:
which cluster an image is in (``clusters``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

__all__ = ["closeness", "rows"]

_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("level", pa.int32()),
        ("number", pa.int32()),
        ("size", pa.int32()),
        ("medoid", pa.string()),
        ("main", pa.bool_()),
        ("fit", pa.string()),
    ]
)


def rows(images: pl.DataFrame, fit: str) -> pa.Table:
    """Return a row for each cluster at each level.

    ``images`` has sha1, cluster, levels, closeness (null for an image that was placed later).
    """
    depth = int(images["levels"].list.len().max() or 0)  # type: ignore[arg-type]
    parts = [_level(images, level) for level in range(depth)]
    if not parts:
        return _SCHEMA.empty_table()
    is_main = [
        bool((images["levels"].list.get(level) == images["cluster"]).all())
        for level in range(depth)
    ]
    table = pl.concat(parts).with_columns(
        key=pl.format("{}:{}", "level", "number"),
        main=pl.col("level") == is_main.index(True),
        fit=pl.lit(fit),
    )
    return table.select(_SCHEMA.names).to_arrow().cast(_SCHEMA)


def closeness(
    vectors: npt.NDArray[np.float16], labels: npt.NDArray[np.int32]
) -> npt.NDArray[np.float32]:
    """Return how near each vector (n, d) is to the mean of its cluster: (n, m) float32.

    ``labels`` is (n, m), a column for each level. The cosine times the length of the mean.
    """
    close = np.empty(labels.shape, np.float32)
    for level, column in enumerate(labels.T):
        order = np.argsort(column, kind="stable")
        starts = np.flatnonzero(np.diff(column[order], prepend=column[order][:1] - 1))
        for members in np.split(order, starts[1:]):
            own = vectors[members].astype(np.float64)
            # Row by row: a matrix product may round equal rows differently.
            towards = np.einsum("ij,j->i", own, own.mean(axis=0))
            close[members, level] = towards / np.linalg.norm(own, axis=1)
    return close


def _level(images: pl.DataFrame, level: int) -> pl.DataFrame:
    members = images.select(
        "sha1",
        number=pl.col("levels").list.get(level),
        close=pl.col("closeness").list.get(level),
    )
    # Where no fitted image is left, the first by sha1.
    is_nearest = (pl.col("close") == pl.col("close").max()).fill_null(False)
    medoid = pl.coalesce(pl.col("sha1").filter(is_nearest).min(), pl.col("sha1").min())
    return (
        members.group_by("number")
        .agg(size=pl.len(), medoid=medoid)
        .sort("number")
        .with_columns(level=pl.lit(level, pl.Int32))
    )
