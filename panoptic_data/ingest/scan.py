"""Compare a source's folder with the table ``files``, and read one file.

A scan reads no file: sizes and modification times decide. Two kinds of files are read again
although they seem unchanged: a file that was read so soon after it was written that a later write
could have the same time (see :func:`_could_hide_a_write`), and a file that could not be read for
a transient reason. Not here: walking folders (``sources``), what is computed from the bytes
(``images``).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from panoptic_data.errors import UnreadableImage
from panoptic_data.ingest import file_times
from panoptic_data.ingest.presence import is_too_many
from panoptic_data.ingest.sources import Source
from panoptic_data.ingest.walking import Entry, FolderIdentity, folder_identity, walk
from panoptic_data.provenance.stages import CODE_VERSIONS
from panoptic_data.storage import unread_sidecars
from panoptic_data.storage.project import Project
from panoptic_data.storage.sql import literal

__all__ = [
    "GONE",
    "MAX_FILE_BYTES",
    "TRANSIENT_REASONS",
    "Content",
    "Scan",
    "described_sha1s",
    "file_id",
    "must_ask",
    "read_file",
    "scan_source",
]

# A file is read into memory as a whole; see decode.MAX_MEMORY_BYTES.
MAX_FILE_BYTES = 1 << 30
# How often a file that changes while it is read is tried, and the seconds between attempts.
MAX_ATTEMPTS = 3
RETRY_SECONDS = 0.1

# Reasons that may no longer hold at the next scan although size and time are the same.
TRANSIENT_REASONS = ("permission_denied", "read_error", "changed_while_read")
# Statuses of files that need not be there.
GONE = ("missing", "purged")
# Nanoseconds. Times that are multiples of the first come from a file system that stores whole
# seconds (FAT: two of them); the ticks are the time within which a later write can go unnoticed.
_COARSE_RESOLUTION = 10_000_000
_COARSE_TICK = 2_000_000_000
_FINE_TICK = 100_000_000

_ROW_SCHEMA: dict[str, pl.DataType] = {
    "file_id": pl.String(),
    "path": pl.String(),
    "raw_path": pl.Binary(),
    "sha1": pl.String(),
    "size": pl.Int64(),
    "mtime_ns": pl.Int64(),
    "ctime_ns": pl.Int64(),
    "status": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
    "first_seen": pl.Datetime("us", "UTC"),
    "changed_at": pl.Datetime("us", "UTC"),
    "run": pl.String(),
    "sidecar": pl.String(),
    "sidecar_mark": pl.String(),
}
_ENTRY_SCHEMA = {name: _ROW_SCHEMA[name] for name in Entry._fields}
# A walk is collected in chunks: a million entries as Python objects would take 400 MB.
_CHUNK_ROWS = 50_000


@dataclass(frozen=True)
class Scan:
    """The difference between a source's folder and the table ``files``; parts sorted by path.

    ``new``, ``changed``, ``recheck``, ``problems`` and ``restored`` have the columns of an entry
    (those of ``walking.Entry``) and, as ``was_…``, the columns of its row. ``vanished``,
    ``withheld``, ``resolved`` and ``rows`` have the columns of the table.

    - ``new``, ``changed``: files to read.
    - ``recheck``: files to read although nothing seems to have changed.
    - ``problems``: entries that cannot be read, new or different from their row.
    - ``restored``: files that were missing and are there again, unchanged.
    - ``vanished``: files that are no longer there, except in folders that cannot be opened.
    - ``withheld``: the same, but too many at once: a person has to say that they are gone.
    - ``resolved``: folders that could not be opened and now can, or are gone: rows to delete.
    - ``unchanged``: number of unchanged entries. ``ignored``: files skipped, by extension.
    - ``rows``: all rows of the source before the update, in no order.
    - ``folder``: which folder was walked. ``is_noted``: whether what is noted of its presence, and
      of withheld files, is still so.
    """

    new: pl.DataFrame
    changed: pl.DataFrame
    recheck: pl.DataFrame
    problems: pl.DataFrame
    restored: pl.DataFrame
    vanished: pl.DataFrame
    resolved: pl.DataFrame
    unchanged: int
    ignored: Mapping[str, int]
    rows: pl.DataFrame
    withheld: pl.DataFrame
    folder: FolderIdentity
    is_noted: bool

    @property
    def is_unchanged(self) -> bool:
        """Whether the folder matches the tables, as far as sizes and times tell.

        Files that are withheld do not count: nothing is done about them before an answer.
        """
        frames = (
            self.new,
            self.changed,
            self.problems,
            self.restored,
            self.vanished,
            self.resolved,
        )
        return self.is_noted and all(frame.is_empty() for frame in frames)

    @property
    def known(self) -> int:
        """How many files were there at the last look."""
        return self.rows.filter(~pl.col("status").is_in(GONE)).height


@dataclass(frozen=True)
class Content:
    """A file's bytes, with its size in bytes and its times while they were read."""

    data: bytes
    size: int
    mtime_ns: int
    ctime_ns: int


