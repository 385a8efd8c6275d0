import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.errors import InvalidView
from panoptic_data.messages import LANGUAGES, keys
from panoptic_data.views import (
    FIELDS,
    SORTS,
    Condition,
    Sort,
    View,
    from_address,
    from_json,
    to_address,
    to_json,
)
from tests.synthetic import sha1

EXAMPLES = {
    "folder": ["posters/1930", "été"],
    "path": "a.c (1",
    "cluster": {"encoder": "visual", "numbers": [3, -1]},
    "format": ["PNG"],
    "width": [100, None],
    "height": [None, 2000.5],
    "pixels": [1, 2],
    "size": [0, 10],
    "taken_at": ["1930-01-01", None],
    "region": {"encoder": "clip", "polygon": [[0, 0], [1.5, 0], [0, -2]]},
    "similar": {"encoder": "clip", "sha1s": [sha1("a")], "threshold": 0.7},
    "text": {"encoder": "clip", "text": "a red dress", "count": 10},
    "selection": [sha1("a"), sha1("b")],
    "duplicate": {"kinds": ["near"], "groups": ["near:1"]},
    "status": ["unreadable", "missing"],
}


def test_every_field_has_an_example_here():
    assert set(EXAMPLES) == set(FIELDS)


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_view_survives_json_and_address(field):
    view = View().with_condition(field, EXAMPLES[field]).sorted_by(Sort("width", True))
    assert from_json(json.dumps(to_json(view))) == view
    assert from_address(to_address(view)) == view


def test_the_json_form_is_published():
    view = View((Condition("format", "in", ["PNG"]),), (Sort("size", True),))
    assert to_json(view) == {
        "version": 1,
        "where": [{"field": "format", "op": "in", "value": ["PNG"]}],
        "sort": [{"field": "size", "descending": True}],
    }


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


def test_equal_views_have_equal_keys_and_hashes():
    one = View().with_condition("cluster", {"encoder": "visual", "numbers": [1]})
    two = View().with_condition("cluster", {"numbers": [1], "encoder": "visual"})
    assert (one.key, hash(one)) == (two.key, hash(two))
    assert one == two


def test_a_condition_takes_the_place_of_another_on_its_field():
    view = View().with_condition("path", "a").with_condition("format", ["PNG"])
    changed = view.with_condition("path", "b")
    assert changed.where == (
        Condition("format", "in", ["PNG"]),
        Condition("path", "contains", "b"),
    )
    assert changed.without("path").without("format") == View()


BROKEN = {
    "folder": "posters",
    "path": "",
    "cluster": {"encoder": "x'; drop", "numbers": [1]},
    "format": [],
    "width": [None, None],
    "height": [1],
    "pixels": ["1", 2],
    "size": [True, None],
    "taken_at": ["1930", None],
    "region": {"encoder": "clip", "polygon": [[0, 0], [1, 1]]},
    "similar": {"encoder": "clip", "sha1s": ["nonsense"], "threshold": 0.7},
    "text": {"encoder": "clip", "text": "a", "count": 0},
    "selection": ["../../etc/passwd"],
    "duplicate": {},
    "status": ["deleted"],
}


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_wrong_value_is_refused_by_the_name_of_its_field(field):
    value = {
        "version": 1,
        "where": [{"field": field, "op": FIELDS[field].op, "value": BROKEN[field]}],
    }
    with pytest.raises(InvalidView) as caught:
        from_json(value)
    assert caught.value.params["field"] == field
    for language in LANGUAGES:
        assert field in caught.value.message(language)


@pytest.mark.parametrize(
    ("value", "field", "problem"),
    [
        ("[", "view", "not_json"),
        ("3", "view", "not_an_object"),
        ({"version": 2}, "version", "version"),
        ({"version": 1, "where": {}}, "where", "not_a_list"),
        ({"version": 1, "where": ["path"]}, "where", "no_field"),
        ({"version": 1, "where": [{"field": "eval", "op": "in"}]}, "eval", "unknown_field"),
        ({"version": 1, "where": [{"field": "path", "op": "regex"}]}, "path", "op"),
        ({"version": 1, "sort": [{"field": "owner"}]}, "sort", "sort"),
        ({"version": 1, "sort": [{"field": "size", "descending": 1}]}, "sort", "descending"),
    ],
)
def test_what_is_no_view_is_refused_with_its_reason(value, field, problem):
    with pytest.raises(InvalidView) as caught:
        from_json(value)
    assert (caught.value.params["field"], caught.value.problem) == (field, problem)


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


def test_every_reason_has_its_text_and_every_text_its_reason():
    import inspect
    import re

    from panoptic_data import views

    used = set(re.findall(r'"([a-z0-9_]+)"', inspect.getsource(views)))
    texts = {key.partition(".")[2] for key in keys("en") if key.startswith("view.")}
    assert texts <= used


def test_sorting_by_every_published_key_is_accepted():
    sorts = [{"field": field, "descending": True} for field in SORTS]
    view = from_json({"version": 1, "sort": sorts})
    assert [one.field for one in view.sort] == list(SORTS)
