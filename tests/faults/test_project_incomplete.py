"""``panoptic repair`` where the settings of a project are gone, or the folder of its tables."""

import json
import shutil
from datetime import timedelta

import pytest

from app import cli
from panoptic_data.storage.project import create_project, open_project, set_encoders
from tests.faults import damage


@pytest.fixture
def panoptic(project, capsys):
    """Return a function that runs a command of ours; it returns exit code, output and errors."""

    def run(*command):
        capsys.readouterr()
        code = cli.main([*command, "--project", str(project.root)])
        return code, *capsys.readouterr()

    return run


def contents(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_settings_that_are_gone_are_written_again_from_the_tables(project, panoptic):
    set_encoders(project, ("visual",))
    values = damage.values(project)
    settings = project.root / "project.toml"
    settings.unlink()
    code, _, errors = panoptic("status")
    assert code == 1
    assert "panoptic repair" in errors

    code, output, _ = panoptic("repair", "--dry-run")
    assert (code, settings.exists()) == (0, False)
    assert "encoders visual" in output

    code, output, _ = panoptic("repair")
    assert code == 0
    assert str(settings) in output
    assert "panoptic process" in output
    repaired = open_project(project.root)
    assert (repaired.name, repaired.encoders) == ("project", ("visual",))
    # When its first folder was added.
    assert repaired.created_at - project.created_at < timedelta(minutes=10)
    assert damage.values(repaired) == values
    # Nothing is computed again.
    code, output, _ = panoptic("repair", "--json")
    assert (code, json.loads(output)) == (0, {"steps": []})
    damage.process(repaired)
    assert repaired.database().count("images") == damage.IMAGES


def test_what_was_written_again_is_in_the_json(project, panoptic):
    (project.root / "project.toml").unlink()
    code, output, _ = panoptic("repair", "--json")
    answer = json.loads(output)
    assert (code, answer["steps"]) == (0, [])
    assert answer["settings"]["is_done"]
    assert answer["settings"]["encoders"] == ["visual"]


@pytest.mark.parametrize("also", [(), ("project.toml",)])
def test_a_folder_of_tables_that_is_gone_is_said_and_nothing_is_changed(project, panoptic, also):
    shutil.rmtree(project.lance)
    for name in also:
        (project.root / name).unlink()
    before = contents(project.root)
    for command in (("repair",), ("repair", "--json"), ("status",), ("up",)):
        code, _, errors = panoptic(*command)
        assert code == 1
        assert str(project.lance) in errors
        assert "annotation_events" in errors
        assert "backup" in errors
        assert "panoptic up FOLDER --project NEW" in errors
    assert contents(project.root) == before


def test_a_project_whose_making_was_stopped_is_made_again(tmp_path):
    begun = create_project(tmp_path / "begun")
    (begun.root / "project.toml").unlink()
    assert create_project(tmp_path / "begun").name == "begun"
