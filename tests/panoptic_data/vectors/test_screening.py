"""Pairs that matter are among those that a product in float32 lets through."""

import numpy as np

from panoptic_data.vectors import knn, screening


def test_every_finite_float16_is_converted_exactly():
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, 8)
    buffer = np.empty((len(finite) + 1, 8), np.int32)
    assert (screening._singles(finite, buffer) == finite.astype(np.float32)).all()


def test_the_nearest_are_let_through_whatever_the_size_of_numbers():
    random = np.random.default_rng(0)
    base = random.standard_normal((5_000, 24)) * 0.2
    # Also numbers below 6e-5, which a float16 has in another form.
    base[:, ::3] *= 1e-4
    base = base.astype(np.float16)
    queries, own = base[:7], np.arange(7)
    blocks = screening.blocks_of(base)
    near, _ = screening.nearest_pairs(queries, blocks, 5, own, np.ones(len(base), bool))
    cosines = screening.exact_cosines(queries, near)
    lists = knn.listed(near.queries, near.rows, cosines, len(queries), 5)
    expected = knn.exact(queries, base, 5, own.astype(np.int32))
    assert (lists.ids == expected.ids).all()
    assert (lists.similarities == expected.similarities).all()
    assert len(near.rows) < 1_000
