"""The command line's arguments and answers; of the installed command where that may differ."""

import json
import subprocess
import sys

import pytest

from app.cli import COMMANDS, METHODS, RESTORATION
from panoptic_data.storage.project import create_project, open_project
from panoptic_data.vectors import clusters
from panoptic_data.versions import restore
from tests.app.commands.installed import in_process, panoptic


def test_help_imports_nothing_heavy():
    heavy = {"polars", "pyarrow", "lancedb", "torch", "streamlit", "dagster", "numpy", "PIL"}
    script = (
        "import sys, contextlib, io\n"
        "from app.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])\n"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_explains_itself_with_an_example(command):
    done = in_process(command, "--help")
    assert done.returncode == 0
    assert f"panoptic {command}" in done.stdout.partition("examples:")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["add"], "FOLDER"),
        (["process", "--k", "many"], "a whole number of 1 or more"),
        (["status", "--project", "/nowhere/at/all"], "There is no project at /nowhere/at/all"),
        (["search", "x", "-k", "0", "--project", "/nowhere"], "a whole number of 1 or more"),
        (["process", "--clusters", "magic"], "'levels', 'kmeans'"),
        (["encoders", "add", "--project", "/nowhere"], "ENCODER"),
        (["open", "--port", "99999999"], "a port from 0 to 65535"),
    ],
)
def test_a_wrong_argument_gets_one_sentence_and_exit_code_2(arguments, message):
    done = in_process(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize("before", [True, False])
def test_an_encoder_can_be_added_with_the_project_named_on_either_side(before, tmp_path):
    create_project(tmp_path / "war")
    named = ["--project", tmp_path / "war"]
    first, last = (named, []) if before else ([], named)
    done = in_process("encoders", *first, "add", *last, "timm:resnet50")
    assert done.returncode == 0, done.stderr
    assert "timm:resnet50" in open_project(tmp_path / "war").encoders


def test_the_methods_of_clusters_are_those_there_are():
    assert METHODS == clusters.METHODS
    assert RESTORATION == restore.FILE_NAME


def test_answers_are_in_french_on_a_french_machine():
    done = panoptic("status", "--project", "/nowhere", LC_ALL="fr_FR.UTF-8")
    assert done.stderr.startswith("panoptic: Aucun projet dans /nowhere.")


def test_scripts_get_the_error_as_json():
    done = panoptic("status", "--project", "/nowhere", "--json")
    assert json.loads(done.stdout)["error"] == "project_away"
    assert done.returncode == 2


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    done = in_process("add", "--project", tmp_path / "p", tmp_path / "absent")
    assert done.returncode == 2
    assert f"There is no folder {tmp_path / 'absent'}" in done.stderr


def test_up_without_folders_in_a_new_project_says_what_to_do(tmp_path):
    done = panoptic("up", "--project", tmp_path / "p", "--no-serve")
    assert done.returncode == 2
    assert "panoptic up FOLDER" in done.stderr


def test_doctor_finds_this_machine_in_order(tmp_path):
    done = panoptic("doctor", "--project", tmp_path / "p", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert done.returncode == 0
    assert {f["state"] for f in findings} <= {"ok", "warning"}
    assert any("no project" in f["text"] for f in findings)
