"""Texts in terms: words, prefixes, patterns, and when they need quotes."""

import pytest

from panoptic_data.query import writer
from panoptic_data.query.terms.texts import is_bare, write_text, write_text_condition
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
    ("name:scan", single("name", "contains", "scan")),
    ("name:a,b", (either(single("name", "contains", "a"), single("name", "contains", "b")),)),
    ("-name:scan", single("name", "does not contain", "scan")),
    ("name=scan.jpg", single("name", "=", "scan.jpg")),
    ("name!=scan.jpg", single("name", "!=", "scan.jpg")),
    ("name:img*", single("name", "begins with", "img")),
    ('name:"img 1"*', single("name", "begins with", "img 1")),
    ('name:"img*"', single("name", "contains", "img*")),
    ("-name:img*", negated(Condition("name", "begins with", "img"))),
    (r"name:/^a b\/\d(2|3)$/", single("name", "matches", r"^a b/\d(2|3)$")),
    ("path:/home", single("path", "contains", "/home")),
    ("path:/home/me", single("path", "contains", "/home/me")),
    (r'name:"say \"a\" \\ C:\x"', single("name", "contains", r'say "a" \ C:\x')),
    ("name:scan(1)", single("name", "contains", "scan(1)")),
    ("camera:none", single("camera", "is empty")),
    ("camera:any", single("camera", "is not empty")),
    ("-camera:none", single("camera", "is not empty")),
    ("camera!=none", single("camera", "is not empty")),
    ('camera:"none"', single("camera", "contains", "none")),
]
OF_PROPERTIES = [
    ("my-notes:war", single(OWN["notes"], "contains", "war")),
    ("my_notes:war*", single(OWN["notes"], "begins with", "war")),
    ('"my notes":/w.r/', single(OWN["notes"], "matches", "w.r")),
    ('"my notes" = war', single(OWN["notes"], "=", "war")),
    ("l'adresse:http://a.org", single(OWN["link"], "contains", "http://a.org")),
    (r'"odd \"name\": x)":a', single(OWN["place"], "contains", "a")),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_texts_are_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_texts_of_properties_are_read_and_written_back(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("scan", "scan"),
        ("a.c/b:c", "a.c/b:c"),
        ("a b", '"a b"'),
        ("none", '"none"'),
        ("-a", "-a"),
        (",a", '",a"'),
        ('say "a"', r'"say \"a\""'),
    ],
)
def test_a_text_is_in_quotes_only_where_it_needs_them(text, written):
    assert write_text(text) == written
    assert is_bare(text) == (written == text or text == "none")


def test_prefixes_and_patterns_are_written_with_their_signs():
    assert write_text_condition(Condition("name", "begins with", "img 1")) == ':"img 1"*'
    assert write_text_condition(Condition("name", "matches", r"a/b\/c")) == r":/a\/b\/c/"
