"""Killed at any moment and started again, a run ends in the tables of an undisturbed one."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace

import polars as pl
import pytest

from panoptic_data import project as projects
from panoptic_data import runs, sources
from panoptic_data.schema import table_of
from tests.small_corpus import write_pictures

IMAGES = 150
KILLS = 10
SEED = 20
# What says when and by which run a row was made, and by which trial on this machine.
VARYING = {
    *("run", "first_seen", "changed_at", "added_at", "at", "checked_at"),
    *("rate", "batch", "dtype", "lance_version", "counts"),
}
LOGS = {"runs"}


def make(root, folder):
    project = replace(projects.create(root), encoders=("visual",))
    projects.save(project)
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
    return {
        name: database.frame(name).select(pl.exclude(VARYING)).sort(table_of(name).key)
        for name in sorted(database.names() - LOGS)
    }


def kill_after(project, seconds):
    """Start a run, let it work for a while, kill it; return whether it was killed in its work."""
    with start(project) as process:
        deadline = time.monotonic() + 60
        while runs.running(project) is None and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(seconds)
        process.kill()
    return process.returncode != 0


@pytest.mark.slow
def test_killed_at_ten_random_moments_the_tables_are_those_of_an_undisturbed_run(tmp_path):
    folder = tmp_path / "pictures"
    write_pictures(folder, range(IMAGES))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    undisturbed = make(tmp_path / "undisturbed", folder)
    finish(undisturbed)
    (row,) = runs.listing(undisturbed).to_dicts()
    length = (row["finished_at"] - row["started_at"]).total_seconds()

    killed = make(tmp_path / "killed", folder)
    chance = random.Random(SEED)
    # Squared: reading and embedding come first, and write the most.
    died = [kill_after(killed, length * chance.random() ** 2) for _ in range(KILLS)]
    assert sum(died) >= KILLS // 2
    finish(killed)

    expected, found = tables(undisturbed), tables(killed)
    assert found.keys() == expected.keys()
    for name, frame in expected.items():
        assert found[name].equals(frame), name
    outcomes = runs.listing(killed)["outcome"]
    assert outcomes.to_list()[0] == "done"
    assert set(outcomes.to_list()[1:]) <= {"done", "interrupted"}
