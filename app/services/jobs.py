"""Processing and merging as processes of their own: starting them, stopping them, what runs now.

Not here: the server of the dashboard (``serve``), when a merge is due (``merge_scheduler``), what
processing does (``python -m pipelines``).
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.errors import ProjectBusy
from panoptic_data.provenance import runs, stop_requests
from panoptic_data.provenance.command_line import merge_command, process_command

if TYPE_CHECKING:
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project

__all__ = [
    "current_run",
    "is_processing",
    "last_log_line",
    "log_file",
    "process_next",
    "report_versions",
    "start_merging",
    "start_process",
    "start_processing",
    "stop_processing",
]

POLL_SECONDS = 1.0
# After so many failed looks in a row a queued start is made: it says itself what is wrong.
LOOKS_AT_MOST = 10
# In the project.
LOG = Path("logs", "process.log")

# Projects that are processed again as soon as their run at work has ended.
_waiting: set[ProjectFolder] = set()
_waiting_lock = threading.Lock()
# The last processing that this process started, by project: it takes seconds to say that it runs.
_processing: dict[ProjectFolder, subprocess.Popen[bytes]] = {}


def start_processing(
    project: Project,
    *,
    sources: Sequence[str] = (),
    retry: bool = False,
    refit: bool = False,
    stages: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start ``python -m pipelines process`` as a process that outlives this one.

    Its output is appended to :func:`log_file`. It exits at once where another run is at work.
    Raises VersionReadOnly.
    """
    command = process_command(
        project.root, sources=sources, retry=retry, refit=refit, stages=stages
    )
    process = start_process(project, command)
    _processing[project.folder] = process
    return process


def is_processing(project: Project) -> bool:
    """Whether a run is at work, or a process that this one started is about to begin one."""
    started = _processing.get(project.folder)
    is_alive = started is not None and started.poll() is None
    return is_alive or current_run(project) is not None


def start_merging(project: Project) -> subprocess.Popen[bytes]:
    """Start ``python -m pipelines merge`` as a process of its own, as processing is."""
    return start_process(project, merge_command(project.root))


def report_versions(project: Project) -> subprocess.Popen[bytes] | None:
    """Tell Dagster of new corpus versions in a process of its own; None where that cannot start.

    A run at work, or the next one, tells it as well.
    """
    try:
        return start_process(project, merge_command(project.root, versions=True))
    except OSError:
        logging.getLogger(__name__).exception("Dagster is told of the version by the next run")
        return None


def process_next(project: Project) -> None:
    """Start processing now or, while a run is at work, as soon as it has ended.

    Waiting ends with this process: the next run then finds what is left, whoever starts it.
    """
    if current_run(project) is None:
        process = start_processing(project)
        _in_background(_queue_again_if_busy, project, process)
        return
    _queue(project)


def stop_processing(project: Project) -> bool:
    """Ask the run at work to stop; it ends cleanly and the next run continues from there.

    Returns whether there was one.
    """
    running = current_run(project)
    if running is None:
        return False
    stop_requests.request(project, running["run"])
    return True


def current_run(project: Project) -> dict[str, Any] | None:
    """Return the run at work on a project, as its row in ``runs``, or None."""
    return runs.current(project)


def log_file(project: Project) -> Path:
    """Return the file that processing writes its output to."""
    return project.root / LOG


def last_log_line(project: Project) -> str:
    """Return the last line of :func:`log_file`."""
    text = log_file(project).read_text("utf-8", errors="replace").strip()
    return text.rpartition("\n")[2]


def start_process(project: Project, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command as a process that outlives this one; output goes to :func:`log_file`.

    Raises VersionReadOnly.
    """
    project.require_now()
    with project.anchored() as root:
        log = root / LOG
        log.parent.mkdir(exist_ok=True)
        output = log.open("ab")
    with output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_detached(),
        )
    # Without a wait it would stay a zombie when it ends, and look like a run at work.
    _in_background(process.wait)
    return process


def _queue(project: Project) -> None:
    with _waiting_lock:
        if project.folder in _waiting:
            return
        _waiting.add(project.folder)
    try:
        _in_background(_process_after, project)
    except RuntimeError:
        _waiting.discard(project.folder)
        raise


def _process_after(project: Project) -> None:
    try:
        _wait_until_free(project)
    finally:
        # From here on a request is one for another run.
        with _waiting_lock:
            _waiting.discard(project.folder)
    _queue_again_if_busy(project, start_processing(project))


def _wait_until_free(project: Project) -> None:
    """Return when no run is at work, or when that cannot be found out many times in a row."""
    failures = 0
    while failures < LOOKS_AT_MOST:
        try:
            if current_run(project) is None:
                return
            failures = 0
        except Exception:
            failures += 1
            logging.getLogger(__name__).exception("cannot tell whether a run is at work")
        time.sleep(POLL_SECONDS)


def _queue_again_if_busy(project: Project, process: subprocess.Popen[bytes]) -> None:
    """Wait again where another run began between the look and the start."""
    if process.wait() == ProjectBusy.exit_code:
        time.sleep(POLL_SECONDS)
        _queue(project)


def _in_background(function: Callable[..., object], *arguments: Any) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()


def _detached() -> dict[str, Any]:
    """Return the arguments of Popen that let a child outlive its parent and its terminal."""
    if os.name == "posix":
        return {"start_new_session": True}
    flags = "CREATE_NEW_PROCESS_GROUP", "DETACHED_PROCESS"
    return {"creationflags": sum(getattr(subprocess, flag) for flag in flags)}
