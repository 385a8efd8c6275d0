"""Whether two pictures are the same but for an edit, from sketches of a kilobyte: pure.

Not here: hashes (``hashes``), which find the pairs worth looking at (``duplicates``).

A perceptual hash of 64 bits tells photographs apart, but not watercolours of one fruit on one
paper: among 7,580 of them 191,247 pairs are within 8 bits of a DCT hash. So pairs are
looked at: their fine detail must correlate block by block, in the middle and in most of the
picture. Of those pairs 6 remain, and of 540 light edits 527 (bench/duplicates.py).
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["SHAPE", "agree", "sketch"]

Sketches = npt.NDArray[np.int8]

SIDE = 32
BLOCKS = 4
SHAPE = (BLOCKS * BLOCKS, (SIDE // BLOCKS) ** 2)
CENTRE = (5, 6, 9, 10)
CORRELATED = 0.85
# A caption covers a row of four blocks, and its edge may spoil one more.
BLOCKS_ALIKE = 11
CENTRE_ALIKE = 3
# Grey levels (standard deviation): below that, noise is all there is to compare.
FLAT = 2.0
# Blocks have unit length; as int8 they take a kilobyte a picture, and correlate within 0.01.
UNIT = 127


def sketch(thumbnail: bytes) -> Sketches:
    """Return the fine detail of a picture, (16, 64) int8 by block; zeros for a blank one.

    The picture is made 32 × 32 grey, its sides stretched; detail is what differs from the
    four neighbours, each block with mean 0 and length 127.
    """
    with Image.open(io.BytesIO(thumbnail)) as picture:
        drawn = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(drawn, np.float32)
    if grey.std() < FLAT:
        return np.zeros(SHAPE, np.int8)
    wide = np.pad(grey, 1, mode="edge")
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    size = SIDE // BLOCKS
    cut = (grey - around / 4).reshape(BLOCKS, size, BLOCKS, size)
    blocks = cut.transpose(0, 2, 1, 3).reshape(SHAPE)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    # Adding 1 keeps blocks without detail from agreeing by their noise.
    lengths = np.sqrt((blocks * blocks).sum(axis=1, keepdims=True) + 1)
    return np.asarray(np.rint(blocks / lengths * UNIT), np.int8)


def agree(left: Sketches, right: Sketches) -> npt.NDArray[np.bool_]:
    """Return which pairs of (n, 16, 64) sketches are of one picture, (n,) bool."""
    products = np.einsum("nbk,nbk->nb", left.astype(np.float32), right.astype(np.float32))
    alike = products >= CORRELATED * UNIT**2
    enough = alike.sum(axis=1) >= BLOCKS_ALIKE
    return np.asarray(enough & (alike[:, CENTRE].sum(axis=1) >= CENTRE_ALIKE))
