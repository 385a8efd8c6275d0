"""Which group each image belongs to under one encoder, at several levels.

Not here: how groups are found and numbered (``partitions``), the names people give them.

Groups are found once; later images join the group that most of their nearest fitted images
belong to, until they outnumber the fitted ones. Every image belongs to a group; ``strength``
says how firmly: the share of its nearest images that are of the same main group.
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
from panoptic_data.vectors import refit as fits
from panoptic_data.vectors.hierarchy import (
    SEED,
    divide,
    level_counts,
    levels,
    main_level,
    numbered,
    smoothed,
)
from panoptic_data.vectors.knn import Lists

__all__ = ["METHODS", "update"]

METHODS = ("levels", "kmeans")
"""``levels``: several levels, their sizes chosen by the corpus. ``kmeans``: one level of k."""

VOTERS = 15


@dataclass(frozen=True)
class _Found:
    """Clusters of n images at m levels: ``labels`` (n, m), finest first, -1 where unknown."""

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
    """Give every image of ``neighbours`` its clusters; find clusters where there are none.

    ``method`` is one of ``METHODS``, ``k`` the number of clusters for ``kmeans``; without them
    the recorded ones stand. Found anew when ``refit`` says so, when method, k or the encoder's
    weights are others than recorded, or when more images were placed than fitted; numbers are
    then kept by overlap. Raises UsageError for an unknown method.
    """
    began = time.monotonic()
    progress = partial(report, f"clusters/{slug}")
    before = fits.made_with(project, f"clusters/{slug}")
    parameters = _parameters(project, slug, before, method, k)
    graph, vectors = neighbours.with_vectors(project, slug)
    progress(0, len(graph.sha1s))
    found = _stored(project, slug, graph.sha1s)
    other = dict(before) != parameters if before else not (method is None and k is None)
    due = refit or other or fits.is_due(found.fitted)
    if due and graph.sha1s:
        found = _fit(vectors, graph.lists, found, parameters)
    else:
        _place(vectors, found)
    name = table_name("clusters", slug)
    changes = sync_table(project.database(), name, _rows(graph.sha1s, found), run)
    info = _info(graph.sha1s, vectors, found)
    told = sync_table(project.database(), table_name("cluster_info", slug), info, run)
    progress(len(graph.sha1s), len(graph.sha1s))
    return StageResult(
        **{**vars(changes), "data_version": digest([changes.data_version, told.data_version])},
        seconds=time.monotonic() - began,
        parameters=parameters,
        extra={
            "refitted": due,
            "placed": int(np.count_nonzero(~found.fitted)),
            "clusters": [len(np.unique(column)) for column in found.labels.T],
            "main": found.main,
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
        known = ", ".join(METHODS)
        raise UsageError(
            problem=translate("clusters.unknown_method", "en", name=method, known=known)
        )
    return {
        "method": method,
        "k": k if method == "kmeans" else None,
        "seed": SEED,
        "fingerprint": fits.fingerprint(project, slug),
    }


def _fit(
    vectors: npt.NDArray[np.float16],
    lists: Lists,
    before: _Found,
    parameters: Mapping[str, object],
) -> _Found:
    points = smoothed(vectors, lists)
    k = parameters["k"]
    if parameters["method"] == "kmeans":
        counts = level_counts(len(points))
        found = [divide(points, k if isinstance(k, int) else counts[main_level(counts)])]
        main = 0
    else:
        found = levels(points)
        main = main_level([int(labels.max()) + 1 for labels in found])
    labels = np.stack(
        [numbered(part, _older(before, level, main)) for level, part in enumerate(found)], axis=1
    )
    everyone = np.ones(len(labels), bool)
    return _Found(labels, main, _strength(labels[:, main], lists), everyone)


def _older(before: _Found, level: int, main: int) -> npt.NDArray[np.int32] | None:
    """Return the old numbers that a new level goes by: its counterpart's from the main level."""
    counterpart = level - main + before.main
    if 0 <= counterpart < before.labels.shape[1]:
        return before.labels[:, counterpart]
    return None


