"""Pairs of near hashes, against comparing every pair."""

import numpy as np
import pytest

from panoptic_data.duplicates import hamming


def hashes(count, seed=0):
    """Random hashes, a third of them a few bits away from another one."""
    random = np.random.default_rng(seed)
    created = random.integers(0, 2**63, count, dtype=np.uint64) << np.uint64(1)
    for row in range(0, count, 3):
        created[row] = created[random.integers(0, count)]
        for bit in random.integers(0, 64, random.integers(0, 12)):
            created[row] ^= np.uint64(1) << np.uint64(bit)
    return created


def plain(created, radius):
    values = [int(value) for value in created]
    return [
        (left, right)
        for left in range(len(values))
        for right in range(left + 1, len(values))
        if (values[left] ^ values[right]).bit_count() <= radius
    ]


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("radius", [0, 1, 2, 3, 5, 6, 8, 10])
def test_all_pairs_within_the_radius_are_found_and_no_other(radius, bands):
    created = hashes(300, seed=radius)
    sides = hamming.pairs(created, radius, bands)
    pairs = list(zip(*(side.tolist() for side in sides), strict=True))
    assert pairs == plain(created, radius)
    assert pairs


def test_candidates_in_small_portions_give_the_same_pairs(monkeypatch):
    created = hashes(200)
    at_once = hamming.pairs(created, 6)
    monkeypatch.setattr(hamming, "AT_ONCE", 7)
    in_parts = hamming.pairs(created, 6)
    assert all(np.array_equal(left, right) for left, right in zip(at_once, in_parts, strict=True))


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_hashes_make_no_pair(count):
    left, right = hamming.pairs(hashes(count), 10)
    assert (len(left), len(right)) == (0, 0)


def test_a_crowd_is_how_many_others_are_near_on_average():
    created = hashes(200)
    expected = 2 * len(plain(created, 6)) / 200
    assert hamming.mean_neighbours(created, 6) == pytest.approx(expected)
    assert hamming.mean_neighbours(created[:0], 6) == 0
