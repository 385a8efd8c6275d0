"""Starting processing as a process of its own, and stopping it."""

import subprocess
import sys
import time

import pytest

from app.services import jobs
from panoptic_data.ingest import sources
from panoptic_data.provenance import runs
from tests import synthetic
from tests.small_corpus import write_pictures


@pytest.fixture
def project(tmp_path):
    return synthetic.project(tmp_path / "p")


def until(is_so, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def test_processing_outlives_who_started_it_and_says_what_it_did_in_its_log(project, tmp_path):
    write_pictures(tmp_path / "pictures", range(8))
    sources.add(project, tmp_path / "pictures")
    script = (
        "from pathlib import Path\n"
        "from app.services import jobs\n"
        "from panoptic_data.storage.project import open_project\n"
        f"jobs.start_processing(open_project(Path({str(project.root)!r})))\n"
    )
    starter = subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert starter.returncode == 0
    until(lambda: not runs.recent(project).is_empty())
    until(lambda: jobs.current_run(project) is None)
    assert runs.recent(project)["outcome"].to_list() == ["done"]
    until(lambda: "8 images" in jobs.log_file(project).read_text())


@pytest.mark.slow
def test_a_folder_added_during_a_run_is_processed_after_it(project, tmp_path):
    write_pictures(tmp_path / "first", range(4))
    sources.add(project, tmp_path / "first")
    jobs.process_next(project)
    until(lambda: jobs.current_run(project) is not None)
    write_pictures(tmp_path / "second", range(4, 8))
    sources.add(project, tmp_path / "second")
    jobs.process_next(project)
    jobs.process_next(project)
    database = project.database()
    until(lambda: database.count("images") == 8)
    until(lambda: jobs.current_run(project) is None)
    assert runs.recent(project)["outcome"].to_list() == ["done", "done"]


def test_there_is_nothing_to_stop_when_nothing_runs(project):
    assert jobs.stop_processing(project) is False
