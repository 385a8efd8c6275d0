"""What typing in the search line, and pressing what stands on it, does to the view."""

from types import SimpleNamespace

import pytest

from app.session import state
from app.session.state import Encoder
from app.widgets import search_actions, search_terms
from app.widgets.view_context import ViewContext
from panoptic_data.catalogue import registry
from panoptic_data.views.model import Condition, Sort, View
from tests.app.widgets.searches import A, search_condition

CATS = Condition("folder", "in", ["s/cats"])


def encoder(slug, *, reads_text=False, is_ready=True):
    return Encoder(slug, slug, slug, is_ready, None, reads_text, None, None, None)


VISUAL, CLIP = encoder("visual"), encoder("clip", reads_text=True)


@pytest.fixture
def session(monkeypatch):
    """A session whose address is ``session.view``."""
    fake = SimpleNamespace(session_state={}, view=View())
    monkeypatch.setattr(search_actions, "st", fake)
    monkeypatch.setattr(state, "language", lambda: "en")
    monkeypatch.setattr(state, "view", lambda: fake.view)
    monkeypatch.setattr(state, "show", lambda view: setattr(fake, "view", view))
    return fake


@pytest.fixture
def context(corpus):
    def make(*encoders):
        catalogue = registry.load(corpus)
        first = next((known for known in encoders if known.is_ready), None)
        return ViewContext(corpus, catalogue, catalogue, View(), None, None, list(encoders), first)

    return make


def test_plain_words_are_searched_in_names_that_have_them(session, context):
    search_actions.submit("dogs", "", context())
    assert session.view == View((Condition("path", "contains", "dogs"),))
    assert search_actions.text_in_field(session.view) == ("dogs", None, None)
    search_actions.submit("", "", context())
    assert session.view == View()


def test_conditions_leave_the_field(session, context):
    search_actions.submit("format:png sort:-size", "", context())
    assert session.view == View((Condition("format", "in", ["PNG"]),), (Sort("size", True),))
    assert search_actions.text_in_field(session.view) == ("", None, None)


def test_a_text_that_is_wrong_stays_in_the_field_with_its_problem(session, context):
    search_actions.submit("cats foldr:x", "", context())
    text, problem, column = search_actions.text_in_field(session.view)
    assert (text, column) == ("cats foldr:x", 5)
    assert "foldr" in problem
    assert session.view == View()


def test_words_are_ranked_by_an_encoder_that_reads_them(session, context):
    # Names that have the word come first, unless the meaning is asked for.
    search_actions.submit("cats", "meaning", context(VISUAL, CLIP))
    search = search_terms.get_search(session.view)
    assert (search.encoder, str(search.expression)) == ("clip", "cats")
    # Whoever searches by meaning goes on to.
    search_actions.submit("dogs", "", context(VISUAL, CLIP))
    assert str(search_terms.get_search(session.view).expression) == "dogs"
    assert search_actions.text_in_field(session.view)[0] == "dogs"
    search_actions.submit("dogs", "names", context(VISUAL, CLIP))
    assert session.view == View((Condition("path", "contains", "dogs"),))


def test_the_other_reading_is_one_key_away(session, context):
    for text, field in (("dogs", "like"), ("a sunset", "path")):
        session.view = View()
        search_actions.submit(text, "other", context(VISUAL, CLIP))
        assert [part.field for part in session.view.where] == [field]


def test_words_that_no_name_has_are_searched_by_meaning(session, context):
    search_actions.submit("a sunset", "", context(VISUAL, CLIP))
    assert str(search_terms.get_search(session.view).expression) == "a sunset"


def test_words_without_such_an_encoder_stay_typed(session, context):
    search_actions.submit("a cat", "meaning", context(VISUAL))
    assert search_terms.get_search(session.view) is None
    assert search_actions.text_in_field(session.view) == ("a cat", None, None)
    assert search_actions.waiting_words() == "a cat"


def test_a_dropped_image_is_added_to_the_search(session, context):
    session.view = View((CATS,))
    search_actions.add_terms(f"image:{A}", context(VISUAL))
    assert session.view == View((CATS, search_condition(f"image:{A}")))
    search_actions.add_terms("image:", context(VISUAL))
    assert session.view == View((CATS, search_condition(f"image:{A}")))


def test_another_encoder_ranks_without_the_threshold_and_swaps_with_the_compared(session, context):
    session.view = View((search_condition(f"image:{A}", threshold=0.4),), compare="clip")
    search_actions.choose_encoder("clip", context(VISUAL, CLIP))
    search = search_terms.get_search(session.view)
    assert (search.encoder, search.threshold, session.view.compare) == ("clip", None, "visual")
    search_actions.choose_encoder("unknown", context(VISUAL, CLIP))
    assert search_terms.get_search(session.view) == search


def test_an_encoder_that_reads_no_words_says_so(session, context):
    session.view = View((search_condition("a cat"),))
    search_actions.choose_encoder("visual", context(VISUAL, CLIP))
    assert "visual" in search_actions.text_in_field(session.view)[1]


def test_filters_are_remembered_for_a_search_in_the_whole_corpus(session):
    search = search_condition(f"image:{A}")
    session.view = View((CATS, search))
    search_actions.remember_filters(session.view)
    search_actions.choose_scope("corpus")
    assert session.view.where == (search,)
    search_actions.remember_filters(session.view)
    search_actions.choose_scope("view")
    assert session.view.where == (CATS, search)
    search_actions.clear()
    assert session.view == View()
    assert search_actions.remembered_filters() == ()


def test_the_default_order_is_not_written_and_ties_keep_theirs(session):
    search_actions.sort_by("size", True)
    assert session.view.sort == (Sort("size", True),)
    session.view = View(sort=(Sort("size", True), Sort("name")))
    search_actions.sort_by("width", False)
    assert session.view.sort == (Sort("width"), Sort("name"))
    session.view = View()
    search_actions.sort_by("path", False)
    assert session.view.sort == ()
    assert search_actions.default_sort(View((search_condition("cat"),))) == Sort("similarity", True)


def test_parts_that_are_no_view_are_ignored(session):
    search_actions.change_view({"mode": "file"})
    assert session.view.mode == "file"
    search_actions.change_view({"mode": "neither"})
    assert session.view.mode == "file"
