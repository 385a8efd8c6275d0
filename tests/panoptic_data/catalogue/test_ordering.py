"""Ranks, and the order that several make together."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.catalogue.ordering import dense_ranks, directed, order_by, similarity_ranks

ranks = st.integers(1, 40).flatmap(
    lambda count: st.lists(
        st.lists(st.integers(0, 3) | st.integers(0, 2**50), min_size=count, max_size=count),
        min_size=1,
        max_size=4,
    )
)


@given(ranks)
def test_several_ranks_sort_as_tuples_do_and_keep_what_is_equal(columns):
    rows = list(zip(*columns, strict=True))
    expected = sorted(range(len(rows)), key=rows.__getitem__)
    assert order_by([np.array(column, dtype=np.int64) for column in columns]).tolist() == expected


def test_values_rank_from_one_and_none_is_last_in_both_directions():
    ranks = dense_ranks(pl.Series(["b", None, "a", "b"]))
    assert ranks.tolist() == [2, 5, 1, 2]
    assert directed(ranks, descending=False) is ranks
    assert order_by([directed(ranks, descending=True)]).tolist() == [0, 3, 2, 1]


def test_similarities_rank_by_six_digits_and_none_is_last():
    cosines = np.array([0.5, np.nan, -1, 1, 0.5000001], dtype=np.float32)
    assert order_by([similarity_ranks(cosines, descending=True)]).tolist() == [3, 0, 4, 2, 1]
    assert order_by([similarity_ranks(cosines, descending=False)]).tolist() == [2, 0, 4, 3, 1]