def scan_source(
    project: Project,
    source: Source,
    *,
    retry: bool = False,
    reread: bool = False,
    at_most: int | None = None,
) -> Scan:
    """Compare a source's folder with the tables, without reading any file.

    ``retry``: unreadable files are to be read again; ``reread``: all files. With ``at_most`` the
    walk ends after so many entries: of a source of which no file is known. Raises FolderNotFound
    when the folder itself is not there, or went away meanwhile: then nothing has vanished.
    """
    folder = folder_identity(source.root)
    ignored: Counter[str] = Counter()
    entries = _to_frame(islice(walk(source.root, ignored), at_most))
    # Two names can have the same text when one holds bytes that are not UTF-8: keep the first.
    entries = entries.unique("path", keep="first", maintain_order=True)
    database = project.database()
    where = f"source = {literal(source.name)}"
    rows = database.frame("files", list(_ROW_SCHEMA), where)
    is_described = pl.col("was_sha1").is_in(described_sha1s(project, source).implode())
    rows_before = rows.drop("raw_path").rename(lambda column: f"was_{column}", strict=False)
    joined = entries.join(rows_before, left_on="path", right_on="was_path", how="left")
    state = joined.select(_state(is_described, retry=retry, reread=reread)).to_series()
    # Of most files nothing is left to do: only the others are copied, sorted and divided.
    parts = joined.with_columns(state=state).filter(state != "unchanged").sort("path")
    vanished, resolved = _vanished(rows, entries)
    changes = parts.filter(pl.col("state").is_in(["new", "changed"]))
    known = rows.filter(~pl.col("status").is_in(GONE)).height
    # Where other files are new these may have been moved, which reading tells.
    is_withheld = changes.is_empty() and must_ask(source, vanished.height, known)
    withheld = vanished if is_withheld else vanished.clear()
    noted = source.presence
    return Scan(
        new=_part(parts, "new"),
        changed=_part(parts, "changed"),
        recheck=_part(parts, "recheck"),
        problems=_part(parts, "problem"),
        restored=_part(parts, "restored"),
        vanished=vanished.clear() if is_withheld else vanished,
        resolved=resolved,
        unchanged=joined.height - parts.height,
        ignored=dict(sorted(ignored.items())),
        rows=rows,
        withheld=withheld,
        folder=folder,
        is_noted=not noted.is_away and noted.vanished == withheld.height,
    )


def must_ask(source: Source, vanished: int, known: int) -> bool:
    """Whether a person has to say first that files are gone, and has not said so.

    ``vanished`` of ``known`` files of the source are not there.
    """
    return is_too_many(vanished, known) and vanished > source.presence.accepted


def described_sha1s(project: Project, source: Source) -> pl.Series:
    """Return the sha1s of images whose rows need not be computed again.

    Empty where another version of the code last read the source: all its files are read again.
    """
    database = project.database()
    stage = database.take("stages", [f"images/{source.name}"], ["code_version"]).to_pylist()
    # Empty before the first complete run.
    code_version = stage[0]["code_version"] if stage else ""
    sha1s = database.frame("images", ["sha1"]).get_column("sha1")
    return sha1s if code_version in ("", CODE_VERSIONS["images"]) else sha1s.clear()


def file_id(source: str, path: str, attempt: int = 0) -> str:
    """Return 16 hex digits for a file that is new at a path, the same in every release.

    A file keeps them when it moves: they are looked up in its row, and never computed again.
    ``attempt`` gives others where a file that moved has these.
    """
    text = f"{source}\0{path}".encode() + f"\0{attempt}".encode() * (attempt > 0)
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def read_file(path: Path) -> Content:
    """Read a file completely, in one consistent state.

    Raises FileNotFoundError when it is gone, UnreadableImage ("too_large", "permission_denied",
    "read_error", or "changed_while_read" when it was different after each try).
    """
    try:
        for attempt in range(MAX_ATTEMPTS):
            if attempt:
                time.sleep(RETRY_SECONDS * attempt)
            content = _read_once(path)
            if content is not None:
                return content
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise UnreadableImage("permission_denied", error.strerror or "") from error
    except OSError as error:
        raise UnreadableImage("read_error", error.strerror or "") from error
    raise UnreadableImage("changed_while_read")


def _to_frame(entries: Iterator[Entry]) -> pl.DataFrame:
    chunks = [pl.DataFrame(schema=_ENTRY_SCHEMA)]
    while chunk := list(islice(entries, _CHUNK_ROWS)):
        chunks.append(pl.DataFrame(chunk, _ENTRY_SCHEMA, orient="row"))
    return pl.concat(chunks)


