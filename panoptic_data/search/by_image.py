"""Images similar to stored images or to a picture.

Not here: mixtures of words and pictures (``find``).
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from panoptic_data.errors import UnknownImage
from panoptic_data.search.nearest import nearest
from panoptic_data.storage.project import Project
from panoptic_data.vectors import query_vectors
from panoptic_data.vectors.scores import Hit
from panoptic_data.views.search_expression import Expression, Term

__all__ = ["by_image", "similar"]


def similar(
    project: Project,
    sha1s: Sequence[str],
    slug: str,
    k: int = 100,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images nearest to the mean of these, which are left out; nearest first.

    ``threshold`` leaves out what is less similar. Raises NoEmbeddings when nothing is embedded
    under this encoder, UnknownImage when none of ``sha1s`` is.
    """
    if not sha1s:
        raise UnknownImage(name="")
    terms = tuple(Term("image", sha1) for sha1 in sha1s)
    query = query_vectors.of_expression(project, Expression(terms), slug)
    return nearest(project, slug, query.vector, k, threshold, frozenset(sha1s))


def by_image(
    project: Project,
    image: Image.Image,
    slug: str,
    k: int = 100,
    threshold: float | None = None,
) -> list[Hit]:
    """Return the k images nearest to an upright RGB picture (``decode.open_image``).

    The picture is reduced to a thumbnail as stored images are, so that it finds itself.
    Raises NoEmbeddings and WeightsUnavailable.
    """
    vector = query_vectors.of_picture(project, image, slug)
    return nearest(project, slug, vector, k, threshold)
