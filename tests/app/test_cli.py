"""The command line's arguments and answers, by running the installed command."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from app.cli import COMMANDS, METHODS, main
from panoptic_data.catalogue import registry
from panoptic_data.storage.project import create_project, open_project
from panoptic_data.vectors import clusters
from panoptic_data.views import model
from panoptic_data.views.model import Condition, Level, Sort, View
from tests import synthetic

PANOPTIC = Path(sys.executable).with_name("panoptic")


def panoptic(*arguments, cwd=None, **environment):
    return subprocess.run(
        [PANOPTIC, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
    )


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
    done = panoptic(command, "--help")
    assert done.returncode == 0
    assert f"panoptic {command}" in done.stdout.partition("examples:")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["add"], "FOLDER"),
        (["process", "--k", "many"], "a whole number from 1"),
        (["status", "--project", "/nowhere/at/all"], "There is no project at /nowhere/at/all"),
        (["search", "x", "-k", "0", "--project", "/nowhere"], "a whole number from 1"),
        (["process", "--clusters", "magic"], "'levels', 'kmeans'"),
        (["encoders", "add", "--project", "/nowhere"], "ENCODER"),
    ],
)
def test_a_wrong_argument_gets_one_sentence_and_exit_code_2(arguments, said):
    done = panoptic(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize("before", [True, False])
def test_an_encoder_can_be_added_with_the_project_named_on_either_side(before, tmp_path):
    create_project(tmp_path / "war")
    named = ["--project", tmp_path / "war"]
    first, last = (named, []) if before else ([], named)
    done = panoptic("encoders", *first, "add", *last, "timm:resnet50")
    assert done.returncode == 0, done.stderr
    assert "timm:resnet50" in open_project(tmp_path / "war").encoders


def test_the_methods_of_clusters_are_those_there_are():
    assert METHODS == clusters.METHODS


def test_answers_are_in_french_on_a_french_machine():
    done = panoptic("status", "--project", "/nowhere", LC_ALL="fr_FR.UTF-8")
    assert done.stderr.startswith("panoptic: Aucun projet dans /nowhere.")


def test_scripts_get_the_error_as_json():
    done = panoptic("status", "--project", "/nowhere", "--json")
    assert json.loads(done.stdout)["error"] == "project_not_found"
    assert done.returncode == 2


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    done = panoptic("add", "--project", tmp_path / "p", tmp_path / "absent")
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
    assert any("No project" in f["text"] for f in findings)


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    """A project with four images of two sources, one of which is there twice."""
    root = tmp_path_factory.mktemp("query")
    project = synthetic.project(root / "war")
    place = {"posters": "/data/posters", "cards": "/data/cards"}
    added = {"added_at": synthetic.AT}
    synthetic.write(
        project,
        "sources",
        [{"name": name, "uri": Path(path).as_uri(), **added} for name, path in place.items()],
    )
    synthetic.write(
        project,
        "images",
        [
            synthetic.image("red", width=900, taken_at=datetime(1930, 5, 1)),
            synthetic.image("blue", width=700, format="PNG"),
            synthetic.image("grey", width=600, taken_at=datetime(1941, 1, 1)),
            synthetic.image("gone"),
        ],
    )
    synthetic.write(
        project,
        "files",
        [
            synthetic.file("posters/1930s/red.jpg", "red"),
            synthetic.file("cards/red again.jpg", "red"),
            synthetic.file("posters/1930s/blue.png", "blue"),
            synthetic.file("cards/grey.jpg", "grey"),
            synthetic.file("cards/gone.jpg", "gone", status="missing"),
        ],
    )
    return project


def queried(project, *arguments, **environment):
    return panoptic("query", "--project", project.root, *arguments, **environment)


def test_a_query_prints_the_paths_of_its_images(war):
    done = queried(war, "folder:1930s OR width>500 sort:-width")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "/data/cards/red again.jpg",
        "/data/posters/1930s/blue.png",
        "/data/cards/grey.jpg",
    ]
    files = queried(war, "red mode:file", "-k", "5").stdout.splitlines()
    assert files == ["/data/cards/red again.jpg", "/data/posters/1930s/red.jpg"]


def test_a_query_answers_scripts_with_view_rows_and_groups(war):
    done = queried(war, "sort:name group:decade(date) -format:png", "--json", "-k", "1")
    answer = json.loads(done.stdout)
    assert answer["project"] == str(war.root)
    assert answer["version"] == registry.get(war, fresh=True).version
    assert answer["total"] == 2
    assert [row["name"] for row in answer["rows"]] == ["red again.jpg"]
    assert [(one["value"], one["start"], one["count"]) for one in answer["groups"]] == [
        ("1930", 0, 1),
        ("1940", 1, 1),
    ]
    where = (Condition("format", "not in", ["PNG"]),)
    assert model.from_json(answer["view"]) == View(
        where, (Sort("name"),), (Level("taken_at", "decade"),)
    )
    plain = json.loads(queried(war, "format:gif", "--json").stdout)
    assert (plain["total"], plain["rows"]) == (0, [])
    assert "groups" not in plain


def test_a_view_is_asked_by_query_json_file_or_address(war, tmp_path, capsys):
    view = View((Condition("format", "in", ["PNG"]),))
    file = tmp_path / "view.json"
    file.write_text(json.dumps(model.to_json(view)), encoding="utf-8")
    address = queried(war, "format:png", "--address").stdout.strip()
    assert address.endswith(f"/?view={model.to_address(view)}")
    packed = model.to_address(view)
    for asked in (f"@{file}", file.read_text(), f"{address}&image=x", packed):
        assert main(["query", "--project", str(war.root), asked]) == 0
        assert capsys.readouterr().out == "/data/posters/1930s/blue.png\n"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("foldr:x", "Nothing here is called “foldr”. Did you mean folder?"),
        ("folder:1930", "No folder is called “1930”. Did you mean 1930s?"),
        ("cluster:1", "“cluster” depends on an encoder, and none is ready."),
        ('{"version": 1, "where": [{"field": "x"}]}', "This view cannot be read: x"),
        ("@/nowhere.json", "The view /nowhere.json cannot be read."),
        ("http://127.0.0.1:8501/?view=eNq", "the address is damaged"),
    ],
)
def test_a_query_that_is_not_understood_gets_one_sentence(war, asked, said, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert main(["query", "--project", str(war.root), asked]) == 2
    answered = capsys.readouterr()
    assert said in answered.err
    assert len(answered.err.strip().splitlines()) == 1
    assert answered.out == ""


def test_scripts_are_told_what_was_not_understood_in_json(war):
    done = queried(war, "foldr:x", "--json", LC_ALL="fr_FR.UTF-8")
    assert done.returncode == 2
    assert "Vouliez-vous dire folder" in json.loads(done.stdout)["message"]


def test_a_word_like_an_address_is_a_word(war, capsys):
    assert main(["query", "--project", str(war.root), "eNormous"]) == 0
    assert capsys.readouterr().out == ""


def test_a_notebook_runs_the_example_of_the_docs(war):
    """The Python of docs/views.md, as it stands there."""
    text = (Path(__file__).parents[2] / "docs" / "views.md").read_text(encoding="utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    told: dict[str, object] = {}
    exec(example.replace('"war"', repr(str(war.root))), told)
    assert told["parsed"].problems == ()
    assert told["images"]["width"].to_list() == [900, 700]
    assert [row["name"] for row in told["first"]] == ["red again.jpg", "blue.png"]
