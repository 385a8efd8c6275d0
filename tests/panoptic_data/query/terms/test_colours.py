"""Colours in terms: hues by name, and colours near another."""

import pytest

from panoptic_data.query import writer
from panoptic_data.query.terms.colours import write_colour
from panoptic_data.views.model import Condition, View
from tests.typed_views import (
    OWN,
    STATE,
    either,
    negated,
    parse,
    single,
)

READ = [
    ("colour:red", single("colour", "is", "red")),
    ("color:#C0392B", single("colour", "near", {"colour": "#c0392b"})),
    ("colour:#c0392b~10", single("colour", "near", {"colour": "#c0392b", "distance": 10})),
    ("colour:red,blue", (either(single("colour", "is", "red"), single("colour", "is", "blue")),)),
    ("-colour:red", negated(Condition("colour", "is", "red"))),
    ("colour:any", single("colour", "is not empty")),
]
OF_PROPERTIES = [
    ("shade:rouge", single(OWN["shade"], "is", "red")),
    ("shade:#c0392b~5", single(OWN["shade"], "near", {"colour": "#c0392b", "distance": 5})),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_colours_are_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_colours_of_properties_are_read_and_written_back(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


def test_a_colour_is_written_with_its_distance_only_where_it_has_one():
    near = Condition("colour", "near", {"colour": "#c0392b", "distance": 2.5})
    assert write_colour(near) == ":#c0392b~2.5"
    assert write_colour(Condition("colour", "near", {"colour": "#c0392b"})) == ":#c0392b"
    assert write_colour(Condition("colour", "is", "red")) == ":red"


def test_a_negative_distance_is_refused():
    assert [problem.key for problem in parse("colour:#c0392b~-1").problems] == ["number"]
