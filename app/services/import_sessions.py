"""Imports in progress: a file that was read, the choices a person made, what was written of it.

They live as long as the server. A file is held in memory once it was read. Reading and writing
run in threads of their own, so that no request waits for them. Not here: what an import is
(``panoptic_data.exchange.plan``), its routes (``app.api.imports``).
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport, PanopticError
from panoptic_data.exchange import apply, left_out, matching, plan, readers, tables
from panoptic_data.exchange.matching import Matching
from panoptic_data.exchange.plan import Plan
from panoptic_data.exchange.tables import NewTag, Table
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Batch
    from panoptic_data.exchange.columns import ColumnValues
    from panoptic_data.storage.project import Project

__all__ = ["Choices", "ImportSession", "ImportSessions", "Problem"]

# The folder of uploads in the project.
UPLOADS = "imports"
# Each holds a whole file.
KEPT = 4
# Uploads that are older than this were left by a server that was killed.
LEFTOVER_SECONDS = 24 * 3600
# A small file is read within this: the answer waits for it so long.
PATIENCE_SECONDS = 0.3
_OF_MATCHING = frozenset(("no_key", "no_column", "no_folder"))
_OF_VALUES = ("image", "file")

_log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """A person stopped the import; nothing was written."""


@dataclass(frozen=True)
class Choices:
    """What a person chose: ``into`` is the property whose tags the file lists, else None.

    ``encoding`` is that of a file of texts, None for the one that was recognised.
    """

    by: str | None = None
    column: str | None = None
    folder: str | None = None
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    existing: str = "replace"
    target: str = "image"
    into: str | None = None
    encoding: str | None = None

    def with_columns(self, changed: Mapping[str, Mapping[str, Any]]) -> Choices:
        """Return them with other choices for some columns."""
        columns = {name: dict(parts) for name, parts in self.columns.items()}
        for name, parts in changed.items():
            columns[name] = {**columns.get(name, {}), **parts}
        return replace(self, columns=columns)


@dataclass(frozen=True)
class Problem:
    """Why it does not go on.

    ``about`` is file, encoding, matching, column (its name beside it), import.

    With ``is_replanned`` it can go on: the plan is another than the one that could not be written.
    """

    about: str
    error: PanopticError
    column: str | None = None
    is_replanned: bool = False


@dataclass(frozen=True)
class Written:
    """What an import wrote: ``images`` counts images, or files where values are theirs."""

    batch: str
    changes: int
    values: int
    images: int
    properties: tuple[str, ...]
    tags: int


class ImportSession:
    """One file that is imported.

    ``phase`` is "reading", "ready", "writing", "done", or "failed": it could not be read.
    """

    def __init__(self, project: Project, name: str, into: str | None = None) -> None:
        self.id = secrets.token_hex(8)
        self.name = name
        self.phase = "reading"
        self.choices = Choices(into=into)
        self.table: Table | None = None
        self.plan: Plan | None = None
        self.tags: tuple[NewTag, ...] = ()
        self.summary: dict[str, Any] | None = None
        self.problem: Problem | None = None
        self.progress = (0, 0)
        self.written: Written | None = None
        self.is_idle = threading.Event()
        self._project = project
        self._lock = threading.Lock()
        self._is_stopped = False
        self._path: Path | None = None
        self._upload_folder: Path | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a thread reads or writes."""
        return self.phase in ("reading", "writing")

    @property
    def can_write(self) -> bool:
        """Whether it can be written: there is a plan and no problem."""
        is_planned = bool(self.tags) if self.choices.into is not None else self.plan is not None
        is_possible = self.problem is None or self.problem.is_replanned
        return self.phase in ("ready", "done") and is_possible and is_planned

    @property
    def is_on(self) -> bool:
        """Whether what was written has not been undone."""
        off = annotations_of(self._project).state().inactive
        return self.written is not None and self.written.batch not in off

    def read(self, path: Path, upload_folder: Path | None = None) -> None:
        """Read the file in a thread; the folder of an upload is deleted when it is let go."""
        self._path, self._upload_folder = path, upload_folder

        def work() -> None:
            try:
                self.table = readers.read(path)
                self._begin()
                self.phase = "ready"
            except PanopticError as error:
                self.problem = Problem("file", self._named(error))
                self.phase = "failed"
            finally:
                if self.table is None or self.table.text is None:
                    self.close()

        self._in_thread(work, "failed")

    def read_again(self, encoding: str) -> None:
        """Read the file in another encoding; what was chosen of its columns begins anew."""
        with self._lock:
            if self.is_busy or self._path is None:
                return
            path, self.phase, self.written = self._path, "reading", None

        def work() -> None:
            try:
                self.table = readers.read(path, encoding=encoding)
                self.plan, self.tags = None, ()
                self.choices = Choices(into=self.choices.into, encoding=encoding)
                self._plan()
            except PanopticError as error:
                self.problem = Problem("encoding", self._named(error))
            self.phase = "ready"

        self._in_thread(work, "ready")

    def close(self) -> None:
        """Delete an upload; nothing can be read again."""
        if self._upload_folder is not None:
            shutil.rmtree(self._upload_folder, ignore_errors=True)

    def _named(self, error: PanopticError) -> PanopticError:
        if self._upload_folder is not None:
            # Where it lay for a moment means nothing to anyone.
            error.params["file"] = self.name
        return error

    def arrange(self, choices: Callable[[Choices], Choices]) -> None:
        """Change the choices; those that no plan can be made of are kept, with a ``problem``."""
        with self._lock:
            if self.is_busy or self.table is None:
                return
            self.choices = choices(self.choices)
            self.written = None
            self.phase = "ready"
            self._plan()

    def write(self, author: str) -> bool:
        """Begin to write; return False where it cannot be (``can_write``)."""
        with self._lock:
            if not self.can_write:
                return False
            self.phase, self.written, self.progress = "writing", None, (0, 0)
            self.problem = None
            self._is_stopped = False

        def work() -> None:
            try:
                self.written = self._write_batch(author)
                self.phase = "done"
            except _StoppedError:
                self.phase = "ready"
            except PanopticError as error:
                self._refuse(error)
                self.phase = "ready"

        self._in_thread(work, "ready")
        return True

    def stop(self) -> None:
        """Write nothing, if that can still be."""
        self._is_stopped = True

    def _refuse(self, error: PanopticError) -> None:
        """Say why it could not be written; where a property is gone the plan is made anew."""
        is_gone = isinstance(error, InvalidImport) and error.problem == "property_gone"
        if is_gone:
            self._plan()
        if not is_gone or self.problem is None:
            self.problem = Problem("import", error, is_replanned=is_gone)

    def _begin(self) -> None:
        """Find out what a file most likely is: a list of tags and nothing else, or values."""
        assert self.table is not None
        columns = tables.tag_columns(self.table)
        is_list = len(columns) > 1 and len(columns) == len(self.table.frame.columns)
        if self.choices.into is None and is_list:
            self.choices = replace(self.choices, into=Path(self.name).stem)
        if "name" not in columns:
            self.choices = replace(self.choices, into=None)
        self._plan()

    def _plan(self) -> None:
        self.problem = None
        try:
            if self.choices.into is not None:
                self._plan_tags()
            else:
                self._plan_values()
        except InvalidImport as error:
            self.problem = self._problem_of(error)
            if self.problem.about == "matching":
                # What was shown is of other rows.
                self.plan = self.summary = None
            return
        self.problem = self._question()

    def _question(self) -> Problem | None:
        """Return what a person is to say before anything is written."""
        assert self.table is not None
        unclear = readers.unclear_encoding(self.table)
        if unclear is not None:
            return Problem("encoding", unclear)
        question = self.plan and self.choices.into is None and plan.open_question(self.plan)
        if not isinstance(question, InvalidImport):
            return None
        return Problem("column", question, str(question.params["name"]))

    def _plan_tags(self) -> None:
        assert self.table is not None
        self.tags = self.tags or tables.tags_of(self.table)

    def _plan_values(self) -> None:
        assert self.table is not None
        choices = self.choices
        make = (
            partial(plan.make_plan, self._project, self.table)
            if self.plan is None
            else partial(plan.revise, self._project, self.plan)
        )
        made = make(
            self._matching(),
            columns=choices.columns,
            existing=choices.existing,
            target=choices.target,
        )
        used = made.matches.matching
        self.choices = replace(choices, by=used.by, column=used.column, folder=used.folder)
        self.plan, self.summary = made, self._summary(made)

    def _matching(self) -> Matching:
        assert self.table is not None
        by, column, folder = self.choices.by, self.choices.column, self.choices.folder
        if by is not None and (folder if by == "row" else column):
            return Matching(by, None if by == "row" else column, folder)
        return matching.propose(self._project, self.table, by, column, folder)

    def _problem_of(self, error: InvalidImport) -> Problem:
        if error.problem in _OF_MATCHING:
            return Problem("matching", error)
        name = name_key(str(error.params.get("name", "")))
        for column, parts in self.choices.columns.items():
            if name in (name_key(str(parts.get("name", column))), str(parts.get("type"))):
                return Problem("column", error, column)
        return Problem("import", error)

    def _summary(self, planned: Plan) -> dict[str, Any]:
        """Return a plan in numbers, with how many values each column would write.

        All tags of an image are one value.
        """
        summary = plan.summarize(planned)
        summary["left_out"] = left_out.list_of(planned).height
        readings = {reading.column.source: reading for reading in planned.readings}
        for column in summary["columns"]:
            reading = readings.get(column["source"])
            if reading is not None:
                existing = self._count_existing(reading)
                kept = existing if planned.existing == "keep" else 0
                column |= {"held": existing, "writes": column["targets"] - kept}
        return summary

    def _count_existing(self, reading: ColumnValues) -> int:
        """Count the images, or files, that have a value already."""
        if reading.column.property is None:
            return 0
        existing = annotations_of(self._project).state().values(reading.column.property)
        targets = reading.values.select("target").unique()
        return targets.join(existing.select("target"), on="target", how="semi").height

    def _write_batch(self, author: str) -> Written:
        if self.choices.into is not None:
            self._report(0, 1)
            into, name = self.choices.into, self.name
            batch = apply.apply_tags(self._project, into, self.tags, author, name)
        else:
            assert self.plan is not None
            batch = apply.apply_plan(self._project, self.plan, author, self._report)
            left_out.write(self._project, self.plan, batch.id)
        return _count(batch)

    def _report(self, done: int, of: int) -> None:
        self.progress = (done, of)
        if self._is_stopped and done < of:
            raise _StoppedError

    def _in_thread(self, work: Callable[[], None], after: str) -> None:
        """Work in a thread; an unforeseen error is shown as a problem, and goes into the log."""

        def guarded() -> None:
            try:
                work()
            except Exception:  # noqa: BLE001 - who waits for the thread must hear of it
                _log.exception("%s could not be imported", self.name)
                self.problem = Problem("import", PanopticError())
                self.phase = after
            finally:
                self.is_idle.set()

        self.is_idle.clear()
        # Where the server ends meanwhile nothing was written: a batch is one commit.
        threading.Thread(target=guarded, name=f"import {self.id}", daemon=True).start()


