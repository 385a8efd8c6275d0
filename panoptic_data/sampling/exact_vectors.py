"""Vectors as whole numbers, whose products are exact: the same on every processor.

A sum of float32 depends on the order in which it is made, and that on the processor and its
libraries; the last digit then decides between two images. A unit vector times ``SCALE``, rounded,
has products (and partial sums of them: Cauchy–Schwarz) below 2^24, which float32 holds exactly in
whatever order. A cosine is wrong by some 2e-4. Not here: what is chosen by it (``choosing``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from panoptic_data.vectors.matrix import Matrix

__all__ = ["BLOCK_ROWS", "SCALE", "Whole", "products", "rounded", "whole_vectors"]

# (SCALE + what rounding adds) squared is below 2^24.
SCALE = 4_000
BLOCK_ROWS = 4_096

Whole = npt.NDArray[np.int16]


def whole_vectors(vectors: Matrix, rows: npt.NDArray[np.intp]) -> Whole:
    """Return some rows of unit vectors as whole numbers: (len(rows), d) int16."""
    whole = np.empty((len(rows), vectors.shape[1]), np.int16)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = vectors[rows[start : start + BLOCK_ROWS]]
        whole[start : start + BLOCK_ROWS] = np.rint(block * np.float32(SCALE))
    return whole


def rounded(sums: npt.NDArray[np.int64]) -> Whole:
    """Return sums (k, d) of whole vectors as whole vectors of the same directions."""
    # A square root and a quotient of doubles are rounded alike everywhere.
    lengths = np.sqrt(np.square(sums).sum(axis=1, dtype=np.int64).astype(np.float64))
    directions = sums.astype(np.float64) / np.maximum(lengths, 1.0)[:, None] * SCALE
    whole: Whole = np.rint(directions).astype(np.int16)
    return whole


def products(left: Whole, right: Whole) -> npt.NDArray[np.float32]:
    """Return the exact products of each two rows: (len(left), len(right)) float32."""
    exact: npt.NDArray[np.float32] = left.astype(np.float32) @ right.astype(np.float32).T
    return exact