def _read_once(path: Path) -> Content | None:
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if before.st_size > MAX_FILE_BYTES:
            raise UnreadableImage("too_large", f"{before.st_size / MAX_FILE_BYTES:.1f} GiB")
        # One byte more than the file has, to notice when it grows.
        data = _read_up_to(file, before.st_size + 1)
        after = os.fstat(file.fileno())
    states = {(stat_result.st_size, stat_result.st_mtime_ns) for stat_result in (before, after)}
    if len(states) > 1 or len(data) != before.st_size:
        return None
    times = map(file_times.stored, (before.st_mtime_ns, before.st_ctime_ns))
    return Content(data, before.st_size, *times)


def _read_up_to(file: object, size: int) -> bytes:
    """Read up to ``size`` bytes: one call on a local disk, several where a call returns less."""
    data: bytes = file.read(size)  # type: ignore[attr-defined]
    while len(data) < size and (more := file.read(size - len(data))):  # type: ignore[attr-defined]
        data += more
    return data


def _state(is_described: pl.Expr, *, retry: bool, reread: bool) -> pl.Expr:
    """Classify the entries of a walk; ``is_described``: whether the row's image is in the table."""
    same = (pl.col("size") == pl.col("was_size")) & (pl.col("mtime_ns") == pl.col("was_mtime_ns"))
    status, reason = pl.col("was_status"), pl.col("was_reason")
    same_problem = (
        same
        & (status == "unreadable")
        & pl.col("reason").eq_missing(reason)
        & pl.col("detail").eq_missing(pl.col("was_detail"))
    )
    # A download can fill a file whose size and time were set beforehand: its ctime tells.
    untouched = pl.col("ctime_ns").eq_missing(pl.col("was_ctime_ns"))
    permanent = ~reason.is_in(TRANSIENT_REASONS) & untouched & (not retry)
    permanently_unreadable = (status == "unreadable") & permanent
    same_sidecar = pl.col("sidecar_mark").eq_missing(pl.col("was_sidecar_mark"))
    reliably_same = same & ~_could_hide_a_write()
    unread_sidecar = pl.col("was_sidecar").str.starts_with(unread_sidecars.BEGIN).fill_null(False)
    return (
        pl.when(pl.col("reason").is_not_null())
        .then(pl.when(same_problem).then(pl.lit("unchanged")).otherwise(pl.lit("problem")))
        .when(status.is_null())
        .then(pl.lit("new"))
        .when(same & (status == "purged"))
        .then(pl.lit("unchanged"))
        .when((reread | (retry & unread_sidecar)) & same & (status != "missing"))
        .then(pl.lit("recheck"))
        .when(same & ~same_sidecar & (status != "missing"))
        .then(pl.lit("changed"))
        .when(reliably_same & (((status == "ok") & is_described) | permanently_unreadable))
        .then(pl.lit("unchanged"))
        .when(reliably_same & same_sidecar & (status == "missing") & is_described)
        .then(pl.lit("restored"))
        .when(same & (status != "missing"))
        .then(pl.lit("recheck"))
        .otherwise(pl.lit("changed"))
    )


def _could_hide_a_write() -> pl.Expr:
    """Whether a write after we read the file could have left its modification time unchanged.

    Times advance in ticks: two seconds on FAT, whole seconds on some network disks, some
    milliseconds elsewhere. A file that was read within a tick of its own time may have been
    written again within that tick, at the same length. The next scan reads it once more, which
    settles the question (git calls such entries racy).
    """
    mtime = pl.col("mtime_ns")
    tick = pl.when(mtime % _COARSE_RESOLUTION == 0).then(_COARSE_TICK).otherwise(_FINE_TICK)
    read_at = pl.col("was_changed_at").dt.epoch("ns")
    return (read_at - mtime).abs() <= tick


def _vanished(rows: pl.DataFrame, entries: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    absent = rows.filter(~pl.col("status").is_in(GONE)).join(entries, on="path", how="anti")
    denied_folders = (
        entries.filter(pl.col("reason") == "folder_denied").get_column("path").to_list()
    )
    for folder in denied_folders:
        inside = pl.lit(True) if folder == "." else pl.col("path").str.starts_with(f"{folder}/")
        absent = absent.filter(~inside)
    is_obstacle = pl.col("reason").eq_missing(pl.lit("folder_denied"))
    return absent.filter(~is_obstacle).sort("path"), absent.filter(is_obstacle).sort("path")


def _part(parts: pl.DataFrame, state: str) -> pl.DataFrame:
    return parts.filter(pl.col("state") == state).drop("state")
