"""Reading a query letter by letter."""

import pytest

from panoptic_data.query.scanner import OR, Scanner
from panoptic_data.query.terms.term import TermValue


def keys(scanner):
    return [(problem.key, problem.span) for problem in scanner.problems]


def test_the_position_follows_what_is_read():
    scanner = Scanner("  AND ET cat|dog")
    assert scanner.go_to_next()
    assert scanner.position == 9
    assert scanner.read_word() == "cat"
    assert not scanner.is_at_term()
    assert scanner.match(OR)[0] == "|"
    assert scanner.is_at_term()
    assert scanner.read_word() == "dog"
    assert not scanner.go_to_next()


def test_a_letter_is_taken_only_where_it_is():
    scanner = Scanner("-a")
    assert scanner.take("-")
    assert not scanner.take("-")
    assert scanner.position == 1


def test_quotes_may_hold_quotes_and_end_with_the_text():
    scanner = Scanner(r'"say \"a\" \\ C:\x" b')
    assert scanner.read_quoted() == r'say "a" \ C:\x'
    assert scanner.text[scanner.position :] == " b"
    assert keys(scanner) == []
    unclosed = Scanner('"a b')
    assert unclosed.read_quoted() == "a b"
    assert keys(unclosed) == [("quote", (0, 1))]


@pytest.mark.parametrize(
    ("text", "stops", "read"),
    [
        ("scan(1),b", ",", "scan(1)"),
        ("scan) b", "", "scan"),
        ("a|b", "", "a"),
        ("a+b", ",", "a+b"),
        ("f(a,b),c", ",", "f(a,b)"),
    ],
)
def test_a_bare_value_ends_at_a_stop_outside_its_own_parentheses(text, stops, read):
    assert Scanner(text).read_bare(stops) == read


def test_quotes_in_a_name_hide_what_would_end_it():
    name = 'month("made, on")'
    assert Scanner(f"{name},b").read_name(",") == TermValue(name, "bare", (0, len(name)))
    assert Scanner(",b").read_name(",") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("img*", ("img", "prefix", (0, 4))),
        ('"img 1"*', ("img 1", "prefix", (0, 8))),
        ("*", ("*", "bare", (0, 1))),
        (r"/a b\/c/", ("a b/c", "pattern", (0, 8))),
        ("/home/me", ("/home/me", "bare", (0, 8))),
        ('""', ("", "quoted", (0, 2))),
    ],
)
def test_texts_may_be_prefixes_and_patterns(text, value):
    assert Scanner(text).read_text_value(",") == TermValue(*value)


@pytest.mark.parametrize(
    ("text", "search", "limits"),
    [
        ("cat", "cat", None),
        ("cat~0.5", "cat", "0.5"),
        ('"a b"~99%~top5', "a b", "99%~top5"),
        ('"a~b"', "a~b", None),
        ("cat~", "cat", ""),
    ],
)
def test_limits_of_a_search_follow_a_tilde(text, search, limits):
    value = Scanner(text).read_search(",")
    assert (value.text, value.limits, value.span) == (search, limits, (0, len(text)))


def test_values_are_joined_by_plus_and_a_comma_may_end_them():
    scanner = Scanner("a+b,c, d")
    values = scanner.read_values(scanner.read_value, ",+")
    assert [(value.text, value.joins_next) for value in values] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]
    assert scanner.text[scanner.position :] == " d"
