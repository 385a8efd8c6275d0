"""Runs of the pipeline on a project: who, when, with which code, how far, how it ended.

One run at a time works on a project: it holds a lock file, which the system releases when the
process dies: whether a run is at work is asked of the lock, never of a pid. Progress is a row of
`runs`, so that any process can show it. Not here: what a run does (``pipelines``), what each stage
last made (``stages``), asking a run to stop (``stop_requests``).
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import platform
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as release_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from panoptic_data.errors import PanopticError, ProjectBusy
from panoptic_data.provenance import stop_requests
from panoptic_data.storage.locks import is_held
from panoptic_data.storage.project import Project

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LOCK", "MERGE", "Run", "alone", "code_version", "current", "recent", "start"]

LOCK = "run.lock"
# The ``what`` of runs that only merge annotations: one a minute while people annotate.
MERGE = "merge"
# Seconds between two writes of progress: readers look as often, more commits only grow the table.
PROGRESS_EVERY = 2.0
# Seconds between two writes while nothing is reported, and after which a silent run is dead.
ALIVE_EVERY = 20.0
DEAD_AFTER = timedelta(seconds=90)
# Seconds between two looks for a request to stop.
STOP_EVERY = 0.5
# A look at the lock (``is_held``) takes it for a moment: a start tries again for so many seconds,
# and as often as this.
LOCK_RETRY = 0.5
LOCK_RETRY_EVERY = 0.01
# Each commit lists every fragment: the table is compacted after this many one-row commits.
COMPACT_AFTER = 150


@contextmanager
def start(
    project: Project, what: str, parameters: Mapping[str, object], wait: float = 0.0
) -> Iterator[Run]:
    """Work on a project alone: hold its lock, keep a row of `runs` current, record the end.

    ``wait`` is how many seconds to wait for another run to end. Raises ProjectBusy when it
    does not. An exception is recorded (KeyboardInterrupt as interrupted) and raised again.
    """
    with alone(project, wait):
        _close_dead_runs(project)
        run = Run(project, what, parameters)
        run.open()
        try:
            yield run
        except KeyboardInterrupt:
            run.outcome = "interrupted"
            raise
        except BaseException as error:
            run.fail(_error_text(error))
            raise
        finally:
            run.close()


@contextmanager
def alone(project: Project, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of a run, without a row in `runs`; arguments and errors as of :func:`start`."""
    project.require_now()
    try:
        with project.anchored() as root:
            lock = FileLock(root / LOCK).acquire(
                timeout=max(wait, LOCK_RETRY), poll_interval=LOCK_RETRY_EVERY
            )
    except Timeout:
        raise ProjectBusy(path=project.root) from None
    with lock:
        yield


