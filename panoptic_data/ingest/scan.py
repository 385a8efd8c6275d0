"""What is on disk against what is known: new, changed, back, vanished; and reading one file.

A scan reads no file: size and modification time decide. Two cases are read again although
nothing seems to have happened: a file that was read so soon after it was written that a later
write could bear the same time (see :func:`_could_hide_a_write`), and a file that could not be
read for a reason that passes. Not here: walking (``sources``), what is made of the bytes
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
from panoptic_data.ingest.sources import Entry, Source, walk
from panoptic_data.provenance.stages import CODE_VERSIONS
from panoptic_data.storage.project import Project

__all__ = ["LARGEST_FILE", "PASSING", "Content", "Scan", "described", "file_id", "read", "scan"]

# Read whole into memory; see decode.MAX_MEMORY_BYTES.
LARGEST_FILE = 1 << 30
# How often a file that changes under our eyes is read before we give up, and the wait between.
TRIES = 3
PAUSE = 0.1

# What may have passed by the next scan although size and time are the same.
PASSING = ("permission_denied", "read_error", "changed_while_read")
# File systems that keep whole seconds (FAT: two of them) show it by their times.
_COARSE = 10_000_000
_COARSE_TICK = 2_000_000_000
_FINE_TICK = 100_000_000

_KNOWN: dict[str, pl.DataType] = {
    "path": pl.String(),
    "raw_path": pl.Binary(),
    "sha1": pl.String(),
    "size": pl.Int64(),
    "mtime_ns": pl.Int64(),
    "status": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
    "first_seen": pl.Datetime("us", "UTC"),
    "changed_at": pl.Datetime("us", "UTC"),
    "run": pl.String(),
}
_FOUND = {name: _KNOWN[name] for name in Entry._fields}
# A walk is gathered in pieces: a million entries as Python objects would be 400 MB.
_PIECE = 50_000


@dataclass(frozen=True)
class Scan:
    """The difference between a source's folder and the table ``files``, sorted by path.

    ``new``, ``changed``, ``again``, ``problems`` and ``back`` have an entry's columns (``path``,
    ``raw_path``, ``size``, ``mtime_ns``, ``reason``, ``detail``) and, as ``was_…``, the columns
    of the row that there is. ``vanished``, ``gone`` and ``known`` have the rows.

    - ``new``, ``changed``: to be read.
    - ``again``: to be read although nothing seems to have changed.
    - ``problems``: cannot be read; new or different from what is known.
    - ``back``: was missing, is there as it was.
    - ``vanished``: was there, is no more. Files in a folder that cannot be opened are not.
    - ``gone``: obstacles that are no more, of which nothing need be kept.
    - ``unchanged``: how many are as they were. ``ignored``: files passed over, by extension.
    - ``known``: all rows of the source as they were.
    """

    new: pl.DataFrame
    changed: pl.DataFrame
    again: pl.DataFrame
    problems: pl.DataFrame
    back: pl.DataFrame
    vanished: pl.DataFrame
    gone: pl.DataFrame
    unchanged: int
    ignored: Mapping[str, int]
    known: pl.DataFrame

    @property
    def is_unchanged(self) -> bool:
        """Whether the source is as the tables say, as far as size and time tell."""
        frames = (self.new, self.changed, self.problems, self.back, self.vanished, self.gone)
        return all(frame.is_empty() for frame in frames)


@dataclass(frozen=True)
class Content:
    """A file's bytes, and its size and time while they were read."""

    data: bytes
    size: int
    mtime_ns: int


def scan(project: Project, source: Source) -> Scan:
    """Compare a source's folder with the tables; nothing is read but the tables.

    Raises FolderNotFound when the folder itself is not there: then nothing has vanished.
    """
    ignored: Counter[str] = Counter()
    found = _gathered(walk(source.root, ignored))
    # Two names can be written alike when one holds bytes that are not UTF-8: the first is kept.
    found = found.unique("path", keep="first", maintain_order=True)
    database = project.database()
    name = source.name.replace("'", "''")
    known = database.frame("files", list(_KNOWN), f"source = '{name}'").sort("path")
    is_described = pl.col("was_sha1").is_in(described(project, source).implode())
    was = known.drop("raw_path").rename(lambda column: f"was_{column}", strict=False)
    both = found.join(was, left_on="path", right_on="was_path", how="left").sort("path")
    parts = both.with_columns(state=_state(is_described))
    vanished, gone = _vanished(known, found)
    return Scan(
        new=_part(parts, "new"),
        changed=_part(parts, "changed"),
        again=_part(parts, "again"),
        problems=_part(parts, "problem"),
        back=_part(parts, "back"),
        vanished=vanished,
        gone=gone,
        unchanged=_part(parts, "unchanged").height,
        ignored=dict(sorted(ignored.items())),
        known=known,
    )


