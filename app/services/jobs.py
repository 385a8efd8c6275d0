"""Processing and merging as processes of their own: starting them, stopping them, what runs now.

Not here: the server of the dashboard (``serve``), when a merge is due (``merge_scheduler``), what
processing does (``python -m pipelines``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.provenance import runs
from panoptic_data.provenance.command_line import merge_command, process_command

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "current_run",
    "last_log_line",
    "log_file",
    "process_next",
    "start_merging",
    "start_processing",
    "stop_processing",
]

POLL_SECONDS = 1.0
# In the project.
LOG = Path("logs", "process.log")

# Roots of the projects that are processed again as soon as their run at work has ended.
_waiting: set[Path] = set()
_waiting_lock = threading.Lock()


def start_processing(
    project: Project,
    *,
    sources: Sequence[str] = (),
    retry: bool = False,
    refit: bool = False,
) -> subprocess.Popen[bytes]:
    """Start ``python -m pipelines process`` as a process that outlives this one.

    Its output is appended to :func:`log_file`. It exits at once where another run is at work.
    """
    command = process_command(project.root, sources=sources, retry=retry, refit=refit)
    return _start(project, command)


def start_merging(project: Project) -> subprocess.Popen[bytes]:
    """Start ``python -m pipelines merge`` as a process of its own, as processing is."""
    return _start(project, merge_command(project.root))


def process_next(project: Project) -> None:
    """Start processing now or, while a run is at work, as soon as it has ended.

    Waiting ends with this process: the next run then finds what is left, whoever starts it.
    """
    if current_run(project) is None:
        start_processing(project)
        return
    with _waiting_lock:
        if project.root in _waiting:
            return
        _waiting.add(project.root)
    threading.Thread(target=_process_after, args=(project,), daemon=True).start()


def stop_processing(project: Project) -> bool:
    """Ask the run at work to stop; it ends cleanly and the next run continues from there.

    Returns whether there was one on this machine.
    """
    running = current_run(project)
    if running is None:
        return False
    try:
        # SIGINT may be ignored by a child of a background shell; SIGTERM ends a run as cleanly.
        os.kill(running["pid"], signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return False
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


def _start(project: Project, command: Sequence[str]) -> subprocess.Popen[bytes]:
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
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def _process_after(project: Project) -> None:
    while current_run(project) is not None:
        time.sleep(POLL_SECONDS)
    with _waiting_lock:
        _waiting.discard(project.root)
    start_processing(project)


def _detached() -> dict[str, Any]:
    """Return the arguments of Popen that let a child outlive its parent and its terminal."""
    if os.name == "posix":
        return {"start_new_session": True}
    flags = "CREATE_NEW_PROCESS_GROUP", "DETACHED_PROCESS"
    return {"creationflags": sum(getattr(subprocess, flag) for flag in flags)}
