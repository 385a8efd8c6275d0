"""Values of properties, against a table written by hand and values made at random."""

import string
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.annotations.dates import day_range
from panoptic_data.annotations.parsing import has_control_signs, is_invisible
from panoptic_data.annotations.values import (
    TYPES,
    canonical,
    canonical_series,
    convert,
    to_python,
)
from panoptic_data.errors import InvalidValue
from panoptic_data.messages import keys

SHA1 = "0123456789abcdef0123456789abcdef01234567"
WRITTEN = [
    ("text", " as it\nis ", " as it\nis "),
    ("text", 12, "12"),
    ("text", True, "true"),
    ("text", date(1912, 5, 4), "1912-05-04"),
    ("number", "12", "12"),
    ("number", "12.50", "12.5"),
    ("number", "-0", "0"),
    ("number", "3,5", "3.5"),
    ("number", "1e3", "1000"),
    ("number", "1,5E-2", "0.015"),
    ("number", "+7", "7"),
    ("number", "\u22127", "-7"),
    ("number", ".5", "0.5"),
    ("number", "5.", "5"),
    ("number", "007", "7"),
    ("number", "1 234,5", "1234.5"),
    ("number", "1\u202f234\u202f567", "1234567"),
    ("number", "1\u00a0234.25", "1234.25"),
    ("number", "1'234", "1234"),
    ("number", "1,234.5", "1234.5"),
    ("number", "1.234,5", "1234.5"),
    ("number", "1,234,567", "1234567"),
    ("number", "1,234", "1.234"),
    ("number", 12.0, "12"),
    ("number", np.float64(0.1), "0.1"),
    ("number", np.int16(3), "3"),
    ("number", Decimal("2.50"), "2.5"),
    ("number", 1e20, "1e+20"),
    ("number", 2**53, "9007199254740992"),
    ("number", "-9007199254740992", "-9007199254740992"),
    ("number", 9007199254740994.0, "9007199254740994.0"),
    ("text", "a\tb\u200bc\r\n", "a\tb\u200bc\r\n"),
    ("text", "\u0301a", "\u0301a"),
    ("number", True, "1"),
    ("date", "1912", "1912"),
    ("date", "812", "0812"),
    ("date", 1912, "1912"),
    ("date", 1912.0, "1912"),
    ("date", "1912-05", "1912-05"),
    ("date", "1912-5-4", "1912-05-04"),
    ("date", "1912/05/04", "1912-05-04"),
    ("date", "24/10/2024", "2024-10-24"),
    ("date", "03/04/2024", "2024-04-03"),
    ("date", "4.3.1998", "1998-03-04"),
    ("date", "4-3-1998", "1998-03-04"),
    ("date", "10/2024", "2024-10"),
    ("date", "4 mars 1998", "1998-03-04"),
    ("date", "1er août 1914", "1914-08-01"),
    ("date", "lundi 3 août 1914", "1914-08-03"),
    ("date", "Février 1998", "1998-02"),
    ("date", "14 juil. 1789", "1789-07-14"),
    ("date", "4th March 1998", "1998-03-04"),
    ("date", "March 4, 1998", "1998-03-04"),
    ("date", "Dec 1998", "1998-12"),
    ("date", "4-mars-1998", "1998-03-04"),
    ("date", "1912-05-04T10:30:00", "1912-05-04T10:30:00"),
    ("date", "1912-05-04 10:30", "1912-05-04T10:30:00"),
    ("date", "24/10/2024 9h05", "2024-10-24T09:05:00"),
    ("date", "2024:10:24 10:30:59", "2024-10-24T10:30:59"),
    ("date", "2024-10-24T10:30:00.123+02:00", "2024-10-24T10:30:00"),
    ("date", date(1912, 5, 4), "1912-05-04"),
    ("date", datetime(1912, 5, 4), "1912-05-04T00:00:00"),
    ("checkbox", "Oui", "true"),
    ("checkbox", "vrai", "true"),
    ("checkbox", "x", "true"),
    ("checkbox", "✓", "true"),
    ("checkbox", 1.0, "true"),
    ("checkbox", "FALSE", "false"),
    ("checkbox", "non", "false"),
    ("checkbox", "faux", "false"),
    ("checkbox", 0, "false"),
    ("checkbox", False, "false"),
    ("colour", "#ABCDEF", "#abcdef"),
    ("colour", "#abc", "#aabbcc"),
    ("colour", "Tomato", "#ff6347"),
    ("colour", "rouge", "#ff0000"),
    ("colour", "rgb(1, 2, 3)", "#010203"),
    ("colour", 0, "#ff8787"),
    ("colour", "11", "#ffa94d"),
    ("url", "https://a.fr/b?c=d", "https://a.fr/b?c=d"),
    # Links stay as they were written, those of Panoptic's projects too.
    ("url", "www.a.fr", "www.a.fr"),
    ("url", "exemple.org", "exemple.org"),
    ("url", "mailto:a@b.c", "mailto:a@b.c"),
    ("url", "http://exemple.fr/é à", "http://exemple.fr/é à"),
    ("url", "https://a.b/[x]", "https://a.b/[x]"),
    ("path", r"a\b c\d.jpg", "a/b c/d.jpg"),
    ("image", SHA1.upper(), SHA1),
    ("tag", " abcd ", "abcd"),
    ("tags", ["b", "a", "b"], '["b", "a"]'),
    ("tags", '["a"]', '["a"]'),
    ("tags", "a", '["a"]'),
    ("tags", [], None),
    *((type, empty, None) for type in TYPES for empty in (None, "", " \t\n")),
]
WRONG = [
    *((type, "nonsense") for type in ("number", "date", "colour", "url", "checkbox", "image")),
    *(("number", text) for text in ("12 34", "1 2345", "nan", "1e999", "1,2,3", "12 kg", "1.2.3")),
    *(("date", text) for text in ("31/02/2024", "13/13/2024", "24/10/24", "1912-13", "0000", "12")),
    *(("date", text) for text in ("4 foo 1998", "1912T10:30", "1912-05-04 25:00", "1e3", "-52")),
    ("date", True),
    ("colour", "12"),
    ("colour", "#ab"),
    ("checkbox", "maybe"),
    ("checkbox", "2"),
    ("url", "javascript:alert(1)"),
    ("url", "https://"),
    ("url", "https://a b"),
    ("url", "http://[broken"),
    ("image", SHA1[1:]),
    ("tags", "[1"),
    ("tags", {"a": 1}),
    ("text", "\ud800"),
    # Beyond 2^53 neighbouring whole numbers are one float; not-a-number is no way to say "none".
    *(("number", raw) for raw in (2**53 + 1, -(2**53) - 1, str(2**53 + 1), "9" * 5000)),
    *(("number", raw) for raw in ("9 007 199 254 740 993", "9007199254740993.0")),
    ("number", Decimal(2**53 + 1)),
    *((type, raw) for type in TYPES for raw in (float("nan"), float("inf"), Decimal("NaN"), b"a")),
    *(("text", text) for text in ("a\x00b", "\x1c", "\x7f", "\u200b", " \u200b\u2060 ", "\u3164")),
    ("path", "a\x01b"),
    ("url", "https://a.b/\x01"),
]


