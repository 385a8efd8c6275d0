"""The values of levels: bins of numbers, cameras, and any number of levels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panoptic_data.catalogue import grouping, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.groups import LevelCodes
from panoptic_data.errors import InvalidView
from panoptic_data.views.model import Condition, Level, View
from tests import plain_views

PLAIN = plain_views.ReferenceCorpus()


ALL = Condition("status", "in", ["ok", "unreadable", "missing"])


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    return registry.load(PLAIN.write(tmp_path_factory.mktemp("plain") / "p"))


whole = st.integers(-(10**6), 10**6)


@given(st.lists(whole, min_size=1, max_size=20), st.floats(1e-3, 1e6))
def test_a_number_lies_between_the_ends_of_its_bin(numbers, width):
    values = np.array(numbers, dtype=np.float64)
    for value, number in zip(numbers, grouping._bins(values, width).tolist(), strict=True):
        assert number * width <= value < (number + 1) * width


def test_bins_that_no_number_can_tell_apart_are_refused(current):
    for width in (5e-324, 1e-15):
        with pytest.raises(InvalidView):
            run_view(current, View((ALL,), group=(Level("size", width),)))


def test_bins_without_end_hold_everything(current):
    result = run_view(current, View((ALL,), group=(Level("width", 1e308),)))
    assert result.groups.values == [[0, 1e308], None]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 3), min_size=5, max_size=5), min_size=1, max_size=7))
def test_levels_of_any_size_and_number_are_told_apart(columns):
    """Seven levels of 100,000 values: more combinations than a number of 64 bits tells apart."""
    named = range(100_000)
    coded = [LevelCodes(np.array(codes, dtype=np.int32), named) for codes in columns]
    order, arranged = grouping.arrange([Level("format")] * len(columns), coded)
    rows = [tuple((codes < 0, codes) for codes in row) for row in zip(*columns, strict=True)]
    assert order.tolist() == sorted(range(5), key=rows.__getitem__)
    assert sum(arranged.depth == len(columns) - 1) == len(set(rows))


def test_cameras_that_differ_in_case_or_spelling_are_one_group(current):
    result = run_view(current, View((ALL,), group=(Level("camera"),)))
    names = [value for value in result.groups.values if value]
    spelled = [plain_views.fold(name) for name in names]
    assert spelled == sorted(set(spelled))
    assert "LEICA m6" in names
