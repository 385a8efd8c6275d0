"""Searches in terms: their encoder, their limits, and what is wrong with them."""

import pytest

from panoptic_data.query.terms.similarity import takes_text_encoder, write_similarity
from panoptic_data.views.model import Condition
from tests.typed_views import (
    either,
    parse,
    single,
)

READ = [
    ('means:"a red dress"', single("text", "means", {"encoder": "clip", "text": "a red dress"})),
    ("like:cat", single("like", "at least", {"encoder": "clip", "query": "cat"})),
    ("like@visual:a", single("like", "at least", {"encoder": "visual", "query": "a"})),
    (
        'like:"2*\\"a b\\" - dog"~0.61',
        single(
            "like", "at least", {"encoder": "clip", "query": '2*"a b" - dog', "threshold": 0.61}
        ),
    ),
    (
        'comme:chat~-0.5,"a b"~99.5%',
        (
            either(
                single("like", "at least", {"encoder": "clip", "query": "chat", "threshold": -0.5}),
                single("like", "at least", {"encoder": "clip", "query": "a b", "percentile": 99.5}),
            ),
        ),
    ),
    (
        'like:cat~top50 like:"a b"~TOP5~99%',
        (
            *single("like", "at least", {"encoder": "clip", "query": "cat", "count": 50}),
            *single(
                "like",
                "at least",
                {"encoder": "clip", "query": "a b", "count": 5, "percentile": 99},
            ),
        ),
    ),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_searches_are_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(
    ("text", "quoted"), [('like:"cat -" width:5', "“-”"), ("like:img:x", "“img:x”")]
)
def test_a_search_that_cannot_be_read_says_so_in_its_own_words(text, quoted):
    parsed = parse(text)
    [problem] = parsed.problems
    assert problem.key.startswith("invalid_expression.")
    assert quoted in problem.message("en")
    assert problem.message("fr") != problem.message("en")
    assert not any(part.field == "like" for part in parsed.where)


def test_only_a_search_with_words_takes_the_encoder_that_reads_them():
    def search(query):
        return Condition("like", "at least", {"encoder": "clip", "query": query})

    assert takes_text_encoder(search("cat - image:ab12"))
    assert not takes_text_encoder(search("image:ab12"))
    assert takes_text_encoder(Condition("text", "means", {"encoder": "clip", "text": "cat"}))
    assert not takes_text_encoder(Condition("cluster", "in", {"encoder": "clip", "numbers": [1]}))


def test_limits_are_written_after_a_tilde():
    limits = {"percentile": 99.5, "count": 50}
    search = {"encoder": "clip", "query": "a~b", **limits}
    assert write_similarity(Condition("like", "at least", search)) == ':"a~b"~99.5%~top50'
