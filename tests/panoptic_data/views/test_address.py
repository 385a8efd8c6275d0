"""Views in addresses: short, safe, and refused where they are none."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.errors import InvalidView
from panoptic_data.views import address
from panoptic_data.views.model import (
    Clause,
    Condition,
    Sort,
    View,
    from_address,
    to_address,
    to_json,
)
from tests.synthetic import sha1


def test_an_address_of_an_older_release_is_read():
    old = json.dumps([1, [["format", "in", ["PNG"]]], [["size", 1]]])
    packed = base64.urlsafe_b64encode(zlib.compress(old.encode())).decode()
    wanted = View((Condition("format", "in", ["PNG"]),), (Sort("size", True),))
    assert from_address(packed) == wanted


def test_the_default_view_has_an_empty_address():
    assert to_address(View()) == ""
    assert from_address("") == View()


def test_an_address_is_short_and_needs_no_escaping():
    view = View().with_condition("folder", ["posters/1930"]).sorted_by(Sort("taken_at"))
    address = to_address(view)
    assert len(address) < 120
    assert set(address) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_long_selection_takes_less_than_its_bytes_in_hexadecimal():
    chosen = sorted(sha1(str(i)) for i in range(500))
    view = View().with_condition("selection", chosen)
    assert from_address(to_address(view)) == view
    assert len(to_address(view)) < 500 * 34


@given(st.text())
def test_any_text_is_a_view_or_refused(text):
    try:
        view = from_address(text)
    except InvalidView:
        return
    assert from_address(to_address(view)) == view


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists, max_leaves=8))
def test_any_json_in_an_address_is_a_view_or_refused(value):
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode()
    try:
        view = from_address(packed)
    except InvalidView:
        return
    assert from_address(to_address(view)) == view


def test_an_address_that_unpacks_without_end_is_refused():
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b" " * (70 * 2**20), 9)).decode()
    with pytest.raises(InvalidView):
        from_address(bomb)


def test_lists_without_names_stand_for_the_object():
    view = to_json(View((Clause("not", (Condition("path", "=", "a"),)),), (Sort("size", True),)))
    packed = address.pack(view)
    raw = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert json.loads(raw) == [1, [{"not": ["path", "=", "a"]}], [["size", 1]]]
    assert address.unpack(packed) == {
        "version": 1,
        "where": view["where"],
        "sort": view["sort"],
    }


@pytest.mark.parametrize(
    "value",
    [{}, [1], [1, {}, []], [1, [], [["size"]]], [1, [], [], "size"], [1, [], [], [], 1, 2, 3, 4]],
)
def test_other_lists_are_no_address(value):
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode()
    with pytest.raises(InvalidView) as refused:
        address.unpack(packed)
    assert refused.value.problem == "unreadable"
