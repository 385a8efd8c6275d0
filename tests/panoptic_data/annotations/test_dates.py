"""Dates as people write them, in English and French."""

from datetime import date

import pytest

from panoptic_data.annotations import values
from panoptic_data.annotations.dates import day_range, parse_date


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1912", date(1912, 1, 1), date(1912, 12, 31)),
        ("1912-02", date(1912, 2, 1), date(1912, 2, 29)),
        ("1912-05-04", date(1912, 5, 4), date(1912, 5, 4)),
        ("1912-05-04T10:30:00", date(1912, 5, 4), date(1912, 5, 4)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_date_stands_for_all_its_days(text, first, last):
    assert day_range(text) == (first, last)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("912", "0912"),
        ("4/5/1912", "1912-05-04"),
        ("1912:05:04", "1912-05-04"),
        ("05/1912", "1912-05"),
        ("1er mai 1912", "1912-05-01"),
        ("Saturday, 4th May 1912", "1912-05-04"),
        ("May 4, 1912", "1912-05-04"),
        ("févr. 1912", "1912-02"),
        ("1912-05-04 10h30", "1912-05-04T10:30:00"),
        ("1912-05-04T10:30:15.250+02:00", "1912-05-04T10:30:15"),
    ],
)
def test_what_people_write_is_one_canonical_date(written, canonical):
    assert parse_date(written) == canonical


@pytest.mark.parametrize(
    "written", ["12", "1912-13", "30/02/1912", "1912 10:30", "1912-05-04 24:00", "4 mois 1912", ""]
)
def test_what_is_no_date_is_none(written):
    assert parse_date(written) is None


@pytest.mark.parametrize(
    ("written", "canonical", "first", "last"),
    [
        ("1930?", "1930?", date(1930, 1, 1), date(1930, 12, 31)),
        ("193X", "193X", date(1930, 1, 1), date(1939, 12, 31)),
        ("19xx", "19XX", date(1900, 1, 1), date(1999, 12, 31)),
        ("1930/1935", "1930/1935", date(1930, 1, 1), date(1935, 12, 31)),
        ("1910-1915", "1910/1915", date(1910, 1, 1), date(1915, 12, 31)),
        ("~1930-06", "1930-06~", date(1930, 6, 1), date(1930, 6, 30)),
        ("1930-06~", "1930-06~", date(1930, 6, 1), date(1930, 6, 30)),
        ("1930-02-XX", "1930-02-XX", date(1930, 2, 1), date(1930, 2, 28)),
        ("1930-XX", "1930-XX", date(1930, 1, 1), date(1930, 12, 31)),
        ("c. 1910", "1910~", date(1910, 1, 1), date(1910, 12, 31)),
        ("vers 1910", "1910~", date(1910, 1, 1), date(1910, 12, 31)),
        ("1920s", "192X", date(1920, 1, 1), date(1929, 12, 31)),
        ("années 1920", "192X", date(1920, 1, 1), date(1929, 12, 31)),
        ("19th century", "18XX", date(1800, 1, 1), date(1899, 12, 31)),
        ("before 1900", "../1900", date.min, date(1900, 12, 31)),
        ("après 1900", "1900/..", date(1900, 1, 1), date.max),
        ("1930?/1935-06-01~", "1930?/1935-06-01~", date(1930, 1, 1), date(1935, 6, 1)),
    ],
)
def test_dates_that_are_not_known_are_kept_as_archivists_write_them(
    written, canonical, first, last
):
    assert parse_date(written) == canonical
    assert parse_date(canonical) == canonical
    assert day_range(canonical) == (first, last)
    assert values.to_python("date", canonical) == canonical


@pytest.mark.parametrize(
    "text",
    ["1935/1930", "../..", "/", "?", "1930??", "XXXX", "193X-06", "1930-13-XX", "19X0", "about"],
)
def test_what_is_no_such_date_is_refused(text):
    assert parse_date(text) is None
