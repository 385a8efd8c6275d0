"""Killed at any moment and started again, a run ends in the tables of an undisturbed one."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace

import polars as pl
import pytest

from panoptic_data.ingest import sources
from panoptic_data.provenance import runs
from panoptic_data.storage.project import create_project, save_settings
from panoptic_data.storage.schema import table_of
from tests.small_corpus import write_pictures

IMAGES = 150
SEED = 20
# What says when and by which run a row was made, and by which trial on this machine.
VARYING = {
    *("run", "first_seen", "changed_at", "added_at", "at", "checked_at"),
    *("rate", "batch", "dtype", "lance_version", "counts"),
    # A fit's id is made of its run.
    *("vector_run", "fit"),
}
LOGS = {"runs", "materializations"}


def make(root, folder):
    project = replace(create_project(root), encoders=("visual",))
    save_settings(project)
    sources.add(project, folder)
    return project


def start(project):
    command = [sys.executable, "-m", "pipelines", "process", "--project", str(project.root)]
    # A dozen starts: compiled modules are kept between them, wherever this suite runs.
    kept = {**os.environ, "PYTHONPYCACHEPREFIX": str(project.root.parent / "compiled")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=kept
    )


def finish(project):
    with start(project) as process:
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait()) == ("", 0)


def tables(project):
    database = project.database()
    frames = {
        name: database.frame(name).select(pl.exclude(VARYING)).sort(table_of(name).key)
        for name in sorted(database.names() - LOGS)
    }
    without_fit = pl.col("parameters").str.replace(r'"fit": "[0-9a-f]{16}"', "")
    return frames | {"stages": frames["stages"].with_columns(without_fit)}


def commits(project):
    """Count the commits to all tables but the log, cheaply and from outside."""
    folders = (table for table in project.lance.glob("*.lance") if table.stem not in LOGS)
    return sum(1 for table in folders for _ in (table / "_versions").glob("*.manifest"))


def kill_after(project, count, pause):
    """Start a run, kill it some commits and a pause later; return whether it was still at work."""
    target = commits(project) + count
    with start(project) as process:
        deadline = time.monotonic() + 120
        while commits(project) < target and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(pause)
        process.kill()
    return process.returncode != 0


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_tables_are_those_of_an_undisturbed_run(tmp_path, kills):
    folder = tmp_path / "pictures"
    write_pictures(folder, range(IMAGES))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    undisturbed = make(tmp_path / "undisturbed", folder)
    finish(undisturbed)
    whole = commits(undisturbed)

    killed = make(tmp_path / "killed", folder)
    chance = random.Random(SEED)
    for to_come in range(kills, 0, -1):
        # At most its share of what is left, so that there is something left to kill each time.
        left = whole - commits(killed)
        count = chance.randint(1, max(1, left // (to_come + 1)))
        assert kill_after(killed, count, chance.uniform(0, 0.2))
    finish(killed)

    expected, matches = tables(undisturbed), tables(killed)
    assert matches.keys() == expected.keys()
    for name, frame in expected.items():
        assert matches[name].equals(frame), name
    outcomes = runs.recent(killed)["outcome"].to_list()
    assert outcomes == ["done"] + ["interrupted"] * kills
