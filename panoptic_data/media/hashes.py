"""Hash content: sha1 and sha256 of bytes, perceptual hashes and dominant colour of pixels.

Not here: finding duplicates with them (``duplicates``).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["PerceptualHashes", "dominant_colour", "perceptual", "sha1", "sha256", "shrunk_grey"]

_GREY_SIDE = 64
_COLOUR_SIDE = 32
# Cells along each axis of the colour cube.
_CELLS = 16


@dataclass(frozen=True)
class PerceptualHashes:
    """Three 64-bit hashes, the first bit (top left) being the highest."""

    ahash: int
    phash: int
    dhash: int


def sha1(data: bytes) -> str:
    """Return the sha1 of these bytes: 40 hex digits."""
    # For identity, not for security.
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def sha256(data: bytes) -> str:
    """Return the sha256 of these bytes: 64 hex digits, as archives compare files."""
    return hashlib.sha256(data).hexdigest()


def perceptual(pixels: Image.Image) -> PerceptualHashes:
    """Return imagehash's average, perceptual (DCT) and difference hash of :func:`shrunk_grey`.

    The hashes of an upright thumbnail are as good as the full picture's: each algorithm begins
    by shrinking to 8 to 32 pixels a side.
    """
    # 0.4 s with scipy.fftpack, which phash needs.
    import imagehash

    grey = shrunk_grey(pixels)
    return PerceptualHashes(
        ahash=_packed(imagehash.average_hash(grey)),
        phash=_packed(imagehash.phash(grey)),
        dhash=_packed(imagehash.dhash(grey)),
    )


def shrunk_grey(pixels: Image.Image) -> Image.Image:
    """Return the grey picture that the hashes are computed from, short side some 64 pixels.

    It is averaged down by an integer factor to twice the 32 pixels that the finest hash reads,
    which makes hashing three times as fast.
    """
    return pixels.convert("L").reduce(max(1, min(pixels.size) // _GREY_SIDE))


def dominant_colour(pixels: Image.Image) -> str:
    """Return as ``#rrggbb`` the mean of the most crowded region of the picture's RGB colours.

    The picture is averaged to 32 × 32; its colours are counted in 16 × 16 × 16 cells; the
    region is the 3 × 3 × 3 cells that hold the most of them, so that a colour on the border of
    two cells is not split. Of equally crowded regions the darkest is taken.
    """
    side = min(_COLOUR_SIDE, *pixels.size)
    small = pixels.resize((side, side), Image.Resampling.BOX, reducing_gap=2.0)
    colours = np.asarray(small).reshape(-1, 3)
    cells = colours // (256 // _CELLS)
    # One empty cell on each side, so that rolling brings nothing in from the far end.
    shape = (_CELLS + 2,) * 3
    flat = np.ravel_multi_index(tuple(cells.T.astype(np.intp) + 1), shape)
    counts = np.bincount(flat, minlength=math.prod(shape)).reshape(shape)
    for axis in range(3):
        counts = counts + np.roll(counts, 1, axis) + np.roll(counts, -1, axis)
    densest = int(counts[1:-1, 1:-1, 1:-1].argmax())
    centre = np.array(np.unravel_index(densest, (_CELLS,) * 3))
    members = colours[(abs(cells - centre) <= 1).all(axis=1)]
    red, green, blue = (int(value + 0.5) for value in members.mean(axis=0))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _packed(image_hash: Any) -> int:
    bits = np.asarray(image_hash.hash, np.bool_)
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")
