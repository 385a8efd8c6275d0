"""The log of annotations: every change ever made, numbered, only appended to.

Here: what a change and a batch are, writing batches, reading what came after a place in the
log. Not here: what values follow from it (``replay``), what may be written (``annotations``).

A batch is what a person did in one go: it is one commit, there whole or not at all, and can be
switched off and on as one. Changes of values, of properties and of tags stand in the same log:

    kind       target        property                          op              new
    image      sha1          a property's id, or "excluded"    set             value, null: none
    image      sha1          id of a multi-tag property        add, remove     a tag's id
    image      sha1          answer:<a tag's id>               set             "true", "false"; null
    image      sha1          apart:<kind of duplicates>        set             with which it stays
    file       file id       as for images
    property   property id   name, type, target, folder, …     set             JSON value
    tag        tag id        name, colour, property, parents …  set, add, remove
    batch      batch id      "active"                          set             "true" or "false"
"""

from __future__ import annotations

import getpass
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.errors import WriteConflict
from panoptic_data.storage.locks import turn
from panoptic_data.storage.schema import arrow

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "ACCEPTED",
    "ANSWER",
    "APART",
    "CHANGES",
    "EVENTS",
    "KINDS",
    "OPS",
    "REFUSED",
    "TABLE",
    "Batch",
    "Change",
    "Written",
    "append",
    "as_frame",
    "batch",
    "compact",
    "read",
    "whoami",
]

TABLE = "annotation_events"
LOCK = "annotations.lock"
COMPACT_LOCK = "annotations.compact.lock"
# What was answered of a tag is kept under this and its id, as one of these values.
ANSWER = "answer:"
ACCEPTED, REFUSED = "true", "false"
# Images that were said to be no duplicates of each other have one text under this and the kind.
APART = "apart:"
KINDS = ("image", "file", "property", "tag", "batch")
OPS = ("set", "add", "remove")
CHANGES = pl.Schema(
    [(name, pl.String()) for name in ("kind", "target", "property", "op", "old", "new")]
)
EVENTS = pl.Schema(
    [
        ("number", pl.Int64()),
        ("batch", pl.String()),
        ("at", pl.Datetime("us", "UTC")),
        ("author", pl.String()),
        ("act", pl.String()),
        ("about", pl.String()),
        *((name, pl.String()) for name in CHANGES),
        ("undoes", pl.String()),
    ]
)
# Each commit writes a list of all there were: they are put together before that costs.
COMPACT_EVERY = 150
# A version is read within seconds, or read again: each holds a list of all parts, and thousands
# of single edits fill more by their versions than by what they say.
KEPT_FOR = timedelta(seconds=30)
READ_TRIES = 5


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
    ``changes`` has the columns of ``CHANGES``.
    """

    id: str
    at: datetime
    author: str
    act: str
    about: str | None
    undoes: str | None
    changes: pl.DataFrame


@dataclass(frozen=True)
class Written:
    """Where a batch stands in the log.

    ``first`` is the number of its first event; ``end`` and ``version`` are the number of the
    next one and the table's version after all that left together.
    """

    first: int
    end: int
    version: int


def batch(
    changes: Iterable[Change] | pl.DataFrame,
    act: str,
    *,
    about: str | None = None,
    author: str | None = None,
    undoes: str | None = None,
) -> Batch:
    """Return a batch of this moment, not written yet; the author is by default the system's."""
    frame = changes if isinstance(changes, pl.DataFrame) else as_frame(changes)
    at = datetime.now(UTC)
    # Twelve digits of time make ids sort by it, the rest makes them unique.
    id = f"{int(at.timestamp() * 1000):012x}{secrets.token_hex(4)}"
    return Batch(id, at, author or whoami(), act, about, undoes, frame)


def as_frame(changes: Iterable[Change]) -> pl.DataFrame:
    """Return changes as a frame with the columns of ``CHANGES``."""
    rows = [(one.kind, one.target, one.property, one.op, one.old, one.new) for one in changes]
    return pl.DataFrame(rows, CHANGES, orient="row")


