"""Samples against an independent reading: plain Python, other orders of sums, other machines."""

import numpy as np

from panoptic_data.sampling import choosing
from panoptic_data.sampling.exact_vectors import SCALE, products, rounded, whole_vectors
from panoptic_data.sampling.shuffled import shuffled
from panoptic_data.vectors.matrix import Matrix
from tests.vectors import grouped, sha1s


def whole(count, dim=64, groups=5, seed=0):
    vectors, kinds = grouped(count, groups=groups, dim=dim, seed=seed, width=0.6)
    return whole_vectors(Matrix.of(vectors), np.arange(count)), kinds


def k_center(vectors, count):
    """Gonzalez's algorithm with whole numbers, as the paper has it."""
    numbers = vectors.astype(np.int64)
    chosen = [0]
    while len(chosen) < count:
        nearest = (numbers @ numbers[chosen].T).max(axis=1)
        nearest[chosen] = 2**40
        chosen.append(int(nearest.argmin()))
    return chosen


def test_products_are_those_of_whole_numbers_in_whatever_order():
    vectors, _ = whole(300, dim=1024)
    exact = vectors.astype(np.int64) @ vectors.astype(np.int64).T
    assert (products(vectors, vectors) == exact).all()
    order = np.random.default_rng(3).permutation(vectors.shape[1])
    assert (products(vectors[:, order], vectors[:, order]) == exact).all()
    assert abs(int(exact.max()) - SCALE**2) < SCALE**2 / 500


def test_a_sum_of_vectors_has_their_direction():
    vectors, kinds = whole(200)
    sums = np.stack([vectors[kinds == kind].sum(axis=0, dtype=np.int64) for kind in range(5)])
    expected = sums / np.linalg.norm(sums, axis=1, keepdims=True) * SCALE
    assert np.abs(rounded(sums) - expected).max() <= 0.5


def test_the_most_different_are_those_of_k_center():
    vectors, _ = whole(700)
    assert choosing.different(vectors, 150).tolist() == k_center(vectors, 150)


def test_equal_vectors_are_taken_in_their_order():
    vectors, _ = whole(4)
    many = np.repeat(vectors[:1], 1_500, axis=0)
    assert choosing.different(many, 5).tolist() == [0, 1, 2, 3, 4]
    assert choosing.different(vectors[:0], 3).tolist() == []
    assert sorted(choosing.different(vectors, 9).tolist()) == [0, 1, 2, 3]


def test_typical_images_are_in_the_middle_of_their_groups_and_share_them():
    vectors, kinds = whole(600, groups=3, seed=2)
    chosen = choosing.typical(vectors, 30)
    assert len(set(chosen.tolist())) == 30
    by_kind = np.bincount(kinds[chosen], minlength=3)
    assert np.abs(by_kind - np.bincount(kinds) / 20).max() <= 6
    numbers = vectors.astype(np.int64)
    of_all = np.concatenate([numbers[kinds == kind].sum(axis=0)[None] for kind in range(3)])
    centrality = np.einsum("ij,ij->i", numbers, of_all[kinds].astype(float))
    assert np.median(centrality[chosen]) > np.quantile(centrality, 0.7)


def test_a_value_that_few_have_is_taken_first_and_counts_for_others():
    # Two have 0, all have 1, four have 2.
    values = [[1], [1, 2], [0, 1], [1, 2], [1], [0, 1], [2, 1], [1, 2], []]
    balance = choosing.balanced(values, 4, 9)
    assert balance.wanted == 3
    assert balance.taken == [1, 2, 3, 5, 6]
    assert balance.counts == [2, 5, 3, 0]


def test_shares_add_up():
    assert choosing.shares([3, 3, 1], 10) == [4, 4, 2]
    assert choosing.shares([1, 1, 1], 2) == [1, 1, 0]
    assert choosing.shares([], 2) == []


def test_an_order_by_chance_is_that_of_a_digest():
    names = sha1s(50)
    assert shuffled(names, 1) == shuffled(reversed(names), 1) != shuffled(names, 2)
    # As `printf "1 a" | sha256sum` and so on are sorted.
    assert shuffled("abcd", 1) == list("cabd")
    # Others that come change nobody's turn.
    more = shuffled([*names, *sha1s(20, "other")], 1)
    assert [name for name in more if name in names] == shuffled(names, 1)