def _strength(labels: npt.NDArray[np.int32], lists: Lists) -> npt.NDArray[np.float32]:
    inside = lists.ids >= 0
    same = inside & (labels[lists.ids] == labels[:, None])
    # An image alone in its corpus belongs to itself.
    share = same.sum(axis=1) / np.maximum(1, inside.sum(axis=1))
    return np.where(inside.any(axis=1), share, 1).astype(np.float32)


def _place(vectors: npt.NDArray[np.float16], found: _Found) -> None:
    """Fill in the rows that have no label yet."""
    new = np.flatnonzero(np.isnan(found.strength)).astype(np.int32)
    if not len(new):
        return
    lists = fits.nearest_fitted(vectors, found.fitted, new, VOTERS)
    votes = np.where(lists.ids < 0, 0, np.maximum(lists.similarities, 0)).astype(np.float64)
    chosen = votes.copy()
    # The coarsest level first; finer ones among the voters of the winner, so that levels nest.
    for level in reversed(range(found.labels.shape[1])):
        theirs = found.labels[lists.ids, level]
        won = np.array([_winner(*pair) for pair in zip(theirs, chosen, strict=True)], np.int32)
        found.labels[new, level] = won
        chosen = np.where(theirs == won[:, None], chosen, 0)
        if level == found.main:
            total = np.maximum(votes.sum(axis=1), np.finfo(float).tiny)
            found.strength[new] = chosen.sum(axis=1) / total


def _winner(labels: npt.NDArray[np.int32], votes: npt.NDArray[np.float64]) -> np.int32:
    """Return the label with most votes, the nearest voter's among equals."""
    names, first, places = np.unique(labels, return_index=True, return_inverse=True)
    counts = np.bincount(places, weights=votes)
    best: np.int32 = names[min(np.flatnonzero(counts == counts.max()), key=lambda at: first[at])]
    return best


def _stored(project: Project, slug: str, sha1s: list[str]) -> _Found:
    """Return what the table says of these images; a strength of nan where it has no row."""
    stored = project.database().frame(table_name("clusters", slug))
    images = pl.DataFrame({"sha1": sha1s}, schema={"sha1": pl.String})
    rows = images.join(stored, on="sha1", how="left", maintain_order="left")
    depth = int(stored["levels"].list.len().max() or 1)  # type: ignore[arg-type]
    known = rows["cluster"].is_not_null().to_numpy()
    labels = np.full((len(sha1s), depth), -1, np.int32)
    if known.any():
        labels[known] = np.array(rows["levels"].drop_nulls().to_list(), np.int32)
    cluster = rows["cluster"].fill_null(-1).to_numpy()
    agree = [level for level in range(depth) if (labels[:, level] == cluster).all()]
    strength = rows["strength"].fill_null(float("nan")).to_numpy().copy()
    fitted = rows["fitted"].fill_null(False).to_numpy().copy()
    return _Found(labels, agree[0], strength.astype(np.float32), fitted)


def _rows(sha1s: list[str], found: _Found) -> pa.Table:
    depth = found.labels.shape[1]
    offsets = pa.array(np.arange(len(sha1s) + 1) * depth, pa.int32())
    return pa.table(
        {
            "sha1": pa.array(sha1s, pa.string()),
            "cluster": found.labels[:, found.main],
            "levels": pa.ListArray.from_arrays(offsets, pa.array(found.labels.ravel())),
            "strength": found.strength,
            "fitted": found.fitted,
        }
    )


def _info(sha1s: list[str], vectors: npt.NDArray[np.float16], found: _Found) -> pa.Table:
    rows = [
        {
            "key": f"{level}:{number}",
            "level": level,
            "number": number,
            "size": len(members),
            "medoid": sha1s[_medoid(vectors, members)],
            "main": level == found.main,
        }
        for level, column in enumerate(found.labels.T)
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
    # Row by row, as a product of matrices may round equal rows differently.
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