@pytest.mark.parametrize(("type", "raw", "text"), WRITTEN)
def test_what_people_write_has_one_canonical_text(type, raw, text):
    assert canonical(type, raw) == text


@pytest.mark.parametrize(("type", "raw"), WRONG)
def test_what_is_not_of_the_type_is_refused(type, raw):
    with pytest.raises(InvalidValue):
        canonical(type, raw)


def test_a_refusal_names_the_value_and_shows_what_is_wanted():
    error = InvalidValue("date", "a" * 100 + "\n")
    assert error.exit_code == 2
    assert error.message("en").startswith("“" + "a" * 60 + "…” cannot be read as a date (1912,")
    assert "lu comme une date" in error.message("fr")
    assert {f"values.{type}" for type in TYPES} <= keys("en")


def is_visible(text):
    return str.strip(text) and not has_control_signs(text) and not is_invisible(text)


INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(
    lambda it: it.replace(microsecond=0)
)
VALUES = {
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**14), 10**14),
    "date": st.dates() | INSTANTS,
    "checkbox": st.booleans(),
    "colour": st.text("0123456789abcdef", min_size=6, max_size=6).map("#{}".format),
    "tags": st.lists(st.text(string.ascii_letters, min_size=1), min_size=1, unique=True),
    "text": st.text(min_size=1).filter(is_visible),
    "path": st.text(string.ascii_letters + "/ .", min_size=1).filter(str.strip).map(str.strip),
}
ANY = st.sampled_from(sorted(VALUES)).flatmap(lambda it: st.tuples(st.just(it), VALUES[it]))


