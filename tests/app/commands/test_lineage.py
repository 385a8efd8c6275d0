"""``panoptic lineage``: what it prints, for people and for scripts."""

import json

import pytest

import panoptic_data
from app.cli import main
from tests import synthetic


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    project = synthetic.project(tmp_path_factory.mktemp("lineage") / "war")
    sources = [{"name": "posters", "uri": "/data/posters", "added_at": synthetic.AT}]
    synthetic.write(project, "sources", sources)
    synthetic.write(project, "images", [synthetic.image("red")])
    synthetic.write(project, "files", [synthetic.file("posters/a.jpg", "red")])
    theme = panoptic_data.create_property(project, "Theme", "tags")
    panoptic_data.tag_images(project, theme, [synthetic.sha1("red")], ["war"], author="anna")
    return project


def run(war, *arguments):
    return main(["lineage", "posters/a.jpg", "--project", str(war.root), *arguments])


def test_it_prints_a_sentence_for_each_value_and_the_chain_of_what_is_asked_for(
    war, capsys, monkeypatch
):
    assert run(war) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("Theme: war, noted by anna on ") for line in lines)
    assert not any(line.startswith(" ") for line in lines)
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert run(war, "--of", "tag war") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Theme\u202f: war, noté par anna le ")
    assert "\n  Auteur: anna\n" in printed


def test_the_json_is_that_of_python(war, capsys):
    assert run(war, "--of", "tags", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"values": panoptic_data.lineage(war, "posters/a.jpg", "tags")}


def test_a_value_that_is_not_there_is_one_sentence_and_exit_code_2(war, capsys):
    assert run(war, "--of", "clusters") == 2
    assert "tag war" in capsys.readouterr().err
    assert run(war, "--of", "duplicates") == 2
    assert "is in no group of duplicates. It has: " in capsys.readouterr().err
    assert main(["lineage", "posters/b.jpg", "--project", str(war.root), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "unknown_image"


def test_a_kind_that_there_is_not_is_answered_with_those_that_there_are(war, capsys):
    assert run(war, "--of", "bogus") == 2
    errors = capsys.readouterr().err
    assert "tag war" in errors
    assert "cluster" not in errors


def test_a_bare_name_of_a_file_is_answered_with_paths(war, capsys):
    for name in ("a.jpg", "posters/A.JPG", "aa.jpg"):
        assert main(["lineage", name, "--project", str(war.root)]) == 2
        assert "Did you mean: posters/a.jpg?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["theme: WAR", "Thème:war"])
def test_names_are_spelled_as_in_a_query(war, capsys, name):
    year = panoptic_data.create_property(war, f"Année {name}", "date")
    panoptic_data.annotate(war, year, {synthetic.sha1("red"): "1916"})
    assert run(war, "--of", f"property annee {name}".lower()) == 0
    assert "1916" in capsys.readouterr().out
    assert run(war, "--of", f"tag {name}") == 0
    assert main(["lineage", "--tag", name, "--project", str(war.root)]) == 0
    assert capsys.readouterr().out.count("Theme: war") >= 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--cluster", "3", "--tag", "war"], "--cluster and --tag do not go together"),
        (["--tag", "war", "--of", "tag"], "--of and --tag do not go together"),
        (["--cluster", "abc"], "no cluster “abc”"),
        (["--cluster", "other:3"], "no cluster “other:3”"),
        (["--tag", "peace"], "no tag “peace”. Tags: Theme: war"),
        ([], "Name an image, or --cluster, or --tag"),
    ],
)
def test_groups_that_there_are_not_are_answered_with_those_that_there_are(
    war, capsys, arguments, text
):
    assert main(["lineage", *arguments, "--project", str(war.root)]) == 2
    assert text in capsys.readouterr().err
