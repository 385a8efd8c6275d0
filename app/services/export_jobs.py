"""Exports as processes of their own: what was requested, how far each is, how it ended.

Each has a folder in the project, ``exports/ID``: what was requested (``request.json``), how far it
is (``state.json``), the lock that its process holds, and what is to be downloaded. Not here: the
process (``export_process``), what an export is (``panoptic_data.exchange.exports``).
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.services import jobs
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.storage.locks import is_held

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "AT_WORK",
    "ExportJob",
    "Request",
    "begin",
    "folder_of",
    "get",
    "is_stop_requested",
    "jobs_of",
    "read_request",
    "remove",
    "resume",
    "stop",
    "write_state",
]

FOLDER = "exports"
LOCK = "lock"
AT_WORK = ("starting", "writing", "packing")
_REQUEST, _STATE, _STOP = "request.json", "state.json", "stop"
_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{6}")
# A process that has not taken its lock by then never will.
_START_SECONDS = 120.0
# So many are listed; the oldest of more are forgotten, with what was to be downloaded of them.
KEPT = 20


@dataclass(frozen=True)
class Request:
    """What was requested: all images, or those of the ``view`` (its address), as a format.

    ``target`` is a path of this machine; None: a zip called ``name`` to be downloaded.
    ``version`` is that of the corpus, "" for now; ``options`` are those of ``panoptic export``.
    """

    format: str
    name: str
    target: str | None = None
    view: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    overwrite: bool = False
    version: str = ""
    language: str = "en"


@dataclass(frozen=True)
class ExportJob:
    """How far an export is: ``phase`` is one of ``AT_WORK``, "done", "failed", "stopped".

    "interrupted": its process is gone. ``rows`` are images, files where ``by_file``; ``size`` is
    the zip's in bytes; ``problems`` are lines of what is not as requested, ``problem_count`` all.
    ``is_unclear``: nothing was clearly like the words that its view searches for.
    """

    id: str
    request: Request
    phase: str = "starting"
    done: int = 0
    total: int = 0
    rows: int = 0
    by_file: bool = False
    kept: int = 0
    copies: int = 0
    size: int = 0
    problem_count: int = 0
    problems: tuple[str, ...] = ()
    is_unclear: bool = False
    error: str | None = None
    started_at: str = ""
    ended_at: str | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether its process writes."""
        return self.phase in AT_WORK

    @property
    def zip_name(self) -> str:
        """The name of the file to download."""
        return f"{self.request.name}.zip"


def begin(project: Project, request: Request) -> ExportJob:
    """Start an export as a process that outlives this one."""
    _forget_oldest(project)
    id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    with project.anchored() as root:
        folder = root / FOLDER / id
        folder.mkdir(parents=True)
        text = json.dumps(asdict(request), ensure_ascii=False)
        write_in_one_step(folder / _REQUEST, text)
    return resume(project, ExportJob(id, request))


def resume(project: Project, job: ExportJob) -> ExportJob:
    """Start the process of an export, a new one or one that was interrupted."""
    folder = folder_of(project, job.id)
    (folder / _STOP).unlink(missing_ok=True)
    started = ExportJob(job.id, job.request, started_at=datetime.now(UTC).isoformat())
    write_state(folder, started)
    command = [sys.executable, "-P", "-m", "app.services.export_process"]
    jobs.start_process(project, [*command, str(project.root), job.id])
    return started


def jobs_of(project: Project) -> list[ExportJob]:
    """Return the exports of a project, the newest first."""
    top = project.root / FOLDER
    ids = sorted((path.name for path in top.iterdir()), reverse=True) if top.is_dir() else []
    listed = (get(project, id) for id in ids)
    return [job for job in listed if job is not None]


def get(project: Project, id: str) -> ExportJob | None:
    """Return an export as it is now; None where there is none of this id."""
    if _ID.fullmatch(id) is None:
        return None
    folder = folder_of(project, id)
    try:
        request = read_request(folder)
        state = json.loads((folder / _STATE).read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        # A kill came before it was written down, or a later release wrote it.
        return None
    known = {name: value for name, value in state.items() if name in _STATE_NAMES}
    job = ExportJob(id, request, **{**known, "problems": tuple(known.get("problems", ()))})
    return replace(job, phase="interrupted") if _is_gone(folder, job) else job


def stop(project: Project, id: str) -> None:
    """Ask an export to stop; its target is left as it was."""
    folder = folder_of(project, id)
    if folder.is_dir():
        write_in_one_step(folder / _STOP, "")


def remove(project: Project, id: str) -> None:
    """Forget an export that is not at work, with the zip that was to be downloaded."""
    job = get(project, id)
    if job is not None and not job.is_at_work:
        shutil.rmtree(folder_of(project, id), ignore_errors=True)


def folder_of(project: Project, id: str) -> Path:
    """Return the folder of an export."""
    return project.root / FOLDER / id


def read_request(folder: Path) -> Request:
    """Return what was requested. Raises OSError, ValueError, TypeError."""
    return Request(**json.loads((folder / _REQUEST).read_text("utf-8")))


def write_state(folder: Path, job: ExportJob) -> None:
    """Write how far an export is, in one step."""
    state = {name: value for name, value in asdict(job).items() if name in _STATE_NAMES}
    write_in_one_step(folder / _STATE, json.dumps(state, ensure_ascii=False))


def is_stop_requested(folder: Path) -> bool:
    """Whether an export was asked to stop."""
    return (folder / _STOP).exists()


_STATE_NAMES = frozenset(ExportJob.__dataclass_fields__) - {"id", "request"}


def _is_gone(folder: Path, job: ExportJob) -> bool:
    """Whether an export should be at work and no process is: it was killed."""
    if not job.is_at_work or is_held(folder / LOCK):
        return False
    if job.phase != "starting":
        # It may have ended between the two looks.
        return _phase(folder) in AT_WORK
    started = datetime.fromisoformat(job.started_at).timestamp()
    return time.time() - started > _START_SECONDS


def _phase(folder: Path) -> str:
    try:
        return str(json.loads((folder / _STATE).read_text("utf-8")).get("phase"))
    except (OSError, ValueError):
        return "failed"


def _forget_oldest(project: Project) -> None:
    ended = [job for job in jobs_of(project) if not job.is_at_work]
    for job in ended[KEPT - 1 :]:
        remove(project, job.id)
