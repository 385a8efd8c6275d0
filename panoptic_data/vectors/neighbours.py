"""Each image's k nearest images under one encoder: computed once, read by all that compare.

Not here: the arithmetic (``nearest``), similar images for a person (``search``), which looks
at all images and not at k.

Exact while exact is quicker than compiling NN-Descent, and for what is new or was touched by
what is new or gone; so up to ``EXACT_UP_TO`` images the table is the same however the corpus
came to be.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.provenance.stages import ReportProgress, StageResult, ignore_progress
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sync import sync_table
from panoptic_data.vectors import knn
from panoptic_data.vectors.embeddings import matrix
from panoptic_data.vectors.knn import Lists

__all__ = ["EXACT_UP_TO", "Graph", "K", "read", "update", "with_vectors"]

# UMAP's usual neighbourhood; more doubles the table and changed no agreement (bench/neighbours.py).
K = 15
# 20,000 × 1,280 exactly: 29 s of processor. NN-Descent: 2 s, after 27 s of compiling.
EXACT_UP_TO = 20_000
# Above that size, when more rows than this share need a new list, all are made anew.
ANEW_ABOVE = 0.2


@dataclass(frozen=True)
class Graph:
    """The table as positions: ``sha1s`` sorted, ``lists`` (n, k) of positions in them."""

    sha1s: list[str]
    lists: Lists


def update(
    project: Project,
    slug: str,
    run: str,
    report: ReportProgress = ignore_progress,
    k: int = K,
    exact_up_to: int = EXACT_UP_TO,
) -> StageResult:
    """Give every embedded image its k nearest others by cosine; ties in order of sha1.

    New images are compared with all; a list changes where a new image enters it or a removed
    one was in it. Lists are shorter than k where there are not enough images. With more than
    ``exact_up_to`` images, lists of a new corpus come from NN-Descent.
    """
    began = time.monotonic()
    sha1s, vectors = matrix(project, slug)
    progress = partial(report, f"neighbours/{slug}")
    kept, stored = _stored(project, slug, sha1s, k)
    kept = _still_true(vectors, kept, stored)
    anew = _anew(kept, stored)
    if len(sha1s) > exact_up_to and len(anew) > ANEW_ABOVE * len(sha1s):
        lists, method = knn.descent(vectors, k), "nn-descent"
    else:
        lists, method = _exact(vectors, stored, kept, anew, k, progress), "exact"
    changes = sync_table(
        project.database(), table_name("neighbours", slug), _rows(sha1s, lists), run
    )
    progress(len(sha1s), len(sha1s))
    return StageResult(
        **vars(changes),
        seconds=time.monotonic() - began,
        parameters={"k": k, "metric": "cosine"},
        extra={"method": method, "computed": len(anew)},
    )


def read(project: Project, slug: str) -> Graph:
    """Return the table as a graph; ids that are in no row are left out."""
    rows = project.database().read(table_name("neighbours", slug), ["sha1", "ids", "similarities"])
    rows = rows.sort_by("sha1")
    width = max(pc.max(pc.list_value_length(rows["ids"])).as_py() or 0, 1)
    return Graph(rows["sha1"].to_pylist(), _positions(rows, rows["sha1"].combine_chunks(), width))


def with_vectors(project: Project, slug: str) -> tuple[Graph, npt.NDArray[np.float16]]:
    """Return the graph and the vectors of its images, in the same order."""
    graph = read(project, slug)
    sha1s, vectors = matrix(project, slug)
    if sha1s == graph.sha1s:
        return graph, vectors
    # One of the two tables was written between the two readings: keep what both know.
    rows = pc.index_in(pa.array(graph.sha1s, pa.string()), value_set=pa.array(sha1s, pa.string()))
    both = np.flatnonzero(pc.is_valid(rows).to_numpy(zero_copy_only=False))
    place = np.full(len(graph.sha1s), -1, np.int32)
    place[both] = np.arange(len(both))
    lists = graph.lists[both]
    ids = np.where(lists.ids < 0, -1, place[lists.ids]).astype(np.int32)
    similarities = np.where(ids < 0, -np.inf, lists.similarities).astype(np.float32)
    kept = Graph([graph.sha1s[row] for row in both], Lists(ids, similarities))
    return kept, vectors[rows.drop_null().to_numpy()]


def _stored(
    project: Project, slug: str, sha1s: list[str], k: int
) -> tuple[npt.NDArray[np.bool_], Lists]:
    """Return which images have a row, and all lists as positions among the present images."""
    rows = project.database().read(table_name("neighbours", slug), ["sha1", "ids", "similarities"])
    present = pa.array(sha1s, pa.string())
    place = pc.index_in(rows["sha1"], value_set=present)
    # A list shorter than its corpus allowed was made with another k.
    whole = pc.greater_equal(pc.list_value_length(rows["ids"]), min(k, rows.num_rows - 1))
    chosen = pc.and_(whole, pc.is_valid(place))
    rows, place = rows.filter(chosen), place.filter(chosen)
    found = _positions(rows, present, k)
    kept = np.zeros(len(sha1s), bool)
    ids = np.full((len(sha1s), k), -1, np.int32)
    similarities = np.full((len(sha1s), k), -np.inf, np.float32)
    order = place.to_numpy()
    kept[order], ids[order], similarities[order] = True, found.ids, found.similarities
    return kept, Lists(ids, similarities)


def _positions(rows: pa.Table, present: pa.Array, width: int) -> Lists:
    """Return lists of positions in ``present``; an absent id leaves -1 with its similarity."""
    lengths = pc.list_value_length(rows["ids"]).to_numpy()
    row = np.repeat(np.arange(rows.num_rows), lengths)
    column = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    inside = column < width
    ids = np.full((rows.num_rows, width), -1, np.int32)
    similarities = np.full((rows.num_rows, width), -np.inf, np.float32)
    where = row[inside], column[inside]
    places = pc.index_in(pc.list_flatten(rows["ids"]), value_set=present).fill_null(-1)
    ids[where] = places.to_numpy()[inside]
    similarities[where] = pc.list_flatten(rows["similarities"]).to_numpy()[inside]
    return Lists(ids, similarities)


def _still_true(
    vectors: npt.NDArray[np.float16], kept: npt.NDArray[np.bool_], stored: Lists
) -> npt.NDArray[np.bool_]:
    """Drop the rows whose nearest image is not as near as stored: their vectors were remade.

    Similarities are exact, so that equality is a checksum of the vectors they came from.
    """
    known = np.flatnonzero(kept & (stored.ids >= 0).any(axis=1)).astype(np.int32)
    first = (stored.ids[known] >= 0).argmax(axis=1)
    told = stored.similarities[known, first]
    true = knn.cosines(vectors, known, stored.ids[known, first][:, None])[:, 0]
    still = kept.copy()
    still[known[told != true]] = False
    return still


def _anew(kept: npt.NDArray[np.bool_], stored: Lists) -> npt.NDArray[np.int32]:
    """Return the rows to be computed: without a list, or with one that has lost a member."""
    gone = (stored.ids < 0) & np.isfinite(stored.similarities)
    gone |= (stored.ids >= 0) & ~kept[stored.ids]
    return np.flatnonzero(~kept | gone.any(axis=1)).astype(np.int32)


def _exact(
    vectors: npt.NDArray[np.float16],
    stored: Lists,
    kept: npt.NDArray[np.bool_],
    anew: npt.NDArray[np.int32],
    k: int,
    progress: knn.Progress,
) -> Lists:
    ids, similarities = stored.ids.copy(), stored.similarities.copy()
    made = knn.exact(vectors[anew], vectors, k, anew, progress)
    ids[anew], similarities[anew] = made.ids, made.similarities
    old = np.setdiff1d(np.arange(len(vectors), dtype=np.int32), anew)
    entering = np.flatnonzero(~kept).astype(np.int32)
    if len(old) and len(entering):
        candidates = knn.exact(vectors[old], vectors[entering], k)
        candidates = Lists(
            np.where(candidates.ids < 0, -1, entering[candidates.ids]), candidates.similarities
        )
        both = knn.merged(stored[old], candidates)
        ids[old], similarities[old] = both.ids, both.similarities
    return Lists(ids, similarities)


def _rows(sha1s: list[str], lists: Lists) -> pa.Table:
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
