"""Asking a run to stop, through the project: a file that names the run, which the run looks for.

No signal is sent to another process: a pid may by now belong to one that has nothing to do with
it. Not here: how a run ends (``runs``).
"""

from __future__ import annotations

import _thread
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.storage.folder import write_in_one_step

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["FILE_NAME", "clear", "interrupt_main_thread", "is_requested", "request"]

FILE_NAME = "run.stop"


def request(project: Project, run: str) -> None:
    """Ask the run with this id to stop; no other run heeds it. Raises ProjectGone, OSError."""
    with project.anchored() as root:
        write_in_one_step(root / FILE_NAME, run)


def is_requested(project: Project, run: str) -> bool:
    """Whether the run with this id was asked to stop."""
    try:
        return _path(project).read_text("utf-8", errors="replace") == run
    except OSError:
        return False


def clear(project: Project, run: str) -> None:
    """Remove the request to stop this run, if there is one."""
    if is_requested(project, run):
        _path(project).unlink(missing_ok=True)


def interrupt_main_thread() -> None:
    """Interrupt this process as a person does who stops it.

    By SIGTERM where something handles that; by SIGINT where SIGTERM would end the process at once.
    """
    number = signal.SIGTERM if callable(signal.getsignal(signal.SIGTERM)) else signal.SIGINT
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        # Wakes it from a system call too.
        signal.pthread_kill(main, number)
        return
    _thread.interrupt_main(number)


def _path(project: Project) -> Path:
    return project.root / FILE_NAME
