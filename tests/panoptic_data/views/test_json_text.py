"""JSON as text in one canonical form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.errors import InvalidView
from panoptic_data.views import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


@given(VALUES)
def test_canonical_text_is_read_back(value):
    assert json_text.parse(json_text.canonical(value)) == value


def test_equal_values_have_equal_texts():
    first, other = {"b": [1, "é"], "a": None}, {"a": None, "b": [1, "é"]}
    assert json_text.canonical(first) == json_text.canonical(other) == '{"a":null,"b":[1,"é"]}'


@pytest.mark.parametrize("text", ["", "{", "[1,", "nothing", "[" * 100_000])
def test_text_that_is_no_json_is_refused(text):
    with pytest.raises(InvalidView) as refused:
        json_text.parse(text)
    assert refused.value.problem == "not_json"
