"""Divide images into groups at several levels, and number groups so that numbers last: pure.

Not here: tables, when to fit and where new images go (``clusters``).

Vectors are first smoothed over the graph of neighbours (the low-pass filter of Zhang, Liu, Li
and Wu, "Attributed graph clustering via adaptive graph convolution", 2019): each takes on its
neighbours' weighted mean, some times over, which draws groups together as an embedding by UMAP
does, at a hundredth of its cost. k-means divides the result, Ward's method joins its groups.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from panoptic_data.vectors.knn import Lists
from panoptic_data.vectors.pca import components

__all__ = ["divide", "joined", "level_counts", "levels", "main_level", "numbered", "smoothed"]

Labels = npt.NDArray[np.int32]
Points = npt.NDArray[np.float32]

SEED = 42
DIMS = 64
# Agreement with labels rises up to 4 steps and stays until 16 (bench/clusters.py).
STEPS = 8
# Above this many rows k-means learns from batches: the same agreement in a tenth of the time.
BATCHES_ABOVE = 50_000
BATCH = 8_192
# Each level has a third of the groups of the finer one, the coarsest no fewer than 3.
RATIO = 3
FEWEST = 9
# More groups than this are no overview.
MAIN_MOST = 60
# A group keeps an old number when at least this share of it had that number.
INHERITED_SHARE = 1 / 3


def smoothed(vectors: npt.NDArray[np.float16], lists: Lists) -> Points:
    """Return (n, 64) float32, unit length: principal components, smoothed over neighbours."""
    # 0.1 s, only for those who fit.
    from scipy import sparse

    points = components(vectors, DIMS)
    count, k = lists.ids.shape
    rows, inside = np.repeat(np.arange(count), k), lists.ids.ravel() >= 0
    graph = sparse.csr_matrix(
        (_weights(lists).ravel()[inside], (rows[inside], lists.ids.ravel()[inside])),
        shape=(count, count),
    )
    # As likely a pair as either of its two sees it, like UMAP's union; and each its own.
    graph = graph + graph.T - graph.multiply(graph.T) + sparse.identity(count, np.float32)
    means = sparse.diags(1 / np.asarray(graph.sum(axis=1)).ravel()).astype(np.float32) @ graph
    for _ in range(STEPS):
        points = means @ points
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.where(lengths > 0, lengths, 1), np.float32)


def divide(points: Points, k: int) -> Labels:
    """Return (n,) labels 0 … at most k - 1 by k-means; fewer where points coincide."""
    # 2 s, only for those who fit.
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    k = min(k, len(points))
    many = len(points) > BATCHES_ABOVE
    means = (
        MiniBatchKMeans(k, batch_size=BATCH, n_init=1, random_state=SEED)
        if many
        else KMeans(k, n_init=1, random_state=SEED)
    )
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # Fewer distinct points than groups is an answer, not a failure; and threads would sum
        # in the order they happen to end.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = means.fit_predict(points)
    return np.unique(found, return_inverse=True)[1].astype(np.int32)


def levels(points: Points) -> list[Labels]:
    """Return labels at each level, finest first; each level joins groups of the one before."""
    counts = level_counts(len(points))
    finest = divide(points, counts[0])
    sizes = np.bincount(finest)
    sums = np.zeros((len(sizes), points.shape[1]))
    np.add.at(sums, finest, points)
    joins = joined(sums / np.maximum(1, sizes)[:, None], sizes)
    coarser = [_cut(joins, len(sizes), count) for count in counts[1:] if count < len(sizes)]
    return [finest, *(names[finest] for names in coarser)]


def joined(centres: npt.NDArray[np.float64], sizes: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return in which order Ward's method joins groups (k, d) of these sizes, two at a time.

    A group is named by any of its members. Nearest-neighbour chains (Murtagh, 1983): k² × d
    operations. scipy's gives every group the same weight, and leaves lone images by themselves.
    """
    centres, weights = centres.copy(), sizes.astype(np.float64)
    there = np.ones(len(centres), bool)
    joins: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(joins) < len(centres) - 1:
        chain = chain or [int(np.flatnonzero(there)[0])]
        last = chain[-1]
        apart = ((centres - centres[last]) ** 2).sum(axis=1)
        apart *= weights * weights[last] / (weights + weights[last])
        apart[~there] = apart[last] = np.inf
        nearest = int(apart.argmin())
        if len(chain) < 2 or apart[nearest] < apart[chain[-2]]:
            chain.append(nearest)
            continue
        # The two are each other's nearest.
        one, other = sorted(chain[-2:])
        joins.append((float(apart[chain[-2]]), one, other))
        chain = chain[:-2]
        total = weights[one] + weights[other]
        centres[one] += (centres[other] - centres[one]) * (weights[other] / total)
        weights[one], there[other] = total, False
    return [(one, other) for _, one, other in sorted(joins, key=lambda join: join[0])]


