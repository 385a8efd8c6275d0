"""What an import would do: proposed types, choices, and what does not fit."""

import json

import pytest

from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, plan
from panoptic_data.exchange.matching import Matching
from panoptic_data.exchange.tables import NewTag
from tests import synthetic
from tests.importing import MIXED, read_text, values_of


def test_a_plan_proposes_types_and_lists_what_does_not_fit(project, tmp_path):
    planned = plan.make_plan(project, read_text(tmp_path, MIXED))
    summary = plan.summarize(planned)
    columns = {column["name"]: column for column in summary["columns"]}
    assert {name: column["type"] for name, column in columns.items()} == {
        "Titre": "text",
        "année": "date",
        "note": "number",
        "vu": "checkbox",
        "mots": "tags",
        "kind": "tag",
        "column 8": "text",
    }
    assert [name for name, column in columns.items() if not column["take"]] == ["column 8"]
    assert (summary["rows"], summary["matched"], summary["images"]) == (4, 3, 3)
    assert summary["missed"]["first"] == [{"line": 5, "key": "nowhere.jpg", "why": "nothing"}]
    assert columns["note"]["unreadable"] == {"count": 1, "first": [{"line": 3, "value": "douze"}]}
    assert columns["Titre"]["examples"] == ["Le rouge", "L'autre", "x"]
    assert columns["année"]["read"] == [["1930"], ["1940-03"], ["1930-10-24"]]
    assert columns["mots"]["read"] == [["guerre", "paix, enfin"], ["Guerre"]]
    assert "read" not in columns["column 8"]
    assert columns["mots"]["new_tags"] == {"count": 2, "first": ["guerre", "paix, enfin"]}
    assert annotations_of(project).state(fresh=True).position == 0
    json.dumps(summary)


def test_columns_can_be_taken_otherwise_than_proposed(project, tmp_path):
    read = read_text(tmp_path, "path;a;b;c\n1930/red.jpg;x|y;1;z\n")
    planned = plan.make_plan(project, read, columns={"c": {"take": False}})
    choices = {"a": {"type": "tags", "separator": "|", "name": "Sujet"}, "b": {"target": "file"}}
    planned = plan.revise(project, planned, columns=choices)
    apply.apply_plan(project, planned)
    assert values_of(project, "Sujet") == {synthetic.sha1("red"): ["x", "y"]}
    shown = annotations_of(project).state(fresh=True).live_properties
    assert [(property.name, property.target) for property in shown] == [
        ("Sujet", "image"),
        ("b", "file"),
    ]


def test_only_what_was_altered_is_read_again_until_somebody_annotates(project, tmp_path):
    apply.apply_tags(project, "a", [NewTag("y")])
    first = plan.make_plan(project, read_text(tmp_path, "path;a;b\n1930/red.jpg;x;1\n"))
    second = plan.revise(project, first, columns={"b": {"type": "text"}})
    assert second.matches is first.matches
    assert second.readings[0] is first.readings[0]
    assert second.readings[1].column.type == "text"
    # Which tags are new is another thing now.
    apply.apply_tags(project, "a", [NewTag("x")])
    third = plan.revise(project, second)
    assert (first.readings[0].new_tags, third.readings[0].new_tags) == (("x",), ())


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"columns": {"zzz": {"take": False}}}, "no_column"),
        ({"columns": {"a": {"type": "poem"}}}, "type"),
        ({"columns": {"a": {"size": 3}}}, "part"),
        ({"columns": {"a": {"target": "folder"}}}, "target"),
        ({"columns": {"a": {"type": "text"}}}, "other_type"),
        ({"existing": "burn"}, "existing"),
        ({"matching": Matching("path", "zzz")}, "no_column"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(project, tmp_path, choice, problem):
    read = read_text(tmp_path, "path;a\n1930/red.jpg;1\n")
    apply.apply_plan(project, plan.make_plan(project, read))
    with pytest.raises(InvalidImport) as raised:
        plan.make_plan(project, read, **choice)
    assert raised.value.problem == problem
    assert raised.value.message("en").endswith(".")
