"""Conditions written as terms: signs, operators, and what is named after "@"."""

import pytest

from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.term import Context
from panoptic_data.query.terms.write import write_bin, write_condition
from panoptic_data.views.model import Clause, Condition
from tests.typed_views import OWN, STATE, TODAY

CONTEXT = Context("clip", "words", TODAY, None, None, ProjectNames(STATE))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition("width", "=", 5), "width=5"),
        (Condition("width", "!=", 5), "width!=5"),
        (Condition("width", ">", 5), "width:>5"),
        (Condition(OWN["year"], ">", 5), "year>5"),
        (Condition(OWN["year"], ">=", 5), "year:>=5"),
        (Condition("camera", "is empty"), "camera:none"),
        (Condition("camera", "is not empty"), "camera:any"),
        (Condition("format", "not in", ["PNG"]), "-format:PNG"),
        (Condition("name", "does not contain", "a b"), '-name:"a b"'),
        (Condition("added", "<", "1930-05-12"), "added:<1930-05-12"),
        (Condition("cluster", "in", {"encoder": "clip", "numbers": [3]}), "cluster:3"),
        (Condition("cluster", "in", {"encoder": "a", "numbers": [3]}), "cluster@a:3"),
        (Condition("text", "means", {"encoder": "words", "text": "cat"}), "means:cat"),
        (Condition("like", "at least", {"encoder": "words", "query": "cat"}), "like:cat"),
        (
            Condition("like", "at least", {"encoder": "words", "query": "image:ab12"}),
            "like@words:image:ab12",
        ),
        (
            Condition("author", "in", {"authors": ["Anna"], "property": "notes"}),
            'author@"My notes":Anna',
        ),
        (Condition(OWN["theme"], "in", ["war"]), "Theme:war"),
        (Condition(OWN["folder"], "contains", "a"), '"folder":a'),
    ],
)
def test_a_condition_is_written_as_a_term(condition, text):
    assert write_condition(condition, CONTEXT) == text


def test_some_conditions_have_no_term():
    assert write_condition(Condition("selection", "in", []), CONTEXT) is None
    assert write_condition(Condition("selection", "not in", []), CONTEXT) is None


LOW, HIGH = Condition("width", ">=", 500), Condition("width", "<", 1000)


def test_a_bin_of_numbers_is_a_range_without_its_end():
    assert write_bin(Clause("all", (LOW, HIGH)), CONTEXT) == "width:500..<1000"


@pytest.mark.parametrize(
    "other",
    [
        Clause("any", (LOW, HIGH)),
        Clause("all", (HIGH, LOW)),
        Clause("all", (LOW, Condition("height", "<", 1000))),
        Clause("all", (LOW,)),
    ],
)
def test_other_clauses_are_no_bin_of_numbers(other):
    assert write_bin(other, CONTEXT) is None