@given(ANY)
def test_a_value_comes_back_from_its_canonical_text(pair):
    type, value = pair
    text = canonical(type, value)
    assert canonical(type, text) == text
    assert to_python(type, text) == value


@given(st.sampled_from(TYPES), st.text() | st.text("0123456789-/.,: TeE+", max_size=20))
def test_canonical_texts_stay_as_they_are(type, raw):
    try:
        text = canonical(type, raw)
    except InvalidValue:
        return
    assert canonical(type, text) == text
    if type == "date" and text is not None:
        first, last = day_range(text)
        assert first <= last
    back = to_python(type, text)
    assert canonical(type, back) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("3.5", 3.5), ("1e+20", 1e20), (None, None)],
)
def test_whole_numbers_come_back_as_such(text, value):
    back = to_python("number", text)
    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize(
    ("before", "after", "text", "converted"),
    [
        ("text", "number", "1 234,5", "1234.5"),
        ("text", "number", "many", None),
        ("text", "date", "mars 1998", "1998-03"),
        ("text", "checkbox", "oui", "true"),
        ("number", "text", "3.5", "3.5"),
        ("number", "date", "1912", "1912"),
        ("number", "checkbox", "1", "true"),
        ("number", "checkbox", "2", None),
        ("date", "number", "1912", "1912"),
        ("date", "number", "1912-05", None),
        ("checkbox", "number", "false", "0"),
        ("checkbox", "text", "true", "true"),
        ("checkbox", "date", "true", None),
        ("url", "text", "https://a.fr", "https://a.fr"),
        ("text", "text", " as it is", " as it is"),
    ],
)
def test_values_go_over_to_another_type_where_they_can(before, after, text, converted):
    assert convert(before, after, text) == converted


@pytest.mark.parametrize("type", TYPES)
def test_a_column_is_read_as_its_values_are_one_by_one(type):
    raws = [raw for kind, raw, _ in WRITTEN if kind == type and isinstance(raw, str)]
    raws += [raw for kind, raw in WRONG if kind == type and raw != "\ud800" and raw is not True]
    raws = [raw for raw in raws if isinstance(raw, str)] + [None, "nonsense", *raws[:2]]
    values, problems = canonical_series(type, pl.Series("c", raws, pl.String))
    for raw, value, problem in zip(raws, values, problems, strict=True):
        try:
            assert (value, problem) == (canonical(type, raw), False), raw
        except InvalidValue:
            assert (value, problem) == (None, True), raw


@pytest.mark.parametrize(
    ("type", "raw", "texts"),
    [
        ("number", pl.Series([1.5, None, float("nan"), 2.0]), ["1.5", None, None, "2"]),
        ("date", pl.Series([date(1912, 5, 4), None]), ["1912-05-04", None]),
        ("checkbox", pl.Series([True, False, None]), ["true", "false", None]),
        ("tags", pl.Series([["a", "b"], [], None]), ['["a", "b"]', None, None]),
        ("text", pl.Series([1, 2], dtype=pl.Int8), ["1", "2"]),
    ],
)
def test_columns_of_other_kinds_than_text_are_read_too(type, raw, texts):
    values, problems = canonical_series(type, raw)
    assert values.to_list() == texts
    assert not problems.any()


@given(st.sampled_from(TYPES), st.lists(st.none() | st.text("0123456789-. /x#", max_size=12)))
def test_no_column_changes_its_length(type, raws):
    values, problems = canonical_series(type, pl.Series("c", raws, pl.String))
    assert (len(values), len(problems)) == (len(raws), len(raws))
    assert values.filter(problems).null_count() == problems.sum()
