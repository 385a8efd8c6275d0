"""The builder of filters without a browser: what it is told, what it answers, what it makes."""

import json

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from app.components.builder import Draft
from app.widgets import builder
from panoptic_data import catalogue, views
from panoptic_data.colours import hues, lab
from panoptic_data.errors import InvalidView
from panoptic_data.fields import HUES
from panoptic_data.views import FIELDS, Clause, Condition, Level, Sort, View
from tests import synthetic

OPERATORS = [(field.name, one.name) for field in FIELDS.values() for one in field.operators]
CLUSTERS = {"encoder": "visual", "numbers": [3, -1]}
SHA1S = [synthetic.sha1("a")]
VALUES = {
    "nothing": None,
    "number": 1234567.25,
    "range": [None, 0.1],
    "date": "1930-02-28",
    "dates": ["1930-01-01", None],
    "text": "été",
    "pattern": "a[bc]+",
    "kinds": {"kinds": ["near"]},
    "clusters": CLUSTERS,
    "near": {"colour": "#c0392b"},
    "hue": "red",
}
CHOSEN = {"folder": ["posters/1930"], "format": ["PNG"], "status": ["missing"]}
FIXED = {
    "region": {"encoder": "visual", "polygon": [[0, 0], [1.5, 0], [0, -2]]},
    "similar": {"encoder": "visual", "sha1s": SHA1S, "threshold": 0.7},
    "text": {"encoder": "visual", "text": "a red dress"},
    "selection": SHA1S,
}


def condition(field, op):
    kind = builder.editor(field, op)
    value = {"choices": CHOSEN, "fixed": FIXED}.get(kind, {}).get(field, VALUES.get(kind))
    return Condition(field, op, value)


def opened(view):
    """Every part as the browser is told of it, and tells it again when nobody touches it."""
    return json.loads(json.dumps(builder.parts(view, views.to_json(view)["where"])))


@pytest.fixture
def corpus(tmp_path):
    """Four images of two formats in two folders."""
    project = synthetic.project(tmp_path / "project")
    formats = {"a": "PNG", "b": "PNG", "c": "JPEG", "d": "JPEG"}
    images = [
        synthetic.image(name, format=kind, width=100 * place)
        for place, (name, kind) in enumerate(formats.items(), 1)
    ]
    synthetic.write(project, "images", images)
    places = {"s/cats/a": "a", "s/cats/b": "b", "s/dogs/c": "c", "s/dogs/d": "d"}
    synthetic.write(project, "files", [synthetic.file(*one) for one in places.items()])
    return catalogue.load(project)


@pytest.mark.parametrize(("field", "op"), OPERATORS)
def test_every_condition_comes_back_as_it_was_alone_and_nested(field, op):
    asked = condition(field, op)
    nested = Clause("not", (Clause("any", (asked, Clause("all", (asked,)))),))
    view = View((asked, nested), (Sort("size", True),), (Level("format"),), "file", ("map",))
    assert builder.read(view, opened(view)) == view


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_only_what_is_chosen_elsewhere_is_said_in_words(field):
    [part] = opened(View((condition(field, FIELDS[field].op),)))
    assert ("label" in part) == (field in FIXED)
    assert part.get("label", "shown") != ""


def test_one_group_of_duplicates_is_said_in_words():
    [part] = opened(View((Condition("duplicate", "in", {"groups": ["near:1"]}),)))
    assert part["label"] == "duplicates"


def test_other_conditions_leave_order_groups_and_mode_alone():
    view = View((), (Sort("size", True),), (Level("format"),), "file", ("map", "grid"))
    where = [{"any": [{"field": "format", "op": "in", "value": ["PNG"]}]}]
    changed = builder.read(view, where)
    assert changed.where == (Clause("any", (Condition("format", "in", ["PNG"]),)),)
    assert views.to_json(changed) | {"where": []} == views.to_json(view)


@pytest.mark.parametrize("where", [None, "x", [{"any": []}], [{"field": "width"}], [[]]])
def test_what_no_builder_tells_is_refused(where):
    with pytest.raises(InvalidView):
        builder.read(View(), where)


