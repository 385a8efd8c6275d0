"""``panoptic export`` as a person runs it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from panoptic_data.views import saved
from panoptic_data.views.model import Condition, View
from tests.panoptic_data.exchange.exports import annotated as examples
from tests.panoptic_data.exchange.exports.annotated import sha1_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    return examples.annotated(tmp_path_factory.mktemp("annotated"))


@pytest.fixture(autouse=True)
def _in_english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_a_process_of_its_own_writes_a_view_and_says_so(war, tmp_path):
    command = [sys.executable, "-m", "app.cli", "export", "csv", "a.csv", "--project", war.root]
    done = subprocess.run(
        [*command, "--view", "name:red"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"1 image exported to {tmp_path / 'a.csv'}\n"
    assert [row["name"] for row in _rows(tmp_path / "a.csv")] == ["red.jpg"]


def test_a_saved_view_and_a_list_of_images(war, tmp_path, capsys):
    where = (Condition("name", "contains", "red"),)
    saved.save(war, "To publish", View(where=where))
    assert _run(war, "jsonl", tmp_path / "a.jsonl", "--saved", "To publish", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["of"], answer["problems"]) == (1, "images", [])
    (tmp_path / "list.txt").write_text(f"{sha1_of('blue')}\n\n{sha1_of('red')}\n", "utf-8")
    assert _run(war, "images", tmp_path / "out", "--images", tmp_path / "list.txt", "--link") == 0
    assert sorted(p.name for p in (tmp_path / "out/images").iterdir()) == ["blue.jpg", "red.jpg"]


def test_images_that_are_not_there_are_listed(tmp_path, capsys):
    opened = examples.project(tmp_path)
    (tmp_path / "pictures/1930/blue.jpg").unlink()
    assert _run(opened, "images", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "1 image is not as requested:" in out
    assert "posters/1930/blue.jpg: the original is not there" in out
    assert str(tmp_path / "out/problems.csv") in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("csw", "a.csv"), "No format is called “csw”. Formats: csv."),
        (("csv", "a.csv", "--size", "10"), "The format csv does not take --size."),
        (("csv", "a.csv", "--columns", "colours"), "There is no column “colours”."),
        (("csv", "a.csv", "--saved", "none"), "No saved view is called “none”."),
        (("csv", "a.csv", "--images", "none.txt"), "Could not read the list of images none.txt."),
        (("images", "out", "--size", "10", "--link"), "Resized images cannot be links"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(
    war, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert _run(war, *arguments) == 2
    assert capsys.readouterr().err.startswith(f"panoptic: {message}")
    assert list(tmp_path.iterdir()) == []


def _rows(file):
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def _run(opened, *arguments):
    return main(["export", *map(str, arguments), "--project", str(opened.root)])