class Run:
    """One run. Safe to report to from several threads."""

    def __init__(self, project: Project, what: str, parameters: Mapping[str, object]) -> None:
        now = datetime.now(UTC)
        self.id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.project = project
        self.what = what
        self.parameters = dict(parameters)
        self.started_at = now
        self.outcome = "done"
        self.code_version = code_version()
        self._errors: list[str] = []
        self._progress: dict[str, tuple[int, int]] = {}
        self._counts: dict[str, Mapping[str, object]] = {}
        self._dagster_runs: list[str] = []
        self._state_lock = threading.Lock()
        self._is_unwritten = False
        # How often progress could not be written, and why the last time.
        self._missed = 0
        self._missed_because = ""
        self._commits = 0
        self._closed = threading.Event()
        self._threads = (
            threading.Thread(target=self._heartbeat, name="run-progress", daemon=True),
            threading.Thread(target=self._heed_stop, name="run-stop", daemon=True),
        )

    def open(self) -> None:
        """Write the run's first row and keep it current from now on."""
        self._write("running", None)
        for thread in self._threads:
            thread.start()

    def report(self, stage: str, done: int, total: int) -> None:
        """Record how far a stage is: a ``stages.ReportProgress``, cheap to call often."""
        with self._state_lock:
            self._progress[stage] = (done, total)
            self._is_unwritten = True

    def record_counts(self, stage: str, counts: Mapping[str, object]) -> None:
        """Record what a stage did; ``counts`` holds JSON values."""
        with self._state_lock:
            self._counts[stage] = counts
            self._is_unwritten = True

    def add_dagster_run(self, dagster_run: str) -> None:
        """Record the identifier of a Dagster run that belongs to this run."""
        with self._state_lock:
            self._dagster_runs.append(dagster_run)
            self._is_unwritten = True

    def fail(self, error: str) -> None:
        """Record an error; the run may go on with what does not depend on it."""
        with self._state_lock:
            self.outcome = "failed"
            self._errors.append(error)

    @property
    def seconds(self) -> float:
        """How many seconds it has run."""
        return (datetime.now(UTC) - self.started_at).total_seconds()

    @property
    def progress(self) -> dict[str, tuple[int, int]]:
        """How far each stage is: (done, total)."""
        with self._state_lock:
            return dict(self._progress)

    @property
    def errors(self) -> tuple[str, ...]:
        """Everything that went wrong so far."""
        with self._state_lock:
            return tuple(self._errors)

    def close(self) -> None:
        """Write how the run ended."""
        self._closed.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        stop_requests.clear(self.project, self.id)
        self._write(self.outcome, datetime.now(UTC))
        if self._commits > 2:
            self.project.database().compact("runs")

    def _heartbeat(self) -> None:
        silent = 0.0
        while not self._closed.wait(PROGRESS_EVERY):
            silent += PROGRESS_EVERY
            if not self._is_unwritten and silent < ALIVE_EVERY:
                continue
            silent = 0.0
            try:
                self._write("running", None)
                if self._commits % COMPACT_AFTER == 0:
                    self.project.database().compact("runs")
            except Exception as error:  # noqa: BLE001 - said in the log and in the run's row
                self._miss(error)

    def _miss(self, error: Exception) -> None:
        """Note that progress could not be written: the run goes on, the next write says so."""
        with self._state_lock:
            self._is_unwritten = True
            self._missed += 1
            self._missed_because = _error_text(error)
        if self._missed == 1:
            log = logging.getLogger(__name__)
            log.warning("the progress of the run could not be written: %s", self._missed_because)

    def _heed_stop(self) -> None:
        while not self._closed.wait(STOP_EVERY):
            if stop_requests.is_requested(self.project, self.id):
                stop_requests.interrupt_main_thread()
                return

    def _write(self, outcome: str, finished_at: datetime | None) -> None:
        with self._state_lock:
            row = self._row(outcome, finished_at)
            self._is_unwritten = False
        self.project.database().upsert("runs", _table([row]))
        self._commits += 1

    def _row(self, outcome: str, finished_at: datetime | None) -> dict[str, object]:
        progress = {stage: {"done": d, "total": t} for stage, (d, t) in self._progress.items()}
        return {
            "run": self.id,
            "what": self.what,
            "started_at": self.started_at,
            "updated_at": datetime.now(UTC),
            "finished_at": finished_at,
            "who": f"{_user()}@{platform.node()}",
            "pid": os.getpid(),
            "code_version": self.code_version,
            "parameters": _json(self.parameters),
            "progress": _json(progress),
            "counts": _json(self._counts),
            "outcome": outcome,
            "error": "\n".join(self._all_errors()) or None,
            "dagster_runs": list(self._dagster_runs),
        }

    def _all_errors(self) -> list[str]:
        if not self._missed:
            return self._errors
        missed = f"progress was not written {self._missed}×: {self._missed_because}"
        return [*self._errors, missed]


