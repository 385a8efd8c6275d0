"""The table ``neighbours``: each image's k nearest images under one encoder.

Not here: the arithmetic (``knn``), similar images for people (``search``), which compares with all
images and not with k.

Few changes are carried forward (``added_neighbours``). Exact while that is quicker than compiling
NN-Descent, and for lists affected by new or removed images; so up to ``EXACT_UP_TO`` images the
table does not depend on how the corpus grew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.ingest.images import taking_part
from panoptic_data.provenance.stages import ReportProgress, StageResult, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sync import TableChanges, sync_table
from panoptic_data.vectors import knn
from panoptic_data.vectors.added_neighbours import DERIVED, Vectors, carry_forward, with_derived
from panoptic_data.vectors.embeddings import matrix
from panoptic_data.vectors.knn import NeighbourLists
from panoptic_data.vectors.stored_vectors import stored_vectors

__all__ = ["EXACT_UP_TO", "Graph", "K", "read", "update", "with_vectors"]

# UMAP's usual number; more doubles the table without better agreement (bench/neighbours.py).
K = 15
# 20,000 × 1,280 exactly: 29 s of CPU time. NN-Descent: 2 s, after 27 s of compiling.
EXACT_UP_TO = 20_000
# Above that size, when more than this share of rows need a new list, all lists are computed anew.
REBUILD_ABOVE = 0.2


@dataclass(frozen=True)
class Graph:
    """The table as positions: ``sha1s`` sorted, ``lists`` (n, k) of positions in them."""

    sha1s: list[str]
    lists: NeighbourLists


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    k: int = K,
    exact_up_to: int = EXACT_UP_TO,
    anew: bool = False,
) -> StageResult:
    """Store the k nearest others, by cosine, of every embedded image that takes part.

    Ties are in order of sha1. Images of which every file is missing take no part: they have no
    list and are in none; their vectors stay. New images are compared with all; a list changes
    where a new image enters it or a removed one was in it. Lists are shorter than k where there
    are not enough images. With ``anew`` no stored list is kept. With more than ``exact_up_to``
    images, lists of a new corpus come from NN-Descent.
    """
    began = time.monotonic()
    progress = partial(report, f"neighbours/{slug}")
    name = table_name("neighbours", slug)
    seen = _seen(project, slug)
    count = int(seen.takes_part.sum())
    most = count if count <= exact_up_to else int(REBUILD_ABOVE * count)
    carried = None
    if not anew:
        carried = carry_forward(project.database(), name, seen, k, run, most, progress)
    if carried is not None:
        (changes, computed), method = carried, "exact"
    else:
        changes, computed, method = _compute(
            project, slug, seen, k, exact_up_to, run, progress, anew=anew
        )
    progress(changes.rows, changes.rows)
    return StageResult(
        **vars(changes),
        seconds=time.monotonic() - began,
        parameters={"k": k, "metric": "cosine"},
        extra={"method": method, "computed": computed},
    )


def _compute(
    project: Project,
    slug: str,
    seen: Vectors,
    k: int,
    exact_up_to: int,
    run: str,
    progress: knn.Progress,
    *,
    anew: bool,
) -> tuple[TableChanges, int, str]:
    """Compute every list that the table does not hold, reading all that it holds."""
    sha1s, vectors = _in_order(project, slug, seen)
    has_list, stored = _stored(project, slug, sha1s, k)
    has_list = _with_same_vectors(vectors, has_list, stored)
    if anew:
        has_list = np.zeros_like(has_list)
    outdated = _outdated(has_list, stored)
    if len(sha1s) > exact_up_to and len(outdated) > REBUILD_ABOVE * len(sha1s):
        lists, method = knn.nn_descent(vectors, k), "nn-descent"
    else:
        lists, method = _exact(vectors, stored, has_list, outdated, k, progress), "exact"
    rows = with_derived(_rows(sha1s, lists), seen)
    name = table_name("neighbours", slug)
    changes = sync_table(project.database(), name, rows, run, DERIVED, is_made_anew=anew)
    return changes, len(outdated), method


def read(project: Project, slug: str, least: float | None = None) -> Graph:
    """Return the table as a graph, without ids of images that have no row.

    With ``least`` only images that have a neighbour of at least that similarity, and only these
    are read: all that are so near to each other are among them.
    """
    database, name = project.database(), table_name("neighbours", slug)
    where = None
    # An earlier release did not store how near the nearest is.
    if least is not None and not database.count(name, "nearest IS NULL AND length IS NULL"):
        where = f"nearest >= {least}"
    rows = database.read(name, ["sha1", "ids", "similarities"], where).sort_by("sha1")
    width = max(pc.max(pc.list_value_length(rows["ids"])).as_py() or 0, 1)
    return Graph(rows["sha1"].to_pylist(), _positions(rows, rows["sha1"].combine_chunks(), width))


def with_vectors(project: Project, slug: str) -> tuple[Graph, npt.NDArray[np.float16]]:
    """Return the graph and the vectors of its images, in the same order."""
    graph = read(project, slug)
    sha1s, vectors = matrix(project, slug)
    if sha1s == graph.sha1s:
        return graph, vectors
    # One of the two tables was written in between: keep the images that are in both.
    rows = pc.index_in(pa.array(graph.sha1s, pa.string()), value_set=pa.array(sha1s, pa.string()))
    in_both = np.flatnonzero(pc.is_valid(rows).to_numpy(zero_copy_only=False))
    new_positions = np.full(len(graph.sha1s), -1, np.int32)
    new_positions[in_both] = np.arange(len(in_both))
    lists = graph.lists[in_both]
    ids = np.where(lists.ids < 0, -1, new_positions[lists.ids]).astype(np.int32)
    similarities = np.where(ids < 0, -np.inf, lists.similarities).astype(np.float32)
    common = Graph([graph.sha1s[row] for row in in_both], NeighbourLists(ids, similarities))
    return common, vectors[rows.drop_null().to_numpy()]


def _seen(project: Project, slug: str) -> Vectors:
    stored = stored_vectors(project, slug)
    sha1s = pl.Series(pl.from_arrow(stored.sha1s), dtype=pl.String)
    return Vectors(stored, sha1s.is_in(taking_part(project).implode()).to_numpy())


def _in_order(
    project: Project, slug: str, seen: Vectors
) -> tuple[list[str], npt.NDArray[np.float16]]:
    """Return the images that take part, sorted, and their vectors."""
    sha1s, vectors = matrix(project, slug)
    names = pa.array(sha1s, pa.string())
    takes_part = pc.is_in(names, value_set=seen.sha1s.filter(pa.array(seen.takes_part)))
    if pc.all(takes_part).as_py() is not False:
        # A million vectors are never in memory twice.
        return sha1s, vectors
    kept = np.flatnonzero(takes_part.to_numpy(zero_copy_only=False))
    return [sha1s[row] for row in kept], vectors[kept]


def _stored(
    project: Project, slug: str, sha1s: list[str], k: int
) -> tuple[npt.NDArray[np.bool_], NeighbourLists]:
    """Return which images have a row (n,) bool, and all lists as positions in ``sha1s``."""
    rows = project.database().read(table_name("neighbours", slug), ["sha1", "ids", "similarities"])
    present = pa.array(sha1s, pa.string())
    positions = pc.index_in(rows["sha1"], value_set=present)
    # A list shorter than its corpus allowed was computed with another k.
    is_complete = pc.greater_equal(pc.list_value_length(rows["ids"]), min(k, rows.num_rows - 1))
    usable = pc.and_(is_complete, pc.is_valid(positions))
    rows, positions = rows.filter(usable), positions.filter(usable)
    lists = _positions(rows, present, k)
    has_list = np.zeros(len(sha1s), bool)
    ids = np.full((len(sha1s), k), -1, np.int32)
    similarities = np.full((len(sha1s), k), -np.inf, np.float32)
    order = positions.to_numpy()
    has_list[order], ids[order], similarities[order] = True, lists.ids, lists.similarities
    return has_list, NeighbourLists(ids, similarities)


def _positions(rows: pa.Table, present: pa.Array, width: int) -> NeighbourLists:
    """Return lists of positions in ``present``; an absent id leaves -1 with its similarity."""
    lengths = pc.list_value_length(rows["ids"]).to_numpy()
    row = np.repeat(np.arange(rows.num_rows), lengths)
    column = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    inside = column < width
    ids = np.full((rows.num_rows, width), -1, np.int32)
    similarities = np.full((rows.num_rows, width), -np.inf, np.float32)
    cells = row[inside], column[inside]
    positions = pc.index_in(pc.list_flatten(rows["ids"]), value_set=present).fill_null(-1)
    ids[cells] = positions.to_numpy()[inside]
    similarities[cells] = pc.list_flatten(rows["similarities"]).to_numpy()[inside]
    return NeighbourLists(ids, similarities)


def _with_same_vectors(
    vectors: npt.NDArray[np.float16], has_list: npt.NDArray[np.bool_], stored: NeighbourLists
) -> npt.NDArray[np.bool_]:
    """Return which rows are still valid: the nearest image is exactly as near as stored.

    Similarities are exact, so that their equality is a checksum of the vectors they came from.
    """
    rows = np.flatnonzero(has_list & (stored.ids >= 0).any(axis=1)).astype(np.int32)
    first = (stored.ids[rows] >= 0).argmax(axis=1)
    stored_similarity = stored.similarities[rows, first]
    computed = knn.cosines(vectors, rows, stored.ids[rows, first][:, None])[:, 0]
    valid = has_list.copy()
    valid[rows[stored_similarity != computed]] = False
    return valid


def _outdated(has_list: npt.NDArray[np.bool_], stored: NeighbourLists) -> npt.NDArray[np.int32]:
    """Return the rows to compute: without a list, or with one that has lost a member."""
    lost_member = (stored.ids < 0) & np.isfinite(stored.similarities)
    lost_member |= (stored.ids >= 0) & ~has_list[stored.ids]
    return np.flatnonzero(~has_list | lost_member.any(axis=1)).astype(np.int32)


def _exact(
    vectors: npt.NDArray[np.float16],
    stored: NeighbourLists,
    has_list: npt.NDArray[np.bool_],
    outdated: npt.NDArray[np.int32],
    k: int,
    progress: knn.Progress,
) -> NeighbourLists:
    ids, similarities = stored.ids.copy(), stored.similarities.copy()
    computed = knn.exact(vectors[outdated], vectors, k, outdated, progress)
    ids[outdated], similarities[outdated] = computed.ids, computed.similarities
    old = np.setdiff1d(np.arange(len(vectors), dtype=np.int32), outdated)
    entering = np.flatnonzero(~has_list).astype(np.int32)
    if len(old) and len(entering):
        candidates = knn.exact(vectors[old], vectors[entering], k)
        candidates = NeighbourLists(
            np.where(candidates.ids < 0, -1, entering[candidates.ids]), candidates.similarities
        )
        both = knn.merged(stored[old], candidates)
        ids[old], similarities[old] = both.ids, both.similarities
    return NeighbourLists(ids, similarities)


def _rows(sha1s: list[str], lists: NeighbourLists) -> pa.Table:
    names = pa.array(sha1s, pa.string())
    inside = lists.ids >= 0
    offsets = pa.array(np.concatenate([[0], inside.sum(axis=1).cumsum()]), pa.int32())
    ids = names.take(pa.array(lists.ids[inside]))
    similarities = pa.array(lists.similarities[inside], pa.float32())
    return pa.table(
        {
            "sha1": names,
            "ids": pa.ListArray.from_arrays(offsets, ids),
            "similarities": pa.ListArray.from_arrays(offsets, similarities),
        }
    )
