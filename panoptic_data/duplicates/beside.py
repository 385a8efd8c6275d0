"""What an image of a near group is beside another one of it, and what both of them show.

The table ``duplicates`` says it of each image and the centre of its group; of two others it follows
from that. Not here: finding it out (``same_picture``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from panoptic_data.duplicates.same_picture import EDITS, frame_edit, reversed_edits
from panoptic_data.media.alignment import NOT_MOVED, inverse
from panoptic_data.storage.sql import literal

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Beside", "beside"]

_OF_FRAME = frozenset(("cropped", "part", "wider", "whole", "shifted"))

Outline = list[list[float]]


@dataclass(frozen=True)
class Beside:
    """What the right image is beside the left one: ``edits`` of ``same_picture.EDITS``.

    The outlines are the corners of what both show, in fractions of the width and height of each.
    """

    edits: tuple[str, ...]
    left_outline: Outline
    right_outline: Outline


def beside(project: Project, group: str, left: str, right: str) -> Beside | None:
    """Return what the image ``right`` is beside ``left``, both of a near group, by sha1.

    None where it is not known: for images of another group, and groups of an earlier release.
    """
    where = f"`group` = {literal(group)} AND sha1 IN ({literal(left)}, {literal(right)})"
    rows = project.database().frame("duplicates", ["sha1", "centre", "edits", "matrix"], where)
    known = {row["sha1"]: row for row in rows.to_dicts() if row["centre"] is not None}
    if {left, right} - known.keys() or left == right:
        return None
    ours, theirs = known[left], known[right]
    matrix = (_inverse_whole(_whole(ours)) @ _whole(theirs))[:2]
    alignment = replace(NOT_MOVED, matrix=matrix)
    frame = frame_edit(alignment.left_share, alignment.right_share)
    outlines = alignment.left_outline.tolist(), alignment.right_outline.tolist()
    return Beside(_edits(ours, theirs, frame), *outlines)


def _inverse_whole(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([inverse(matrix[:2]), (0, 0, 1)])


def _whole(row: dict[str, Any]) -> np.ndarray:
    """Return the transform from an image to the centre of its group, (3, 3)."""
    values = row["matrix"] or (1, 0, 0, 0, 1, 0)
    return np.vstack([np.array(values, np.float64).reshape(2, 3), (0, 0, 1)])


def _edits(ours: dict[str, Any], theirs: dict[str, Any], frame: str | None) -> tuple[str, ...]:
    if ours["sha1"] == ours["centre"]:
        return tuple(theirs["edits"] or ())
    if theirs["sha1"] == theirs["centre"]:
        return reversed_edits(tuple(ours["edits"] or ()))
    # What was done to both of them alike is no difference between them.
    differ = (set(ours["edits"] or ()) ^ set(theirs["edits"] or ())) - _OF_FRAME
    return tuple(edit for edit in EDITS if edit in differ or edit == frame)