def level_counts(images: int) -> list[int]:
    """Return how many groups to look for at each level, finest first."""
    counts = [max(1, min(round(1.5 * images**0.5), images // 5))]
    while counts[-1] >= FEWEST:
        counts.append(round(counts[-1] / RATIO))
    return counts


def main_level(counts: list[int]) -> int:
    """Return the level to show first: not the finest where there is a choice, and no crowd."""
    for level, count in enumerate(counts[1:], start=1):
        if count <= MAIN_MOST:
            return level
    return len(counts) - 1


def numbered(labels: Labels, before: Labels | None = None) -> Labels:
    """Return numbers by size, the largest 0; or the numbers that most of a group had.

    ``before``: (n,) older numbers, -1 where there is none. Pairs of new and old groups are
    chosen to share most images in all (Hungarian method); the others get numbers never used.
    """
    sizes = np.bincount(labels)
    by_size = np.argsort(-sizes, kind="stable")
    names = np.full(len(sizes), -1, np.int32)
    known = np.flatnonzero(before >= 0) if before is not None else np.empty(0, np.intp)
    taken = 0
    if before is not None and len(known):
        names = _inherited(labels[known], before[known], sizes)
        taken = int(before.max()) + 1
    free = [group for group in by_size if names[group] < 0]
    names[free] = np.arange(taken, taken + len(free))
    return np.asarray(names[labels], np.int32)


def _cut(joins: list[tuple[int, int]], count: int, wanted: int) -> Labels:
    """Return what each of ``count`` groups is called when all but ``wanted`` are joined."""
    names = np.arange(count)
    for one, other in joins[: count - wanted]:
        names[names == names[other]] = names[one]
    return np.unique(names, return_inverse=True)[1].astype(np.int32)


def _inherited(labels: Labels, before: Labels, sizes: npt.NDArray[np.intp]) -> Labels:
    from scipy.optimize import linear_sum_assignment

    old, places = np.unique(before, return_inverse=True)
    shared = np.zeros((len(sizes), len(old)), np.int64)
    np.add.at(shared, (labels, places), 1)
    groups, columns = linear_sum_assignment(shared, maximize=True)
    names = np.full(len(sizes), -1, np.int32)
    known = shared.sum(axis=1)
    enough = shared[groups, columns] >= np.maximum(1, INHERITED_SHARE * known[groups])
    names[groups[enough]] = old[columns[enough]]
    return names


def _weights(lists: Lists) -> Points:
    """Return how strongly each row holds to each neighbour: 1 for the nearest, falling off."""
    inside = lists.ids >= 0
    similarities = np.where(inside, lists.similarities, 0)
    beyond = np.where(inside, similarities[:, :1] - similarities, 0)
    scale = beyond.sum(axis=1, keepdims=True) / np.maximum(1, inside.sum(axis=1, keepdims=True))
    weights: Points = np.exp(-beyond / np.maximum(scale, 1e-6)).astype(np.float32)
    return weights
