"""Finding shared parts for a page: what it will cost, beginning it, why it did not begin.

Not here: finding them (``panoptic_data.parts``), what a page says of it (``app.api.shared_parts``).
"""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.services import jobs
from app.services.background_work import BackgroundWork
from panoptic_data.catalogue import registry
from panoptic_data.parts import shared
from panoptic_data.provenance.command_line import process_command

if TYPE_CHECKING:
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project

__all__ = ["PartsCost", "cost", "is_starting", "problem", "start"]

# It takes seconds; where it takes this long, the page says that it does not know.
ESTIMATE_SECONDS = 120.0


@dataclass(frozen=True)
class PartsCost:
    """What finding shared parts will take: ``images``, ``seconds`` and ``bytes`` of disk.

    None is what is not known.
    """

    images: int | None
    seconds: float | None
    bytes: int | None


NOT_KNOWN = PartsCost(None, None, None)

_lock = threading.Lock()
# What it costs is found out once for each state of the images.
_estimates: dict[ProjectFolder, tuple[str, BackgroundWork[PartsCost]]] = {}
_started: dict[ProjectFolder, subprocess.Popen[bytes]] = {}


def start(project: Project) -> None:
    """Begin to find them, in a process that outlives this one.

    Raises VersionReadOnly.
    """
    _started[project.folder] = jobs.start_processing(project, stages=(shared.STAGE,))


def is_starting(project: Project) -> bool:
    """Whether the process that :func:`start` began is there."""
    process = _started.get(project.folder)
    return process is not None and process.poll() is None


def problem(project: Project) -> str:
    """Return why the process that :func:`start` began last has failed; "" where it has not."""
    process = _started.get(project.folder)
    return jobs.last_log_line(project) if process is not None and process.poll() else ""


def cost(project: Project) -> PartsCost | None:
    """Return what it will cost; None while that is being found out, which this begins."""
    versions = registry.get(project).versions
    key = " ".join(str(versions.get(name, 0)) for name in ("files", "images"))
    with _lock:
        known = _estimates.get(project.folder)
        if known is None or known[0] != key:
            known = key, BackgroundWork(lambda: _estimated(project))
            _estimates[project.folder] = known
    work = known[1]
    return None if work.is_running else work.result()


def _estimated(project: Project) -> PartsCost:
    """Ask the pipeline, which this room does not know."""
    command = process_command(project.root, stages=(shared.STAGE,), dry_run=True, json=True)
    try:
        answer = subprocess.run(
            command,
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=ESTIMATE_SECONDS,
        )
        plan = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return NOT_KNOWN
    for stage in plan["stages"]:
        if stage["stage"] == shared.STAGE:
            return PartsCost(stage["images"], stage["seconds"], stage.get("bytes"))
    return NOT_KNOWN