def recent(project: Project, limit: int = 50) -> pl.DataFrame:
    """Return the last runs, newest first, one row each as in the table `runs`.

    Merges of annotations are left out: they would bury the others. A run whose process is gone is
    interrupted, even before its row says so.
    """
    import polars as pl

    frame = project.database().frame("runs", where=f"what != '{MERGE}'")
    frame = frame.sort("started_at", "run", descending=True).head(limit)
    running = frame.filter(outcome="running")
    if running.is_empty():
        return frame
    at_work = current(project)
    is_dead = (pl.col("outcome") == "running") & (pl.col("run") != (at_work or {}).get("run", ""))
    dead, others = frame.filter(is_dead), frame.filter(~is_dead)
    return pl.concat([_as_interrupted(dead), others]).sort("started_at", "run", descending=True)


def current(project: Project, *, merges: bool = False) -> dict[str, Any] | None:
    """Return the row of the run that is running now, or None.

    A run that does not hold the project's lock counts as ended, even before its row says so. One
    of another machine, whose locks may not be seen here, counts while it gives signs of life.
    Merges of annotations, which take a moment, count only with ``merges``.
    """
    where = "outcome = 'running'" + ("" if merges else f" AND what != '{MERGE}'")
    frame = project.database().frame("runs", where=where)
    if frame.is_empty():
        return None
    rows = frame.sort("started_at", descending=True).to_dicts()
    has_lock = is_held(project.root / LOCK)
    return next((row for row in rows if _is_alive(row, has_lock)), None)


def code_version() -> str:
    """Return the release and, in a checkout, the commit: ``0.1.0+1da61a3b09f2``."""
    try:
        release = release_of("panoptic-data")
    except PackageNotFoundError:
        release = "0"
    commit = _commit(Path(__file__).resolve().parents[2] / ".git")
    return f"{release}+{commit[:12]}" if commit else release


def _close_dead_runs(project: Project) -> None:
    """Mark runs whose process died as interrupted. Only the holder of the lock may call this."""
    from panoptic_data.storage.schema import arrow

    database = project.database()
    dead = database.frame("runs", where="outcome = 'running'")
    if dead.is_empty():
        return
    closed = _as_interrupted(dead)
    database.upsert("runs", closed.to_arrow().cast(arrow("runs")))


def _as_interrupted(dead: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return dead.with_columns(outcome=pl.lit("interrupted"), finished_at=pl.col("updated_at"))


def _is_alive(row: Mapping[str, Any], has_lock: bool | None) -> bool:
    """Whether a run that did not record its end is at work; ``has_lock`` is ``is_held``'s answer.

    Whoever takes the lock marks the runs before it as interrupted: those left are its own.
    """
    is_here = row["who"].endswith(f"@{platform.node()}")
    if has_lock or (is_here and has_lock is not None):
        return bool(has_lock)
    silent: timedelta = datetime.now(UTC) - row["updated_at"]
    return silent < DEAD_AFTER


def _commit(git: Path) -> str | None:
    """Read the commit checked out, without the cost of starting git."""
    try:
        if git.is_file():
            git = (git.parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref:"):
            return head
        return _reference(git, head.removeprefix("ref:").strip())
    except OSError:
        return None


def _reference(git: Path, name: str) -> str | None:
    shared = git / "commondir"
    folders = [git] if not shared.exists() else [git, git / shared.read_text().strip()]
    for folder in folders:
        if (folder / name).exists():
            return (folder / name).read_text().strip()
    for folder in folders:
        packed = folder / "packed-refs"
        lines = packed.read_text().splitlines() if packed.exists() else []
        for line in lines:
            if line.endswith(f" {name}"):
                return line.partition(" ")[0]
    return None


def _error_text(error: BaseException) -> str:
    if isinstance(error, PanopticError):
        return error.message("en")
    return f"{type(error).__name__}: {error}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run a user without a name.
        return "unknown"


def _table(rows: list[dict[str, object]]) -> Any:
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    return pa.Table.from_pylist(rows, schema=arrow("runs"))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
