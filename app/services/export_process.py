"""``python -m app.services.export_process PROJECT ID``: an export that the dashboard started.

It writes how far it is into the export's folder and looks there for a request to stop. Not here:
starting it (``export_jobs``), what an export is (``panoptic_data.exchange.exports``).
"""

from __future__ import annotations

import logging
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from app.services import export_jobs
from app.services.export_jobs import ExportJob, Request
from panoptic_data.errors import PanopticError
from panoptic_data.exchange.exports import run as exports
from panoptic_data.exchange.exports.formats import FORMATS
from panoptic_data.exchange.exports.options import Options
from panoptic_data.exchange.exports.run import Exported
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project, open_project
from panoptic_data.versions import opened
from panoptic_data.views import model

__all__ = ["main"]

# Seconds between two writes of progress, and two looks for a request to stop.
EVERY = 0.5
_PROBLEMS_LISTED = 20
_CONTENT = "content"
# These are packed already.
_STORED = frozenset((".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".parquet", ".npy"))

_log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """A person stopped the export; its target is as it was."""


def main(root: str, id: str) -> int:
    """Carry out an export; return 0 where it is written, else what the command line would."""
    project = open_project(Path(root))
    folder = export_jobs.folder_of(project, id)
    try:
        with FileLock(folder / export_jobs.LOCK, timeout=1.0):
            return _work(project, folder, id)
    except Timeout:
        # Another process does it already.
        return 0


def _work(project: Project, folder: Path, id: str) -> int:
    request = export_jobs.read_request(folder)
    writer = _State(folder, ExportJob(id, request, started_at=_now()))
    writer.change(phase="writing")
    try:
        exported = _export(project, folder, request, writer.report)
        size = 0
        if request.target is None:
            writer.change(phase="packing", done=0, total=0)
            size = _pack(folder, writer.job.zip_name, writer.report)
        writer.change(phase="done", ended_at=_now(), size=size, **_result(exported, request))
        return 0
    except _StoppedError:
        writer.change(phase="stopped", ended_at=_now())
        return 0
    except PanopticError as error:
        writer.change(phase="failed", ended_at=_now(), error=error.message(request.language))
        return error.exit_code
    except Exception:  # noqa: BLE001 - said on the page, and in the log
        # The page points to the log, where this process writes.
        _log.exception("the export failed")
        text = translate("exporting.failed_unexpectedly", request.language)
        writer.change(phase="failed", ended_at=_now(), error=text)
        return 1


class _State:
    """Writes how far an export is, not more often than anyone looks."""

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder, self.job = folder, job
        self._written = 0.0

    def change(self, **parts: object) -> None:
        """Write what has changed."""
        self.job = replace(self.job, **parts)  # type: ignore[arg-type]
        export_jobs.write_state(self._folder, self.job)
        self._written = time.monotonic()

    def report(self, done: int, total: int) -> None:
        """Write progress, now and then. Raises _StoppedError where that was requested."""
        if time.monotonic() - self._written < EVERY:
            return
        self.change(done=done, total=total)
        if export_jobs.is_stop_requested(self._folder):
            raise _StoppedError


def _export(
    project: Project, folder: Path, request: Request, report: Callable[[int, int], None]
) -> Exported:
    at = opened.at(project, request.version) if request.version else project
    options = dict(request.options)
    if options.get("columns") is not None:
        options["columns"] = tuple(options["columns"])
    own = None
    if request.target is None:
        own = folder / _CONTENT
        own.mkdir(exist_ok=True)
        target = own / f"{request.name}{FORMATS[request.format].suffix}"
    else:
        target = Path(request.target)
    view = None if request.view is None else model.from_address(request.view)
    return exports.export(
        at,
        request.format,
        target,
        view,
        options=Options(**options),
        # What is there of a download was left by a kill while it was packed.
        overwrite=request.overwrite or own is not None,
        progress=report,
        own_folder=own,
    )


def _pack(folder: Path, name: str, report: Callable[[int, int], None]) -> int:
    """Put what was written into a zip, and return its size in bytes."""
    content = folder / _CONTENT
    files = sorted(path for path in content.rglob("*") if path.is_file())
    draft = folder / f".{name}.partial"
    with zipfile.ZipFile(draft, "w", allowZip64=True) as packed:
        for done, file in enumerate(files):
            report(done, len(files))
            is_packed = file.suffix.lower() in _STORED
            kind = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            packed.write(file, file.relative_to(content), kind)
    draft.replace(folder / name)
    shutil.rmtree(content)
    return (folder / name).stat().st_size


def _result(exported: Exported, request: Request) -> dict[str, object]:
    lines = [
        f"{problem.path or problem.sha1}: {problem.text(request.language)}"
        for problem in exported.problems[:_PROBLEMS_LISTED]
    ]
    return {
        "rows": exported.rows,
        "by_file": exported.by_file,
        "kept": exported.counts.get("kept", 0),
        "copies": exported.counts.get("copies", 0),
        "problem_count": len(exported.problems),
        "problems": tuple(lines),
        "is_unclear": exported.is_unclear,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
