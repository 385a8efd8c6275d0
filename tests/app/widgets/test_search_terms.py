"""The search of a view as pages read and change it: terms, limits, older forms."""

import pytest

from app.session import state
from app.widgets import search_terms
from panoptic_data.errors import UnknownImage
from panoptic_data.search import typed_text
from panoptic_data.views.model import Condition, Sort, View
from panoptic_data.views.search_expression import Term
from panoptic_data.views.search_expression import parse as read
from tests.app.widgets.searches import FOLDER, A, B, search_condition


def test_a_term_is_added_to_the_search_where_it_stands():
    view = View((search_condition(f"image:{A}", percentile=99), FOLDER), sort=(Sort("name"),))
    more = search_terms.with_term(view, Term("image", B, -1), "other")
    both = search_condition(f"image:{A} - image:{B}", percentile=99)
    assert more == View((both, FOLDER), sort=(Sort("name"),))
    # The same again says it otherwise, not twice.
    turned = search_terms.with_term(more, Term("image", B), "other")
    assert turned.where[0] == search_condition(f"image:{A} + image:{B}", percentile=99)


def test_a_search_that_begins_is_in_its_own_order():
    before = View((FOLDER,), sort=(Sort("name"),), compare="clip")
    begun = search_terms.with_term(before, Term("image", A), "visual")
    assert begun == View((FOLDER, search_condition(f"image:{A}")))


def test_terms_go_one_by_one_and_the_search_with_the_last():
    view = View((FOLDER, search_condition(f"cat - image:{A}", threshold=0.3)))
    left = search_terms.without_term(view, 0)
    assert left.where == (FOLDER, search_condition(f"-image:{A}", threshold=0.3))
    assert search_terms.without_term(left, 0).where == (FOLDER,)
    assert search_terms.without_term(left, 7) == left


def test_older_forms_are_changed_like_any():
    similar = Condition("similar", "at least", {"encoder": "v", "sha1s": [A, B], "threshold": 0.5})
    [part] = search_terms.without_term(View((similar,)), 1).where
    assert part.value == {"encoder": "v", "query": f"image:{A}", "threshold": 0.5}
    text = Condition("text", "means", {"encoder": "v", "text": "a red dress"})
    [part] = search_terms.with_limit(View((text,)), {"percentile": 98}).where
    assert part.value == {"encoder": "v", "query": "a red dress", "percentile": 98}
    [part] = search_terms.with_limit(View((part,)), {"count": 7}).where
    assert part.value == {"encoder": "v", "query": "a red dress", "count": 7}


@pytest.mark.parametrize(
    ("message", "read_as"),
    [
        ({"percentile": 98.5}, {"percentile": 98.5}),
        ({"threshold": 0.4}, {"threshold": 0.4}),
        ({"count": 50}, {"count": 50}),
        ({"count": 0}, {}),
        ({"count": 1.5}, {}),
        ({"percentile": 101}, {}),
        ({"threshold": "0.4"}, {}),
        ({"percentile": float("nan")}, {}),
        ([1], {}),
    ],
)
def test_what_a_slider_says_is_not_trusted(message, read_as):
    assert search_terms.read_limit(message) == read_as


def test_what_is_typed_names_images_by_a_beginning_and_is_read_back(ingested, sha1s):
    first, second = sha1s[:2]
    view = View((search_condition(f"2*image:{first} - crop:{second}@0.25,0,0.5,0.5"),))
    typed = typed_text.in_field(view)
    assert typed == f"2*image:{first[:12]} - crop:{second[:12]}@0.25,0,0.5,0.5"
    assert typed_text.full_sha1s(ingested, view, read(typed)) == read(view.where[0].value["query"])
    # Also where no search names them yet.
    assert (
        str(typed_text.full_sha1s(ingested, View(), read(f"image:{first[:12]}")))
        == f"image:{first}"
    )
    with pytest.raises(UnknownImage):
        typed_text.full_sha1s(ingested, View(), read("image:0123456789"))
    assert typed_text.in_field(View((FOLDER,))) == ""


def test_a_search_of_very_many_images_shows_the_first_and_how_many_more(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "en")
    terms = search_terms.term_chips(
        search_terms.similar_to_images([f"{number:040x}" for number in range(300)], "visual")
    )
    assert terms[-1].label == "and 288 more"
    assert [term.is_term for term in terms] == [True] * 12 + [False]
