"""Vectors of unit length held in memory: as float32, or, where they are many, in half of that.

Half as whole numbers of 16 bits, each row with a step of its own. They are turned into float32
ten times as fast as float16 of the same size (some 80 ms for a million rows of 512), and are
truer: a row's error is a step at most, its largest number / 32,767, and a cosine is wrong by
some 1e-6. Not here: where vectors are kept (``embeddings``), what is asked of them (``search``).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FLOAT32_BYTES", "Matrix"]

# Above this size, in bytes as float32, vectors are held as whole numbers.
FLOAT32_BYTES = 1 << 30
# The largest number of a row, in steps.
STEPS = 32_767
# As many rows as stay in a processor's cache until they are multiplied.
BLOCK_ROWS = 1_024
MADE_AT_ONCE = 16_384
THREADS = min(4, os.cpu_count() or 1)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Matrix:
    """Rows of numbers: ``numbers`` (n, d), float32 or, with ``steps`` (n,) float32, int16.

    Reads as an array of float32 does: ``matrix[rows]``, ``len``, ``shape``.
    """

    numbers: npt.NDArray[np.float32 | np.int16]
    steps: Floats | None = None

    @classmethod
    def of(cls, vectors: npt.NDArray[np.floating[Any]]) -> Matrix:
        """Return what holds some vectors, (n, d) float16 or float32.

        Float16 of many rows is written over: a million vectors are held twice at no moment.
        """
        if vectors.size * 4 <= FLOAT32_BYTES or vectors.dtype != np.float16:
            return cls(vectors.astype(np.float32, copy=False))
        pieces = [
            slice(start, start + MADE_AT_ONCE) for start in range(0, len(vectors), MADE_AT_ONCE)
        ]
        with ThreadPoolExecutor(THREADS) as threads:
            steps = np.concatenate(list(threads.map(lambda piece: _halved(vectors[piece]), pieces)))
        return cls(vectors.view(np.int16), steps)

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows of how many numbers."""
        rows, columns = self.numbers.shape
        return rows, columns

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> Floats:
        """Return some rows: (m, d) float32."""
        found: Floats = self.numbers[rows].astype(np.float32, copy=False)
        if self.steps is not None:
            found *= self.steps[rows, None]
        return found

    def dot(self, vector: Floats) -> Floats:
        """Return each row's product with a vector (d,): (n,) float32."""
        if self.steps is None:
            # In one piece: threads that meet again after each block wait for each other.
            whole: Floats = self.numbers @ vector
            return whole
        found = np.empty(len(self), np.float32)
        share = -(-len(self) // THREADS)
        with ThreadPoolExecutor(THREADS) as threads:
            list(
                threads.map(
                    lambda start: self._multiply(vector, found, start, start + share),
                    range(0, len(self), share),
                )
            )
        found *= self.steps
        return found

    def _multiply(self, vector: Floats, found: Floats, start: int, stop: int) -> None:
        stop = min(stop, len(self))
        # One piece of memory for all blocks: asking for a new one costs more than the product.
        block = np.empty((BLOCK_ROWS, self.shape[1]), np.float32)
        for at in range(start, stop, BLOCK_ROWS):
            end = min(at + BLOCK_ROWS, stop)
            some = block[: end - at]
            np.copyto(some, self.numbers[at:end])
            # No threads of its own, unlike a product.
            np.einsum("ij,j->i", some, vector, out=found[at:end])


def _halved(vectors: npt.NDArray[np.float16]) -> Floats:
    """Write vectors over as whole numbers; return the step of each row: (n,) float32."""
    wide = vectors.astype(np.float32)
    largest = np.maximum(wide.max(axis=1, initial=0), -wide.min(axis=1, initial=0))
    steps: Floats = np.maximum(largest, np.finfo(np.float32).tiny * STEPS) / np.float32(STEPS)
    wide /= steps[:, None]
    vectors.view(np.int16)[:] = np.rint(wide, out=wide)
    return steps
