"""Each page by itself, without a browser: what its component gets, and what it needs."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from panoptic_data.views import model
from panoptic_data.views.model import View
from tests.app.page import component, page_text

PAGES = ("duplicates", "history", "importing", "properties", "sort_by_words", "suggestions")
COMPONENTS = {"sort_by_words": "classes", "suggestions": "suggest"}


def draw(screen):
    """Draw one page; run inside AppTest."""
    import importlib

    importlib.import_module(f"app.screens.{screen}").show()


def drawn(screen, language="en", **address):
    page = AppTest.from_function(draw, args=(screen,), default_timeout=60)
    page.session_state["language"] = language
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert [error.message for error in page.exception] == []
    return page


@pytest.mark.parametrize("screen", [*PAGES, "explore", "export", "image_map", "pipeline"])
def test_a_page_without_a_project_says_how_to_make_one(screen, tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "absent"))
    assert "There is no project here" in page_text(drawn(screen))


@pytest.mark.parametrize("screen", PAGES)
def test_a_page_gives_its_component_texts_in_both_languages(screen, corpus):
    name = COMPONENTS.get(screen, screen)
    english, french = (component(drawn(screen, language), name) for language in ("en", "fr"))
    assert (english["language"], french["language"]) == ("en", "fr")
    assert english["texts"].keys() == french["texts"].keys()
    assert english["texts"] != french["texts"]
    assert not [key for key in english["texts"] if key.startswith("ui_")]


@pytest.mark.parametrize(
    ("screen", "parameter", "name"),
    [
        ("duplicates", "group", "group"),
        ("suggestions", "tag", "tag"),
        ("sort_by_words", "property", "property"),
    ],
)
def test_a_review_page_gets_its_subject_and_the_filters_of_the_view(
    screen, parameter, name, corpus
):
    kind = COMPONENTS.get(screen, screen)
    empty = component(drawn(screen), kind)
    assert (empty[name], empty["view"]) == (None, None)
    view = View().with_condition("folder", ["s/cats"])
    shown = component(
        drawn(screen, view=model.to_address(view), **{parameter: "the-subject"}), kind
    )
    assert shown[name] == "the-subject"
    assert model.from_address(shown["view"]) == view


def test_sorting_by_words_has_its_own_texts_before_those_of_suggestions(corpus):
    from panoptic_data.messages import keys, translate

    texts = component(drawn("sort_by_words"), "classes")["texts"]
    for key in keys("en"):
        if key.startswith("classes.ui_"):
            assert texts[key.removeprefix("classes.ui_")] == translate(key, "en")
    assert texts["template_first"] == translate("prompt.plain", "en")


def test_the_map_says_why_there_is_none(corpus):
    assert "map" in page_text(drawn("image_map")).lower()


def test_the_pipeline_lists_the_folders_of_the_project(project, tmp_path):
    from panoptic_data.ingest import sources

    (tmp_path / "posters").mkdir()
    sources.add(project, tmp_path / "posters")
    page = drawn("pipeline")
    assert "posters" in page_text(page)
    assert json.dumps([field.label for field in page.text_input]).count("folder") == 1
