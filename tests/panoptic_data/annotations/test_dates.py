"""Dates as people write them, in English and French."""

from datetime import date

import pytest

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
