"""Dates in terms: periods, ranges, comparisons, and the shortest way to write them."""

import pytest

from panoptic_data.query import writer
from panoptic_data.query.terms.dates import write_date_range
from panoptic_data.views.model import Condition, View
from tests.typed_views import (
    OWN,
    STATE,
    negated,
    parse,
    single,
)

READ = [
    ("date>1930", single("taken_at", "between", ["1931-01-01", None])),
    ("date>=1930", single("taken_at", "between", ["1930-01-01", None])),
    ("date:1930", single("taken_at", "between", ["1930-01-01", "1930-12-31"])),
    ("date<1930", single("taken_at", "between", [None, "1929-12-31"])),
    ("date<=1930", single("taken_at", "between", [None, "1930-12-31"])),
    ("date:1932-02", single("taken_at", "between", ["1932-02-01", "1932-02-29"])),
    ("date:02/1932", single("taken_at", "between", ["1932-02-01", "1932-02-29"])),
    ("date:1930-05-12", single("taken_at", "between", ["1930-05-12", "1930-05-12"])),
    ("date:12/5/1930", single("taken_at", "between", ["1930-05-12", "1930-05-12"])),
    ("date=1930-05-12", single("taken_at", "=", "1930-05-12")),
    ("date!=1930-05-12", single("taken_at", "!=", "1930-05-12")),
    ("date!=1930", negated(Condition("taken_at", "between", ["1930-01-01", "1930-12-31"]))),
    ("date:>1930", single("taken_at", ">", "1930-12-31")),
    ("date:1930s", single("taken_at", "between", ["1930-01-01", "1939-12-31"])),
    ("date:1930..1935-06", single("taken_at", "between", ["1930-01-01", "1935-06-30"])),
    ("date:..1930s", single("taken_at", "between", [None, "1939-12-31"])),
    ("date:193X", single("taken_at", "between", ["1930-01-01", "1939-12-31"])),
    ("date:193x", single("taken_at", "between", ["1930-01-01", "1939-12-31"])),
    ("date:19XX", single("taken_at", "between", ["1900-01-01", "1999-12-31"])),
    ("date:1930?", single("taken_at", "between", ["1930-01-01", "1930-12-31"])),
    ("date:~1930-06", single("taken_at", "between", ["1930-06-01", "1930-06-30"])),
    ("date:1930-06~", single("taken_at", "between", ["1930-06-01", "1930-06-30"])),
    ("date:1930-XX", single("taken_at", "between", ["1930-01-01", "1930-12-31"])),
    ("date:1930/1935", single("taken_at", "between", ["1930-01-01", "1935-12-31"])),
    ("date:1930-05/1931", single("taken_at", "between", ["1930-05-01", "1931-12-31"])),
    ("date:1930/..", single("taken_at", "between", ["1930-01-01", None])),
    ("date:../1930", single("taken_at", "between", [None, "1930-12-31"])),
    ("date>193X", single("taken_at", "between", ["1940-01-01", None])),
    ("date<1930?", single("taken_at", "between", [None, "1929-12-31"])),
    ("date!=193X", negated(Condition("taken_at", "between", ["1930-01-01", "1939-12-31"]))),
    ("date:none", single("taken_at", "is empty")),
    ("date>9999", single("taken_at", ">", "9999-12-31")),
    ("added:today", single("added", "between", ["2026-03-15", "2026-03-15"])),
    ("added:yesterday", single("added", "between", ["2026-03-14", "2026-03-14"])),
    ("added:7d", single("added", "between", ["2026-03-09", "2026-03-15"])),
    ("added:yesterday..", single("added", "between", ["2026-03-14", None])),
]
OF_PROPERTIES = [
    ("made-on:1912..1920", single(OWN["made"], "between", ["1912-01-01", "1920-12-31"])),
    ('"Made on">1930', single(OWN["made"], "between", ["1931-01-01", None])),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_dates_are_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_dates_of_properties_are_read_and_written_back(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("1930-01-01", "1939-12-31", ":1930s"),
        ("1930-01-01", "1930-12-31", ":1930"),
        ("2028-02-01", "2028-02-29", ":2028-02"),
        ("2027-02-01", "2027-02-27", ":2027-02-01..2027-02-27"),
        ("1930-01-01", "1935-06-30", ":1930-01-01..1935-06-30"),
        ("1930-01-01", None, ">=1930"),
        (None, "1939-12-31", "<=1939"),
    ],
)
def test_a_range_of_dates_is_written_by_the_longest_period(first, last, text):
    assert write_date_range(Condition("added", "between", [first, last])) == text
