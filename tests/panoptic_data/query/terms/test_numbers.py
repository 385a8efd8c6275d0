"""Numbers in terms, read as the panel of filters sets them and written with their units."""

import pytest

from panoptic_data.query import writer
from panoptic_data.query.terms.numbers import read_number, write_number, write_number_range
from panoptic_data.query.terms.term import TermError
from panoptic_data.views.model import Clause, Condition, View
from tests.typed_views import (
    OWN,
    STATE,
    negated,
    parse,
    single,
)

READ = [
    ("width>500", single("width", "between", [501, None])),
    ("width >= 500", single("width", "between", [500, None])),
    ("width< 500", single("width", "between", [None, 499])),
    ("width<=500.5", single("width", "between", [None, 500])),
    ("width>500.5", single("width", "between", [501, None])),
    ("width:500", single("width", "between", [500, 500])),
    ("width=500", single("width", "=", 500)),
    ("width!=500", single("width", "!=", 500)),
    ("-width:500", negated(Condition("width", "between", [500, 500]))),
    ("width:>500", single("width", ">", 500)),
    ("width:500..800", single("width", "between", [500, 800])),
    ("width:500..", single("width", "between", [500, None])),
    ("height:..-2.5", single("height", "between", [None, -2.5])),
    (
        "width:500..<1000",
        (Clause("all", (Condition("width", ">=", 500), Condition("width", "<", 1000))),),
    ),
    ("width:none", single("width", "is empty")),
    ("mp>2", single("pixels", "between", [2_000_001, None])),
    ("pixels:0.5..2", single("pixels", "between", [500_000, 2_000_000])),
    ("pixels=640px", single("pixels", "=", 640)),
    ("size>5", single("size", "between", [5_000_001, None])),
    ("size:1.5kB..2GB", single("size", "between", [1500, 2_000_000_000])),
    ("size:1..2GB", single("size", "between", [1_000_000_000, 2_000_000_000])),
    ("size<=300ko", single("size", "between", [None, 300_000])),
    ("copies>1", single("copies", "between", [2, None])),
    ("frames:2", single("frames", "between", [2, 2])),
]
OF_PROPERTIES = [
    ("year>1930", single(OWN["year"], ">", 1930)),
    ("year > 1930.5", single(OWN["year"], ">", 1930.5)),
    ("year>=1930", single(OWN["year"], "between", [1930, None])),
    ("year<=1930", single(OWN["year"], "between", [None, 1930])),
    ("year:1912..1920", single(OWN["year"], "between", [1912, 1920])),
    ("year=1912", single(OWN["year"], "=", 1912)),
    (
        "year:0..<0.5",
        (Clause("all", (*single(OWN["year"], ">=", 0), *single(OWN["year"], "<", 0.5))),),
    ),
    ("p>5", single(OWN["p"], ">", 5)),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_numbers_are_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_numbers_of_properties_are_read_and_written_back(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


@pytest.mark.parametrize(
    ("number", "field", "text"),
    [
        (5, "", "5"),
        (0.1, "", "0.1"),
        (1e-7, "", "0.0000001"),
        (640, "width", "640"),
        (500_000, "pixels", "0.5"),
        (999, "size", "999B"),
        (1_500, "size", "1.5kB"),
        (-2_000_000_000, "size", "-2GB"),
    ],
)
def test_a_number_is_written_with_its_largest_unit_and_read_back(number, field, text):
    assert write_number(number, field) == text
    assert read_number(text, (0, 1), field) == number


@pytest.mark.parametrize(
    ("text", "field"), [("5MB", "width"), ("5px", "size"), ("5px", ""), ("1" * 401, "")]
)
def test_a_number_in_a_unit_of_another_field_is_refused(text, field):
    with pytest.raises(TermError) as error:
        read_number(text, (3, 7), field)
    assert error.value.problem.span == (3, 7)


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ([501, None], ">500"),
        ([500, None], ">=500"),
        ([None, 499], "<500"),
        ([None, 0.5], ":..0.5"),
        ([5, 5], ":5"),
        ([5, 7.5], ":5..7.5"),
    ],
)
def test_a_range_is_written_as_the_comparison_that_people_type(ends, text):
    assert write_number_range(Condition("width", "between", ends)) == text
