"""``panoptic query``: what it prints, for people and for scripts."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from app.cli import main
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.storage.project import open_project
from panoptic_data.views import model
from panoptic_data.views.model import Condition, Level, Sort, View
from tests import synthetic
from tests.annotating import create_property
from tests.app.commands.installed import in_process


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    """A project with four images of two sources, one of which is there twice."""
    root = tmp_path_factory.mktemp("query")
    project = synthetic.project(root / "war")
    roots = {"posters": "/data/posters", "cards": "/data/cards"}
    added = {"added_at": synthetic.AT}
    synthetic.write(
        project,
        "sources",
        [{"name": name, "uri": Path(path).as_uri(), **added} for name, path in roots.items()],
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
    return in_process("query", "--project", project.root, *arguments, **environment)


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
    assert [(group["value"], group["start"], group["count"]) for group in answer["groups"]] == [
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
    for text in (f"@{file}", file.read_text(), f"{address}&image=x", packed):
        assert main(["query", "--project", str(war.root), text]) == 0
        assert capsys.readouterr().out == "/data/posters/1930s/blue.png\n"


def test_of_copies_the_path_that_matched_is_printed(war, capsys):
    def printed(*arguments):
        assert main(["query", "--project", str(war.root), *arguments]) == 0
        return capsys.readouterr().out

    first, other = "/data/cards/red again.jpg", "/data/posters/1930s/red.jpg"
    assert printed("width>800").splitlines() == [first]
    assert printed("name:red.jpg").splitlines() == [other]
    assert printed('name:"red again"').splitlines() == [first]
    assert printed("folder:1930s width>800").splitlines() == [other]
    # Found by two of its files together: neither matches alone.
    assert printed('name:"red again" folder:1930s').splitlines() == [first]
    (row,) = json.loads(printed("name:red.jpg", "--json"))["rows"]
    assert (row["place"], row["name"]) == ("posters/1930s/red.jpg", "red.jpg")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foldr:x", "Nothing here is called “foldr”. Did you mean folder?"),
        ("folder:1930", "No folder is called “1930”. Did you mean 1930s?"),
        ("cluster:1", "“cluster” depends on an encoder, and none is ready."),
        ('{"version": 1, "where": [{"field": "x"}]}', "This view cannot be read: x"),
        ("@/nowhere.json", "Could not read the view /nowhere.json."),
        ("http://127.0.0.1:8501/?view=eNq", "the address is damaged"),
    ],
)
def test_a_query_that_is_not_understood_gets_one_sentence(war, text, message, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert main(["query", "--project", str(war.root), text]) == 2
    answered = capsys.readouterr()
    assert message in answered.err
    assert len(answered.err.strip().splitlines()) == 1
    assert answered.out == ""


def test_scripts_are_told_what_was_not_understood_in_json(war):
    done = queried(war, "foldr:x", "--json", LC_ALL="fr_FR.UTF-8")
    assert done.returncode == 2
    assert "Vouliez-vous dire folder" in json.loads(done.stdout)["message"]


def test_a_word_like_an_address_is_a_word(war, capsys):
    assert main(["query", "--project", str(war.root), "eNormous"]) == 0
    assert capsys.readouterr().out == ""


def test_a_notebook_runs_the_example_of_the_docs(war, tmp_path):
    """The Python of docs/views.md, as it stands there, in a project with such a property."""
    own = open_project(shutil.copytree(war.root, tmp_path / "war"))
    create_property(annotations_of(own), "Subjects", "tags")
    text = (Path(__file__).parents[3] / "docs" / "views.md").read_text(encoding="utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    exec(example.replace('"war"', repr(str(own.root))), names)
    assert names["parsed"].problems == ()
    assert names["images"]["width"].to_list() == [900, 700]
    assert [row["name"] for row in names["first"]] == ["red again.jpg", "blue.png"]
