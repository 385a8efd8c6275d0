"""Images that match words.

Not here: mixtures of words and pictures (``find``).
"""

from __future__ import annotations

from panoptic_data.search.nearest import nearest
from panoptic_data.storage.project import Project
from panoptic_data.vectors import query_vectors
from panoptic_data.vectors.scores import Hit
from panoptic_data.views.search_expression import Expression, Term

__all__ = ["by_text"]


def by_text(
    project: Project, text: str, slug: str, k: int = 100, threshold: float | None = None
) -> list[Hit]:
    """Return the k images that match words best, best first.

    ``threshold`` leaves out what is less similar. Raises NoEmbeddings, TextNotSupported and
    WeightsUnavailable.
    """
    query = query_vectors.of_expression(project, Expression((Term("text", text),)), slug)
    return nearest(project, slug, query.vector, k, threshold)
