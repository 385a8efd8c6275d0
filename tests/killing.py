"""Starting runs in processes of their own, killing them, and comparing what is stored."""

import subprocess
import sys
import time
from dataclasses import replace

import polars as pl

from panoptic_data.ingest import sources
from panoptic_data.storage.project import create_project, save_settings
from panoptic_data.storage.schema import table_of

__all__ = ["commits", "create", "finish", "kill_after", "tables"]

# What says when and by which run a row was made, and by which trial on this machine.
VARYING = {
    *("run", "first_seen", "changed_at", "added_at", "at", "checked_at"),
    *("rate", "batch", "dtype", "lance_version", "counts"),
    # A fit's id is made of its run.
    *("vector_run", "fit"),
}
LOGS = {"runs", "materializations"}


def create(root, folder):
    """Create a project with one source and the encoder that needs no weights."""
    project = replace(create_project(root), encoders=("visual",))
    save_settings(project)
    sources.add(project, folder)
    return project


def _start(project):
    command = [sys.executable, "-m", "pipelines", "process", "--project", str(project.root)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(project):
    """Run to the end."""
    with _start(project) as process:
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait()) == ("", 0)


def tables(project):
    """Return all tables that a run makes, without what differs between two runs of one plan."""
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
    with _start(project) as process:
        deadline = time.monotonic() + 120
        while commits(project) < target and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(pause)
        process.kill()
    return process.returncode != 0
