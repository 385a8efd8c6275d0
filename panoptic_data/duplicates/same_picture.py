"""Decide whether two pictures are one, and name what was done to it: pure.

Two pictures are one where one can be laid over the other (``media.alignment``) and the tones and
the fine detail of the overlap agree. Not here: which pairs are looked at (``candidates``), where
the answers are kept (``verdicts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panoptic_data.media import fingerprints
from panoptic_data.media.alignment import (
    NOT_MOVED,
    Alignment,
    Overlap,
    align,
    colour_change,
    compare_overlap,
)
from panoptic_data.media.local_features import LocalFeatures

__all__ = [
    "CODE_VERSION",
    "EDITS",
    "SamePicture",
    "edits_of",
    "frame_edit",
    "reversed_edits",
    "same_picture",
]

CODE_VERSION = "2"
"""Changed when two pictures may get another answer than before: all are looked at again."""

EDITS = (
    *("mirrored", "turned", "stretched", "recoloured"),
    *("cropped", "part", "wider", "whole", "shifted"),
)
"""What a picture is beside another one, in this order. ``cropped`` and ``part`` show less of it
(``part``: less than half), ``wider`` and ``whole`` more, ``shifted`` both less and more."""

# Plain drawings have fewer points than this, and are compared as they lie.
# Two strawberries on mounts of one form agree in 0.80 of the detail, that of the mounts.
FEW_POINTS, DETAIL_AS_IT_LIES = 40, 0.85
SAME_FORM = 1.15
# Of two strawberries five points at one place agreed, beside four of their mounts.
MIN_PLACES = 8
MIN_BLOCKS = 0.5
# Look-alikes (fruit painted on plates of one layout) share some points or some fine detail: of
# 90,000 pairs of them 0.20 of the points with 0.47 of the detail, and 33 points with 0.58 of it.
MIN_POINTS, MIN_DETAIL = 0.25, 0.45
SURE_INLIERS, SURE_DETAIL = 16, 0.65
# Degrees from which a picture is turned, and not scanned a little askew.
TURNED = 2.0
# Width beside height, from which a picture is stretched.
STRETCHED = 1.03
# Share of a picture that must be seen in the other, for its edge not to be cut.
WHOLE = 0.95
PART = 0.5
# Mean difference of tones or colours, of 255, once the picture is laid over the other.
RECOLOURED = 9.0

_SEEN_FROM_THERE = {"cropped": "wider", "wider": "cropped", "part": "whole", "whole": "part"}


@dataclass(frozen=True)
class SamePicture:
    """That two pictures are one: how the right lies on the left, and ``edits`` (of ``EDITS``).

    ``edits`` says what the right picture is beside the left one; none: only saved anew, or resized.
    """

    alignment: Alignment
    overlap: Overlap
    edits: tuple[str, ...]


def same_picture(left: LocalFeatures, right: LocalFeatures) -> SamePicture | None:
    """Return how the right picture is the left one; None where they are two pictures."""
    alignment = align(left, right)
    if alignment is not None and alignment.places >= MIN_PLACES:
        overlap = compare_overlap(left, right, alignment)
        if _agree(alignment, overlap):
            return SamePicture(alignment, overlap, edits_of(left, right, alignment))
    if min(len(left.points), len(right.points)) >= FEW_POINTS or not _is_same_as_it_lies(
        left, right
    ):
        return None
    overlap = compare_overlap(left, right, NOT_MOVED)
    if overlap.detail < DETAIL_AS_IT_LIES:
        return None
    return SamePicture(NOT_MOVED, overlap, edits_of(left, right, NOT_MOVED))


def edits_of(left: LocalFeatures, right: LocalFeatures, alignment: Alignment) -> tuple[str, ...]:
    """Return what the right picture is beside the left one, of ``EDITS``, in their order."""
    edits = []
    if alignment.is_mirrored:
        edits.append("mirrored")
    if abs(alignment.rotation) > TURNED:
        edits.append("turned")
    if alignment.stretch > STRETCHED:
        edits.append("stretched")
    if colour_change(left, right, alignment) > RECOLOURED:
        edits.append("recoloured")
    frame = frame_edit(alignment.left_share, alignment.right_share)
    return (*edits, frame) if frame else tuple(edits)


def reversed_edits(edits: Sequence[str]) -> tuple[str, ...]:
    """Return what the left picture is beside the right one."""
    return tuple(_SEEN_FROM_THERE.get(edit, edit) for edit in edits)


def _agree(alignment: Alignment, overlap: Overlap) -> bool:
    if overlap.blocks < MIN_BLOCKS:
        return False
    if overlap.points >= MIN_POINTS and overlap.detail >= MIN_DETAIL:
        return True
    return alignment.inliers >= SURE_INLIERS and overlap.detail >= SURE_DETAIL


def _is_same_as_it_lies(left: LocalFeatures, right: LocalFeatures) -> bool:
    forms = [width / height for width, height in (left.size, right.size)]
    if not 1 / SAME_FORM < forms[0] / forms[1] < SAME_FORM:
        return False
    prints = [fingerprints.fingerprint_of_grey(picture.grey)[None] for picture in (left, right)]
    return bool(fingerprints.same_picture(prints[0], prints[1])[0])


def frame_edit(left_share: float, right_share: float) -> str | None:
    """Return whether the right picture shows less or more, by which share of each is in both."""
    if left_share < WHOLE and right_share < WHOLE:
        return "shifted"
    if left_share < WHOLE:
        return "part" if left_share < PART else "cropped"
    if right_share < WHOLE:
        return "whole" if right_share < PART else "wider"
    return None
