"""Decide whether two pictures are the same but for an edit, from fingerprints of a kilobyte: pure.

The fine detail of both must correlate block by block, in the centre and in most of the picture.
Pictures that have points enough are laid over each other instead (``alignment``), which also sees
what is cropped, turned or mirrored: this is for plain drawings and pictures of one form.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["FINGERPRINT_SHAPE", "fingerprint", "fingerprint_of_grey", "same_picture"]

Fingerprints = npt.NDArray[np.int8]

SIDE = 32
BLOCKS = 4
FINGERPRINT_SHAPE = (BLOCKS * BLOCKS, (SIDE // BLOCKS) ** 2)
CENTRE_BLOCKS = (5, 6, 9, 10)
MIN_CORRELATION = 0.85
# A caption covers a row of four blocks, and its edge may spoil one more.
MIN_BLOCKS = 11
MIN_CENTRE_BLOCKS = 3
# Standard deviation in grey levels; below it a picture holds nothing but noise.
FLAT_BELOW = 2.0
# Blocks have this length, so that int8 holds them: a kilobyte a picture, correlations within 0.01.
UNIT_LENGTH = 127


def fingerprint(thumbnail: bytes) -> Fingerprints:
    """Return the :func:`fingerprint_of_grey` of an encoded picture."""
    with Image.open(io.BytesIO(thumbnail)) as picture:
        return fingerprint_of_grey(np.asarray(picture.convert("L")))


def fingerprint_of_grey(picture: npt.NDArray[np.uint8]) -> Fingerprints:
    """Return the fine detail of a (h, w) picture, (16, 64) int8 by block; zeros for a blank one.

    The picture is resized to 32 × 32 without keeping its proportions. Detail is each pixel
    minus the mean of its four neighbours; each block has mean 0 and length 127.
    """
    small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    if grey.std() < FLAT_BELOW:
        return np.zeros(FINGERPRINT_SHAPE, np.int8)
    padded = np.pad(grey, 1, mode="edge")
    neighbours = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    size = SIDE // BLOCKS
    detail = (grey - neighbours / 4).reshape(BLOCKS, size, BLOCKS, size)
    blocks = detail.transpose(0, 2, 1, 3).reshape(FINGERPRINT_SHAPE)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    # Adding 1 keeps blocks without detail from agreeing by their noise.
    lengths = np.sqrt((blocks * blocks).sum(axis=1, keepdims=True) + 1)
    return np.asarray(np.rint(blocks / lengths * UNIT_LENGTH), np.int8)


def same_picture(left: Fingerprints, right: Fingerprints) -> npt.NDArray[np.bool_]:
    """Return which pairs of (n, 16, 64) int8 fingerprints are of one picture: (n,) bool."""
    products = np.einsum("nbk,nbk->nb", left.astype(np.float32), right.astype(np.float32))
    alike = products >= MIN_CORRELATION * UNIT_LENGTH**2
    enough = alike.sum(axis=1) >= MIN_BLOCKS
    return np.asarray(enough & (alike[:, CENTRE_BLOCKS].sum(axis=1) >= MIN_CENTRE_BLOCKS))
