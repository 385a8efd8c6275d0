"""The pairs of images of which one is among the other's neighbours under some encoder.

Pairs are numbers, ``left * count + right`` of positions left < right among the images, sorted by
sha1. Not here: computing neighbours (``neighbours``), what the pairs are compared for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from panoptic_data.vectors import neighbours

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["least_cosine", "listed_pairs"]

Positions = npt.NDArray[np.int64]
Pairs = npt.NDArray[np.int64]

_LEAST_COSINE = {"clip": 0.6, "timm": 0.5, "visual": 0.5}
_USUAL_LEAST = 0.6


def least_cosine(slug: str) -> float:
    """Return the cosine below which neighbours under an encoder are not looked at."""
    return _LEAST_COSINE.get(slug.partition("-")[0], _USUAL_LEAST)


def listed_pairs(project: Project, slugs: Sequence[str], sha1s: npt.NDArray[np.str_]) -> Pairs:
    """Return the pairs of which one image is among the other's neighbours under an encoder.

    ``sha1s`` are those of the images that take part, sorted.
    """
    parts = [np.empty(0, np.int64)]
    for slug in slugs:
        least = least_cosine(slug)
        graph = neighbours.read(project, slug, least)
        if not graph.sha1s:
            continue
        left, rank = np.nonzero((graph.lists.similarities >= least) & (graph.lists.ids >= 0))
        right = graph.lists.ids[left, rank].astype(np.int64)
        names = np.array(graph.sha1s)
        position = np.searchsorted(sha1s, names)
        is_there = sha1s[np.minimum(position, len(sha1s) - 1)] == names if len(sha1s) else None
        if is_there is None:
            continue
        both = is_there[left] & is_there[right]
        parts.append(_coded(position[left[both]], position[right[both]], len(sha1s)))
    return np.unique(np.concatenate(parts))


def _coded(left: Positions, right: Positions, count: int) -> Pairs:
    return np.minimum(left, right).astype(np.int64) * count + np.maximum(left, right)
