"""Search with words and pictures, signed and weighted, over all images or those of a view.

Not here: making vectors (``vectors.embeddings``), the language of searches
(``views.search_expression``), the vector of a search (``vectors.query_vectors``), the same search
under several encoders (``compare``), conditions of a view (``catalogue.similarity``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from panoptic_data.search.nearest import at_least, nearest
from panoptic_data.search.request import SearchRequest, resolve, shown_by
from panoptic_data.storage.project import Project
from panoptic_data.vectors.scores import Hit, clear_cosine, scale, score_images
from panoptic_data.views.search_expression import Expression

if TYPE_CHECKING:
    from panoptic_data.views.model import View

__all__ = ["find"]


def find(
    project: Project,
    query: str | Expression | Image.Image,
    encoder: str | None = None,
    view: View | None = None,
    k: int = 20,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images most similar to what ``query`` describes, best first, with percentiles.

    Of a search by words, each says whether it found anything clearly (``Hit.is_clear``).

    ``query`` is a search text as ``search_expression`` parses it, or an upright RGB picture.
    ``encoder`` is a slug or a text that names one; None takes the project's first that can. With
    ``view`` all images that it shows are searched and no others. Images that the query names are
    left out, and those whose cosine is below ``threshold`` (-1 to 1).
    Raises InvalidExpression, NoEmbeddings, TextNotSupported, WeightsUnavailable, UnknownImage.
    """
    request = resolve(project, query, encoder)
    slug, vector = request.slug, request.query.vector
    if view is None:
        hits = nearest(project, slug, vector, k, threshold, request.excluded)
    else:
        shown = shown_by(project, view, slug)
        scores = score_images(project, slug, vector, np.flatnonzero(shown))
        hits = at_least(scores.best(k, request.excluded, shown), threshold)
    is_clear = _is_clear(project, request, hits)
    chance = scale(project, slug, request.query)
    if not len(chance.cosines):
        return [replace(hit, is_clear=is_clear) for hit in hits]
    return [
        replace(hit, percentile=float(chance.percentile(hit.similarity)), is_clear=is_clear)
        for hit in hits
    ]


def _is_clear(project: Project, request: SearchRequest, hits: list[Hit]) -> bool | None:
    """Return whether the best hit clearly shows what words name; None for other searches."""
    clear_from = clear_cosine(project, request.slug, request.query) if hits else None
    return None if clear_from is None else hits[0].similarity >= clear_from