def whoami() -> str:
    """Return the system's name of the person at work, or "unknown"."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def events(one: Batch, first: int = 0) -> pl.DataFrame:
    """Return a batch as rows of the log, numbered from ``first``."""
    return one.changes.select(
        number=pl.int_range(first, first + pl.len(), dtype=pl.Int64),
        batch=pl.lit(one.id),
        at=pl.lit(one.at, dtype=EVENTS["at"]),
        author=pl.lit(one.author),
        act=pl.lit(one.act),
        about=pl.lit(one.about, dtype=pl.String),
        **{name: pl.col(name) for name in CHANGES},
        undoes=pl.lit(one.undoes, dtype=pl.String),
    )


def append(project: Project, one: Batch) -> Written:
    """Write a batch, whole or not at all; return where it stands.

    Batches that arrive while a commit is under way leave together in the next one. Raises
    WriteConflict when other processes kept the table for too long.
    """
    return _writer(project).write(one)


def read(project: Project, since: int = 0) -> tuple[pl.DataFrame, int]:
    """Return the events numbered ``since`` and above, in order, and the version they are of."""
    database = project.database()
    where = f"number >= {since}" if since else None
    for attempt in range(READ_TRIES):
        version = database.version(TABLE)
        try:
            frame = database.frame(TABLE, list(EVENTS), where, version or None)
        except (ValueError, RuntimeError, OSError):
            # Others wrote so much meanwhile that this version was dropped.
            if attempt == READ_TRIES - 1:
                raise
            continue
        break
    # Tables keep no order of their own: small parts are put together while others are added.
    return frame.sort("number"), version


def compact(project: Project) -> None:
    """Put the parts of the log together and drop past versions; what it says stays.

    Nothing is done where it was done since the last ``COMPACT_EVERY`` commits.
    """
    # Two at once would undo each other's work, and leave it on the disk.
    with turn(project.root / COMPACT_LOCK), suppress(WriteConflict):
        if len(list((project.lance / f"{TABLE}.lance" / "_versions").glob("*"))) >= COMPACT_EVERY:
            project.database().compact(TABLE, KEPT_FOR)


class _Writer:
    """Commits batches one after the other, those that waited together."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._waiting: list[_Letter] = []
        self._queue = threading.Lock()
        self._at_work = threading.Lock()

    def write(self, one: Batch) -> Written:
        letter = _Letter(one)
        with self._queue:
            self._waiting.append(letter)
        with self._at_work:
            if letter.written is None and letter.error is None:
                self._send()
        if letter.error is not None:
            raise letter.error
        assert letter.written is not None
        return letter.written

    def _send(self) -> None:
        with self._queue:
            letters, self._waiting = self._waiting, []
        try:
            places = self._append([letter.batch for letter in letters])
        except Exception as error:  # noqa: BLE001 - each of those that wait is told
            for letter in letters:
                letter.error = error
            return
        for letter, place in zip(letters, places, strict=True):
            letter.written = place
        # Of all processes that write, the one whose commit it is.
        if places[0].version % COMPACT_EVERY == 0:
            threading.Thread(target=compact, args=(self._project,)).start()

    def _append(self, batches: list[Batch]) -> list[Written]:
        database = self._project.database()
        # One at a time, whichever the process: each event has the number after the last.
        with turn(self._project.root / LOCK):
            first = database.count(TABLE)
            parts, firsts = [], []
            for one in batches:
                parts.append(events(one, first))
                firsts.append(first)
                first += one.changes.height
            version = database.append(TABLE, pl.concat(parts).to_arrow().cast(arrow(TABLE)))
        return [Written(start, first, version) for start in firsts]


@dataclass
class _Letter:
    batch: Batch
    written: Written | None = None
    error: Exception | None = None


_writers: dict[Path, _Writer] = {}
_writers_lock = threading.Lock()


def _writer(project: Project) -> _Writer:
    with _writers_lock:
        return _writers.setdefault(project.root, _Writer(project))
