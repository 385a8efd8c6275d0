import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.annotations.values import TYPES
from panoptic_data.errors import InvalidView
from panoptic_data.messages import LANGUAGES, keys
from panoptic_data.views.fields import FIELDS, SORTS
from panoptic_data.views.json_schema import schema
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
    "like": {"encoder": "clip", "query": '2*"a red dress" - image:ab12', "percentile": 99.5},
    "selection": [sha1("a"), sha1("b")],
    "duplicate": {"kinds": ["near"], "groups": ["near:1"]},
    "status": ["unreadable", "missing"],
    "name": "scan",
    "copies": [2, None],
    "frames": [None, 10],
    "added": ["2026-01-01", "2026-12-31"],
    "camera": "leica",
    "colour": {"colour": "#c0392b", "distance": 10},
    "excluded": True,
    "author": {"authors": ["Anna"], "property": "k3x9"},
}
# Fields of properties: one of each type.
OF_PROPERTIES = {
    "p:text:k3x9": "a.c (1",
    "p:url:k3x9": "https",
    "p:path:k3x9": "a/b",
    "p:number:k3x9": [None, 3.5],
    "p:date:k3x9": ["1912-01-01", None],
    "p:checkbox:k3x9": False,
    "p:colour:k3x9": {"colour": "#c0392b", "distance": 10},
    "p:image:k3x9": [sha1("a")],
    "p:tag:k3x9": ["war00000"],
    "p:tags:k3x9": ["war00000", "sea00000"],
}
EXAMPLES = {**EXAMPLES, **OF_PROPERTIES}
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


def test_every_field_has_an_example_here():
    assert set(EXAMPLES) == set(FIELDS) | set(OF_PROPERTIES)
    assert {field.split(":")[1] for field in OF_PROPERTIES} == set(TYPES)


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


def test_an_address_of_an_older_release_is_read():
    old = json.dumps([1, [["format", "in", ["PNG"]]], [["size", 1]]])
    packed = base64.urlsafe_b64encode(zlib.compress(old.encode())).decode()
    wanted = View((Condition("format", "in", ["PNG"]),), (Sort("size", True),))
    assert from_address(packed) == wanted


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
    assert [one.field for one in conditions(WHOLE)] == ["format", "camera", "width"]


def test_the_published_schema_accepts_what_is_read_and_is_written_down():
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(schema())
    checker.check_schema(schema())
    views = [
        WHOLE,
        View(compare="visual"),
        *(View().with_condition(*one) for one in EXAMPLES.items()),
    ]
    assert [list(checker.iter_errors(to_json(view))) for view in views] == [[]] * len(views)
    for broken in ({"version": 1, "where": [{"field": "eval", "op": "in"}]}, {"where": []}):
        assert not checker.is_valid(broken)
    published = Path(__file__).parents[3] / "docs" / "view.schema.json"
    assert json.loads(published.read_text()) == json.loads(json.dumps(schema()))


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
    "like": {"encoder": "clip", "query": "cat -"},
    "selection": ["../../etc/passwd"],
    "duplicate": {},
    "status": ["deleted"],
    "name": 3,
    "copies": "two",
    "frames": [],
    "added": ["yesterday", None],
    "camera": None,
    "colour": {"colour": "red"},
    "excluded": "yes",
    "author": {"authors": []},
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
    from panoptic_data.views import address, checks, json_text, model, stored_selections

    modules = (model, address, json_text, checks, snapshot, stored_selections)
    source = "".join(map(inspect.getsource, modules))
    used = set(re.findall(r'"([a-z0-9_]+)"', source))
    texts = {key.partition(".")[2] for key in keys("en") if key.startswith("view.")}
    assert texts <= used


def test_sorting_by_every_published_key_is_accepted():
    sorts = [{"field": field, "descending": True} for field in SORTS]
    view = from_json({"version": 1, "sort": sorts})
    assert [one.field for one in view.sort] == list(SORTS)
