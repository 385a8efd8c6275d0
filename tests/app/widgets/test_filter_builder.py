"""The builder of filters without a browser: its fields, its choices, the checks of a draft."""

import json

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from app.components.builder import Draft
from app.widgets import filter_builder
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.errors import InvalidView
from panoptic_data.media.colour import HUES, hues, lab
from panoptic_data.views import model
from panoptic_data.views.model import FIELDS, Clause, Condition, Level, Sort, View
from tests import synthetic
from tests.app.widgets.sample_properties import OWN, SHA1S, STATE

FIELD_NAMES = [*FIELDS, *OWN.values()]

OPERATORS = [(name, entry.name) for name in FIELD_NAMES for entry in FIELDS[name].operators]

CLUSTERS = {"encoder": "visual", "numbers": [3, -1]}

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
    "truth": False,
    "authors": {"authors": ["Anna"], "property": "tags1"},
    "proposers": {"proposers": ["model"], "property": "tags1"},
}

CHOSEN = {
    "folder": ["posters/1930"],
    "format": ["PNG"],
    "status": ["missing"],
    OWN["tag"]: ["t1"],
    OWN["tags"]: ["t1", "gone"],
    OWN["image"]: SHA1S,
}

FIXED = {
    "region": {"encoder": "visual", "polygon": [[0, 0], [1.5, 0], [0, -2]]},
    "similar": {"encoder": "visual", "sha1s": SHA1S, "threshold": 0.7},
    "part": [f"image:{SHA1S[0]}"],
    "text": {"encoder": "visual", "text": "a red dress"},
    "like": {"encoder": "visual", "query": "cat - dog", "threshold": 0.7},
    "selection": SHA1S,
}


def condition(field, op):
    kind = filter_builder.editor_kind(field, op)
    value = {"choices": CHOSEN, "fixed": FIXED}.get(kind, {}).get(field, VALUES.get(kind))
    return Condition(field, op, value)


def opened(view):
    """Every part as the browser is told of it, and tells it again when nobody touches it."""
    return json.loads(
        json.dumps(filter_builder.editable_parts(view, model.to_json(view)["where"], STATE))
    )


@pytest.fixture
def corpus(tmp_path):
    """Four images of two formats in two folders."""
    project = synthetic.project(tmp_path / "project")
    formats = {"a": "PNG", "b": "PNG", "c": "JPEG", "d": "JPEG"}
    images = [
        synthetic.image(name, format=kind, width=100 * index)
        for index, (name, kind) in enumerate(formats.items(), 1)
    ]
    synthetic.write(project, "images", images)
    paths = {"s/cats/a": "a", "s/cats/b": "b", "s/dogs/c": "c", "s/dogs/d": "d"}
    synthetic.write(project, "files", [synthetic.file(*entry) for entry in paths.items()])
    return registry.load(project)


@pytest.fixture
def themed(corpus):
    """The same with a tree of tags, a checkbox, a link and a property that was deleted."""
    store = annotations_of(corpus.project)
    created = {}
    for name, type, folder in (
        ("Theme", "tags", None), ("seen", "checkbox", "Work"), ("gone", "text", None),
        ("original", "image", "Work"),
    ):  # fmt: skip
        created[name], changes = properties.create(
            store.state().properties, name, type, folder=folder
        )
        store.commit(changes, "property")
    for name, parent in (("war", None), ("peace", None), ("civil", "war")):
        ups = [created[parent].id] if parent else []
        theme = created["Theme"].id
        created[name], changes = tags.create(store.state().tags, theme, name, parents=ups)
        store.commit(changes, "tag")
    ids = [created["civil"].id]
    given = edits.add_tags(store.state(), theme, [synthetic.sha1("a"), synthetic.sha1("b")], ids)
    store.commit(given, "tag", author="Anna")
    links = edits.set_value(store.state(), created["original"].id, [synthetic.sha1("d")], SHA1S[0])
    store.commit(links, "set", author="Anna")
    store.commit(properties.update(store.state().properties, created["gone"].id, deleted=True), "x")
    return registry.load(corpus.project), created


