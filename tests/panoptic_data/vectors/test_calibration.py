"""The scale of similarities: what chance gives, counted another way."""

import numpy as np
import pytest

from panoptic_data.vectors.calibration import (
    CHANCE_WORDS,
    LEVELS,
    Scale,
    level_of,
    levels,
    sample,
)
from tests.vectors import grouped

VECTORS = grouped(900, groups=5, dim=16)[0].astype(np.float32)
EVERY = np.arange(900)
WORDS = grouped(40, groups=7, dim=16, seed=5)[0].astype(np.float32)


def of_all_pairs(rows):
    """Cosines of all pairs, one by one."""
    return [float(a @ b) for row, a in enumerate(rows) for b in rows[:row]]


def test_few_images_are_all_compared():
    rows = EVERY[::9]
    scale = sample(VECTORS, rows)
    assert scale.cosines.tolist() == pytest.approx(sorted(of_all_pairs(VECTORS[rows])), abs=1e-6)


def test_many_are_compared_by_chance_and_the_same_each_time():
    all_pairs = sample(VECTORS, EVERY, pairs=10**6)
    drawn = sample(VECTORS, EVERY, pairs=100_000, seed=1)
    assert (len(all_pairs.cosines), len(drawn.cosines)) == (900 * 899 // 2, 100_000)
    for percentile in (1, 50, 95, 99, 99.9):
        assert drawn.cosine(percentile) == pytest.approx(all_pairs.cosine(percentile), abs=0.01)
    again = sample(VECTORS, EVERY, pairs=100_000, seed=1)
    assert np.array_equal(drawn.cosines, again.cosines)
    other = sample(VECTORS, EVERY, pairs=100_000, seed=2)
    assert not np.array_equal(drawn.cosines, other.cosines)


def test_what_is_gone_is_not_compared():
    far = np.concatenate([VECTORS, -VECTORS])
    assert np.array_equal(sample(far, EVERY).cosines, sample(VECTORS, EVERY).cosines)


def test_words_are_compared_with_pictures():
    scale = sample(VECTORS, EVERY, WORDS, (0, 0, 1, 0))
    every = np.sort((VECTORS @ WORDS.T).ravel())
    for percentile in (5, 50, 99):
        assert scale.cosine(percentile) == pytest.approx(np.percentile(every, percentile), abs=0.01)


def test_mixtures_are_compared_in_their_proportions():
    scale = sample(VECTORS, EVERY, WORDS, (1, 0, 0, 0.5), pairs=50_000)
    random = np.random.default_rng(0)
    cosines = []
    for _ in range(20_000):
        left, right = random.choice(900, 2, replace=False)
        aim = VECTORS[right] - 0.5 * WORDS[random.integers(40)]
        cosines.append(float(VECTORS[left] @ aim / np.linalg.norm(aim)))
    for percentile in (5, 50, 95):
        expected = np.percentile(cosines, percentile)
        assert scale.cosine(percentile) == pytest.approx(expected, abs=0.03)


def test_a_percentile_is_the_share_of_pairs_that_are_less_similar():
    scale = Scale(np.array([0.1, 0.2, 0.2, 0.4], np.float32))
    assert [scale.percentile(cosine) for cosine in (0, 0.15, 0.2, 0.3, 0.4, 1)] == [
        0,
        25,
        25,
        75,
        75,
        100,
    ]
    assert scale.percentile(np.array([0.15, 0.3])).tolist() == [25, 75]
    assert scale.cosine(0) == pytest.approx(0.1)
    assert scale.cosine(100) == pytest.approx(0.4)


def test_one_image_has_nothing_to_be_compared_with():
    scale = sample(VECTORS, EVERY[:1])
    assert np.isnan(scale.percentile(0.5))
    assert np.isnan(scale.percentile(np.array([0.5]))).all()
    assert scale.cosine(95) == 1.0


def test_words_of_chance_are_many_and_each_once():
    assert len(CHANCE_WORDS) == len(set(CHANCE_WORDS)) >= 70


def test_words_for_how_alike_hold_from_higher_cosines_the_closer_they_are():
    scale = Scale(np.linspace(0, 0.8, 100_001, dtype=np.float32))
    of_words = levels(scale, is_by_words=True)
    assert [*of_words] == ["same", "very", "alike", "loosely"]
    assert [round(scale.percentile(cosine), 2) for cosine in of_words.values()] == [
        pytest.approx(percentile, abs=0.01) for percentile in LEVELS.values()
    ]
    # The most similar of few pictures need not be nearly the same.
    of_pictures = levels(scale, is_by_words=False)
    assert of_pictures == {**of_words, "same": pytest.approx(1 - 0.2 * 0.6, abs=1e-4)}
    reached = [level_of(of_pictures, cosine) for cosine in (0.9, 0.8, 0.795, 0.78, 0)]
    assert reached == ["same", "very", "alike", "loosely", "loosely"]
