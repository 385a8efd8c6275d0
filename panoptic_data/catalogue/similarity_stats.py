"""How a view's search ranks the images that its other conditions select, and their similarities.

Not here: which images a search shows (``similarity``), running views (``execute``).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from panoptic_data.catalogue import similarity
from panoptic_data.catalogue.execute import run_view
from panoptic_data.vectors.calibration import levels
from panoptic_data.views.model import View, part_key

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["COMPARED", "SimilarityHistogram", "count_common", "histogram", "ranks"]

BINS = 60
# How many images at the top of two searches are compared: about what a page shows.
COMPARED = 50
# The ranks of a million images take 4 MB.
RANKS_A_CATALOGUE = 4

Ranks = npt.NDArray[np.int32]


@dataclass(frozen=True)
class SimilarityHistogram:
    """How the similarities of a search are spread, for a slider over its threshold.

    ``counts`` (bins) of the images that the other conditions select, between ``edges`` (bins + 1,
    cosines) with their ``percentiles``; ``threshold`` is the cosine from which images are shown
    now, ``default_threshold`` the one that holds where none is set. ``levels`` are the cosines
    from which images are as alike as ``calibration.LEVELS`` say, the closest first.
    """

    encoder: str
    counts: list[int]
    edges: list[float]
    percentiles: list[float | None]
    threshold: float
    default_threshold: float
    levels: dict[str, float]


def ranks(catalogue: Catalogue, view: View) -> Ranks:
    """Return the rank of each row by similarity to a view's first search: (n,) int32.

    From 1, the most similar, among all that the other conditions select, however few of them are
    similar enough to be shown; 0 for all others. Raises as running the view.
    """
    part = similarity.first_search(view)
    if part is None:
        return np.zeros(len(catalogue), np.int32)
    others = View(tuple(it for it in view.where if it is not part), mode=view.mode)
    query = replace(similarity.query_of(part), threshold=-1.0, percentile=None, count=None)
    unlimited = similarity.condition(query)
    key = f"{others.key} {part_key(unlimited)}"
    with _ranks_lock:
        cached = _ranks.setdefault(catalogue, LRUCache(RANKS_A_CATALOGUE))
        known: Ranks | None = cached.get(key)
    if known is not None:
        return known
    result = similarity.similarities(catalogue, unlimited)
    rows = np.unique(run_view(catalogue, others).rows)
    rows = rows[result.is_enough[rows]]
    ranking = np.zeros(len(catalogue), np.int32)
    order = np.argsort(-result.similarity[rows], kind="stable")
    ranking[rows[order]] = np.arange(1, len(rows) + 1)
    with _ranks_lock:
        cached[key] = ranking
    return ranking


def count_common(ranking: Ranks, other: Ranks, first: int = COMPARED) -> int:
    """Return how many of the ``first`` images of two rankings are the same."""
    is_first, is_first_of_other = ((it > 0) & (it <= first) for it in (ranking, other))
    return int(np.count_nonzero(is_first & is_first_of_other))


def histogram(catalogue: Catalogue, view: View, bins: int = BINS) -> SimilarityHistogram | None:
    """Return how the similarities of a view's first search are spread; None where it has none."""
    part = similarity.first_search(view)
    if part is None:
        return None
    # Encoders and lancedb take seconds to import: only those who search wait for them.
    from panoptic_data.vectors import query_vectors, scores

    query = similarity.query_of(part)
    others = tuple(it for it in view.where if it is not part)
    rows = np.unique(run_view(catalogue, View(others, mode=view.mode)).rows)
    unlimited = replace(query, threshold=-1, percentile=None, count=None)
    result = similarity.similarities(catalogue, similarity.condition(unlimited))
    cosines = result.similarity[rows][result.is_enough[rows]]
    aim = query_vectors.of_expression(catalogue.project, query.expression, query.encoder)
    scale = scores.scale(catalogue.project, query.encoder, aim)
    counts, edges = np.histogram(cosines, bins, _range(cosines))
    threshold = similarity.threshold(catalogue, query, aim)
    if query.count is not None and query.count <= len(cosines):
        # Where a number of images is kept, they begin with the least similar of them.
        threshold = max(threshold, _nth(cosines, query.count))
    elif not query.is_limited and len(cosines):
        nearest = min(similarity.NEAREST_COUNT, len(cosines))
        threshold = min(threshold, _nth(cosines, nearest))
    percentiles = scale.percentile(edges).tolist()
    return SimilarityHistogram(
        query.encoder,
        counts.tolist(),
        edges.tolist(),
        [None if np.isnan(percentile) else percentile for percentile in percentiles],
        threshold,
        similarity.default_threshold(scale, aim),
        levels(scale, is_by_words=any(aim.parts[2:])),
    )


def _nth(cosines: npt.NDArray[np.float32], count: int) -> float:
    """Return the least of the ``count`` highest cosines."""
    return float(np.partition(cosines, -count)[-count])


def _range(cosines: npt.NDArray[np.float32]) -> tuple[float, float]:
    if not len(cosines):
        return 0.0, 1.0
    low, high = float(cosines.min()), float(cosines.max())
    # A single value needs room on both sides.
    return (low, high) if low < high else (low - 0.01, high + 0.01)


_ranks: WeakKeyDictionary[Catalogue, LRUCache[str, Ranks]] = WeakKeyDictionary()
_ranks_lock = threading.Lock()
