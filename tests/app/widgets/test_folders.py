"""The folders on the page Pipeline: counts, and the questions about those that are not there."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from app.services import jobs
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project
from tests.app.page import buttons, page_text
from tests.small_corpus import write_pictures


@pytest.fixture
def started(monkeypatch):
    """Return the projects that processing was started for; none is processed."""
    requested = []
    monkeypatch.setattr(jobs, "process_next", requested.append)
    return requested


@pytest.fixture
def project(tmp_path, monkeypatch, started):
    write_pictures(tmp_path / "posters", range(30))
    opened = create_project(tmp_path / "project")
    images.ingest(opened, sources.add(opened, tmp_path / "posters"), "run")
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened


def _page():
    from app.session import state
    from app.widgets import folders

    folders.show(state.project())


def run():
    page = AppTest.from_function(_page, default_timeout=60)
    page.session_state["language"] = "en"
    page.run()
    assert [item.message for item in page.exception] == []
    return page


def go_away(project, folder, to):
    folder.rename(to)
    (source,) = sources.listing(project)
    sources.record_away(project, source)


def press(page, label):
    [button] = [button for button in page.button if button.label == label]
    button.click().run()
    assert [item.message for item in page.exception] == []


def test_a_folder_that_is_there_is_counted_and_asks_nothing(project):
    page = run()
    assert "posters" in page_text(page)
    assert buttons(page) == ["Add"]


def test_a_folder_that_was_moved_is_recognised_when_it_is_added(project, tmp_path, started):
    go_away(project, tmp_path / "posters", tmp_path / "moved")
    page = run()
    assert "The folder of “posters” is not there" in page_text(page)
    page.text_input[-1].input(str(tmp_path / "moved"))
    press(page, "Add")
    assert "Is this “posters”, moved?" in page_text(page)
    assert [source.name for source in sources.listing(project)] == ["posters"]
    press(page, "Yes, it is “posters”")
    (source,) = sources.listing(project)
    assert (source.root, source.presence.is_away) == (tmp_path / "moved", False)
    assert started == [project]


def test_it_may_be_another_folder(project, tmp_path, started):
    go_away(project, tmp_path / "posters", tmp_path / "moved")
    page = run()
    page.text_input[-1].input(str(tmp_path / "moved"))
    press(page, "Add")
    press(page, "No, it is another folder")
    assert [source.name for source in sources.listing(project)] == ["moved", "posters"]


def test_it_can_be_said_where_the_folder_is_and_another_one_is_refused(project, tmp_path):
    go_away(project, tmp_path / "posters", tmp_path / "moved")
    (tmp_path / "empty").mkdir()
    page = run()
    page.text_input[0].input(str(tmp_path / "empty"))
    press(page, "It is here")
    assert "holds 0 of 30 files" in page.error[0].value
    page.text_input[0].input(str(tmp_path / "moved"))
    press(page, "It is here")
    assert sources.listing(project)[0].root == tmp_path / "moved"


def test_many_files_that_vanished_are_marked_when_a_person_says_so(project, tmp_path, started):
    shutil.rmtree(tmp_path / "posters")
    (tmp_path / "posters").mkdir()
    (source,) = sources.listing(project)
    images.ingest(project, source, "later")
    page = run()
    assert "30 of 30 files of “posters” are not found" in page_text(page)
    press(page, "They are gone: mark 30 files as missing")
    assert sources.listing(project)[0].presence.accepted == 30
    assert started == [project]
    assert buttons(run()) == ["Add"]