def described(project: Project, source: Source) -> pl.Series:
    """Return the sha1s of images whose rows need not be made again.

    None where the source was last read by another version of the code: it is read anew.
    """
    database = project.database()
    stage = database.take("stages", [f"images/{source.name}"], ["code_version"]).to_pylist()
    # Empty before the first complete run.
    made_by = stage[0]["code_version"] if stage else ""
    sha1s = database.frame("images", ["sha1"]).get_column("sha1")
    return sha1s if made_by in ("", CODE_VERSIONS["images"]) else sha1s.clear()


def file_id(source: str, path: str) -> str:
    """Return 16 hex digits that identify a path in a source, today and always."""
    text = f"{source}\0{path}".encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def read(path: Path) -> Content:
    """Read a file once, whole and in one state.

    Raises FileNotFoundError when it is gone, UnreadableImage ("too_large", "permission_denied",
    "read_error", or "changed_while_read" when it was different after each try).
    """
    try:
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE * attempt)
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


def _gathered(entries: Iterator[Entry]) -> pl.DataFrame:
    pieces = [pl.DataFrame(schema=_FOUND)]
    while piece := list(islice(entries, _PIECE)):
        pieces.append(pl.DataFrame(piece, _FOUND, orient="row"))
    return pl.concat(pieces)


def _read_once(path: Path) -> Content | None:
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if before.st_size > LARGEST_FILE:
            raise UnreadableImage("too_large", f"{before.st_size / LARGEST_FILE:.1f} GiB")
        # One byte more than there should be: a file that grows must show it.
        data = _all_of(file, before.st_size + 1)
        after = os.fstat(file.fileno())
    states = {(about.st_size, about.st_mtime_ns) for about in (before, after)}
    if len(states) > 1 or len(data) != before.st_size:
        return None
    return Content(data, before.st_size, before.st_mtime_ns)


def _all_of(file: object, size: int) -> bytes:
    """Read up to ``size`` bytes: one call on a local disk, several where a call returns less."""
    data: bytes = file.read(size)  # type: ignore[attr-defined]
    while len(data) < size and (more := file.read(size - len(data))):  # type: ignore[attr-defined]
        data += more
    return data


def _state(described: pl.Expr) -> pl.Expr:
    """Sort the entries of a walk; ``described`` says whether the row's image is in the table."""
    same = (pl.col("size") == pl.col("was_size")) & (pl.col("mtime_ns") == pl.col("was_mtime_ns"))
    status, reason = pl.col("was_status"), pl.col("was_reason")
    same_problem = (
        same
        & (status == "unreadable")
        & pl.col("reason").eq_missing(reason)
        & pl.col("detail").eq_missing(pl.col("was_detail"))
    )
    unread = (status == "unreadable") & ~reason.is_in(PASSING)
    sure = same & ~_could_hide_a_write()
    return (
        pl.when(pl.col("reason").is_not_null())
        .then(pl.when(same_problem).then(pl.lit("unchanged")).otherwise(pl.lit("problem")))
        .when(status.is_null())
        .then(pl.lit("new"))
        .when(sure & (((status == "ok") & described) | unread))
        .then(pl.lit("unchanged"))
        .when(sure & (status == "missing") & described)
        .then(pl.lit("back"))
        .when(same & (status != "missing"))
        .then(pl.lit("again"))
        .otherwise(pl.lit("changed"))
    )


def _could_hide_a_write() -> pl.Expr:
    """Whether a write after we read the file could have left its time as it was.

    Times advance in ticks: two seconds on FAT, whole seconds on some network disks, some
    milliseconds elsewhere. A file read within a tick of its own time may have been written
    again within that tick, at the same length. It is read once more by the next scan, which
    then knows (git calls such entries racy).
    """
    mtime = pl.col("mtime_ns")
    tick = pl.when(mtime % _COARSE == 0).then(_COARSE_TICK).otherwise(_FINE_TICK)
    read_at = pl.col("was_changed_at").dt.epoch("ns")
    return (read_at - mtime).abs() <= tick


def _vanished(known: pl.DataFrame, found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    absent = known.filter(pl.col("status") != "missing").join(found, on="path", how="anti")
    closed = found.filter(pl.col("reason") == "folder_denied").get_column("path").to_list()
    for folder in closed:
        inside = pl.lit(True) if folder == "." else pl.col("path").str.starts_with(f"{folder}/")
        absent = absent.filter(~inside)
    is_obstacle = pl.col("reason").eq_missing(pl.lit("folder_denied"))
    return absent.filter(~is_obstacle).sort("path"), absent.filter(is_obstacle).sort("path")


def _part(parts: pl.DataFrame, state: str) -> pl.DataFrame:
    return parts.filter(pl.col("state") == state).drop("state")
