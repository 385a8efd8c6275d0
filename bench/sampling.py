"""How long samples of a large corpus take: ``python bench/sampling.py [IMAGES]``.

Vectors of 512 numbers around 200 directions, as those of photographs are. Prints seconds.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from panoptic_data.sampling import choosing
from panoptic_data.sampling.exact_vectors import whole_vectors
from panoptic_data.sampling.shuffled import shuffled
from panoptic_data.vectors.matrix import Matrix

DIMENSIONS = 512
GROUPS = 200


def main(images: int = 100_000) -> None:
    """Print how long each step takes."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(GROUPS, DIMENSIONS)).astype(np.float32)
    vectors = centres[random.integers(0, GROUPS, images)]
    vectors += 0.8 * random.standard_normal((images, DIMENSIONS), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matrix = Matrix.of(vectors.astype(np.float16))
    began = time.perf_counter()
    shuffled([f"{number:040x}" for number in range(images)], 1)
    print(f"order by chance of {images}: {time.perf_counter() - began:.2f} s")
    began = time.perf_counter()
    whole = whole_vectors(matrix, np.arange(images))
    print(f"whole numbers: {time.perf_counter() - began:.2f} s")
    for name, choose in (("diverse", choosing.different), ("typical", choosing.typical)):
        for count in (100, 300, 1_000):
            began = time.perf_counter()
            choose(whole, count)
            print(f"{name} {count}: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
