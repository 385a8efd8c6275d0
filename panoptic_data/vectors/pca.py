"""Vectors seen along their principal directions: a pure function.

Not here: what is made of them (``projection`` starts its map there, ``clusters`` its groups).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["components"]

# Directions settle long before this many images; more would cost n × d² for nothing.
SAMPLE = 10_000
ROWS_AT_ONCE = 16_384


def components(vectors: npt.NDArray[np.float16], dims: int) -> npt.NDArray[np.float32]:
    """Return (n, dims) float32: coordinates of ``vectors`` (n, d) along the widest directions.

    The directions come from at most ``SAMPLE`` rows, evenly spaced; where there are fewer
    than ``dims``, the last columns are 0. One thread, so that rounding is always the same.
    """
    # 1 s, and only those who fit need it.
    from scipy.linalg import eigh
    from threadpoolctl import threadpool_limits

    count, width = vectors.shape
    result = np.zeros((count, dims), np.float32)
    kept = min(dims, width)
    with threadpool_limits(limits=1):
        sample = vectors[:: -(-count // SAMPLE) or 1].astype(np.float64)
        mean = sample.mean(axis=0)
        sample -= mean
        _, found = eigh(sample.T @ sample, subset_by_index=[width - kept, width - 1])
        directions = _signed(found[:, ::-1])
        for start in range(0, count, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            result[rows, :kept] = (vectors[rows].astype(np.float64) - mean) @ directions
    return result


def _signed(directions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn each direction so that its largest part is positive: either sign would do."""
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    signed: npt.NDArray[np.float64] = directions * np.where(signs == 0, 1, signs)
    return signed
