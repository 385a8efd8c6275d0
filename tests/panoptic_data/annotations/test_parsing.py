"""What people write as values, type by type."""

import pytest

from panoptic_data.annotations import parsing
from panoptic_data.annotations.values import TYPES


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1 234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234.5", "1234.5"),
        ("\u22123", "-3"),
        (".5", "0.5"),
        ("1e400", None),
        ("12 apples", None),
    ],
)
def test_a_number_is_read_with_either_decimal_sign(written, number):
    assert parsing.parse_number(written) == number


def test_every_type_but_several_tags_has_a_parser():
    assert set(parsing.PARSERS) == set(TYPES) - {"tags"}


def test_words_of_yes_and_no_are_different_ones():
    assert not parsing.YES & parsing.NO
    assert {parsing.parse_checkbox(word) for word in parsing.YES} == {"true"}
    assert {parsing.parse_checkbox(word) for word in parsing.NO} == {"false"}
    assert parsing.parse_checkbox("perhaps") is None


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("0", "#ff8787"),
        ("4", "#748ffc"),
        ("12", None),
        ("#ABCDEF", "#abcdef"),
        ("Rouge", "#ff0000"),
        ("rgb(1, 2, 3)", "#010203"),
        ("no colour", None),
    ],
)
def test_a_colour_is_read_by_number_hue_or_css(written, colour):
    assert parsing.parse_colour(written) == colour


def test_addresses_paths_and_images_have_one_spelling():
    assert parsing.parse_url("www.b.fr") == "www.b.fr"
    assert parsing.parse_url("javascript:alert(1)") is None
    assert parsing.parse_path("a\\b/c") == "a/b/c"
    assert parsing.parse_image("AB" * 20) == "ab" * 20
    assert parsing.parse_image("ab" * 19) is None
