"""The page of overwritten pictures: old and new side by side, and an answer for each."""

import pytest

from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.duplicates import overwritten
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project
from panoptic_data.versions.create import create
from tests.app.page import page_text
from tests.app.screens.test_pages import drawn
from tests.small_corpus import picture


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two pictures with a note each, both overwritten."""
    folder = tmp_path / "posters"
    folder.mkdir()
    for number, name in enumerate("ab"):
        picture(number).save(folder / f"{name}.png")
    opened = create_project(tmp_path / "project")
    source = sources.add(opened, folder)
    images.ingest(opened, source, "run")
    store = annotations_of(opened)
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    sha1s = opened.database().frame("files", ["sha1"])["sha1"]
    store.commit(edits.set_value(store.state(), note.id, sha1s, "lost <1945>"), "set")
    for number, name in enumerate("ab", 10):
        picture(number).save(folder / f"{name}.png")
    images.ingest(opened, source, "run")
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened


def press(page, key):
    page.button(key=key).click().run()
    assert [error.message for error in page.exception] == []


@pytest.mark.parametrize(("language", "text"), [("en", "2 pictures were"), ("fr", "2 images ont")])
def test_old_and_new_are_side_by_side_with_what_is_offered(project, language, text):
    shown = page_text(drawn("overwritten", language))
    assert text in shown
    assert shown.count("data:image/jpeg;base64,/9j/") == 2
    assert shown.count("/thumb/") == 2
    assert shown.count("Note: <b>lost <1945></b>") == 2


def test_one_is_taken_over_and_one_is_left(project):
    page = drawn("overwritten")
    first, second = overwritten.offers(project)
    press(page, f"take_over_{first.sha1}")
    assert [offer.sha1 for offer in overwritten.offers(project)] == [second.sha1]
    press(page, f"leave_{second.sha1}")
    assert "No overwritten picture" in page_text(page)
    annotations_of(project).undo()
    page.run()
    assert "1 picture was overwritten" in page_text(page)


def test_all_are_taken_over_as_one_step(project):
    page = drawn("overwritten")
    press(page, "take_over_all_all")
    assert overwritten.offers(project) == []
    annotations_of(project).undo()
    assert len(overwritten.offers(project)) == 2


def test_the_page_pipeline_leads_there(project):
    page = drawn("pipeline")
    assert page.button(key="review_overwritten").label.startswith("2 pictures were overwritten")


def test_at_a_version_nothing_is_offered(project):
    version = create(project, "a")
    page = drawn("overwritten", version=version.id)
    assert "nothing in it can be changed" in page_text(page)
    assert not page.button
