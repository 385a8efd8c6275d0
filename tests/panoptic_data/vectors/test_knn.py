"""Exact neighbours against plain Python, and the graph of NN-Descent."""

import math
from fractions import Fraction

import numpy as np
import pytest

from panoptic_data.vectors import knn
from tests.vectors import grouped


def plain(queries, base, k, own):
    """The same by the schoolbook: exact dot products as fractions, then sorting."""
    lists = []
    for number, query in enumerate(queries):
        ranked = []
        for position, other in enumerate(base):
            if position != own[number]:
                ranked.append((-cosine(query, other), position))
        lists.append([position for _, position in sorted(ranked)[:k]])
    return lists


def cosine(left, right):
    def dot(a, b):
        return sum(Fraction(float(x)) * Fraction(float(y)) for x, y in zip(a, b, strict=True))

    lengths = 1 / math.sqrt(dot(left, left)), 1 / math.sqrt(dot(right, right))
    return float(np.float32(float(dot(left, right)) * lengths[0] * lengths[1]))


def test_lists_are_those_of_exact_fractions():
    base, _ = grouped(40, dim=6)
    # Copies, and copies of copies, so that ties decide.
    base[5] = base[17] = base[30]
    queries = base[::3]
    own = np.arange(0, 40, 3, dtype=np.int32)

    lists = knn.exact(queries, base, 7, own)

    assert lists.ids.tolist() == plain(queries, base, 7, own)
    expected = [
        [cosine(query, base[other]) for other in row]
        for query, row in zip(queries, lists.ids, strict=True)
    ]
    assert lists.similarities.tolist() == expected


def test_copies_come_first_in_order_of_position_with_similarity_one():
    base, _ = grouped(20, dim=6)
    base[[2, 9, 14]] = base[2]
    lists = knn.exact(base[[9]], base, 3, np.array([9], np.int32))
    assert lists.ids[0, :2].tolist() == [2, 14]
    assert lists.similarities[0, :2].tolist() == [1.0, 1.0]


def test_result_is_the_same_however_the_base_is_cut(monkeypatch):
    base, _ = grouped(300)
    own = np.arange(300, dtype=np.int32)
    expected = knn.exact(base, base, 9, own)
    monkeypatch.setattr(knn, "BASE_BLOCK", 37)
    monkeypatch.setattr(knn, "QUERY_BLOCK", 11)
    cut = knn.exact(base, base, 9, own)
    assert np.array_equal(expected.ids, cut.ids)
    assert np.array_equal(expected.similarities, cut.similarities)


def test_short_lists_end_in_minus_one():
    base, _ = grouped(3)
    lists = knn.exact(base, base, 5, np.arange(3, dtype=np.int32))
    assert (lists.ids[:, 2:] == -1).all()
    assert np.isneginf(lists.similarities[:, 2:]).all()
    assert (lists.ids[:, :2] >= 0).all()


def test_a_vector_of_zeros_is_like_nothing():
    base, _ = grouped(5)
    base[1] = 0
    lists = knn.exact(base[[1]], base, 4, np.array([1], np.int32))
    assert lists.similarities.tolist() == [[0.0, 0.0, 0.0, 0.0]]
    assert lists.ids.tolist() == [[0, 2, 3, 4]]


def test_pairwise_cosines_are_the_bits_of_the_matrix():
    base, _ = grouped(60, dim=17)
    lists = knn.exact(base, base, 8, np.arange(60, dtype=np.int32))
    again = knn.cosines(base, np.arange(60, dtype=np.int32), lists.ids)
    assert np.array_equal(again, lists.similarities)


def test_merging_lists_of_two_halves_gives_the_lists_of_the_whole():
    base, _ = grouped(80)
    own = np.arange(80, dtype=np.int32)
    expected = knn.exact(base, base, 6, own)
    left = knn.exact(base, base[:50], 6, own)
    right = knn.exact(base, base[50:], 6, own - 50)
    right = knn.NeighbourLists(np.where(right.ids < 0, -1, right.ids + 50), right.similarities)
    both = knn.merged(left, right)
    assert np.array_equal(both.ids, expected.ids)
    assert np.array_equal(both.similarities, expected.similarities)


@pytest.mark.slow  # numba compiles pynndescent, in every process: 25 s
def test_descent_finds_nearly_all_and_the_same_with_any_number_of_threads():
    import numba

    base, _ = grouped(3000, groups=30)
    lists = knn.nn_descent(base, 10)
    true = knn.exact(base, base, 10, np.arange(3000, dtype=np.int32))
    shared = [len(set(a) & set(b)) for a, b in zip(lists.ids, true.ids, strict=True)]
    assert np.mean(shared) > 9.5
    assert (lists.ids != np.arange(3000)[:, None]).all()
    again = knn.cosines(base, np.arange(3000, dtype=np.int32), lists.ids)
    assert np.array_equal(again, lists.similarities)

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = knn.nn_descent(base, 10)
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(alone.ids, lists.ids)
