"""Whether two pictures are the same but for an edit, from 32 × 32 grey sketches: pure.

Not here: hashes (``hashes``), which find the pairs worth looking at (``duplicates``).

A perceptual hash of 64 bits tells photographs apart, but not watercolours of one fruit on one
paper: among 7,580 of them 195,481 pairs are within 8 bits of a DCT hash. So pairs are
looked at: their fine detail must correlate block by block, in the middle and in most of the
picture. Of those 195,481 pairs 5 remain, and of real edits 98 % (bench/duplicates.py).
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["SIDE", "agree", "is_flat", "sketch"]

Sketches = npt.NDArray[np.uint8]
Details = npt.NDArray[np.float32]

SIDE = 32
BLOCKS = 4
CENTRE = (5, 6, 9, 10)
CORRELATED = 0.85
# A caption covers a row of four blocks, and its edge may spoil one more.
BLOCKS_ALIKE = 11
CENTRE_ALIKE = 3
# Grey levels (standard deviation): below that, noise is all there is to compare.
FLAT = 2.0


def sketch(thumbnail: bytes) -> Sketches:
    """Return a picture as (32, 32) uint8 greys, its sides stretched to a square."""
    with Image.open(io.BytesIO(thumbnail)) as picture:
        grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(grey, np.uint8)


def is_flat(sketches: Sketches) -> npt.NDArray[np.bool_]:
    """Return which of (n, 32, 32) show nothing: a hash of them is of noise."""
    return np.asarray(sketches.std(axis=(1, 2)) < FLAT)


def agree(left: Sketches, right: Sketches) -> npt.NDArray[np.bool_]:
    """Return which pairs of (n, 32, 32) sketches are of one picture, (n,) bool."""
    one, other = _details(left), _details(right)
    products = (one * other).sum(axis=2)
    lengths = (one * one).sum(axis=2) * (other * other).sum(axis=2)
    # Adding 1 keeps blocks without detail from agreeing by their noise.
    alike = products / (np.sqrt(lengths) + 1) >= CORRELATED
    enough = alike.sum(axis=1) >= BLOCKS_ALIKE
    return np.asarray(enough & (alike[:, CENTRE].sum(axis=1) >= CENTRE_ALIKE))


def _details(sketches: Sketches) -> Details:
    """Return (n, 16, 64): what differs from its four neighbours, by block, mean 0."""
    grey = sketches.astype(np.float32)
    wide = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] + wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
    size = SIDE // BLOCKS
    cut = (grey - around / 4).reshape(-1, BLOCKS, size, BLOCKS, size)
    blocks = cut.transpose(0, 1, 3, 2, 4).reshape(-1, BLOCKS * BLOCKS, size * size)
    return np.asarray(blocks - blocks.mean(axis=2, keepdims=True), np.float32)
