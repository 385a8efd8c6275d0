"""What pages share: the base of those that review proposals."""

import pytest

from app.screens import page
from app.screens.page import ReviewPage
from app.session import navigation, state
from panoptic_data.views import model
from panoptic_data.views.model import Sort, View


@pytest.fixture
def went(monkeypatch):
    """What was written to the address, and the pages that were requested."""
    calls = []
    monkeypatch.setattr(page.url_state, "write", lambda parts: calls.append(dict(parts)))
    monkeypatch.setattr(navigation, "to", lambda name: calls.append(name))
    return calls


def test_opening_a_review_page_names_its_subject_in_the_address(went):
    ReviewPage("suggest", "tag").open("war")
    assert went == [{"tag": "war"}, "suggest"]


def test_only_linked_pages_are_left_for(went):
    review = ReviewPage("suggest", "tag", ("explore", "pipeline"))
    review.leave("pipeline")
    review.leave("https://example.org")
    assert went == ["pipeline", navigation.GALLERY]


def test_the_filters_of_the_view_are_shared_without_its_order(monkeypatch):
    view = View(sort=(Sort("size", True),)).with_condition("folder", ["s"])
    monkeypatch.setattr(state, "view", lambda: view)
    monkeypatch.setattr(state, "language", lambda: "fr")
    shared = ReviewPage("suggest", "tag").shared()
    assert shared["language"] == "fr"
    assert model.from_address(shared["view"]) == View(view.where)
    monkeypatch.setattr(state, "view", lambda: View(sort=(Sort("size", True),)))
    assert ReviewPage("suggest", "tag").shared()["view"] is None
