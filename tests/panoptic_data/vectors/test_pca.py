"""Principal components against an independent decomposition."""

import numpy as np
import pytest

from panoptic_data.vectors import pca
from tests.vectors import grouped


def test_components_are_those_of_a_singular_value_decomposition():
    vectors, _ = grouped(300, dim=12)
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ directions[:3].T
    components = pca.components(vectors, 3)
    assert (components.shape, components.dtype) == ((300, 3), np.float32)
    # The sign of a direction is arbitrary.
    signs = np.sign((components * expected).sum(axis=0))
    assert components * signs == pytest.approx(expected, abs=1e-4)


def test_the_sign_of_each_direction_is_fixed():
    vectors, _ = grouped(200, dim=8)
    order = np.random.default_rng(1).permutation(200)
    first, again = pca.components(vectors, 2), pca.components(vectors[order], 2)
    assert first[order] == pytest.approx(again, abs=1e-5)


def test_columns_beyond_the_directions_are_zero():
    vectors, _ = grouped(50, dim=4)
    components = pca.components(vectors, 6)
    assert components.shape == (50, 6)
    assert not components[:, 4:].any()
    assert components[:, :4].any(axis=0).all()


def test_directions_come_from_a_sample_of_many_images(monkeypatch):
    vectors, _ = grouped(400, dim=8)
    exact = pca.components(vectors, 2)
    monkeypatch.setattr(pca, "SAMPLE_ROWS", 100)
    monkeypatch.setattr(pca, "BLOCK_ROWS", 37)
    sampled = pca.components(vectors, 2)
    assert sampled.shape == exact.shape
    for column in range(2):
        assert abs(np.corrcoef(sampled[:, column], exact[:, column])[0, 1]) > 0.98
