"""Principal component analysis of vectors: a pure function.

Not here: its uses (``projection`` starts its map from it, ``hierarchy`` its groups).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["components"]

# Directions are stable long before this many images; more would cost n × d² for nothing.
SAMPLE_ROWS = 10_000
BLOCK_ROWS = 16_384


def components(vectors: npt.NDArray[np.float16], dims: int) -> npt.NDArray[np.float32]:
    """Return the first ``dims`` principal components of ``vectors`` (n, d): (n, dims) float32.

    The directions come from at most ``SAMPLE_ROWS`` rows, evenly spaced; where there are fewer
    than ``dims``, the last columns are 0. In one thread, so that rounding is always the same.
    """
    # 1 s, and only those who fit need it.
    from scipy.linalg import eigh
    from threadpoolctl import threadpool_limits

    count, width = vectors.shape
    result = np.zeros((count, dims), np.float32)
    n_directions = min(dims, width)
    with threadpool_limits(limits=1):
        sample = vectors[:: -(-count // SAMPLE_ROWS) or 1].astype(np.float64)
        mean = sample.mean(axis=0)
        sample -= mean
        _, eigenvectors = eigh(sample.T @ sample, subset_by_index=[width - n_directions, width - 1])
        directions = _with_fixed_signs(eigenvectors[:, ::-1])
        for start in range(0, count, BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            result[rows, :n_directions] = (vectors[rows].astype(np.float64) - mean) @ directions
    return result


def _with_fixed_signs(directions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Fix the arbitrary sign of each direction so that its largest component is positive."""
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    signed: npt.NDArray[np.float64] = directions * np.where(signs == 0, 1, signs)
    return signed
