"""Creating, opening and saving a project directory."""

import tomllib
from datetime import UTC, datetime

import pytest

from panoptic_data.errors import ProjectAway, ProjectDamaged, ProjectNotFound, ProjectTooNew
from panoptic_data.storage.project import add_encoder, create_project, open_project


def test_a_created_project_opens_as_it_was(tmp_path):
    created = create_project(tmp_path / 'war "posters" é', name='Affiches "14-18" \\ é\n')
    assert open_project(created.root) == created
    assert created.encoders == ("clip",)


def test_creating_where_a_project_is_opens_it(tmp_path):
    first = create_project(tmp_path / "p", name="one")
    assert create_project(tmp_path / "p", name="two") == first


def test_no_project_says_how_to_make_one(tmp_path):
    with pytest.raises(ProjectNotFound, match="panoptic up FOLDER --project"):
        open_project(tmp_path)
    # One that was named may have been moved: nobody is told to make another in its place.
    with pytest.raises(ProjectAway, match="--project DIR"):
        open_project(tmp_path / "nothing")


def test_a_project_of_a_newer_release_is_refused(tmp_path):
    project = create_project(tmp_path / "p")
    settings = project.root / "project.toml"
    settings.write_text(settings.read_text().replace("format = 1", "format = 99"))
    with pytest.raises(ProjectTooNew, match="99"):
        open_project(project.root)


def test_a_project_is_named_by_text_too(tmp_path):
    assert open_project(str(create_project(str(tmp_path / "p")).root)).name == "p"


@pytest.mark.parametrize("damage", ["name = ", "", 'format = "one"', "\0"])
def test_settings_that_cannot_be_read_are_told_with_their_place(tmp_path, damage):
    project = create_project(tmp_path / "p")
    (project.root / "project.toml").write_text(damage)
    with pytest.raises(ProjectDamaged, match=r"project\.toml"):
        open_project(project.root)


def test_the_environment_names_the_default_place(tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "p"))
    assert create_project().root == (tmp_path / "p").resolve()


def test_an_encoder_is_added_once(tmp_path):
    project = create_project(tmp_path / "p")
    added = add_encoder(project, "visual")
    assert added.encoders == ("clip", "visual")
    assert add_encoder(added, "visual") == added
    assert open_project(project.root).encoders == ("clip", "visual")


def test_settings_are_toml_that_holds_any_name(tmp_path):
    name = 'tab\t, delete \x7f, "quotes", \\ and é'
    project = create_project(tmp_path / "p", name=name)
    settings = tomllib.loads((project.root / "project.toml").read_text(encoding="utf-8"))
    assert settings == {
        "format": 1,
        "id": project.id,
        "name": name,
        "created_at": project.created_at,
        "encoders": ["clip"],
    }
    assert sorted(path.name for path in project.root.iterdir()) == [
        "lance",
        "project.toml",
        "tables.json",
    ]


def test_settings_of_the_first_releases_open(tmp_path):
    (tmp_path / "project.toml").write_text(
        'format = 1\nname = "war"\ncreated_at = 2026-01-02T03:04:05+00:00\nencoders = ["clip"]\n'
    )
    opened = open_project(tmp_path)
    assert (opened.name, opened.encoders) == ("war", ("clip",))
    assert opened.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_encoders_added_since_a_project_was_opened_stay(tmp_path):
    opened_first = create_project(tmp_path / "p")
    add_encoder(open_project(opened_first.root), "visual")
    added = add_encoder(opened_first, "dino", first=True)
    assert added.encoders == ("dino", "clip", "visual")
    assert open_project(opened_first.root).encoders == ("dino", "clip", "visual")
