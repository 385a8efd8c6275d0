"""What is said of a path that is not what the command takes: the likeliest mistake first."""

import shutil

import pytest

from app import cli
from panoptic_data.storage.project import create_project


@pytest.fixture
def panoptic(capsys, tmp_path):
    """Return a function that runs a command of ours; it returns its exit code and errors."""

    def run(*arguments, project=tmp_path / "p"):
        capsys.readouterr()
        options = [] if project is None else ["--project", str(project)]
        code = cli.main([*map(str, arguments), *options])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    "text", ["nofile.jpg", "Artist - Title.PNG", "~/pictures/a cat", "./cat", "/tmp/none/cat"]
)
def test_a_search_for_a_picture_that_is_not_there_says_so(panoptic, tmp_path, text):
    create_project(tmp_path / "p")
    code, errors = panoptic("search", text)
    assert code == 2
    assert f"There is no picture {text}" in errors


def test_a_search_for_a_file_that_is_no_picture_says_so(panoptic, tmp_path):
    create_project(tmp_path / "p")
    (tmp_path / "notes.txt").write_text("a cat")
    code, errors = panoptic("search", tmp_path / "notes.txt")
    assert code == 2
    assert "not an image" in errors


@pytest.mark.parametrize("text", ['"nofile.jpg"', "2*cat - dog", "a cat and/or a dog"])
def test_a_search_by_words_is_one(panoptic, tmp_path, text):
    create_project(tmp_path / "p")
    code, errors = panoptic("search", text)
    assert code == 4
    assert "picture" not in errors


@pytest.mark.parametrize("command", [("add",), ("up", "--no-serve"), ("sources", "add")])
def test_a_table_is_no_folder_and_makes_no_project(panoptic, tmp_path, command):
    table = tmp_path / "labels.csv"
    table.write_text("path,kind\n")
    code, errors = panoptic(*command, table)
    assert code == 2
    assert f"{table} is a file" in errors
    assert f"panoptic import {table}" in errors
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("command", [("status",), ("process",), ("query", "sort:name")])
def test_a_project_that_was_moved_is_not_to_be_created_anew(panoptic, tmp_path, command):
    project = create_project(tmp_path / "p")
    project.root.rename(tmp_path / "elsewhere")
    code, errors = panoptic(*command)
    assert code == 2
    assert f"There is no project at {tmp_path / 'p'}" in errors
    assert "panoptic up" not in errors


def test_remains_of_a_project_are_no_place_for_a_new_one(panoptic, tmp_path):
    project = create_project(tmp_path / "p")
    project.dagster_home.mkdir()
    shutil.rmtree(project.lance)
    for name in ("project.toml", "tables.json"):
        (project.root / name).unlink()
    code, errors = panoptic("status")
    assert code == 2
    assert "only remains of one" in errors
    assert "panoptic up" not in errors


def test_who_never_had_a_project_is_told_how_to_begin(panoptic, tmp_path, monkeypatch):
    monkeypatch.delenv("PANOPTIC_PROJECT", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for project in (None, tmp_path):
        code, errors = panoptic("status", project=project)
        assert code == 2
        assert "panoptic up FOLDER" in errors


@pytest.mark.parametrize(
    "command",
    [
        ("status", "--project="),
        ("add", ""),
        ("up", "--no-serve", " "),
        ("import", ""),
        ("export", "csv", ""),
        ("version", "export", "v", ""),
        ("version", "deposit", "v", ""),
        ("version", "import", ""),
        ("sources", "relink", "posters", ""),
    ],
)
def test_an_empty_path_is_none(panoptic, capsys, tmp_path, monkeypatch, command):
    # That of a variable that is not set: the working directory is not meant.
    create_project(tmp_path / "p")
    monkeypatch.chdir(tmp_path / "p")
    with pytest.raises(SystemExit) as ended:
        panoptic(*command, project=None)
    assert ended.value.code == 2
    assert "the path is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("query", "sort:name", "--address", "-k", "3"), "--address and -k"),
        (("up", "--new"), "--new goes with FOLDER only"),
        (("up", "--no-serve", "--port", "8600"), "--no-serve and --port"),
        (("demo", "--no-serve", "--port", "8600"), "--no-serve and --port"),
        (("import", "x.csv", "--tags", "Theme", "--match", "name"), "--tags and --match"),
        (("import", "x.csv", "--match", "row", "--key", "name"), "--match row and --key"),
        (("import", "x.csv", "--column", "a=text", "--skip", "a"), "--skip a"),
        (("parameters", "clusters.k=3", "clusters.method=levels"), "only with kmeans"),
        (("parameters", "neighbours.k=3", "neighbours.k=4"), "neighbours.k is given twice"),
    ],
)
def test_options_of_which_one_would_be_passed_over_are_refused(panoptic, tmp_path, command, text):
    create_project(tmp_path / "p")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "p").rglob("*")}
    code, errors = panoptic(*command)
    assert code == 2
    assert text in errors
    assert len(errors.strip().splitlines()) == 1
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "p").rglob("*")} == before


def test_an_address_that_is_none_is_refused_before_anything_is_written(panoptic, tmp_path):
    create_project(tmp_path / "p")
    for address in ("http://", "ftp:x", "example.org"):
        target = tmp_path / "out.jsonld"
        code, errors = panoptic("export", "annotations", target, "--address", address)
        assert code == 2
        assert f"“{address}” is no address of images" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
