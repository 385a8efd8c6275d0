"""SIGKILL at random moments in a dashboard that stores edits (in a run: ``tests/test_kill.py``)."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error

import pytest

from panoptic_data.annotations import log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import open_project
from tests import synthetic
from tests.annotating import create_property
from tests.dashboard import _address, eventually
from tests.faults.test_project_gone import edit

SEED = 21

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")


def serve(root):
    command = [sys.executable, "-m", "app.cli", "open", "--project", str(root), "--no-browser"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_killed_dashboard_loses_no_edit_that_it_acknowledged(tmp_path, kills):
    project = synthetic.project(tmp_path / "project")
    synthetic.write(project, "images", [synthetic.image(f"image {n}") for n in range(6)])
    files = [synthetic.file(f"a/{n}.jpg", f"image {n}") for n in range(6)]
    synthetic.write(project, "files", files)
    title = create_property(annotations_of(project), "Title", "text").id
    chance = random.Random(SEED)
    attempted, acknowledged = [], []

    def work(address, writer):
        for number in range(10_000):
            value = f"{len(attempted)} {writer} {number}"
            attempted.append(value)
            try:
                status, _ = edit(address, title, value, number)
            except (OSError, urllib.error.URLError, json.JSONDecodeError):
                return
            assert status == 200
            acknowledged.append(value)

    for _ in range(kills):
        with serve(project.root) as server:
            address = _address(server.stdout)
            assert eventually(lambda to=address: edit(to, title, next_value(attempted))[0] == 200)
            acknowledged.append(attempted[-1])
            writers = [threading.Thread(target=work, args=(address, name)) for name in "ab"]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.5, 3))
            server.send_signal(signal.SIGKILL)
            for writer in writers:
                writer.join()
    stored = log.read(open_project(project.root))[0].filter(kind="image")["new"].to_list()
    assert len(acknowledged) > 3 * kills
    assert set(acknowledged) <= set(stored) <= set(attempted)
    assert len(stored) == len(set(stored))
    # What the log holds is what a process sees that opens the project now.
    state = annotations_of(open_project(project.root)).state(fresh=True)
    assert set(state.property_values(title).frame()["value"].to_list()) <= set(stored)


def next_value(attempted):
    attempted.append(f"{len(attempted)} first")
    return attempted[-1]
