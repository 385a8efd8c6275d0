"""Creating, opening and saving a project directory."""

import pytest

from panoptic_data.errors import ProjectDamaged, ProjectNotFound, ProjectTooNew
from panoptic_data.storage import project as projects


def test_a_created_project_opens_as_it_was(tmp_path):
    created = projects.create(tmp_path / 'war "posters" é', name='Affiches "14-18" \\ é\n')
    assert projects.open_project(created.root) == created
    assert created.encoders == ("clip",)


def test_creating_where_a_project_is_opens_it(tmp_path):
    first = projects.create(tmp_path / "p", name="one")
    assert projects.create(tmp_path / "p", name="two") == first


def test_no_project_says_how_to_make_one(tmp_path):
    with pytest.raises(ProjectNotFound, match="panoptic up FOLDER --project"):
        projects.open_project(tmp_path / "nothing")


def test_a_project_of_a_newer_release_is_refused(tmp_path):
    project = projects.create(tmp_path / "p")
    settings = project.root / "project.toml"
    settings.write_text(settings.read_text().replace("format = 1", "format = 99"))
    with pytest.raises(ProjectTooNew, match="99"):
        projects.open_project(project.root)


def test_a_project_is_named_by_text_too(tmp_path):
    assert projects.open_project(str(projects.create(str(tmp_path / "p")).root)).name == "p"


@pytest.mark.parametrize("damage", ["name = ", "", 'format = "one"', "\0"])
def test_settings_that_cannot_be_read_are_told_with_their_place(tmp_path, damage):
    project = projects.create(tmp_path / "p")
    (project.root / "project.toml").write_text(damage)
    with pytest.raises(ProjectDamaged, match=r"project\.toml"):
        projects.open_project(project.root)


def test_the_environment_names_the_default_place(tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "p"))
    assert projects.create().root == (tmp_path / "p").resolve()


def test_an_encoder_is_added_once(tmp_path):
    project = projects.create(tmp_path / "p")
    added = projects.with_encoder(project, "visual")
    assert added.encoders == ("clip", "visual")
    assert projects.with_encoder(added, "visual") == added
    assert projects.open_project(project.root).encoders == ("clip", "visual")
