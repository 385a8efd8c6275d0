"""Lay one picture over another by their local features, and say how far the two agree: pure.

Points that look alike are paired, and the similarity transform (shift, turn, scale) on which most
pairs agree is kept; the mirror image is tried too. Then the overlap of both pictures is compared
block by block. Not here: finding the points (``local_features``), what agreement is enough for
(``duplicates``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from panoptic_data.media.local_features import LocalFeatures, mirrored, rooted

__all__ = [
    "NOT_MOVED",
    "Alignment",
    "Overlap",
    "align",
    "colour_change",
    "compare_overlap",
    "inverse",
]

Points = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

# A point's nearest in the other picture must be nearer than this share of the second nearest.
RATIO = 0.8
# Pixels by which a pair of points may miss the transform.
TOLERANCE = 3.0
TRIALS = 500
CONFIDENCE = 0.995
FEWEST_POINTS = 4
# Then an affine transform is fitted to the pairs that agree, again and again as more do.
REFINEMENTS, FEWEST_TO_STRETCH, MOST_STRETCH = 4, 12, 1.35
# Beyond these two pictures are no copies: a few points on a line allow any transform.
SMALLEST_SCALE = 0.08
# The overlap is compared as so many blocks a side, each of so many pixels a side.
BLOCKS, BLOCK_SIDE, SMALLEST_BLOCK = 8, 16, 4
# Share of a block that must lie in both pictures.
COVERED = 0.9
AGREES = 0.7
# Standard deviation in grey levels, of the tones and of the fine detail, from which a block counts.
TONES, DETAIL = 2.0, 1.0
DETAIL_RADIUS = 2.0
FEWEST_BLOCKS = 4
# Pixels of the overlap below which nothing is compared.
SMALLEST_OVERLAP = 400
COLOUR_CELLS = 8


@dataclass(frozen=True)
class Alignment:
    """How a right picture lies on a left one.

    ``matrix`` (2, 3) leads from the right picture to the left one, both in fractions of their
    width and height. ``is_mirrored``: the right one is the mirror image. ``rotation`` is in
    degrees, -180 to 180, clockwise, that the right one (mirrored first) is turned by; ``scale``
    its size in the left one, in pixels of the features. ``left_points`` and ``right_points``
    (inliers, 2) are the points that agree with the transform, in fractions, ``left_at`` (inliers,)
    the positions of the former among those of the left picture. ``stretch`` is how much longer one
    of its sides is than the other, 1 for a copy of the same form.
    """

    matrix: Matrix
    is_mirrored: bool
    rotation: float
    scale: float
    left_points: Points
    right_points: Points
    stretch: float = 1.0
    left_at: npt.NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))

    @property
    def inliers(self) -> int:
        """How many pairs of points agree with the transform."""
        return len(self.left_points)

    @property
    def places(self) -> int:
        """At how many places of either picture they agree: one may have points of several turns."""
        return min(
            len(np.unique(points, axis=0)) for points in (self.left_points, self.right_points)
        )

    @property
    def left_outline(self) -> Points:
        """Corners (n, 2) of what both pictures show, in fractions of the left one."""
        return _clipped(_applied(self.matrix, _CORNERS))

    @property
    def right_outline(self) -> Points:
        """Corners (n, 2) of what both pictures show, in fractions of the right one."""
        return _clipped(_applied(inverse(self.matrix), _CORNERS))

    @property
    def left_share(self) -> float:
        """Share of the left picture that the right one covers."""
        return _area(self.left_outline)

    @property
    def right_share(self) -> float:
        """Share of the right picture that lies on the left one."""
        return _area(self.right_outline)


@dataclass(frozen=True)
class Overlap:
    """How far two aligned pictures agree where they overlap, cut into 8 × 8 blocks.

    ``blocks`` is the share of blocks whose tones correlate above 0.7, of those that are not flat
    in both pictures; ``detail`` the same of the fine detail. ``points`` is the share of the points
    there, of the picture that has fewer there, that agree with the transform.
    """

    blocks: float
    detail: float
    points: float


NOT_MOVED = Alignment(
    np.eye(2, 3), is_mirrored=False, rotation=0.0, scale=1.0,
    left_points=np.zeros((0, 2)), right_points=np.zeros((0, 2)),
)  # fmt: skip
"""Of two pictures that fill the same frame."""

_CORNERS = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
_NOTHING = Overlap(0.0, 0.0, 0.0)


def align(left: LocalFeatures, right: LocalFeatures) -> Alignment | None:
    """Return the transform on which most pairs of points agree; None where hardly any do.

    The same features give the same transform. Whichever of the picture and its mirror image has
    more pairs is taken.
    """
    plain, mirrored = _aligned(left, right, False), _aligned(left, right, True)
    if plain is None or mirrored is None:
        return plain or mirrored
    return mirrored if mirrored.inliers > plain.inliers else plain


def compare_overlap(left: LocalFeatures, right: LocalFeatures, alignment: Alignment) -> Overlap:
    """Return how far two pictures agree where they overlap."""
    import cv2

    matrix = _in_pixels(alignment.matrix, left.size, right.size)
    size = left.size
    laid = cv2.warpAffine(right.grey, matrix, size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(
        np.full(right.grey.shape, 255, np.uint8), matrix, size, flags=cv2.INTER_NEAREST
    )
    ys, xs = np.nonzero(inside)
    if len(ys) < SMALLEST_OVERLAP:
        return _NOTHING
    box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
    # Of a small picture that was enlarged there is no finer detail than its own pixels.
    enlarged = max(left.enlarged, right.enlarged * alignment.scale)
    extent = min(part.stop - part.start for part in box) / enlarged
    block_side = int(np.clip(extent / BLOCKS, SMALLEST_BLOCK, BLOCK_SIDE))
    side = BLOCKS * block_side
    pictures = [
        cv2.resize(grey[box].astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        for grey in (left.grey, laid)
    ]
    covered = cv2.resize(inside[box], (side, side), interpolation=cv2.INTER_NEAREST)
    is_whole = _blocks((covered > 0).astype(np.float32)).mean(axis=1) > COVERED
    tones = _agreeing(pictures[0], pictures[1], is_whole, TONES)
    ours, theirs = (p - cv2.GaussianBlur(p, (0, 0), DETAIL_RADIUS) for p in pictures)
    detail = _agreeing(ours, theirs, is_whole, DETAIL)
    inside_both = min(
        _inside(_applied(inverse(alignment.matrix), _fractions(left))),
        _inside(_applied(alignment.matrix, _fractions(right))),
    )
    return Overlap(tones, detail, min(1.0, alignment.inliers / max(1, inside_both)))


def colour_change(left: LocalFeatures, right: LocalFeatures, alignment: Alignment) -> float:
    """Return by how much tones or colours differ where two pictures overlap: 0 to 255.

    It is the median of 8 × 8 cells, each by the channel that differs most, so that a caption or
    another edit of a part does not count; 0 without an overlap.
    """
    import cv2

    sizes = [(colours.shape[1], colours.shape[0]) for colours in (left.colours, right.colours)]
    matrix = _in_pixels(alignment.matrix, *sizes)
    laid = cv2.warpAffine(right.colours, matrix, sizes[0], flags=cv2.INTER_LINEAR)
    full = np.full(right.colours.shape[:2], 255, np.uint8)
    inside = cv2.warpAffine(full, matrix, sizes[0], flags=cv2.INTER_NEAREST)
    cells = [
        cv2.resize(picture.astype(np.float32), (COLOUR_CELLS,) * 2, interpolation=cv2.INTER_AREA)
        for picture in (left.colours, laid, inside)
    ]
    is_whole = cells[2] > COVERED * 255
    if not is_whole.any():
        return 0.0
    return float(np.median(np.abs(cells[0] - cells[1]).max(axis=2)[is_whole]))


def inverse(matrix: Matrix) -> Matrix:
    """Return the transform (2, 3) that undoes one."""
    turned = np.linalg.inv(matrix[:, :2])
    return np.column_stack([turned, -turned @ matrix[:, 2]])


def _aligned(left: LocalFeatures, right: LocalFeatures, is_mirrored: bool) -> Alignment | None:
    import cv2

    descriptors, points = right.descriptors, right.points.astype(np.float64)
    if is_mirrored:
        moved, descriptors, _ = mirrored(right)
        points = moved.astype(np.float64)
    pairs = _pairs(left.descriptors, descriptors)
    if len(pairs) < FEWEST_POINTS:
        return None
    ours, theirs = left.points[pairs[:, 0]].astype(np.float64), points[pairs[:, 1]]
    matrix, is_inlier = cv2.estimateAffinePartial2D(
        theirs,
        ours,
        method=cv2.RANSAC,
        ransacReprojThreshold=TOLERANCE,
        maxIters=TRIALS,
        confidence=CONFIDENCE,
    )
    if matrix is None:
        return None
    matrix, agree = _refined(matrix, ours, theirs, is_inlier.ravel() > 0)
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    if not SMALLEST_SCALE < scale < 1 / SMALLEST_SCALE:
        return None
    # The transform turns back what was turned clockwise; a mirror reverses that.
    turn = math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
    widest, narrowest = np.linalg.svd(matrix[:, :2], compute_uv=False)
    if is_mirrored:
        matrix = matrix @ np.array([[-1.0, 0.0, right.size[0] - 1], [0.0, 1.0, 0.0], [0, 0, 1]])
    return Alignment(
        _in_fractions(matrix, left.size, right.size),
        is_mirrored,
        turn if is_mirrored else -turn,
        scale,
        _fractions(left)[pairs[agree, 0]],
        _fractions(right)[pairs[agree, 1]],
        float(widest / narrowest),
        pairs[agree, 0],
    )


def _refined(
    matrix: Matrix, ours: Points, theirs: Points, agree: npt.NDArray[np.bool_]
) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """Return a similarity fitted to all that agree, and a little stretched where more do then."""
    for _ in range(REFINEMENTS):
        if agree.sum() < FEWEST_TO_STRETCH:
            break
        known = np.column_stack([theirs[agree], np.ones(int(agree.sum()))])
        fitted = np.asarray(np.linalg.lstsq(known, ours[agree], rcond=None)[0].T, np.float64)
        widest, narrowest = np.linalg.svd(fitted[:, :2], compute_uv=False)
        misses = np.linalg.norm(_applied(fitted, theirs) - ours, axis=1)
        now = misses < TOLERANCE
        if widest > MOST_STRETCH * narrowest or now.sum() < agree.sum():
            break
        matrix, agree = fitted, now
    return matrix, agree


def _pairs(left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Return (n, 2) positions of descriptors that are clearly nearest to each other."""
    if len(left) < FEWEST_POINTS or len(right) < FEWEST_POINTS:
        return np.zeros((0, 2), np.intp)
    products = rooted(left) @ rooted(right).T
    rows = np.arange(len(left))
    nearest = products.argmax(axis=1)
    best = products[rows, nearest]
    products[rows, nearest] = -1
    second = products.max(axis=1)
    # Of vectors of length 1 the squared distance is 2 - 2 × product.
    is_clear = (1 - best) < RATIO**2 * (1 - second)
    return np.column_stack([rows[is_clear], nearest[is_clear]])


