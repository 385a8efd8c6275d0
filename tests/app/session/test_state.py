"""The address and the session: language, view, tab, open image and encoder, in a real run."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from panoptic_data.views import model, saved
from panoptic_data.views.model import View
from tests import synthetic

CATS = View().with_condition("folder", ["s/cats"])


def _page():
    import json

    import streamlit as st

    from app.session import state
    from panoptic_data.views import model

    for act, arguments in st.session_state.pop("acts", ()):
        getattr(state, act)(*arguments)
    project = state.project()
    encoder = state.encoder(state.encoders(project)) if project else None
    texts = {
        "language": state.language(),
        "text": state.text("history.title"),
        "number": state.number(12345),
        "view": model.to_address(state.view()),
        "problem": state.problem(),
        "tab": state.tab(),
        "opened": state.opened(),
        "carried": state.carried(),
        "encoder": encoder and encoder.slug,
        "encoders": [known.name for known in state.encoders(project)] if project else None,
    }
    st.text(json.dumps(texts))


@pytest.fixture
def read(project):
    """A function that runs a page and returns what it reads, and the address after it."""
    page = AppTest.from_function(_page)

    def run(*acts, **address):
        page.session_state["acts"] = acts
        if address:
            page.query_params.clear()
            for name, value in address.items():
                page.query_params[name] = value
        page.run()
        assert not page.exception
        parts = {name: values[0] for name, values in _lists(page.query_params).items()}
        return json.loads(page.text[0].value) | {"address": parts}

    return run


def _lists(parts):
    return {name: value if isinstance(value, list) else [value] for name, value in parts.items()}


def test_a_chosen_language_writes_texts_and_numbers(read):
    page = read()
    assert (page["language"], page["text"], page["number"]) == ("en", "History", "12,345")
    page = read(("choose_language", ("fr",)))
    assert (page["language"], page["text"]) == ("fr", "Historique")
    assert page["number"] == "12\u202f345"
    assert read()["language"] == "fr"
    assert read(("choose_language", ("de",)))["language"] == "en"


def test_the_address_is_the_view_and_one_that_cannot_be_read_is_told(read):
    assert read(view=model.to_address(CATS))["view"] == model.to_address(CATS)
    page = read(view="v9:nonsense")
    assert page["view"] == model.to_address(View())
    assert page["problem"]
    assert read(view="all")["problem"] is None


def test_showing_a_view_leaves_the_image_and_the_parts_of_other_pages(read):
    page = read(("show", (CATS,)), image="a" * 40, tag="t", property="p", encoder="visual")
    assert page["address"] == {"view": model.to_address(CATS), "encoder": "visual"}
    assert page["opened"] is None


def test_a_tab_shows_its_saved_view_until_the_session_changes_it(read, project):
    tab = saved.save(project, "Cats", CATS, saved.LAST)
    page = read(tab=tab.id)
    assert (page["tab"], page["view"]) == (tab.id, model.to_address(CATS))
    # What others save meanwhile does not change what this session looks at.
    saved.update(project, tab.id, View().with_condition("folder", ["s/dogs"]))
    assert read()["view"] == model.to_address(CATS)
    # In a tab the view of all images has a name of its own.
    page = read(("show", (View(),)))
    assert page["address"] == {"tab": tab.id, "view": "all"}
    assert page["view"] == model.to_address(View())


def test_a_tab_that_is_gone_is_told(read):
    page = read(tab="nobody")
    assert page["problem"]
    assert page["view"] == model.to_address(View())


def test_the_open_image_is_that_of_the_browser_or_else_of_the_address(read):
    assert read(image="a" * 40)["opened"] == "a" * 40
    page = read(("open_image", ("b" * 40,)))
    assert page["opened"] == "b" * 40
    assert "image" not in page["carried"]
    # The browser's own buttons lead to another address.
    assert read(image="c" * 40)["opened"] == "c" * 40
    assert read(("open_image", (None,)))["opened"] is None


def test_links_to_other_pages_take_no_part_that_is_one_pages_own(read):
    page = read(tag="t", property="p", image="a" * 40, encoder="visual", tab="x")
    assert page["carried"] == {"encoder": "visual", "tab": "x"}


def test_the_encoder_of_the_address_is_used_where_it_is_ready(read, project):
    rows = [
        {"slug": "clip-a", "text": "clip:local-dir:/a", "status": "absent", "reads_text": True},
        {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False},
    ]
    synthetic.write(project, "encoders", rows)
    # The project names "clip" first, which was never tried: what it does not name comes last.
    assert read()["encoder"] == "visual"
    assert read(encoder="clip-a")["encoder"] == "visual"
    assert len(read()["encoders"]) == 2
    page = read(("choose_encoder", ("visual",)), image="a" * 40)
    assert page["address"] == {"image": "a" * 40, "encoder": "visual"}


def test_without_a_project_there_is_none(read, monkeypatch, tmp_path):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "nowhere"))
    page = read()
    assert (page["encoder"], page["encoders"]) == (None, None)
