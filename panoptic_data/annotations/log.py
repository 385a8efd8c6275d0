"""The log of annotations: every change ever made, numbered, only appended to.

Here: what a change and a batch are, writing batches, reading the events after a position in the
log. Not here: what values follow from it (``replay``), making changes (``edits``,
``properties``, ``tags``).

A batch is what a person did in one go: it is written in one commit, all or nothing, and can be
switched off and on as one. Changes of values, of properties and of tags are in the same log:

    kind       target        property                          op              new
    image      sha1          a property's id, or "excluded"    set             value, null: none
    image      sha1          id of a multi-tag property        add, remove     a tag's id
    image      sha1          answer:<a tag's id>               set             "true", "false"; null
    image      sha1          proposed:<a tag's id>             set             JSON: encoder, score
    image      sha1          apart:<kind of duplicates>        set             with which it stays
    image      sha1          apart:overwritten                 set             what it overwrote
    file       file id       as for images
    property   property id   name, type, target, folder, …     set             JSON value
    tag        tag id        name, colour, property, parents …  set, add, remove
    batch      batch id      "active"                          set             "true" or "false"
"""

from __future__ import annotations

import getpass
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.errors import LogIncomplete, WriteConflict
from panoptic_data.storage.locks import exclusive_lock
from panoptic_data.storage.schema import arrow

if TYPE_CHECKING:
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project

__all__ = [
    "ACCEPTED",
    "ANSWER_PREFIX",
    "APART_PREFIX",
    "CHANGE_SCHEMA",
    "EDIT_DIGITS",
    "EVENT_SCHEMA",
    "KINDS",
    "LEFT",
    "OPS",
    "PROPOSED_PREFIX",
    "REFUSED",
    "TABLE",
    "TIME_DIGITS",
    "Appended",
    "Batch",
    "Change",
    "Edit",
    "Proposal",
    "append",
    "as_frame",
    "batch_of",
    "compact",
    "current_user",
    "event_rows",
    "new_batch",
    "read",
    "require_whole",
    "stored_batch",
]

TABLE = "annotation_events"
LOCK = "annotations.lock"
COMPACT_LOCK = "annotations.compact.lock"
# The answer to a suggested tag is stored under this prefix and the tag's id, as one of two values.
ANSWER_PREFIX = "answer:"
ACCEPTED, REFUSED = "true", "false"
# What a model proposed for a tag is stored beside the answer, under this prefix and the tag's id.
PROPOSED_PREFIX = "proposed:"
# Images marked as no duplicates of each other share one value under this prefix and the kind.
APART_PREFIX = "apart:"
# Likewise an image and those that it overwrote, whose values it was not to take over.
LEFT = f"{APART_PREFIX}overwritten"
KINDS = ("image", "file", "property", "tag", "batch")
OPS = ("set", "add", "remove")
CHANGE_SCHEMA = pl.Schema(
    [(name, pl.String()) for name in ("kind", "target", "property", "op", "old", "new")]
)
EVENT_SCHEMA = pl.Schema(
    [
        ("number", pl.Int64()),
        ("batch", pl.String()),
        ("at", pl.Datetime("us", "UTC")),
        ("author", pl.String()),
        ("act", pl.String()),
        ("about", pl.String()),
        *((name, pl.String()) for name in CHANGE_SCHEMA),
        ("undoes", pl.String()),
    ]
)
# Each commit writes a list of all fragments: they are merged before the lists grow large.
COMPACT_EVERY = 150
# A reader needs a version for seconds, or reads again. Each version lists all fragments: those of
# thousands of single edits take more space than the events.
KEPT_FOR = timedelta(seconds=30)
READ_TRIES = 5
# The id of a batch begins with its time, so that ids sort by it; that of an edit sent by a browser
# ends in eighty bits by which it is recognised.
TIME_DIGITS = 12
EDIT_DIGITS = 20


@dataclass(frozen=True)
class Change:
    """One change of one cell; ``new`` is the canonical text of ``values``, None for no value."""

    kind: str
    target: str
    property: str
    op: str
    new: str | None = None
    old: str | None = None


@dataclass(frozen=True)
class Batch:
    """What one author did in one go.

    ``act`` is a code of the catalogue (``act.<code>``: tag, import, undo, …), ``about`` what it
    was about as the person knows it (a file's name), ``undoes`` the batch that it switches.
    ``changes`` has the columns of ``CHANGE_SCHEMA``.
    """

    id: str
    at: datetime
    author: str
    act: str
    about: str | None
    undoes: str | None
    changes: pl.DataFrame