@pytest.mark.parametrize(("field", "op"), OPERATORS)
def test_every_condition_comes_back_as_it_was_alone_and_nested(field, op):
    filter = condition(field, op)
    nested = Clause("not", (Clause("any", (filter, Clause("all", (filter,)))),))
    view = View((filter, nested), (Sort("size", True),), (Level("format"),), "file", ("map",))
    assert filter_builder.with_where(view, opened(view)) == view


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_only_what_is_chosen_elsewhere_is_said_in_words(field):
    [part] = opened(View((condition(field, FIELDS[field].op),)))
    assert ("label" in part) == (field in FIXED)
    assert part.get("label", "shown") != ""


def test_one_group_of_duplicates_is_said_in_words():
    [part] = opened(View((Condition("duplicate", "in", {"groups": ["near:1"]}),)))
    assert part["label"] == "duplicates"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("p:text:gone", "unknown property contains “x”"),
        ("p:text:number1", "My number (has another type now) contains “x”"),
        (OWN["text"], None),
    ],
)
def test_what_is_no_property_any_more_is_said_in_words(field, text):
    [part] = opened(View((Condition(field, "contains", "x"),)))
    assert part.get("label") == text


def test_other_conditions_leave_order_groups_and_mode_alone():
    view = View((), (Sort("size", True),), (Level("format"),), "file", ("map", "grid"))
    where = [{"any": [{"field": "format", "op": "in", "value": ["PNG"]}]}]
    changed = filter_builder.with_where(view, where)
    assert changed.where == (Clause("any", (Condition("format", "in", ["PNG"]),)),)
    assert model.to_json(changed) | {"where": []} == model.to_json(view)


@pytest.mark.parametrize("where", [None, "x", [{"any": []}], [{"field": "width"}], [[]]])
def test_what_no_builder_tells_is_refused(where):
    with pytest.raises(InvalidView):
        filter_builder.with_where(View(), where)


@pytest.mark.parametrize(
    ("mode", "where", "count"),
    [
        ("image", [], "4 images"),
        ("image", [{"not": {"field": "format", "op": "in", "value": ["PNG"]}}], "2 images"),
        ("file", [{"field": "width", "op": "<", "value": 150}], "1 file"),
    ],
)
def test_a_draft_is_counted(corpus, mode, where, count):
    answer = filter_builder.check_draft(corpus, View(mode=mode), Draft(7, where))
    assert (answer.turn, answer.count, answer.problem, answer.problems) == (7, count, "", {})


def test_problems_are_told_at_the_place_of_their_conditions(corpus):
    right = {"field": "width", "op": "=", "value": 1}
    where = [
        right,
        {"not": {"any": [right, {"field": "taken_at", "op": "=", "value": "1930"}]}},
        {"field": "name", "op": "matches", "value": "a("},
    ]
    answer = filter_builder.check_draft(corpus, View(), Draft(1, where))
    assert answer.count == ""
    assert answer.problems == {
        2: "A date like 1930-12-31 is expected.",
        3: "This is not a valid regular expression.",
    }


def test_a_pattern_that_only_python_understands_is_told_at_its_place(corpus):
    where = [{"field": "name", "op": "matches", "value": text} for text in ("a", "(?=a)")]
    assert list(filter_builder.check_draft(corpus, View(), Draft(1, where)).problems) == [1]


def test_a_property_that_is_gone_is_told_at_its_place(themed):
    corpus, created = themed
    right = {"field": f"p:tags:{created['Theme'].id}", "op": "in", "value": [created["war"].id]}
    wrong = {"field": f"p:text:{created['gone'].id}", "op": "contains", "value": "x"}
    assert filter_builder.check_draft(corpus, View(), Draft(1, [right])).count == "2 images"
    answer = filter_builder.check_draft(corpus, View(), Draft(1, [right, {"not": wrong}]))
    assert answer.problems == {1: "This property no longer exists; remove this filter."}


def test_too_many_boxes_are_told_of_the_whole(corpus):
    part = {"field": "width", "op": "=", "value": 1}
    for _ in range(30):
        part = {"all": [part]}
    answer = filter_builder.check_draft(corpus, View(), Draft(1, [part]))
    assert "nested deeper" in answer.problem