class ImportSessions:
    """The imports of a project by id; idle ones that were not looked at longest are forgotten."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._sessions: dict[str, ImportSession] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, into: str | None = None) -> ImportSession:
        """Return a new session, of a file that is still to be read."""
        session = ImportSession(self._project, name, into)
        with self._lock:
            idle = [session.id for session in self._sessions.values() if not session.is_busy]
            for id in idle[: max(0, len(self._sessions) - KEPT + 1)]:
                self._sessions.pop(id).close()
            self._sessions[session.id] = session
        return session

    def get(self, id: str) -> ImportSession | None:
        """Return a session, which is then the last that was looked at; None where it is gone."""
        with self._lock:
            session = self._sessions.pop(id, None)
            if session is not None:
                self._sessions[id] = session
        return session

    def drop(self, id: str) -> None:
        """Forget a session; what it is writing is stopped, if it still can be."""
        with self._lock:
            session = self._sessions.pop(id, None)
        if session is not None:
            session.stop()
            session.close()

    def folder(self) -> Path:
        """Return a new folder for an upload; what was left of earlier ones is deleted."""
        with self._project.anchored() as root:
            (root / UPLOADS).mkdir(exist_ok=True)
        uploads = self._project.root / UPLOADS
        for leftover in filter(Path.is_dir, uploads.iterdir()):
            if leftover.stat().st_mtime < time.time() - LEFTOVER_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)
        own = uploads / secrets.token_hex(8)
        own.mkdir()
        return own


def _count(batch: Batch) -> Written:
    rows = batch.changes
    values = rows.filter(pl.col("kind").is_in(_OF_VALUES))
    return Written(
        batch.id,
        rows.height,
        values.height,
        values["target"].n_unique(),
        tuple(values["property"].unique(maintain_order=True)),
        rows.filter(pl.col("kind") == "tag")["target"].n_unique(),
    )
