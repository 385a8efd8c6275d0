"""Decide whether two pictures share a part, and where it is on both: pure.

They do where enough local features agree on one transform, spread over an area and not along a
line. Where the whole of both agrees they are one picture, and none is a part; where they are alike
in their tones all over, as plates of one layout are, more has to agree. Points that many pictures
of the corpus have, as those of a printed frame, count for nothing. Not here: which pairs are looked
at (``detect``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from panoptic_data.media.alignment import Alignment, align, compare_overlap, inverse
from panoptic_data.media.local_features import LocalFeatures

__all__ = ["CODE_VERSION", "FEWEST_INLIERS", "SamePart", "same_part"]

CODE_VERSION = "1"
"""Changed when two pictures may get another answer than before: all are compared again."""

FEWEST_INLIERS = 16
"""Points that have to agree, of different places on both pictures.

With 15 two paintings of apples on plates of one layout still do.
"""

Points = npt.NDArray[np.float64]

# How far the points spread across their line, beside along it.
NARROWEST = 0.12
# Two pictures are one where so many blocks of their overlap agree, in tones and in fine detail.
WHOLE_BLOCKS, WHOLE_DETAIL = 0.5, 0.45
# Paintings of two apples on plates of one layout: from this share of the blocks on they are alike
# all over, and more points have to agree.
ALIKE_BLOCKS, ALIKE_INLIERS = 0.45, 24
# A point stands for what is this far around it, in pixels of the features.
AROUND = 5.0
_RING = np.array([(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)], np.float64)


@dataclass(frozen=True)
class SamePart:
    """A part that a left and a right picture share.

    ``left_outline`` and ``right_outline`` (n, 2) are the corners of convex polygons in fractions of
    either. ``inliers`` are the points that agree and count on ``matrix`` (2, 3), which leads from
    the right picture to the left one in fractions.
    """

    matrix: Points
    inliers: int
    left_outline: Points
    right_outline: Points

    @property
    def sureness(self) -> float:
        """How sure it is, from 0.5 at the fewest points to 1."""
        return 1 - FEWEST_INLIERS / (2 * max(self.inliers, FEWEST_INLIERS))

    def reversed(self) -> SamePart:
        """Return the same, seen from the right picture."""
        return SamePart(inverse(self.matrix), self.inliers, self.right_outline, self.left_outline)


def same_part(
    left: LocalFeatures,
    right: LocalFeatures,
    is_common: npt.NDArray[np.bool_] | None = None,
    fewest: int = FEWEST_INLIERS,
    *,
    may_be_whole: bool = False,
) -> SamePart | None:
    """Return the part that two pictures share; None where they share none, or are one picture.

    ``is_common`` says of the left one's first points which of them count for nothing. With
    ``may_be_whole`` the left one may be all in the right one, as what was cut out of a picture is.
    """
    alignment = align(left, right)
    if alignment is None or alignment.inliers < fewest:
        return None
    counted = _counted(left, right, alignment, is_common)
    if len(counted) < fewest:
        return None
    ours, theirs = alignment.left_points[counted], alignment.right_points[counted]
    if min(_spread(ours, left), _spread(theirs, right)) < NARROWEST:
        return None
    part = SamePart(alignment.matrix, len(counted), _outline(ours, left), _outline(theirs, right))
    if may_be_whole:
        return part
    overlap = compare_overlap(left, right, alignment)
    if overlap.blocks >= WHOLE_BLOCKS and overlap.detail >= WHOLE_DETAIL:
        return None
    if overlap.blocks >= ALIKE_BLOCKS and len(counted) < ALIKE_INLIERS:
        return None
    return part


def _counted(
    left: LocalFeatures,
    right: LocalFeatures,
    alignment: Alignment,
    is_common: npt.NDArray[np.bool_] | None,
) -> npt.NDArray[np.intp]:
    """Return which inliers count: one of each place on either picture, if it is not common."""
    kept = np.arange(alignment.inliers)
    if is_common is not None and len(is_common):
        last = len(is_common) - 1
        is_known = alignment.left_at <= last
        kept = kept[~(is_known & is_common[np.minimum(alignment.left_at, last)])]
    for points, picture in ((alignment.left_points, left), (alignment.right_points, right)):
        cells = np.rint(points[kept] * picture.size).astype(np.int64)
        _, first = np.unique(cells, axis=0, return_index=True)
        kept = kept[np.sort(first)]
    return kept


def _spread(points: Points, picture: LocalFeatures) -> float:
    """Return how far points spread across the line along which they spread most, beside that."""
    pixels = (points - points.mean(axis=0)) * picture.size
    along, across = np.linalg.svd(pixels, compute_uv=False)
    return float(across / max(along, 1e-9))


def _outline(points: Points, picture: LocalFeatures) -> Points:
    """Return the convex polygon around points and what they stand for, within the picture."""
    import cv2

    around = points[:, None] + _RING * AROUND / np.array(picture.size)
    hull = cv2.convexHull(around.reshape(-1, 2).astype(np.float32))[:, 0]
    return np.asarray(np.clip(hull, 0, 1), np.float64)
