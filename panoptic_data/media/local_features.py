"""Local features of a picture: points that are found again in a cropped, turned or scaled copy.

Not here: comparing the points of two pictures (``alignment``).
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["DESCRIPTOR_LENGTH", "LocalFeatures", "local_features", "mirrored", "rooted"]

DESCRIPTOR_LENGTH = 128
POINTS = 600
# Short side in pixels that points are sought at: small pictures are enlarged, large ones reduced.
LEAST_SIDE, MOST_SIDE = 160, 256
# A long strip is not enlarged beyond this.
MOST_LONG_SIDE = 1_024
# OpenCV's usual value finds next to nothing on faint scans; fewer points than this are too few.
CONTRAST, FAINT_CONTRAST = 0.04, 0.01
FEW_POINTS = 150

# A descriptor is 4 × 4 cells of 8 directions; in the mirror image rows and turns are reversed.
_MIRRORED = np.array(
    [
        (3 - row) * 32 + column * 8 + (8 - turn) % 8
        for row in range(4)
        for column in range(4)
        for turn in range(8)
    ]
)
_NONE = np.zeros(0, np.float32)

_detectors = threading.local()


@dataclass(frozen=True)
class LocalFeatures:
    """Points of a picture and how each looks, with the grey picture that they were found on.

    ``grey`` is (h, w) uint8, short side 160 to 256; ``points`` (n, 2) float32 are x and y in its
    pixels, the strongest first; ``descriptors`` are (n, 128) uint8; ``colours`` (h/4, w/4, 3)
    uint8 is the picture in RGB at a quarter of the size; ``enlarged`` is how many times as large
    as the picture itself ``grey`` is, at least 1. ``turns`` (n,) float32 are the points' directions
    in degrees, ``sizes`` (n,) float32 their diameters in pixels.
    """

    grey: npt.NDArray[np.uint8]
    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.uint8]
    colours: npt.NDArray[np.uint8]
    enlarged: float = 1.0
    turns: npt.NDArray[np.float32] = field(default_factory=lambda: _NONE)
    sizes: npt.NDArray[np.float32] = field(default_factory=lambda: _NONE)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of ``grey``."""
        height, width = self.grey.shape
        return width, height


def local_features(thumbnail: bytes, most: int = POINTS) -> LocalFeatures:
    """Return up to ``most`` local features (SIFT; Lowe, 2004) of an encoded picture.

    The same bytes give the same features, on any thread. A blank picture has none. Raises
    PIL.UnidentifiedImageError or OSError for bytes that are no picture.
    """
    with Image.open(io.BytesIO(thumbnail)) as opened:
        picture = opened.convert("RGB")
    width = picture.width
    picture = _resized(picture)
    grey = np.asarray(picture.convert("L"))
    points, descriptors, shapes = _detected(grey, most, CONTRAST)
    if len(points) < FEW_POINTS:
        points, descriptors, shapes = _detected(grey, most, FAINT_CONTRAST)
    colours = np.asarray(picture.reduce(4))
    enlarged = max(1.0, picture.width / width)
    turns, sizes = shapes.T
    return LocalFeatures(grey, points, descriptors, colours, enlarged, turns, sizes)


def mirrored(
    features: LocalFeatures,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Return points, descriptors and turns as the mirror image would have them."""
    width, _ = features.size
    points = np.column_stack([width - 1 - features.points[:, 0], features.points[:, 1]])
    return points, features.descriptors[:, _MIRRORED], (180 - features.turns) % 360


def rooted(descriptors: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return RootSIFT (Arandjelović and Zisserman, 2012): vectors of length 1."""
    values = descriptors.astype(np.float32)
    return np.asarray(np.sqrt(values / np.maximum(1, values.sum(axis=1, keepdims=True))))


def _resized(picture: Image.Image) -> Image.Image:
    short, long = sorted(picture.size)
    scale = min(max(short, LEAST_SIDE), MOST_SIDE) / short
    scale = min(scale, max(1.0, MOST_LONG_SIDE / long))
    if scale == 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS
    return picture.resize((width, height), kind)


def _detected(
    grey: npt.NDArray[np.uint8], most: int, contrast: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Return places (n, 2), descriptors (n, 128), and directions and sizes (n, 2)."""
    keypoints, rows = _detector(most, contrast).detectAndCompute(grey, None)
    if rows is None or not keypoints:
        none = np.zeros((0, 2), np.float32)
        return none, np.zeros((0, DESCRIPTOR_LENGTH), np.uint8), none
    points = np.array([point.pt for point in keypoints], np.float32)
    strength = np.array([point.response for point in keypoints])
    # The detector keeps all points of the weakest strength that it keeps, in an order of its own.
    order = np.lexsort((points[:, 1], points[:, 0], -strength))[:most]
    shapes = np.array([(point.angle, point.size) for point in keypoints], np.float32)
    return points[order], np.asarray(np.rint(rows[order]), np.uint8), shapes[order]


def _detector(most: int, contrast: float) -> Any:
    """Return this thread's detector: one is not safe to share."""
    # 0.2 s, which a process that compares no pictures need not wait for.
    import cv2

    kept: dict[tuple[int, float], Any] = _detectors.__dict__.setdefault("kept", {})
    if (most, contrast) not in kept:
        # The caller decides how many pictures are read at a time.
        cv2.setNumThreads(1)
        kept[most, contrast] = cv2.SIFT_create(nfeatures=most, contrastThreshold=contrast)
    return kept[most, contrast]
