"""Parts of given shares: copies together, each value in each part as often."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.sampling.dividing import divided, linked


def test_groups_that_share_an_image_are_one_set():
    assert linked(6, [[4, 2], [2, 1], [0, 5]]) == [0, 1, 1, 3, 1, 0]


def test_shares_are_those_that_were_asked_for():
    parts = Counter(divided(list(range(1_000)), [-1] * 1_000, (80, 10, 10)))
    assert parts == {0: 800, 1: 100, 2: 100}


def test_every_value_is_divided_alike_and_so_is_the_whole():
    # Forty values of seven images, and one of a thousand.
    values = [position % 41 if position < 287 else 41 for position in range(1_287)]
    random.Random(4).shuffle(values)
    parts = divided(list(range(len(values))), values, (70, 20, 10))
    pairs = Counter(zip(values, parts, strict=True))
    sizes = Counter(values)
    for value, size in sizes.items():
        for part, share in enumerate((0.7, 0.2, 0.1)):
            assert abs(pairs[value, part] - size * share) <= 1, (value, part)
    whole = Counter(parts)
    assert max(abs(whole[part] - 1_287 * share) for part, share in enumerate((0.7, 0.2, 0.1))) <= 1


@given(
    st.lists(st.integers(-1, 3), min_size=1, max_size=60),
    st.lists(st.lists(st.integers(0, 59), min_size=2, max_size=5), max_size=12),
    st.sampled_from([(80, 10, 10), (50, 50, 0), (1, 0, 1)]),
)
def test_a_set_is_never_in_two_parts_and_a_part_of_no_share_is_empty(values, groups, shares):
    inside = [[it for it in group if it < len(values)] for group in groups]
    sets = linked(len(values), [group for group in inside if group])
    parts = divided(sets, values, shares)
    assert len({(leader, part) for leader, part in zip(sets, parts, strict=True)}) == len(set(sets))
    assert all(shares[part] for part in parts)