def test_an_encoder_that_has_nothing_is_told_and_can_still_be_applied(corpus):
    where = [{"field": "cluster", "op": "in", "value": CLUSTERS}]
    answer = filter_builder.check_draft(corpus, View(), Draft(1, where))
    assert answer.problem != ""
    assert filter_builder.with_where(View(), where).where == (Condition("cluster", "in", CLUSTERS),)


def test_each_sample_of_a_colour_is_of_that_colour():
    named = hues(lab(pl.Series(list(filter_builder.HUE_SAMPLES.values()))))
    assert tuple(filter_builder.HUE_SAMPLES) == HUES
    assert [HUES[index] for index in named] == list(HUES)


def page(root, language):
    """A page with nothing but the builder, open on a view; run inside AppTest."""
    import streamlit as st

    from app.widgets import filter_builder
    from panoptic_data.catalogue import registry
    from panoptic_data.storage.project import open_project
    from panoptic_data.views.model import Condition, View

    st.session_state["language"] = language
    if "asked" not in st.session_state:
        st.session_state["asked"] = True
        filter_builder.request_dialog()
    view = View((Condition("width", ">", 150),))
    filter_builder.open_dialog(registry.load(open_project(root)), view, lambda changed: None)


@pytest.mark.parametrize(
    ("language", "open_", "count"), [("en", "is one of", "3 images"), ("fr", "parmi", "3 images")]
)
def test_the_dialog_brings_words_choices_and_the_first_count(corpus, language, open_, count):
    shown = AppTest.from_function(
        page, args=(corpus.project.root, language), default_timeout=60
    ).run()
    assert [entry.message for entry in shown.exception] == []
    [proto] = [entry.proto for entry in shown.get("bidi_component")]
    answer = json.loads(proto.json)["shown"]
    assert answer["answer"]["count"] == count
    assert [(entry["id"], entry["count"]) for entry in answer["choices"]["folder"]] == [
        ("s", 4),
        ("s/cats", 2),
        ("s/dogs", 2),
    ]
    fields = {entry["name"]: entry for entry in answer["fields"]}
    assert {*FIELDS} - set(fields) == set(FIXED) - set(OWN.values())
    assert fields["folder"]["operators"][0]["label"] == open_
    assert fields["pixels"]["scale"] == 1e6
    assert {entry["heading"] for entry in answer["fields"]} == {""}
    editors = {op["editor"] for entry in answer["fields"] for op in entry["operators"]}
    assert editors == {*VALUES, "choices"}


def test_properties_stand_under_their_headings_with_their_tags_as_a_tree(themed):
    corpus, created = themed
    shown = AppTest.from_function(page, args=(corpus.project.root, "en"), default_timeout=60).run()
    assert [entry.message for entry in shown.exception] == []
    [proto] = [entry.proto for entry in shown.get("bidi_component")]
    answer = json.loads(proto.json)["shown"]
    names = ("Theme", "seen", "original")
    theme, seen, link = (f"p:{created[name].type}:{created[name].id}" for name in names)
    own = [(entry["name"], entry["label"], entry["heading"]) for entry in answer["fields"]][-3:]
    assert own == [
        (theme, "Theme", "Properties"),
        (seen, "seen", "Work"),
        (link, "original", "Work"),
    ]
    [linked] = answer["choices"][link]
    assert (linked["id"], linked["label"], linked["count"]) == (SHA1S[0], "a", 1)
    assert linked["thumb"] == SHA1S[0]
    assert {entry["heading"] for entry in answer["fields"][:-3]} == {"Images and files"}
    war, peace, civil = (created[name].id for name in ("war", "peace", "civil"))
    items = [(entry["path"], entry["title"], entry["count"]) for entry in answer["choices"][theme]]
    assert items == [
        (war, "war", 2),
        (f"{war}/{civil}", "war › civil", 2),
        (peace, "peace", 0),
    ]
    assert [(entry["id"], entry["count"]) for entry in answer["choices"]["author"]] == [("Anna", 3)]
