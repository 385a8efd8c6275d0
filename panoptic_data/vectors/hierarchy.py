"""Cluster images at several levels, and number the clusters so that numbers persist: pure.

Not here: tables, when to fit and where new images go (``clusters``).

Vectors are first smoothed over the graph of neighbours (the low-pass filter of Zhang, Liu, Li
and Wu, "Attributed graph clustering via adaptive graph convolution", 2019): each is replaced by
the weighted mean of its neighbourhood, several times, which contracts groups as an embedding by
UMAP does, at a hundredth of its cost. k-means divides the result, Ward's method joins its groups.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from panoptic_data.vectors.knn import NeighbourLists
from panoptic_data.vectors.pca import components

__all__ = [
    "kmeans",
    "level_counts",
    "levels",
    "main_level",
    "renumbered",
    "smoothed",
    "ward_merges",
]

Labels = npt.NDArray[np.int32]
Points = npt.NDArray[np.float32]

SEED = 42
DIMENSIONS = 64
# Agreement with labels rises up to 4 steps and stays until 16 (bench/clusters.py).
SMOOTHING_STEPS = 8
# Above this many rows mini-batch k-means: the same agreement in a tenth of the time.
MINI_BATCH_ABOVE = 50_000
MINI_BATCH_ROWS = 8_192
# Each level has a third of the groups of the finer one; the coarsest has at least 3.
LEVEL_RATIO = 3
MIN_DIVISIBLE = 9
# With more groups than this a level gives no overview.
MAX_MAIN_GROUPS = 60
# A group inherits a number when at least this share of it had that number before.
INHERITED_SHARE = 1 / 3


def smoothed(vectors: npt.NDArray[np.float16], lists: NeighbourLists) -> Points:
    """Return (n, 64) float32, unit length: principal components, smoothed over neighbours."""
    # Takes 0.1 s, only needed to fit.
    from scipy import sparse

    points = components(vectors, DIMENSIONS)
    count, k = lists.ids.shape
    rows, inside = np.repeat(np.arange(count), k), lists.ids.ravel() >= 0
    graph = sparse.csr_matrix(
        (_weights(lists).ravel()[inside], (rows[inside], lists.ids.ravel()[inside])),
        shape=(count, count),
    )
    # The fuzzy union of both directions, as in UMAP, plus the image itself.
    graph = graph + graph.T - graph.multiply(graph.T) + sparse.identity(count, np.float32)
    means = sparse.diags(1 / np.asarray(graph.sum(axis=1)).ravel()).astype(np.float32) @ graph
    for _ in range(SMOOTHING_STEPS):
        points = means @ points
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.where(lengths > 0, lengths, 1), np.float32)


def kmeans(points: Points, k: int) -> Labels:
    """Return (n,) int32 labels 0 … at most k - 1; fewer where points coincide."""
    # Takes 2 s, only needed to fit.
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    k = min(k, len(points))
    is_large = len(points) > MINI_BATCH_ABOVE
    means = (
        MiniBatchKMeans(k, batch_size=MINI_BATCH_ROWS, n_init=1, random_state=SEED)
        if is_large
        else KMeans(k, n_init=1, random_state=SEED)
    )
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # Fewer distinct points than groups is a valid result. One thread, because threads would
        # add up in an order that varies.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = means.fit_predict(points)
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def levels(points: Points) -> list[Labels]:
    """Return (n,) labels at each level, finest first; each level joins groups of the one before."""
    counts = level_counts(len(points))
    finest = kmeans(points, counts[0])
    sizes = np.bincount(finest)
    sums = np.zeros((len(sizes), points.shape[1]))
    np.add.at(sums, finest, points)
    merges = ward_merges(sums / np.maximum(1, sizes)[:, None], sizes)
    coarser = [_cut(merges, len(sizes), count) for count in counts[1:] if count < len(sizes)]
    return [finest, *(names[finest] for names in coarser)]


def ward_merges(
    centres: npt.NDArray[np.float64], sizes: npt.NDArray[np.intp]
) -> list[tuple[int, int]]:
    """Return the pairs of groups that Ward's method merges, in order, for groups of these sizes.

    ``centres`` is (k, d); a merged group is named by any of its members. Nearest-neighbour chains
    (Murtagh, 1983): k² × d operations. scipy's implementation gives every group the same weight
    and leaves single images by themselves.
    """
    centres, weights = centres.copy(), sizes.astype(np.float64)
    remaining = np.ones(len(centres), bool)
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(merges) < len(centres) - 1:
        chain = chain or [int(np.flatnonzero(remaining)[0])]
        last = chain[-1]
        distances = ((centres - centres[last]) ** 2).sum(axis=1)
        distances *= weights * weights[last] / (weights + weights[last])
        distances[~remaining] = distances[last] = np.inf
        nearest = int(distances.argmin())
        if len(chain) < 2 or distances[nearest] < distances[chain[-2]]:
            chain.append(nearest)
            continue
        # The last two are each other's nearest neighbours.
        first, second = sorted(chain[-2:])
        merges.append((float(distances[chain[-2]]), first, second))
        chain = chain[:-2]
        total = weights[first] + weights[second]
        centres[first] += (centres[second] - centres[first]) * (weights[second] / total)
        weights[first], remaining[second] = total, False
    return [(first, second) for _, first, second in sorted(merges, key=lambda merge: merge[0])]


def level_counts(images: int) -> list[int]:
    """Return how many groups to look for at each level, finest first."""
    counts = [max(1, min(round(1.5 * images**0.5), images // 5))]
    while counts[-1] >= MIN_DIVISIBLE:
        counts.append(round(counts[-1] / LEVEL_RATIO))
    return counts


def main_level(counts: list[int]) -> int:
    """Return the level to show first: the finest but one that gives an overview."""
    for level, count in enumerate(counts[1:], start=1):
        if count <= MAX_MAIN_GROUPS:
            return level
    return len(counts) - 1


def renumbered(labels: Labels, before: Labels | None = None) -> Labels:
    """Return numbers by size, the largest group 0; or the numbers that most of a group had before.

    ``before``: (n,) older numbers, -1 where there is none. New groups are paired with old ones to
    share as many images as possible (Hungarian method); the others get numbers never used.
    """
    sizes = np.bincount(labels)
    by_size = np.argsort(-sizes, kind="stable")
    numbers = np.full(len(sizes), -1, np.int32)
    has_number = np.flatnonzero(before >= 0) if before is not None else np.empty(0, np.intp)
    next_number = 0
    if before is not None and len(has_number):
        numbers = _inherited(labels[has_number], before[has_number], sizes)
        next_number = int(before.max()) + 1
    unnumbered = [group for group in by_size if numbers[group] < 0]
    numbers[unnumbered] = np.arange(next_number, next_number + len(unnumbered))
    return np.asarray(numbers[labels], np.int32)


def _cut(merges: list[tuple[int, int]], count: int, n_groups: int) -> Labels:
    """Return the label of each of ``count`` groups after merging until ``n_groups`` remain."""
    names = np.arange(count)
    for first, second in merges[: count - n_groups]:
        names[names == names[second]] = names[first]
    return np.unique(names, return_inverse=True)[1].astype(np.int32)


def _inherited(labels: Labels, before: Labels, sizes: npt.NDArray[np.intp]) -> Labels:
    from scipy.optimize import linear_sum_assignment

    old_numbers, columns_of_images = np.unique(before, return_inverse=True)
    shared = np.zeros((len(sizes), len(old_numbers)), np.int64)
    np.add.at(shared, (labels, columns_of_images), 1)
    groups, columns = linear_sum_assignment(shared, maximize=True)
    numbers = np.full(len(sizes), -1, np.int32)
    n_numbered = shared.sum(axis=1)
    enough = shared[groups, columns] >= np.maximum(1, INHERITED_SHARE * n_numbered[groups])
    numbers[groups[enough]] = old_numbers[columns[enough]]
    return numbers


def _weights(lists: NeighbourLists) -> Points:
    """Return (n, k) weights of each row's neighbours: 1 for the nearest, decreasing after it."""
    inside = lists.ids >= 0
    similarities = np.where(inside, lists.similarities, 0)
    drop = np.where(inside, similarities[:, :1] - similarities, 0)
    scale = drop.sum(axis=1, keepdims=True) / np.maximum(1, inside.sum(axis=1, keepdims=True))
    weights: Points = np.exp(-drop / np.maximum(scale, 1e-6)).astype(np.float32)
    return weights
