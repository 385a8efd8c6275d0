"""What pages show of a project that moved, was replaced, or lost tables: never an exception."""

import shutil

import pytest
from starlette.testclient import TestClient

from app.server.asgi import create
from panoptic_data.annotations import log
from panoptic_data.errors import ProjectGone
from panoptic_data.storage.project import open_project
from tests.app.page import page_text, run
from tests.faults import damage

PAGES = ("explore", "map", "properties", "history", "pipeline", "import", "clearing")


@pytest.fixture
def shown(project, monkeypatch):
    """Return the text of the page of a project at a path, drawn without an exception."""
    monkeypatch.setenv("PANOPTIC_PROJECT", str(project.root))

    def text(page="explore", **address):
        return page_text(run(page=page, **address))

    return text


def test_a_project_that_moved_is_said_to_be_gone_and_comes_back(project, shown, tmp_path):
    assert "no longer there" not in shown()
    project.root.rename(tmp_path / "disk")
    assert "no longer there" in shown()
    project.root.mkdir()
    assert "no longer there" in shown()
    project.root.rmdir()
    (tmp_path / "disk").rename(project.root)
    assert "no longer there" not in shown()


def test_a_copy_in_its_place_is_said_to_be_another(project, shown, tmp_path):
    shown()
    shutil.copytree(project.root, tmp_path / "copy")
    project.root.rename(tmp_path / "first")
    (tmp_path / "copy").rename(project.root)
    assert "Another project" in shown()


@pytest.mark.parametrize("table", ["clusters__visual", "images", "views", "runs", "encoders"])
def test_a_page_names_the_table_that_is_gone(project, shown, table):
    if table == "views":
        from panoptic_data.views import saved
        from panoptic_data.views.model import View

        saved.save(project, "war", View())
    damage.remove(project, table)
    text = shown()
    assert f"“{table}” of the project is gone" in text
    assert "panoptic doctor" in text


@pytest.mark.parametrize("table", ["files", "images"])
def test_a_page_names_the_table_that_is_damaged(project, shown, table):
    damage.truncate(project, table)
    assert f"“{table}” of the project cannot be read" in shown()


def test_the_banner_says_that_values_can_only_be_read(project, shown):
    damage.remove(project, log.TABLE)
    text = shown()
    assert "“annotation_events” of the project is gone" in text
    assert "Nothing can be changed" in text


def test_routes_say_503_and_the_sentence(project, tmp_path):
    opened = open_project(project.root)
    client = TestClient(create(opened), base_url="http://127.0.0.1:8501")
    assert client.get("/pulse").status_code == 200
    project.root.rename(tmp_path / "disk")
    answer = client.get("/pulse")
    assert (answer.status_code, answer.json()["error"]) == (503, ProjectGone.key)
    (tmp_path / "disk").rename(project.root)
    damage.remove(project, "runs")
    answer = client.get("/pulse")
    assert (answer.status_code, answer.json()["error"]) == (503, "table_missing")
    assert "panoptic repair" in answer.json()["message"]
