"""Starting processing as a process of its own, and stopping it."""

import platform
import subprocess
import sys
import time
from datetime import UTC, datetime

import polars as pl
import pytest

from app.services import jobs
from panoptic_data.errors import ProjectBusy
from panoptic_data.ingest import sources
from panoptic_data.provenance import runs
from panoptic_data.storage.schema import arrow
from panoptic_data.versions import create
from pipelines.instance import open_instance
from pipelines.observations import VERSIONS_KEY
from tests import synthetic
from tests.small_corpus import write_pictures

# Other tests start no process for it.
REPORT_VERSIONS = jobs.report_versions


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


def test_a_version_that_is_made_is_told_to_dagster(project):
    version = create.create(project, "submitted")
    assert REPORT_VERSIONS(project).wait(120) == 0
    with open_instance(project) as instance:
        created = instance.get_latest_materialization_event(VERSIONS_KEY).asset_materialization
    assert created.metadata["id"].value == version.id


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


@pytest.fixture
def bystander():
    """A process of ours that has nothing to do with any run."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]) as process:
        yield process
        process.kill()


def test_stop_spares_a_process_that_has_the_pid_of_a_dead_run(project, bystander):
    row = {"run": "r", "what": "process", "started_at": synthetic.AT, "outcome": "running"}
    here = {"who": f"someone@{platform.node()}", "updated_at": datetime.now(UTC)}
    synthetic.write(project, "runs", [{**row, **here, "pid": bystander.pid}])
    assert jobs.current_run(project) is None
    assert jobs.stop_processing(project) is False
    time.sleep(0.5)
    assert bystander.poll() is None


def test_stop_ends_the_run_at_work_whatever_pid_its_row_names(project, bystander, tmp_path):
    write_pictures(tmp_path / "pictures", range(120))
    sources.add(project, tmp_path / "pictures")
    process = jobs.start_processing(project)
    until(lambda: jobs.current_run(project) is not None)
    running = jobs.current_run(project)
    assert running is not None
    frame = pl.DataFrame([running | {"pid": bystander.pid}])
    project.database().upsert("runs", frame.to_arrow().cast(arrow("runs")))
    assert jobs.stop_processing(project) is True
    assert process.wait(120) == 130
    assert runs.recent(project)["outcome"].to_list() == ["interrupted"]
    assert bystander.poll() is None
    # What was asked of that run is not asked of the next one.
    assert jobs.start_processing(project).wait(300) == 0
    assert runs.recent(project)["outcome"].to_list() == ["done", "interrupted"]


def test_a_start_in_the_queue_is_made_though_a_look_at_the_run_fails(project, monkeypatch):
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.05)
    started, real = [], runs.current
    monkeypatch.setattr(jobs, "start_processing", lambda _: started.append(1) or ended(0))
    with runs.start(project, "process", {}):
        jobs.process_next(project)
        monkeypatch.setattr(runs, "current", broken)
        time.sleep(0.2)
        monkeypatch.setattr(runs, "current", real)
        assert started == []
    until(lambda: started == [1])
    # The project does not count as waiting for ever: the next start is made as well.
    jobs.process_next(project)
    until(lambda: started == [1, 1])


def test_a_start_that_found_another_run_at_work_is_made_after_it(project, monkeypatch):
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.05)
    answers = [ProjectBusy.exit_code, ProjectBusy.exit_code, 0]
    monkeypatch.setattr(jobs, "start_processing", lambda _: ended(answers.pop(0)))
    jobs.process_next(project)
    until(lambda: answers == [])


def broken(project):
    raise OSError("lance: transient")


def ended(code):
    return subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])


def test_there_is_nothing_to_stop_when_nothing_runs(project):
    assert jobs.stop_processing(project) is False