@pytest.mark.parametrize(
    ("mode", "where", "count"),
    [
        ("image", [], "4 images"),
        ("image", [{"not": {"field": "format", "op": "in", "value": ["PNG"]}}], "2 images"),
        ("file", [{"field": "width", "op": "<", "value": 150}], "1 file"),
    ],
)
def test_a_draft_is_counted(corpus, mode, where, count):
    told = builder.answer(corpus, View(mode=mode), Draft(7, where))
    assert (told.turn, told.count, told.problem, told.problems) == (7, count, "", {})


def test_problems_are_told_at_the_place_of_their_conditions(corpus):
    right = {"field": "width", "op": "=", "value": 1}
    where = [
        right,
        {"not": {"any": [right, {"field": "taken_at", "op": "=", "value": "1930"}]}},
        {"field": "name", "op": "matches", "value": "a("},
    ]
    told = builder.answer(corpus, View(), Draft(1, where))
    assert told.count == ""
    assert told.problems == {
        2: "A date like 1930-12-31 is expected.",
        3: "This is no regular expression that can be searched with.",
    }


def test_a_pattern_that_only_python_understands_is_told_at_its_place(corpus):
    where = [{"field": "name", "op": "matches", "value": text} for text in ("a", "(?=a)")]
    assert list(builder.answer(corpus, View(), Draft(1, where)).problems) == [1]


def test_too_many_boxes_are_told_of_the_whole(corpus):
    part = {"field": "width", "op": "=", "value": 1}
    for _ in range(30):
        part = {"all": [part]}
    told = builder.answer(corpus, View(), Draft(1, [part]))
    assert "nested deeper" in told.problem


def test_an_encoder_that_has_nothing_is_told_and_can_still_be_applied(corpus):
    where = [{"field": "cluster", "op": "in", "value": CLUSTERS}]
    told = builder.answer(corpus, View(), Draft(1, where))
    assert told.problem != ""
    assert builder.read(View(), where).where == (Condition("cluster", "in", CLUSTERS),)


def test_each_sample_of_a_colour_is_of_that_colour():
    named = hues(lab(pl.Series(list(builder.HUE_SAMPLES.values()))))
    assert tuple(builder.HUE_SAMPLES) == HUES
    assert [HUES[place] for place in named] == list(HUES)


def page(root, language):
    """A page with nothing but the builder, open on a view; run inside AppTest."""
    import streamlit as st

    from app.widgets import builder
    from panoptic_data import catalogue
    from panoptic_data.project import open_project
    from panoptic_data.views import Condition, View

    st.session_state["language"] = language
    if "asked" not in st.session_state:
        st.session_state["asked"] = True
        builder.ask()
    view = View((Condition("width", ">", 150),))
    builder.open_dialog(catalogue.load(open_project(root)), view, lambda changed: None)


@pytest.mark.parametrize(
    ("language", "open_", "count"), [("en", "is one of", "3 images"), ("fr", "parmi", "3 images")]
)
def test_the_dialog_brings_words_choices_and_the_first_count(corpus, language, open_, count):
    shown = AppTest.from_function(
        page, args=(corpus.project.root, language), default_timeout=60
    ).run()
    assert [one.message for one in shown.exception] == []
    [proto] = [one.proto for one in shown.get("bidi_component")]
    told = json.loads(proto.json)
    assert told["answer"]["count"] == count
    assert [(one["id"], one["count"]) for one in told["choices"]["folder"]] == [
        ("s", 4),
        ("s/cats", 2),
        ("s/dogs", 2),
    ]
    fields = {one["name"]: one for one in told["fields"]}
    assert set(FIELDS) - set(fields) == set(FIXED)
    assert fields["folder"]["operators"][0]["label"] == open_
    assert fields["pixels"]["scale"] == 1e6
    editors = {op["editor"] for one in told["fields"] for op in one["operators"]}
    assert editors == {*VALUES, "choices"}