@dataclass(frozen=True)
class Edit:
    """An edit by the id that its browser gave it, sent again until it is known to be stored.

    ``is_repeat``: it was sent before, and may be stored.
    """

    id: str
    is_repeat: bool = False

    @property
    def digest(self) -> str:
        """The digits that end the id of the batch of this edit."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:EDIT_DIGITS]


@dataclass(frozen=True)
class Proposal:
    """A batch that was decided at a position of the log, and how it is decided again.

    ``decide`` is called under the lock that numbers the commit where the log is no longer there.
    It gets the events that come before the batch in the same commit, not written yet
    (``EVENT_SCHEMA``); what it raises refuses the batch, and that alone.
    """

    batch: Batch
    decided_at: int
    decide: Callable[[pl.DataFrame], Batch]

    def at(self, position: int, unwritten: list[pl.DataFrame]) -> Batch:
        """Return the batch as it is at a position of the log."""
        if position == self.decided_at:
            return self.batch
        return self.decide(pl.concat([pl.DataFrame(schema=EVENT_SCHEMA), *unwritten]))


@dataclass(frozen=True)
class Appended:
    """A batch as it was written, and where in the log.

    ``first`` is the number of its first event; ``end`` and ``version`` are the number of the next
    event and the table's version after all batches of the same commit.
    """

    batch: Batch
    first: int
    end: int
    version: int


def new_batch(
    changes: Iterable[Change] | pl.DataFrame,
    act: str,
    *,
    about: str | None = None,
    author: str | None = None,
    undoes: str | None = None,
    edit: Edit | None = None,
) -> Batch:
    """Return a batch of this moment, not written yet; its author is by default ``current_user``.

    The id of the batch of an ``edit`` ends in digits by which it is recognised.
    """
    frame = changes if isinstance(changes, pl.DataFrame) else as_frame(changes)
    at = datetime.now(UTC)
    rest = secrets.token_hex(4) if edit is None else edit.digest
    id = f"{int(at.timestamp() * 1000):0{TIME_DIGITS}x}{rest}"
    return Batch(id, at, author or current_user(), act, about, undoes, frame)


def as_frame(changes: Iterable[Change]) -> pl.DataFrame:
    """Return changes as a frame with the columns of ``CHANGE_SCHEMA``."""
    rows = [
        (change.kind, change.target, change.property, change.op, change.old, change.new)
        for change in changes
    ]
    return pl.DataFrame(rows, CHANGE_SCHEMA, orient="row")


def current_user() -> str:
    """Return the name of the operating system's user, or "unknown"."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def event_rows(batch: Batch, first: int = 0) -> pl.DataFrame:
    """Return a batch as rows of the log (``EVENT_SCHEMA``), numbered from ``first``.

    Changes may have a column ``author``, of whom an import says that the change is theirs; null
    for the author of the batch.
    """
    author = pl.lit(batch.author, dtype=pl.String)
    if "author" in batch.changes.columns:
        author = pl.coalesce("author", author)
    return batch.changes.select(
        number=pl.int_range(first, first + pl.len(), dtype=pl.Int64),
        batch=pl.lit(batch.id),
        at=pl.lit(batch.at, dtype=EVENT_SCHEMA["at"]),
        author=author,
        act=pl.lit(batch.act),
        about=pl.lit(batch.about, dtype=pl.String),
        **{name: pl.col(name) for name in CHANGE_SCHEMA},
        undoes=pl.lit(batch.undoes, dtype=pl.String),
    )


def append(project: Project, batch: Batch | Proposal) -> Appended:
    """Write a batch, all or nothing; return where it was written.

    Batches that arrive while a commit is under way are written together in the next one. Raises
    WriteConflict when other processes kept the table busy for too long, and what the decision of
    a proposal raises.
    """
    return _writer(project).write(batch)


def stored_batch(project: Project, edit: Edit) -> Batch | None:
    """Return the batch that an edit was stored in, as the table has it; None where it was not."""
    database = project.database()
    events = database.frame(TABLE, list(EVENT_SCHEMA), f"batch LIKE '%{edit.digest}'")
    if events.is_empty():
        return None
    return batch_of(events.sort("number"))


def batch_of(events: pl.DataFrame) -> Batch:
    """Return the batch that these events are, all of one."""
    names = ("batch", "at", "author", "act", "about", "undoes")
    id, at, author, act, about, undoes = events.select(names).row(0)
    return Batch(id, at, author, act, about, undoes, events.select(list(CHANGE_SCHEMA)))


