"""Views as data: read from JSON, written, and changed."""

import base64
import json
import zlib
from dataclasses import replace

import pytest

from panoptic_data.errors import InvalidView
from panoptic_data.messages import keys
from panoptic_data.views import address, checks, json_text
from panoptic_data.views.fields import (
    FIELDS,
)
from panoptic_data.views.model import (
    Clause,
    Condition,
    Level,
    Sort,
    View,
    conditions,
    from_address,
    from_json,
    to_address,
    to_json,
)
from tests.view_examples import EXAMPLES

OPERATORS = [
    (field, operator.name) for field in EXAMPLES for operator in FIELDS[field].operators[1:]
]


def other_value(field, op):
    """A value for an operator that is not the first of its field."""
    if op == "is":
        return "red"
    if op.startswith("is "):
        return None
    if op in ("not in", "all of", "does not contain", "begins with", "matches"):
        return EXAMPLES[field]
    kind = FIELDS[field].kind
    return {"number": 3.5, "date": "1930-02-28", "text": "a"}[kind]


@pytest.mark.parametrize("field", sorted(EXAMPLES))
def test_a_view_survives_json_and_address(field):
    view = View().with_condition(field, EXAMPLES[field]).sorted_by(Sort("width", True))
    assert from_json(json.dumps(to_json(view))) == view
    assert from_address(to_address(view)) == view


@pytest.mark.parametrize(("field", "op"), OPERATORS)
def test_every_operator_survives_json_and_address(field, op):
    value = "a[bc]+" if op == "matches" else other_value(field, op)
    view = View((Condition(field, op, value),))
    assert from_json(json.dumps(to_json(view))) == view
    assert from_address(to_address(view)) == view
    wrong = {"nonsense": 1}
    with pytest.raises(InvalidView) as caught:
        from_json({"version": 1, "where": [{"field": field, "op": op, "value": wrong}]})
    assert caught.value.params["field"] == field


WHOLE = View(
    (
        Clause(
            "any",
            (
                Condition("format", "in", ["PNG"]),
                Clause("not", (Clause("all", (Condition("camera", "is empty"),)),)),
            ),
        ),
        Condition("width", ">=", 100),
    ),
    (Sort("size", True),),
    (Level("taken_at", "month"), Level("folder", 2, "size", True), Level("width", 250.5)),
    "file",
    ("grid", "map"),
)


def test_the_json_form_is_published():
    assert to_json(WHOLE) == {
        "version": 1,
        "where": [
            {
                "any": [
                    {"field": "format", "op": "in", "value": ["PNG"]},
                    {"not": {"all": [{"field": "camera", "op": "is empty", "value": None}]}},
                ]
            },
            {"field": "width", "op": ">=", "value": 100},
        ],
        "sort": [{"field": "size", "descending": True}],
        "group": [
            {"field": "taken_at", "by": "month", "order": "value", "descending": False},
            {"field": "folder", "by": 2, "order": "size", "descending": True},
            {"field": "width", "by": 250.5, "order": "value", "descending": False},
        ],
        "mode": "file",
        "show": ["grid", "map"],
    }
    assert from_json(to_json(WHOLE)) == from_address(to_address(WHOLE)) == WHOLE


def test_what_is_left_out_is_as_in_the_view_of_everything():
    assert from_json({"version": 1}) == View()
    empty = {"version": 1, "where": [{"field": "camera", "op": "is empty"}]}
    assert from_json(empty) == View((Condition("camera", "is empty"),))


def test_an_encoder_to_compare_is_named_only_where_there_is_one():
    assert "compare" not in to_json(WHOLE)
    compared = replace(WHOLE, show=("grid",), compare="visual")
    assert to_json(compared)["compare"] == "visual"
    assert from_json(to_json(compared)) == from_address(to_address(compared)) == compared


def test_how_a_view_is_shown_is_no_other_question():
    assert WHOLE.key == replace(WHOLE, show=("table",), compare="visual").key
    assert WHOLE.key != replace(WHOLE, mode="image").key


def test_a_press_leaves_alone_what_was_typed_or_nested():
    typed = View((Condition("path", "begins with", "a"), WHOLE.where[0]))
    pressed = typed.with_condition("path", "b").with_condition("format", ["JPEG"])
    assert pressed.condition("path").value == "b"
    assert pressed.without("path").without("format") == typed


def test_every_condition_is_seen_wherever_it_stands():
    assert [condition.field for condition in conditions(WHOLE)] == ["format", "camera", "width"]


def test_equal_views_have_equal_keys_and_hashes():
    first = View().with_condition("cluster", {"encoder": "visual", "numbers": [1]})
    two = View().with_condition("cluster", {"numbers": [1], "encoder": "visual"})
    assert (first.key, hash(first)) == (two.key, hash(two))
    assert first == two


def test_a_condition_takes_the_place_of_another_on_its_field():
    view = View().with_condition("path", "a").with_condition("format", ["PNG"])
    changed = view.with_condition("path", "b")
    assert changed.where == (
        Condition("format", "in", ["PNG"]),
        Condition("path", "contains", "b"),
    )
    assert changed.without("path").without("format") == View()


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
        ({"version": 1, "where": [{"any": []}]}, "any", "clause"),
        (
            {"version": 1, "where": [{"field": "width", "op": ">", "value": 10**400}]},
            "width",
            "number",
        ),
        ({"version": 1, "where": [{"not": {"field": "x"}, "all": []}]}, "all", "clause"),
        ({"version": 1, "where": [{"not": []}]}, "where", "no_field"),
        ({"version": 1, "filter": []}, "filter", "unknown_part"),
        ({"version": 1, "group": [{"field": []}]}, "group", "group"),
        ({"version": 1, "group": [{"field": "taken_at"}]}, "group", "by"),
        ({"version": 1, "group": [{"field": "width", "by": 0}]}, "group", "by"),
        ({"version": 1, "group": [{"field": "format", "order": "luck"}]}, "group", "order"),
        ({"version": 1, "mode": "both"}, "mode", "mode"),
        ({"version": 1, "show": []}, "show", "show"),
        ({"version": 1, "show": ["grid", "map", "table"]}, "show", "show"),
        ({"version": 1, "show": [[]]}, "show", "show"),
        ({"version": 1, "compare": "../x"}, "compare", "encoder"),
        ({"version": 1, "compare": ["visual"]}, "compare", "encoder"),
    ],
)
def test_what_is_no_view_is_refused_with_its_reason(value, field, problem):
    with pytest.raises(InvalidView) as caught:
        from_json(value)
    assert (caught.value.params["field"], caught.value.problem) == (field, problem)


def test_conditions_nested_without_end_are_refused():
    value = {"field": "format", "op": "in", "value": ["PNG"]}
    for _ in range(30):
        value = {"not": value}
    packed = json.dumps([1, [{"not": [value]}], []])
    address = base64.urlsafe_b64encode(zlib.compress(packed.encode())).decode()
    for read in (
        lambda: from_json({"version": 1, "where": [value]}),
        lambda: from_address(address),
    ):
        with pytest.raises(InvalidView):
            read()


def test_every_reason_has_its_text_and_every_text_its_reason():
    import inspect
    import re

    from panoptic_data.catalogue import snapshot
    from panoptic_data.views import model, stored_selections

    modules = (model, address, json_text, checks, snapshot, stored_selections)
    source = "".join(map(inspect.getsource, modules))
    used = set(re.findall(r'"([a-z0-9_]+)"', source))
    texts = {key.partition(".")[2] for key in keys("en") if key.startswith("view.")}
    assert texts <= used
