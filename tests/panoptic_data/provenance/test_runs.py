"""Runs: one at a time, progress that others see, an end that is always told."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from panoptic_data.errors import FolderNotFound, ProjectBusy
from panoptic_data.provenance import runs, stop_requests
from panoptic_data.storage.locks import is_held
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import arrow
from tests.dashboard import eventually


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def last(project):
    return runs.recent(project, 1).to_dicts()[0]


def test_a_run_is_a_row_from_its_first_moment_to_its_end(project):
    with runs.start(project, "process", {"refit": True}) as run:
        row = last(project)
        assert (row["run"], row["what"], row["outcome"]) == (run.id, "process", "running")
        assert row["pid"] == os.getpid()
        assert row["finished_at"] is None
        assert json.loads(row["parameters"]) == {"refit": True}
        run.report("images/posters", 3, 10)
        run.record_counts("images/posters", {"new": 3})
        run.add_dagster_run("dagster-1")
    row = last(project)
    assert row["outcome"] == "done"
    assert row["error"] is None
    assert row["finished_at"] >= row["started_at"]
    assert json.loads(row["progress"]) == {"images/posters": {"done": 3, "total": 10}}
    assert json.loads(row["counts"]) == {"images/posters": {"new": 3}}
    assert row["dagster_runs"] == ["dagster-1"]
    assert row["code_version"] == runs.code_version()


def test_progress_is_written_while_the_run_works(project, monkeypatch):
    monkeypatch.setattr(runs, "PROGRESS_EVERY", 0.05)
    with runs.start(project, "process", {}) as run:
        run.report("images/posters", 4, 10)
        deadline = time.monotonic() + 10
        while last(project)["progress"] == "{}" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert json.loads(last(project)["progress"]) == {"images/posters": {"done": 4, "total": 10}}


def test_reporting_often_writes_seldom(project):
    with runs.start(project, "process", {}) as run:
        for done in range(50_000):
            run.report("images/posters", done, 50_000)
    # First row, last row, and whatever two-second beats fell between them.
    assert project.database().version("runs") < 10


def test_a_second_run_is_refused_and_the_first_goes_on(project):
    with runs.start(project, "process", {}):
        with pytest.raises(ProjectBusy), runs.start(project, "process", {}):
            pass
        assert len(runs.recent(project)) == 1
    with runs.start(project, "process", {}):
        pass
    assert runs.recent(project)["outcome"].to_list() == ["done", "done"]


def test_an_error_ends_a_run_as_failed_and_is_raised_again(project):
    with pytest.raises(FolderNotFound), runs.start(project, "process", {}):
        raise FolderNotFound(path="/pictures")
    row = last(project)
    assert row["outcome"] == "failed"
    assert row["error"] == FolderNotFound(path="/pictures").message("en")


def test_a_keyboard_interrupt_ends_a_run_as_interrupted(project):
    with pytest.raises(KeyboardInterrupt), runs.start(project, "process", {}):
        raise KeyboardInterrupt
    assert last(project)["outcome"] == "interrupted"


def test_a_failure_on_the_way_is_told_at_the_end(project):
    with runs.start(project, "process", {}) as run:
        run.fail("projection/visual: no")
        run.fail("clusters/visual: no either")
    row = last(project)
    assert row["outcome"] == "failed"
    assert row["error"] == "projection/visual: no\nclusters/visual: no either"


def test_a_killed_run_is_not_running_and_the_next_one_says_interrupted(project):
    code = (
        "import sys, time; from pathlib import Path;"
        "from panoptic_data.provenance import runs;"
        "from panoptic_data.storage.project import open_project\n"
        "with runs.start(open_project(Path(sys.argv[1])), 'process', {}):\n"
        "    print('up', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(project.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        working = runs.current(project)
        assert working is not None
        assert working["pid"] == process.pid
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert runs.current(project) is None
    # Whoever looks before the next run marks it is told the same.
    assert last(project)["outcome"] == "interrupted"
    with runs.start(project, "process", {}):
        pass
    assert runs.recent(project)["outcome"].to_list() == ["done", "interrupted"]


def test_a_run_of_another_machine_lives_as_long_as_it_gives_signs(project):
    with runs.start(project, "process", {}):
        pass
    row = last(project) | {"outcome": "running", "who": "ann@elsewhere", "pid": 1}
    for age, alive in ((timedelta(seconds=5), True), (runs.DEAD_AFTER * 2, False)):
        row |= {"updated_at": datetime.now(UTC) - age}
        frame = pl.DataFrame([row])
        project.database().upsert("runs", frame.to_arrow().cast(arrow("runs")))
        assert (runs.current(project) is not None) is alive


def test_a_dead_run_whose_pid_another_process_has_now_is_not_at_work(project):
    with runs.start(project, "process", {}):
        pass
    row = last(project) | {"outcome": "running", "pid": os.getpid()}
    frame = pl.DataFrame([row]).cast({"finished_at": pl.Datetime("us", "UTC")})
    project.database().upsert("runs", frame.to_arrow().cast(arrow("runs")))
    assert runs.current(project) is None
    with runs.start(project, "process", {}) as run:
        current = runs.current(project)
        assert current is not None
        assert current["run"] == run.id


def test_looks_at_the_lock_refuse_no_start(project):
    over = threading.Event()

    def look():
        while not over.is_set():
            is_held(project.root / runs.LOCK)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            with runs.start(project, runs.MERGE, {}):
                assert is_held(project.root / runs.LOCK)
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_progress_that_cannot_be_written_is_said_and_the_run_goes_on(project, monkeypatch, caplog):
    monkeypatch.setattr(runs, "PROGRESS_EVERY", 0.05)
    with runs.start(project, "process", {}) as run:
        tables = project.root / "lance" / "runs.lance"
        tables.rename(tables.with_suffix(".away"))
        run.report("images/posters", 1, 10)
        assert eventually(lambda: "progress of the run could not be written" in caplog.text)
        tables.with_suffix(".away").rename(tables)
        run.report("images/posters", 2, 10)
        assert eventually(lambda: '"done": 2' in last(project)["progress"])
        assert runs.current(project) is not None
    row = last(project)
    assert row["outcome"] == "done"
    assert row["error"].startswith("progress was not written")


@pytest.mark.parametrize("is_for_it", [True, False])
def test_only_the_run_that_was_asked_to_stop_stops(project, monkeypatch, is_for_it):
    monkeypatch.setattr(runs, "STOP_EVERY", 0.05)

    def work():
        with runs.start(project, "process", {}) as run:
            stop_requests.request(project, run.id if is_for_it else "20260101T000000-abcdef")
            # The one that is asked stops here; the other is given a while to do so by mistake.
            end = time.monotonic() + (60 if is_for_it else 1)
            while time.monotonic() < end:
                time.sleep(0.02)

    if is_for_it:
        with pytest.raises(KeyboardInterrupt):
            work()
    else:
        work()
    assert last(project)["outcome"] == ("interrupted" if is_for_it else "done")
    assert (project.root / stop_requests.FILE_NAME).exists() is not is_for_it


def test_listing_is_newest_first_and_limited(project):
    ids = []
    for _ in range(3):
        with runs.start(project, "process", {}) as run:
            ids.append(run.id)
    assert runs.recent(project, 2)["run"].to_list() == [ids[2], ids[1]]


def test_nothing_runs_in_a_new_project(project):
    assert runs.current(project) is None
    assert runs.recent(project).is_empty()


@pytest.mark.parametrize("layout", ["loose", "packed", "detached", "worktree"])
def test_the_commit_is_read_without_git(tmp_path, layout):
    commit = "0123456789abcdef0123456789abcdef01234567"
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    if layout == "packed":
        (git / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n")
    elif layout == "detached":
        (git / "HEAD").write_text(f"{commit}\n")
    else:
        (git / "refs" / "heads" / "main").write_text(f"{commit}\n")
    if layout == "worktree":
        private = git / "worktrees" / "w"
        private.mkdir(parents=True)
        (private / "HEAD").write_text("ref: refs/heads/main\n")
        (private / "commondir").write_text("../..\n")
        (tmp_path / "w").mkdir()
        git = tmp_path / "w" / ".git"
        git.write_text(f"gitdir: {private}\n")
    assert runs._commit(git) == commit


def test_no_checkout_no_commit(tmp_path):
    assert runs._commit(tmp_path / ".git") is None
