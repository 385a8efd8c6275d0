"""Parts that images share, from a notebook or a script.

Not here: finding them (``parts``), asking for them in a query (``part-of:``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panoptic_data.notebook_arguments import checked

if TYPE_CHECKING:
    import polars as pl

    from panoptic_data.storage.project import Project

__all__ = ["find_parts"]


@checked
def find_parts(
    project: Project, image: str, rectangle: Sequence[float] | None = None
) -> pl.DataFrame:
    """Return the images that share a part with an image, or with a rectangle on it, surest first.

    ``image`` is a sha1 or its beginning, ``rectangle`` left, top, width and height in fractions of
    the upright picture. Columns: sha1; outline and other_outline (corners of a polygon on either
    picture, x and y in fractions); matrix (2 × 3, from the other picture to this one, in
    fractions); inliers; sureness (0 to 1); group (null for none). Parts are looked for by
    ``process(project, stages=["shared_parts"])``. Raises SharedPartsNotMade before that,
    UnknownImage, InvalidExpression where several images begin so, UsageError for a wrong rectangle.
    """
    import polars as pl

    from panoptic_data.parts import find

    outline = pl.List(pl.List(pl.Float64))
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "sha1": pl.String,
        "outline": outline,
        "other_outline": outline,
        "matrix": pl.List(pl.Float64),
        "inliers": pl.Int64,
        "sureness": pl.Float64,
        "group": pl.String,
    }
    rows = [
        (
            part.other,
            list(map(list, part.outline)),
            list(map(list, part.other_outline)),
            list(part.matrix),
            part.inliers,
            part.sureness,
            part.group,
        )
        for part in find.part_of(project, image, rectangle)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