def read(project: Project, since: int = 0) -> tuple[pl.DataFrame, int]:
    """Return the events numbered ``since`` and above, in order, and the table's version."""
    database = project.database()
    where = f"number >= {since}" if since else None
    for attempt in range(READ_TRIES):
        version = database.version(TABLE)
        try:
            frame = database.frame(TABLE, list(EVENT_SCHEMA), where, version or None)
        except (ValueError, RuntimeError, OSError):
            # Others wrote so much in the meantime that this version was dropped.
            if attempt == READ_TRIES - 1:
                raise
            continue
        break
    # Tables are unordered: small fragments are merged while others are added.
    return frame.sort("number"), version


def require_whole(project: Project, count: int | None = None) -> int:
    """Return how many events the log has (``count``, if already counted).

    Raises LogIncomplete where more were merged into the tables, or seen by this process, and
    TableMissing, TableDamaged.
    """
    count = project.database().count(TABLE) if count is None else count
    known = _seen.get(project.folder)
    if known is None:
        # Imports this module.
        from panoptic_data.annotations.snapshot import merged_events

        known = merged_events(project)
    if count < known:
        raise LogIncomplete(events=count, known=known)
    _seen[project.folder] = count
    return count


def compact(project: Project) -> None:
    """Merge the fragments of the log and drop past versions; its events stay as they are.

    Nothing is done where there were fewer than ``COMPACT_EVERY`` commits since the last time.
    """
    # Of two at once one would fail, and leave on the disk what it had written.
    with (
        project.anchored() as root,
        exclusive_lock(root / COMPACT_LOCK),
        suppress(WriteConflict),
    ):
        if len(list((project.lance / f"{TABLE}.lance" / "_versions").glob("*"))) >= COMPACT_EVERY:
            project.database().compact(TABLE, KEPT_FOR)


class _Writer:
    """Commits batches one after the other, those that wait in one commit."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._pending: list[_Pending] = []
        self._pending_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def write(self, batch: Batch | Proposal) -> Appended:
        pending = _Pending(batch)
        with self._pending_lock:
            self._pending.append(pending)
        with self._commit_lock:
            if pending.appended is None and pending.error is None:
                self._commit_pending()
        if pending.error is not None:
            raise pending.error
        assert pending.appended is not None
        return pending.appended

    def _commit_pending(self) -> None:
        with self._pending_lock:
            pending, self._pending = self._pending, []
        try:
            self._append(pending)
        except Exception as error:  # noqa: BLE001 - raised by each thread that waits
            for item in pending:
                item.error = item.error or error
            return

    def _append(self, pending: list[_Pending]) -> None:
        # One process at a time: each event has the number after the last.
        with (
            self._project.anchored() as root,
            exclusive_lock(root / LOCK),
            self._project.database().anchored() as database,
        ):
            first = require_whole(self._project, database.count(TABLE))
            placed, parts = _placed(pending, first)
            end = first + sum(part.height for part in parts)
            if end > first:
                version = database.append(TABLE, pl.concat(parts).to_arrow().cast(arrow(TABLE)))
                _seen[self._project.folder] = end
            else:
                version = database.version(TABLE)
        for item, batch, number in placed:
            item.appended = Appended(batch, number, end, version)
        # Of all processes that write, the one whose commit it is.
        if end > first and version % COMPACT_EVERY == 0:
            threading.Thread(target=compact, args=(self._project,)).start()


@dataclass
class _Pending:
    """A batch that waits for its commit, then what became of it."""

    batch: Batch | Proposal
    appended: Appended | None = None
    error: Exception | None = None


def _placed(
    pending: list[_Pending], first: int
) -> tuple[list[tuple[_Pending, Batch, int]], list[pl.DataFrame]]:
    """Return each batch with its first number, decided anew where it must be, and their events.

    One that is refused keeps its error, and the others are written.
    """
    placed: list[tuple[_Pending, Batch, int]] = []
    parts: list[pl.DataFrame] = []
    end = first
    for item in pending:
        batch = item.batch
        if isinstance(batch, Proposal):
            try:
                batch = batch.at(end, parts)
            except Exception as error:  # noqa: BLE001 - raised by the thread that waits
                item.error = error
                continue
        rows = event_rows(batch, end)
        parts.append(rows)
        placed.append((item, batch, end))
        end += rows.height
    return placed, parts


# How many events this process has seen in the log of each project: it only ever grows.
_seen: dict[ProjectFolder, int] = {}
_writers: dict[ProjectFolder, _Writer] = {}
_writers_lock = threading.Lock()


def _writer(project: Project) -> _Writer:
    with _writers_lock:
        return _writers.setdefault(project.folder, _Writer(project))
