"""Checks of the values that conditions and groups take."""

import pytest

from panoptic_data.errors import InvalidView
from panoptic_data.messages import LANGUAGES
from panoptic_data.views import checks
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import (
    from_json,
)
from tests.view_examples import EXAMPLES

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
    "like": {"encoder": "clip", "query": "cat -"},
    "selection": ["../../etc/passwd"],
    "duplicate": {},
    "part": ["image:ab12", "cat"],
    "status": ["deleted"],
    "name": 3,
    "copies": "two",
    "frames": [],
    "added": ["yesterday", None],
    "camera": None,
    "digitised_at": ["1930", None],
    **dict.fromkeys(("title", "headline", "caption", "creator", "credit", "rights"), 3),
    **dict.fromkeys(("location", "keywords"), None),
    "colour": {"colour": "red"},
    "excluded": "yes",
    "author": {"authors": []},
    "proposed": {"proposers": ["oracle"]},
    "p:text:k3x9": "",
    "p:url:k3x9": 1,
    "p:path:k3x9": None,
    "p:number:k3x9": ["1", None],
    "p:date:k3x9": ["1912", None],
    "p:checkbox:k3x9": "false",
    "p:colour:k3x9": {"colour": "blood"},
    "p:image:k3x9": ["a.jpg"],
    "p:tag:k3x9": [],
    "p:tags:k3x9": "war",
}


@pytest.mark.parametrize("field", sorted(EXAMPLES))
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


# Fields whose schema wants at least one of a list, beside those whose broken value is none.
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p:image:k3x9", []),
        ("similar", {"encoder": "clip", "sha1s": [], "threshold": 0.7}),
        ("p:tags:k3x9", []),
        ("status", []),
        ("format", []),
        ("folder", []),
    ],
)
def test_a_list_without_anything_in_it_is_refused(field, value):
    condition = {"field": field, "op": FIELDS[field].op, "value": value}
    with pytest.raises(InvalidView):
        from_json({"version": 1, "where": [condition]})


def test_a_selection_may_be_empty():
    condition = {"field": "selection", "op": "in", "value": []}
    assert from_json({"version": 1, "where": [condition]}).where[0].value == []


@pytest.mark.parametrize("field", sorted(EXAMPLES))
def test_a_right_value_has_no_problem(field):
    assert FIELDS[field].operators[0].check(EXAMPLES[field]) is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"encoder": "clip", "query": "cat"}, None),
        ({"query": "cat"}, "encoder"),
        ({"encoder": "clip", "query": 1}, "query"),
        ({"encoder": "clip", "query": "cat", "threshold": 1.5}, "threshold"),
        ({"encoder": "clip", "query": "cat", "percentile": -1}, "percentile"),
        ({"encoder": "clip", "query": "cat", "threshold": 0, "percentile": 5}, "limits"),
        ({"encoder": "clip", "query": "cat", "count": True}, "count"),
    ],
)
def test_a_search_is_told_what_is_wrong_with_it(value, problem):
    assert checks.check_like(value) == problem


@pytest.mark.parametrize(
    ("value", "is_right"),
    [("a[bc]+", True), ("[[a]", True), ("(", False), ("", False), ("a" * 1_001, False), (1, False)],
)
def test_a_pattern_is_a_regular_expression_of_some_length(value, is_right):
    assert (checks.check_pattern(value) is None) == is_right


def test_numbers_are_finite_and_no_booleans():
    assert [checks.check_number(value) for value in (0, -1.5)] == [None, None]
    for value in (True, "1", None, float("nan"), float("inf"), 10**400):
        assert checks.check_number(value) == "number"


def test_what_groups_are_made_by():
    assert checks.is_period("decade")
    assert not checks.is_period(["decade"])
    assert checks.is_bin_width(0.5)
    assert checks.is_bin_width(None)
    assert not checks.is_bin_width(0)
    assert checks.is_folder_depth(1)
    assert not checks.is_folder_depth(True)
    assert checks.is_slug("clip-vit-b.32_x")
    assert not checks.is_slug("a/b")
