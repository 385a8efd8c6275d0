"""Groups at several levels, and numbers that last."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from panoptic_data.vectors import hierarchy, knn
from tests.vectors import grouped


def graph(vectors, k=8):
    return knn.exact(vectors, vectors, k, np.arange(len(vectors), dtype=np.int32))


def same_groups(first, second):
    """Whether two labellings say the same, whatever they call the groups."""
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))


def test_plain_groups_are_found():
    vectors, kinds = grouped(600, groups=5)
    points = hierarchy.smoothed(vectors, graph(vectors))
    assert same_groups(hierarchy.kmeans(points, 5), kinds)


def test_smoothing_is_a_weighted_mean_of_neighbours_repeated(monkeypatch):
    vectors, _ = grouped(30, dim=12)
    lists = graph(vectors, 4)
    monkeypatch.setattr(hierarchy, "SMOOTHING_STEPS", 2)
    result = hierarchy.smoothed(vectors, lists)

    # The same, written out: components, a dense graph, two means, unit length.
    points = hierarchy.components(vectors, hierarchy.DIMENSIONS).astype(float)
    weights = np.zeros((30, 30))
    for row in range(30):
        away = 1 - lists.similarities[row]
        beyond = away - away[0]
        weights[row, lists.ids[row]] = np.exp(-beyond / beyond.mean())
    union = weights + weights.T - weights * weights.T + np.eye(30)
    for _ in range(2):
        points = np.array([union[row] @ points / union[row].sum() for row in range(30)])
    expected = points / np.linalg.norm(points, axis=1, keepdims=True)
    assert np.allclose(result, expected, atol=1e-4)


def test_levels_nest():
    vectors, _ = grouped(500, groups=12)
    result = hierarchy.levels(hierarchy.smoothed(vectors, graph(vectors)))
    assert [len(set(level.tolist())) for level in result] == hierarchy.level_counts(500)
    for finer, coarser in pairwise(result):
        assert len(set(zip(finer.tolist(), coarser.tolist(), strict=True))) == finer.max() + 1


@pytest.mark.parametrize("seed", range(4))
def test_joining_is_wards_method_on_all_members(seed):
    """A group of five weighs as five images at its place do for scipy."""
    from scipy.cluster.hierarchy import fcluster, linkage

    random = np.random.default_rng(seed)
    centres, sizes = random.normal(size=(25, 3)), random.integers(1, 9, 25)
    joins = hierarchy.ward_merges(centres, sizes)
    tree = linkage(np.repeat(centres, sizes, axis=0), "ward")
    first = np.cumsum(sizes) - sizes
    for wanted in (1, 2, 5, 12, 25):
        expected = fcluster(tree, wanted, "maxclust")[first]
        assert same_groups(hierarchy._cut(joins, 25, wanted), expected)


@pytest.mark.parametrize(
    ("images", "counts", "main"),
    [
        (1, [1], 0),
        (9, [1], 0),
        (40, [8], 0),
        (100, [15, 5], 1),
        (1_000, [47, 16, 5], 1),
        (7_580, [131, 44, 15, 5], 1),
        (1_000_000, [1500, 500, 167, 56, 19, 6], 3),
    ],
)
def test_level_sizes_follow_the_corpus(images, counts, main):
    assert hierarchy.level_counts(images) == counts
    assert hierarchy.main_level(counts) == main


def test_identical_images_make_fewer_groups_than_requested():
    points = np.repeat(np.eye(3, 64, dtype=np.float32), 10, axis=0)
    assert same_groups(hierarchy.kmeans(points, 8), np.repeat([0, 1, 2], 10))


def test_dividing_is_the_same_each_time():
    vectors, _ = grouped(400, groups=7)
    points = hierarchy.smoothed(vectors, graph(vectors))
    assert np.array_equal(hierarchy.kmeans(points, 20), hierarchy.kmeans(points, 20))


def test_first_numbers_go_by_size_then_by_position():
    labels = np.array([2, 2, 0, 0, 1, 1, 1], np.int32)
    assert hierarchy.renumbered(labels).tolist() == [2, 2, 1, 1, 0, 0, 0]


def test_groups_keep_their_numbers_and_new_ones_get_unused_numbers():
    before = np.array([3, 3, 3, 7, 7, 7, 1, 1, -1, -1, -1], np.int32)
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3], np.int32)
    assert hierarchy.renumbered(labels, before).tolist() == [3, 3, 3, 7, 7, 1, 1, 1, 8, 8, 8]


def test_a_group_made_of_scraps_gets_a_new_number():
    # A quarter from each of four old groups, which go on without it.
    before = np.repeat(np.arange(4), 8).astype(np.int32)
    labels = before.copy()
    labels[::8] = 4
    result = hierarchy.renumbered(labels, before)
    assert result[::8].tolist() == [4, 4, 4, 4]
    assert np.delete(result, slice(None, None, 8)).tolist() == np.repeat(range(4), 7).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_given_so_that_most_images_keep_theirs(seed):
    random = np.random.default_rng(seed)
    before = random.integers(0, 5, 60).astype(np.int32)
    # Mostly the old groups, renamed: every group keeps more than a third of one.
    labels = np.where(random.random(60) < 0.75, (before + 2) % 5, random.integers(0, 5, 60))
    result = hierarchy.renumbered(labels.astype(np.int32), before)
    best = max(int((np.array(names)[labels] == before).sum()) for names in permutations(range(5)))
    assert (result == before).sum() == best