def _agreeing(
    left: npt.NDArray[np.float32],
    right: npt.NDArray[np.float32],
    is_whole: npt.NDArray[np.bool_],
    least: float,
) -> float:
    """Return the share of blocks that correlate, of those with a deviation; 0 of few."""
    ours, theirs = (_blocks(picture) for picture in (left, right))
    ours, theirs = (blocks - blocks.mean(axis=1, keepdims=True) for blocks in (ours, theirs))
    deviations = [np.sqrt((blocks * blocks).mean(axis=1)) for blocks in (ours, theirs)]
    counts = is_whole & (np.maximum(*deviations) > least)
    if counts.sum() < FEWEST_BLOCKS:
        return 0.0
    correlation = (ours * theirs).mean(axis=1) / np.maximum(deviations[0] * deviations[1], 1e-3)
    return float((correlation[counts] > AGREES).mean())


def _blocks(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    side = len(picture) // BLOCKS
    cut = picture.reshape(BLOCKS, side, BLOCKS, side)
    return cut.transpose(0, 2, 1, 3).reshape(BLOCKS * BLOCKS, -1)


def _in_fractions(matrix: Matrix, left: tuple[int, int], right: tuple[int, int]) -> Matrix:
    whole = _fraction_of(left) @ np.vstack([matrix, (0, 0, 1)]) @ np.linalg.inv(_fraction_of(right))
    return np.asarray(whole[:2])


def _in_pixels(matrix: Matrix, left: tuple[int, int], right: tuple[int, int]) -> Matrix:
    whole = np.linalg.inv(_fraction_of(left)) @ np.vstack([matrix, (0, 0, 1)]) @ _fraction_of(right)
    return np.asarray(whole[:2])


def _fraction_of(size: tuple[int, int]) -> Matrix:
    """Return the matrix (3, 3) from pixels, counted from the middle of the first, to fractions."""
    width, height = size
    return np.array([(1 / width, 0, 0.5 / width), (0, 1 / height, 0.5 / height), (0, 0, 1)])


def _fractions(features: LocalFeatures) -> Points:
    """Return the points of a picture in fractions of it."""
    return (features.points + 0.5) / np.array(features.size, np.float64)


def _inside(points: Points) -> int:
    """Return how many points lie in the unit square."""
    return int(((points >= 0) & (points <= 1)).all(axis=1).sum())


def _applied(matrix: Matrix, points: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def _clipped(corners: Points) -> Points:
    """Return the part of a convex polygon that lies in the unit square (Sutherland, Hodgman)."""
    for axis in (0, 1):
        for bound, sign in ((0.0, 1.0), (1.0, -1.0)):
            inside = sign * (corners[:, axis] - bound)
            kept: list[Points] = []
            for at in range(len(corners)):
                before = at - 1
                if inside[before] * inside[at] < 0:
                    share = inside[before] / (inside[before] - inside[at])
                    kept.append(corners[before] + share * (corners[at] - corners[before]))
                if inside[at] >= 0:
                    kept.append(corners[at])
            if len(kept) < 3:
                return np.zeros((0, 2))
            corners = np.array(kept)
    return corners


def _area(corners: Points) -> float:
    if len(corners) < 3:
        return 0.0
    x, y = corners.T
    return min(1.0, abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2)
