"""The same search under several encoders, with the rank that each gives every image.

Not here: a search under one encoder (``find``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from panoptic_data.search.request import SearchRequest, resolve, shown_by
from panoptic_data.storage.project import Project
from panoptic_data.vectors.calibration import Scale
from panoptic_data.vectors.scores import DIGITS, Scores, clear_cosine, scale, score_images
from panoptic_data.views.search_expression import Expression

if TYPE_CHECKING:
    from panoptic_data.views.model import View

__all__ = ["Compared", "Comparison", "Rank", "compare"]


@dataclass(frozen=True)
class Rank:
    """Where one encoder ranks an image: ``rank`` from 1, with the cosine and its percentile."""

    rank: int
    similarity: float
    percentile: float | None = None


@dataclass(frozen=True)
class Compared:
    """One image and its rank under each encoder: None where that has no vector of it."""

    sha1: str
    ranks: tuple[Rank | None, ...]


@dataclass(frozen=True)
class Comparison:
    """The same search under several ``encoders`` (slugs).

    ``images`` are the first ones of every encoder, in order of their best rank; ``common`` of the
    first ``of`` images are the same under all encoders. ``clear`` says of each encoder whether it
    clearly found what words name; None for other searches.
    """

    encoders: tuple[str, ...]
    images: list[Compared]
    common: int
    of: int
    clear: tuple[bool | None, ...] = ()


def compare(
    project: Project,
    query: str | Expression | Image.Image,
    encoders: Sequence[str],
    view: View | None = None,
    k: int = 20,
) -> Comparison:
    """Return the k images that each of several encoders finds first, with their ranks under all.

    All images are ranked, or with ``view`` those that it shows. Otherwise as ``find``, whose
    errors it raises.
    """
    requests = [resolve(project, query, encoder) for encoder in encoders]
    scores = [_ranked(project, request, view) for request in requests]
    firsts = [[hit.sha1 for hit in scored.best(k)] for scored in scores]
    sha1s = list(dict.fromkeys(sha1 for first in firsts for sha1 in first))
    scales = [scale(project, request.slug, request.query) for request in requests]
    pairs = list(zip(scores, scales, strict=True))
    images = [Compared(sha1, tuple(_rank(sha1, *pair) for pair in pairs)) for sha1 in sha1s]
    images.sort(key=lambda image: min(rank.rank for rank in image.ranks if rank))
    of = min(map(len, firsts))
    common = set.intersection(*(set(first[:of]) for first in firsts))
    slugs = tuple(request.slug for request in requests)
    pairs_of = zip(requests, scores, strict=True)
    clear = tuple(_is_clear(project, request, scored) for request, scored in pairs_of)
    return Comparison(slugs, images, len(common), of, clear)


def _is_clear(project: Project, request: SearchRequest, scored: Scores) -> bool | None:
    hits = scored.best(1)
    clear_from = clear_cosine(project, request.slug, request.query) if hits else None
    return None if clear_from is None else hits[0].similarity >= clear_from


def _ranked(project: Project, request: SearchRequest, view: View | None) -> Scores:
    """Return the scores of the images that take part, NaN for all others."""
    scores = score_images(project, request.slug, request.query.vector)
    similarity = scores.similarity.copy()
    similarity[scores.positions(request.excluded)] = np.nan
    if view is not None:
        similarity[~shown_by(project, view, request.slug)] = np.nan
    return Scores(scores.sha1s, similarity)


def _rank(sha1: str, scores: Scores, chance: Scale) -> Rank | None:
    positions = scores.positions(frozenset({sha1}))
    if not len(positions) or np.isnan(scores.similarity[positions[0]]):
        return None
    [position] = positions
    cosine = scores.similarity[position]
    # Ties are ranked in order of their sha1s, which is that of their positions.
    before = np.count_nonzero(scores.similarity > cosine)
    before += np.count_nonzero(scores.similarity[:position] == cosine)
    percentile = float(chance.percentile(cosine)) if len(chance.cosines) else None
    return Rank(int(before) + 1, round(float(cosine), DIGITS), percentile)
