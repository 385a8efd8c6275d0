"""Searches as one line of text: what they say, and where they say nothing."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.errors import InvalidExpression
from panoptic_data.query import parser, writer
from panoptic_data.views.model import from_json
from panoptic_data.views.search_expression import (
    KINDS,
    MAX_WEIGHT,
    MIN_WEIGHT,
    Expression,
    Term,
    parse,
)

A = "ab12" * 10


def text(words, weight=1.0):
    return Term("text", words, weight)


READ = [
    ("cat", [text("cat")]),
    ("  golden   retriever ", [text("golden retriever")]),
    ("t-shirt", [text("t-shirt")]),
    ("cat - dog", [text("cat"), text("dog", -1)]),
    ("cat -dog", [text("cat"), text("dog", -1)]),
    ("cat+dog", [text("cat"), text("dog")]),
    ("-cat + dog", [text("cat", -1), text("dog")]),
    ("2*cat − 0.5×dog", [text("cat", 2), text("dog", -0.5)]),
    ("0,5 * cat", [text("cat", 0.5)]),
    (".5*cat", [text("cat", 0.5)]),
    ("2 cats", [text("2 cats")]),
    ("l'été à Paris", [text("l'été à Paris")]),
    ('"a + b" - "say \\"no\\" \\\\"', [text("a + b"), text('say "no" \\', -1)]),
    ("«\u00a0une robe\u00a0» + “red”", [text("une robe"), text("red")]),
    ('"cat"-dog', [text("cat"), text("dog", -1)]),
    ("title: the sea", [text("title: the sea")]),
    (
        f'2*"golden retriever" + image:{A} - fruit',
        [text("golden retriever", 2), Term("image", A), text("fruit", -1)],
    ),
    ("IMAGE:AB12", [Term("image", "ab12")]),
    (
        "-3*crop:ab12@.25,0,0.5,1",
        [Term("crop", "ab12", -3, (0.25, 0.0, 0.5, 1.0))],
    ),
    (f"fichier:{A}+cadre:ab12@0,0,1,1", [Term("file", A), Term("crop", "ab12", 1, (0, 0, 1, 1))]),
]


@pytest.mark.parametrize(("typed", "terms"), READ)
def test_a_search_is_read(typed, terms):
    assert parse(typed).terms == tuple(terms)


PROBLEMS = [
    ("", "empty", ""),
    ("   ", "empty", "   "),
    ("cat -", "no_term", "-"),
    ("cat + - dog", "no_term", "+ "),
    ("2*", "no_term", "2*"),
    ("2**cat", "no_term", "2*"),
    ("--cat", "no_term", "-"),
    ('cat "dog"', "sign", '"dog"'),
    ("cat image:ab12", "sign", "image:ab12"),
    ('"cat" dog', "sign", "dog"),
    ('cat + "dog', "quote", '"dog'),
    ('""', "no_words", '""'),
    ("“ ”", "no_words", "“ ”"),
    ("0*cat", "weight", "0*"),
    ("1001*cat", "weight", "1001*"),
    ("cat 2*dog", "star", "cat 2*dog"),
    ("img:ab12", "kind", "img:ab12"),
    ("image:xyz", "image", "image:xyz"),
    ("image:ab1", "image", "image:ab1"),
    ("image:", "image", "image:"),
    (f"image:{A}0", "image", f"image:{A}0"),
    ("cat + file:ab12", "file", "file:ab12"),
    ("crop:ab12", "crop", "crop:ab12"),
    ("crop:ab12@0,0,1", "crop", "crop:ab12@0,0,1"),
    ("crop:ab12@0,0,0,1", "crop", "crop:ab12@0,0,0,1"),
    ("crop:ab12@0.6,0,0.5,1", "crop", "crop:ab12@0.6,0,0.5,1"),
    ("crop:ab12@-1,0,0.5,1", "crop", "crop:ab12@-1,0,0.5,1"),
]


@pytest.mark.parametrize(("typed", "problem", "part"), PROBLEMS)
def test_what_is_no_search_says_where_and_what_to_write(typed, problem, part):
    with pytest.raises(InvalidExpression) as error:
        parse(typed)
    start, end = error.value.span
    assert (error.value.problem, typed[start:end]) == (problem, part)
    english, french = error.value.message("en"), error.value.message("fr")
    assert english != french
    if part.strip():
        assert str(start + 1) in english
        assert str(start + 1) in french


DIGITS = st.text("0123456789abcdef", min_size=4, max_size=40)
WEIGHTS = st.builds(
    lambda size, sign: sign * size,
    st.just(1.0) | st.floats(MIN_WEIGHT, MAX_WEIGHT),
    st.sampled_from([1, -1]),
)
PARTS = st.floats(0, 0.5) | st.sampled_from([0.0, 0.5, 1e-9])
BOXES = st.tuples(PARTS, PARTS, *[st.floats(1e-12, 0.5)] * 2)
WORDS = st.text(min_size=1).filter(str.strip) | st.from_regex(
    r"\A[a-z]{1,5}([ +*:-]{1,2}[a-z]+)?\Z"
)
TERMS = st.one_of(
    st.builds(Term, st.just("text"), WORDS, WEIGHTS),
    st.builds(Term, st.just("image"), DIGITS, WEIGHTS),
    st.builds(
        Term, st.just("file"), st.text("0123456789abcdef", min_size=40, max_size=40), WEIGHTS
    ),
    st.builds(Term, st.just("crop"), DIGITS, WEIGHTS, BOXES),
)


@given(st.builds(Expression, st.lists(TERMS, min_size=1, max_size=5).map(tuple)))
def test_a_search_is_read_back_as_it_was_written(expression):
    assert parse(str(expression)) == expression


@given(st.text(alphabet=st.sampled_from('ab12 +-−*×"“”«».,:@\\image:crop:file:'), max_size=30))
def test_any_text_is_read_or_refused_and_reading_it_again_changes_nothing(typed):
    with contextlib.suppress(InvalidExpression):
        read = parse(typed)
        assert parse(str(read)) == read


def test_searches_are_written_as_people_would():
    typed = ' 2.0*"golden retriever"+IMAGE:AB12  -  "fruit" + "a+b"'
    assert str(parse(typed)) == '2*golden retriever + image:ab12 - fruit + "a+b"'
    assert str(parse("- cat + 0.001*dog")) == "-cat + 0.001*dog"


def test_terms_can_be_taken_out_one_by_one():
    three = parse("cat + 2*image:ab12 - dog")
    assert str(three.without(1)) == "cat - dog"
    assert parse("cat").without(0) is None
    assert three.reads_text
    assert not parse("image:ab12 - crop:cd34@0,0,1,1").reads_text
    assert parse(f"cat + image:ab12 - crop:cd34@0,0,1,1 + file:{A}").images == {"ab12", "cd34"}


def test_every_search_of_the_docs_is_read():
    text = (Path(__file__).parents[3] / "docs" / "search.md").read_text(encoding="utf-8")
    table = text.partition("## What can be typed")[2].partition("\n- ")[0]
    typed = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
    assert len(typed) == 8
    assert {term.kind for item in typed for term in parse(item).terms} == set(KINDS)
    in_views = text.partition("## In a view")[2].partition("```")[0]
    queries = [item for row in re.findall(r"^\| (`like.*?) \|", in_views, re.MULTILINE)
               for item in re.findall(r"`(.+?)`", row)]  # fmt: skip
    queries += re.findall(r"panoptic query '(.*?)'", text)
    assert len(queries) == 8
    for query in queries:
        assert parser.parse(query, encoder="visual", text_encoder="clip").problems == ()
    view = from_json(text.partition("```json\n")[2].partition("```")[0])
    assert writer.unwritable(view) == ()
