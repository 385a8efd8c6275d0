"""What the search box asks while someone types, over HTTP."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.search_box import routes
from app.services import text_models
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests import synthetic


@pytest.fixture
def box(corpus, monkeypatch):
    """Ask a route of the box, with encoders that have no model to load."""
    monkeypatch.setattr(text_models, "wait", lambda *_: False)
    with TestClient(Starlette(routes=routes(corpus))) as client:
        known = {"words": "clip", "pictures": "visual"}

        def ask(route, **query):
            answer = client.get(f"/search/{route}", params={**known, **query})
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield ask


def test_a_text_is_completed_where_the_cursor_is(box):
    completion = box("complete", text="fol cats", at="3")
    assert completion["span"] == [0, 3]
    [item] = completion["items"]
    assert (item["text"], item["detail"]) == ("folder:", "a folder, with all below it")
    values = box("complete", text="dossier:ca", lang="fr")
    assert [(item["text"], item["count"]) for item in values["items"]] == [("s/cats", 2)]
    assert (values["span"], values["hint"]) == ([8, 10], None)
    assert "1930..1945" in box("complete", text="date:")["hint"]
    # Positions from elsewhere are no error.
    for at in ("99999", "-3", "x"):
        assert box("complete", text="date:", at=at)["items"] == []


def test_plain_words_find_names_and_say_what_is_loaded(box):
    shown = model.to_address(View((Condition("folder", "in", ["s/cats"]),)))
    typed = box("typed", text="jpg", view=shown)
    assert (typed["words"], typed["first"], typed["problem"]) == ("jpg", "names", None)
    assert (typed["names"]["count"], typed["names"]["sha1s"]) == (
        2,
        [synthetic.sha1("a"), synthetic.sha1("b")],
    )
    assert typed["meaning"]["is_loading"]
    assert model.from_address(typed["meaning"]["view"]).where[0].field == "folder"
    nothing = box("typed", text="sunset", view=shown)
    assert (nothing["names"]["count"], nothing["first"]) == (0, "meaning")
    unread = box("typed", text="sunset", words="")
    assert (unread["meaning"], unread["needs_reader"], unread["first"]) == (None, True, "names")


def test_what_is_wrong_is_said_with_its_place(box):
    typed = box("typed", text="cats foldr:x", lang="fr")
    assert typed["problem"]["span"] == [5, 10]
    assert "folder" in typed["problem"]["message"]
    assert (typed["names"], typed["meaning"], typed["first"]) == (None, None, None)
