"""The README's promises, kept by the installed command on real files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images import shared

PANOPTIC = Path(sys.executable).with_name("panoptic")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "HF_HUB_OFFLINE": "1"}


def panoptic(*arguments, expect=0):
    done = subprocess.run(
        [PANOPTIC, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == expect, done.stderr
    return done


def test_the_demo_processes_offline_and_says_that_words_wait_for_clip(demo_of_all, demo_project):
    project, text = demo_project, (demo_of_all / "said.txt").read_text()
    state = json.loads(panoptic("status", "--project", project, "--json").stdout)
    assert state["last_run"]["outcome"] == "done"
    assert state["images"] >= 250
    assert state["files"]["ok"] + state["files"]["unreadable"] >= 300
    assert state["files"]["unreadable"] >= 3
    encoders = {row["encoder"]: row for row in state["encoders"]}
    assert encoders["visual"]["vectors"] == state["images"]
    assert encoders["clip"]["status"] == "waiting"
    assert "images" in text


def test_searching_by_a_picture_finds_it_and_by_words_says_what_is_missing(
    demo_of_all, demo_project
):
    project = demo_project
    folder = demo_of_all / "demo-images"
    picture = next(path for path in sorted(folder.rglob("*.jpg")) if path.stat().st_size > 9_000)
    matches = json.loads(
        panoptic("search", picture, "-k", "3", "--json", "--project", project).stdout
    )
    assert len(matches["results"]) == 3
    assert matches["results"][0]["similarity"] == pytest.approx(1, abs=0.01)
    words = panoptic("search", "a cat", "--project", project, expect=4)
    assert "The weights of clip are not available" in words.stderr


def test_a_second_run_finds_everything_unchanged(demo_of_all, tmp_path):
    project = shutil.copytree(demo_of_all / "demo", tmp_path / "demo")
    summary = json.loads(panoptic("process", "--project", project, "--json").stdout)
    assert summary["new"] == 0
    assert {stage["status"] for stage in summary["stages"].values()} == {"unchanged"}


@pytest.fixture
def photographs(tmp_path):
    return shutil.copytree(shared("clothing-1k"), tmp_path / "clothing")


@pytest.mark.slow
def test_a_thousand_photographs_are_all_there_and_only_what_changes_changes(photographs, tmp_path):
    project = tmp_path / "project"
    panoptic("up", "--no-serve", "--encoder", "visual", "--project", project, photographs)
    state = json.loads(panoptic("status", "--project", project, "--json").stdout)
    assert state["files"] == {"ok": 1000, "unreadable": 0, "missing": 0}

    files = sorted(photographs.rglob("*.jpg"))
    for path in files[:100]:
        shutil.move(path, path.with_name(f"renamed-{path.name}"))
    for path in files[100:200]:
        path.unlink()
    for path, other in zip(files[200:300], files[300:400], strict=True):
        path.write_bytes(other.read_bytes() + b"\n")
    for path in files[400:500]:
        path.with_name(f"new-{path.name}").write_bytes(path.read_bytes() + b"\n\n")

    summary = json.loads(panoptic("process", "--project", project, "--json").stdout)
    stage = summary["stages"]["files/clothing"]
    counted = (stage["new"], stage["changed"], stage["removed"], stage["failed"])
    assert counted == (200, 100, 200, 0)
    after = json.loads(panoptic("status", "--project", project, "--json").stdout)
    assert after["files"] == {"ok": 1000, "unreadable": 0, "missing": 200}
    assert summary["embedded"] == 200
