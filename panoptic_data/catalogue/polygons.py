"""Which points lie inside a polygon, by the even-odd rule.

Here: plane geometry on arrays. Not here: where the points come from (``snapshot.Projection``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["inside"]


def inside(
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float32],
    polygon: Sequence[Sequence[float]],
    by_y: npt.NDArray[np.intp] | None = None,
) -> npt.NDArray[np.bool_]:
    """Return which of n points lie inside a closed polygon: (n,) bool.

    ``polygon`` is m points (x, y), joined in order and closed. A point is inside when a ray
    to its right crosses the outline an odd number of times (even-odd rule; edges are half
    open, so that no point counts a corner twice). NaN points are outside. ``by_y`` is
    ``argsort(y)`` when the caller has it: each edge then costs only the points at its height.
    """
    order = np.argsort(y, kind="stable") if by_y is None else by_y
    heights = y[order].astype(np.float64)
    across = x[order].astype(np.float64)
    is_odd = np.zeros(len(order), dtype=bool)
    corners = [(float(corner[0]), float(corner[1])) for corner in polygon]
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y1 == y2:
            continue
        low, high = np.searchsorted(heights, sorted((y1, y2)))
        # Without a division, so that a point on an edge is never a matter of rounding.
        left = (across[low:high] - x1) * (y2 - y1) - (heights[low:high] - y1) * (x2 - x1)
        is_odd[low:high] ^= (left < 0) if y2 > y1 else (left > 0)
    is_inside = np.zeros(len(order), dtype=bool)
    is_inside[order[is_odd]] = True
    return is_inside
