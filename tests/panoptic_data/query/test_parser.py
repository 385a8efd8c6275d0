"""The query language: terms put together, free words, and what is not understood."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.errors import UsageError
from panoptic_data.messages import LANGUAGES, keys
from panoptic_data.query import parser, writer
from panoptic_data.views.model import Clause, Condition, Level, Sort, View, from_json, to_json
from tests.typed_views import (
    FOLDERS,
    OWN,
    STATE,
    either,
    in_path,
    negated,
    parse,
    single,
)

READ = [
    ("(name:scan(1))", single("name", "contains", "scan(1)")),
    ("p:number:k3x9>5", single("p:number:k3x9", ">", 5)),
    ("p:tags:k3x9:#a,#b", single("p:tags:k3x9", "in", ["a", "b"])),
    ("NOT folder:a", single("folder", "not in", ["a"])),
    ("NOT -folder:a", single("folder", "in", ["a"])),
    ("-(folder:a)", negated(Condition("folder", "in", ["a"]))),
    ("width=5 | width=6", (either(single("width", "=", 5), single("width", "=", 6)),)),
    # OR binds more tightly than what stands beside it.
    (
        "camera:none width=1 OR width=2",
        (*single("camera", "is empty"), either(single("width", "=", 1), single("width", "=", 2))),
    ),
    (
        "(width=1 AND height=2) OR width=2",
        (
            either(
                (Clause("all", (*single("width", "=", 1), *single("height", "=", 2))),),
                single("width", "=", 2),
            ),
        ),
    ),
    ("a OR b", (either(in_path("a"), in_path("b")),)),
    ('-"red dress"', single("path", "does not contain", "red dress")),
    ("-(a b)", negated(Clause("all", (*in_path("a"), *in_path("b"))))),
    ("width:5,", single("width", "between", [5, 5])),
    ("sort:date width:5", single("width", "between", [5, 5])),
]
OF_PROPERTIES = [
    ('-"my notes":"a b"', single(OWN["notes"], "does not contain", "a b")),
    ("12:30 year:5", single(OWN["year"], "between", [5, 5])),
]

# Text, language-independent key, and what the span of the problem holds.
PROBLEMS = [
    ("foldr:x", "field", "foldr"),
    ("like:cat~2", "least", "cat~2"),
    ('like:"cat"~101%', "least", '"cat"~101%'),
    ("like:cat~top0", "least", "cat~top0"),
    ("like:cat~top5~top6", "least", "cat~top5~top6"),
    ("like:cat~0.5~99%", "least", "cat~0.5~99%"),
    ("http://example.org", "field_none", "http"),
    ("width@clip:5", "field", "width@clip"),
    ("folder:1930", "folder", "1930"),
    ("folder:zzz", "folder_none", "zzz"),
    ("format:pgn", "format", "pgn"),
    ("format:zzz", "format_none", "zzz"),
    ("status:mising", "status", "mising"),
    ("status:zzz", "status_none", "zzz"),
    ("colour:bleue", "colour", "bleue"),
    ("colour:#12345", "colour_none", "#12345"),
    ("is:damagd", "is", "damagd"),
    ("is:zzz", "is_none", "zzz"),
    ("mode:fil", "mode", "fil"),
    ("mode:zzz", "mode_none", "zzz"),
    ("sort:widht", "sort", "widht"),
    ("sort:zzz", "sort_none", "zzz"),
    ("group:foldr", "group", "foldr"),
    ("group:()", "group_none", "()"),
    ("group:folder:siz", "order", "folder:siz"),
    ("group:folder:zzz", "order_none", "folder:zzz"),
    ("cat width:", "no_value", "width:"),
    ('name:""', "no_value", 'name:""'),
    ("width>1,2", "one_value", "2"),
    ("name>a", "sign", "name>a"),
    ("sort<a", "sign", "sort<a"),
    ("width:wide", "number", "wide"),
    ("width:1e999999999", "number", "1e999999999"),
    ("width:5000000000000000000", "number", "5000000000000000000"),
    ("size>5TB", "size", "5TB"),
    ("date:1930-02-30", "date", "1930-02-30"),
    ("date:0000", "date", "0000"),
    ("date:spring", "date", "spring"),
    ("added:0d", "date", "0d"),
    ("width:..", "range", ".."),
    ("width:5..<", "range", "5..<"),
    ("date:..", "range", ".."),
    ("cluster:x", "cluster", "x"),
    ("them:war", "field", "them"),
    ("my-note:war", "field", "my-note"),
    ('"zzz":war', "field_none", '"zzz"'),
    ("theme:peac", "tag", "peac"),
    ("tag:peac", "tag", "peac"),
    ("theme:zzzzz", "tag_none", "zzzzz"),
    ("author@them:Anna", "property", "author@them:Anna"),
    ("author@zzz:Anna", "property_none", "author@zzz:Anna"),
    ("proposed:modl", "proposer", "modl"),
    ("proposed:zzz", "proposer_none", "zzz"),
    ("excluded:maybe", "truth", "maybe"),
    ("twin:abc", "image", "abc"),
    ("sort:yaer", "sort", "yaer"),
    ("theme>war", "sign", "theme>war"),
    ("duplicate:twin", "duplicate", "twin"),
    ("part-of:cat", "part", "cat"),
    ("part-of:crop:ab12@0.5,0,0.6,1", "rectangle", "crop:ab12@0.5,0,0.6,1"),
    ("name:/(/", "pattern", "name:/(/"),
    ("group:folder(1.5)", "by", "folder(1.5)"),
    ('name:"ab', "quote", '"'),
    ("cat (a b", "open", "("),
    ("a ) b", "close", ")"),
    ("a ( ) b", "nothing", "( )"),
    ("a OR", "or", "OR"),
    ("| a", "or", "|"),
    ("a OR OR b", "or", "OR"),
    ("(a OR)", "or", "OR"),
    ("a NOT", "not", "NOT"),
    ("-sort:date", "denied", "sort:date"),
    ("(" * 30 + "a", "too_deep", "(" * 10 + "a"),
    ("-(b " * 12 + "a" + ")" * 12, "too_deep", ")" * 12),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_terms_are_put_together(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_terms_of_properties_stand_beside_free_words(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


def test_order_groups_and_mode_are_said_beside_the_terms():
    parsed = parse("sort:date,-size sort:mp group:month(date),-folder(2):size mode:file")
    assert parsed.sort == (Sort("taken_at"), Sort("size", True), Sort("pixels"))
    assert parsed.group == (Level("taken_at", "month"), Level("folder", 2, "size", True))
    assert parsed.mode == "file"
    assert parse("").mode is None


def test_free_words_are_left_to_the_page():
    parsed = parse('cat width:5 "red dress" 12:30 - a|b (c)')
    assert parsed.phrases == ("cat", "red dress", "12:30", "-")
    assert parsed.words == "cat red dress 12:30 -"
    assert parsed.where == (
        *single("width", "between", [5, 5]),
        either(in_path("a"), in_path("b")),
        *in_path("c"),
    )
    view = parser.to_view(parse('cat "red dress" mode:file'), "name")
    assert view == View(
        (*single("name", "contains", "cat"), *single("name", "contains", "red dress")), mode="file"
    )


def test_what_depends_on_an_encoder_says_so_where_there_is_none():
    for text in ("cluster:3", "group:cluster", "means:cat", "like:cat", "duplicate:semantic"):
        assert [problem.key for problem in parser.parse(text).problems] == ["encoder"]
    assert parser.parse("cluster@visual:3 means@clip:cat").problems == ()
    assert parse("means:cat", text_encoder="words").where[0].value["encoder"] == "words"
    assert parse("like:cat", text_encoder="words").where[0].value["encoder"] == "words"
    assert parse("like:image:ab12", text_encoder="words").where[0].value["encoder"] == "clip"


@pytest.mark.parametrize(("text", "key", "spanned"), PROBLEMS)
def test_what_is_not_understood_is_said_and_shown(text, key, spanned):
    parsed = parse(text, folders=FOLDERS, formats=["PNG", "JPEG"], state=STATE)
    problem = parsed.problems[0]
    start, end = problem.span
    assert problem.key == key
    assert text[start:end].endswith(spanned)
    message = {problem.message(language) for language in LANGUAGES}
    assert len(message) == 2
    assert not any("{" in text for text in message)


def test_a_folder_that_is_not_there_names_those_that_are():
    (problem,) = parse("folder:zzz", folders=["s/a/b", "s", "s/a", "t"]).problems
    assert problem.message("en") == "No folder is called “zzz”. There are: s, t, s/a, …."
    (problem,) = parse("folder:zzz", folders=[]).problems
    assert problem.message("en") == "No folder is called “zzz”. There are: –."


def test_every_problem_is_met_above():
    met = {key for _, key, _ in PROBLEMS} | {"encoder"}
    assert {f"query.{key}" for key in met} == {key for key in keys("en") if "query." in key}


def test_what_is_understood_holds_beside_what_is_not():
    parsed = parse("foldr:a width:5 sort:zzz cat")
    assert len(parsed.problems) == 2
    assert parsed.where == single("width", "between", [5, 5])
    assert parsed.words == "cat"


SNIPPETS = st.sampled_from(
    [
        *'()"|-,:=<>*/\\~#@. ', "..", " OR ", " NOT ", "AND ", "folder:", "name:", "width", "date",
        "size>", "group:", "sort:-", "is:", "cluster:", "colour:#", "1930", "9999", "0001", "5MB",
        "99999d", "none", "/a/", "..<", "é", "means:", "duplicate:", "semantic:", "mode:", "theme:",
        "war", "+", '"my notes"', "tag:", "year", "p:tags:zzz:", "author@", "excluded:", "yes",
    ]
)  # fmt: skip

TEXTS = st.one_of(st.text(), st.lists(st.one_of(SNIPPETS, st.text(max_size=2))).map("".join))


@given(TEXTS, st.booleans())
def test_no_text_raises_and_what_it_says_is_a_view(text, knows):
    known = {"folders": FOLDERS, "formats": ["PNG"], "state": STATE}
    parsed = parse(text, **known) if knows else parser.parse(text)
    view = parser.to_view(replace(parsed, problems=()))
    assert from_json(json.dumps(to_json(view))) == view
    for problem in parsed.problems:
        start, end = problem.span
        assert 0 <= start < end <= len(text)
        assert problem.message("fr") != problem.message("en")


@given(TEXTS)
def test_what_was_typed_can_be_written_again(text):
    view = parser.to_view(replace(parse(text, state=STATE), problems=()))
    assert writer.unwritable(view, STATE) == ()
    written = writer.write(view, encoder="clip", state=STATE)
    assert parser.to_view(parse(written, state=STATE)) == view


def test_deep_and_long_texts_are_read_in_time():
    long = ("(" * 100_000, "-" * 100_000, "NOT " * 20_000, '"' * 99_999, "a_" * 50_000)
    for text in (*long, "a-" * 50_000, '"a' * 50_000, "theme:" + "a+" * 50_000, 'sort:"' * 5_000):
        parse(text, state=STATE)
    assert len(parse("a " * 20_000, state=STATE).phrases) == 20_000


def test_every_example_of_the_docs_is_understood():
    text = (Path(__file__).parents[3] / "docs" / "views.md").read_text(encoding="utf-8")
    tables = re.split(r"\n##+ ", text)
    named = {table.partition("\n")[0]: table for table in tables}
    examples = re.findall(r"`([^`]+)` *(?:\||, (?=`))", named["Dates"])
    for row in re.findall(r"^\|.*\|$", named["Fields"], re.MULTILINE)[2:]:
        examples += re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])
    examples += re.findall(r"`((?:sort|group|mode):[^`]+)`", named["Order, groups, mode"])
    examples.append(text.partition("```\n")[2].partition("```")[0])
    assert len(examples) > 50
    for example in examples:
        assert parse(example).problems == (), example
        assert parse(example) != parse("")
    rows = re.findall(r"^\|.*\|$", named["Properties and tags"], re.MULTILINE)[2:]
    own = [text for row in rows for text in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    assert len(own) > 15
    for example in own:
        assert parse(example, state=STATE).problems == (), example
        assert parse(example, state=STATE) != parse("")
    view = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert writer.unwritable(from_json(view)) == ()


@pytest.mark.parametrize("text", ["sujets:none", "-sujets:none", "sort:sujets", "tag:autre"])
def test_what_is_not_understood_is_never_left_out_of_a_view(text):
    with pytest.raises(UsageError):
        parser.to_view(parse(text))
