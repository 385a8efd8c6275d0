"""Update one source's rows of the tables ``files`` and ``images``, from a scan of its folder.

Not here: deciding which files to read (``scan``), which files moved (``moves``), computing an
image's row from its bytes (``media.metadata``).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa

from panoptic_data.errors import FolderNotFound, UnreadableImage
from panoptic_data.ingest import overwritten, sidecars, sources
from panoptic_data.ingest.departures import Departures
from panoptic_data.ingest.moves import Arrival, Move, pair_moves
from panoptic_data.ingest.scan import (
    TRANSIENT_REASONS,
    Scan,
    described_sha1s,
    file_id,
    must_ask,
    read_file,
)
from panoptic_data.ingest.sources import Source
from panoptic_data.ingest.walking import folder_identity
from panoptic_data.media import hashes
from panoptic_data.media.metadata import THUMBNAIL_SHORT_SIDE, ImageRow, describe
from panoptic_data.media.prefetch import in_order
from panoptic_data.provenance.stages import ReportProgress
from panoptic_data.storage import schema
from panoptic_data.storage.checksums import with_digests
from panoptic_data.storage.project import Project
from panoptic_data.storage.sql import literal
from panoptic_data.storage.tables import Database

__all__ = ["NO_FIRST_IMAGES", "FirstImages", "SourceUpdate"]

T = TypeVar("T")

# Files. A batch is one commit of two tables (20 ms). Each commit also lists all earlier ones, so
# batches grow with the run: some 300 for a million images. New images show after a second, then
# every few.
SMALLEST_BATCH = 256
LARGEST_BATCH = 4096
FIRST_SECONDS = 1.0
BATCH_SECONDS = 5.0
# Files of a new folder that are read before anything slow begins: a look, then a screenful.
FIRST_BATCHES = (4, 16)
# The reason of a file whose content a person removed for good.
PURGED = "purged"


@dataclass(frozen=True)
class _FileResult:
    """The result of reading one entry of a scan; ``image`` only where the tables lack it."""

    entry: Mapping[str, Any]
    read_at: datetime
    sha1: str | None
    size: int
    mtime_ns: int
    ctime_ns: int | None
    reason: str | None = None
    detail: str | None = None
    image: ImageRow | None = None
    sidecar: str | None = None

    @property
    def status(self) -> str:
        if self.reason == PURGED:
            return "purged"
        return "unreadable" if self.reason else "ok"

    @property
    def is_unchanged(self) -> bool:
        entry = self.entry
        columns = ("status", "reason", "detail", "sha1", "sidecar", "sidecar_mark")
        now = (self.status, self.reason, self.detail, self.sha1, self.sidecar)
        return tuple(entry[f"was_{name}"] for name in columns) == (*now, entry["sidecar_mark"])

    @property
    def is_same_failure(self) -> bool:
        # The row of any other recheck is written again: its new time ends the doubt about it.
        return self.is_unchanged and self.reason in TRANSIENT_REASONS

    @property
    def is_new_at_path(self) -> bool:
        return self.sha1 is not None and self.sha1 != self.entry["was_sha1"]


@dataclass(frozen=True)
class FirstImages:
    """What a run read of a new source before the rest (``first_images``).

    ``files`` are file identifiers, ``decoded`` the sha1s of the images that were made.
    """

    files: frozenset[str] = frozenset()
    decoded: frozenset[str] = frozenset()


NO_FIRST_IMAGES = FirstImages()


class SourceUpdate:
    """The update of one source's rows, in the order of its methods.

    ``first`` is what the same run read of the source before: in its counts that is new.
    """

    def __init__(
        self,
        project: Project,
        source: Source,
        run: str,
        scan: Scan,
        *,
        reread: bool = False,
        thumbnail: int = THUMBNAIL_SHORT_SIDE,
        first: FirstImages = NO_FIRST_IMAGES,
    ) -> None:
        self.source = source
        self.scan = scan
        self.first = first
        self.decoded: set[str] = set(first.decoded)
        self.changed = 0
        self.moves: Sequence[Move] = ()
        self.marked = 0
        self.withheld = scan.withheld.height
        self.unread = 0
        self._project = project
        self._run = run
        self._thumbnail = thumbnail
        self._began = datetime.now(UTC)
        self._database: Database = project.database()
        # Images are made again where everything is read again.
        self._described = set() if reread else set(described_sha1s(project, source).to_list())
        purged = self._database.frame("files", ["sha1"], "status = 'purged'")["sha1"]
        self._purged = frozenset(purged.drop_nulls().to_list())
        self._departures = Departures(project, source, scan)
        self._held: list[_FileResult] = []
        # By file, the image that it held before what is written next.
        self._overwritten: dict[str, str] = {}
        self._taken: set[str] | None = None

    def write_without_reading(self) -> None:
        """Write the rows that need no reading: problems, and files restored unchanged."""
        resolved = self.scan.resolved.get_column("file_id").to_list()
        if resolved:
            self._database.delete("files", resolved)
        entries = pl.concat([self.scan.problems, self.scan.restored]).iter_rows(named=True)
        self._upsert([self._row(self._unread(entry)) for entry in entries])

    def read_and_write(self, report: ReportProgress, threads: int | None) -> None:
        """Read the new, changed and doubtful files and write their rows in batches.

        Those whose content is gone from another path are kept for :meth:`write_moved_and_vanished`.
        Raises FolderNotFound when the source's folder went away: what was written stays.
        """
        todo = pl.concat([self.scan.new, self.scan.changed, self.scan.recheck]).sort("path")
        done = self.scan.unchanged + self.scan.problems.height + self.scan.restored.height
        total = done + todo.height
        report("images", done, total)
        for batch in _batches(self._results(todo, threads)):
            self._write([result for result in batch if result is not None])
            self.unread += sum(result is None for result in batch)
            done += len(batch)
            report("images", done, total)

    def read_first(self, report: ReportProgress) -> None:
        """Read the first new files and write their rows in small batches, and nothing else.

        Those whose content is gone from another path are not written. Raises FolderNotFound.
        """
        total, done = self.scan.new.height, 0
        report("images", 0, total)
        for size in FIRST_BATCHES:
            # None is read ahead: that would hold up the commit of the first.
            batch = list(self._results(self.scan.new.slice(done, size), None))
            self._write([result for result in batch if result is not None])
            done += len(batch)
            report("images", done, total)
        self._held.clear()

    def write_moved_and_vanished(self) -> None:
        """Give files that moved their identity, and mark those that vanished, in one commit.

        Killed before it, the files that moved are read again; killed after it, all is done.
        """
        self._ensure_there()
        arrivals = [_arrival(result) for result in self._held]
        departures = self._departures.of_all([arrival.sha1 for arrival in arrivals])
        self.moves = pair_moves(arrivals, departures)
        rows = self._held_rows()
        rows += self._displaced_rows()
        moved = [move.departure.file_id for move in self.moves]
        left = self.scan.vanished.filter(~pl.col("file_id").is_in(moved))
        if must_ask(self.source, left.height, self.scan.known):
            self.withheld = left.height
        else:
            rows += [self._missing_row(row) for row in left.to_dicts()]
            self.marked = left.height
        self._upsert(rows)
        self.changed += len(self.moves)

    def note_presence(self) -> None:
        """Note that the folder is there, and which files wait for an answer."""
        changes: dict[str, object] = {
            "away_since": None,
            "vanished": self.withheld,
            "known": self.scan.known if self.withheld else 0,
            "inode": self.scan.folder[1],
        }
        if not self.withheld:
            changes["accepted"] = 0
        sources.record_presence(self._project, self.source.name, **changes)

    def rows(self) -> pl.DataFrame:
        """Return the rows of all the source's files, sorted by path.

        Columns: file_id, path, sha1, status, reason, sidecar.
        """
        columns = ["file_id", "path", "sha1", "status", "reason", "sidecar"]
        where = f"source = {literal(self.source.name)}"
        return self._database.frame("files", columns, where).sort("path")

    def _results(self, todo: pl.DataFrame, threads: int | None) -> Iterator[_FileResult | None]:
        entries = ((entry, entry["size"]) for entry in todo.iter_rows(named=True))
        return in_order(entries, self._read, threads)

    def _read(self, entry: Mapping[str, Any]) -> _FileResult | None:
        """Read one file; None when it was deleted meanwhile, which the next scan finds out."""
        read_at = datetime.now(UTC)
        unread = self._unread(entry, read_at)
        path = sources.absolute_path(self.source, entry["path"], entry["raw_path"])
        try:
            content = read_file(path)
        except FileNotFoundError:
            # One file is gone, or the disk with all of them.
            self._ensure_there()
            return None
        except UnreadableImage as error:
            self._ensure_there()
            return replace(unread, reason=error.reason, detail=error.detail or None)
        sha1 = hashes.sha1(content.data)
        mark = entry["sidecar_mark"]
        result = replace(
            unread,
            sidecar=None if mark is None else sidecars.read(path, mark),
            sha1=sha1,
            size=content.size,
            mtime_ns=content.mtime_ns,
            ctime_ns=content.ctime_ns,
        )
        if sha1 in self._purged:
            return replace(result, reason=PURGED, sidecar=None)
        if sha1 in self._described:
            return result
        try:
            return replace(result, image=describe(content.data, sha1, self._thumbnail))
        except UnreadableImage as error:
            return replace(result, reason=error.reason, detail=error.detail or None)

    def _ensure_there(self) -> None:
        if folder_identity(self.source.root) != self.scan.folder:
            raise FolderNotFound(path=self.source.root)

    def _write(self, batch: Sequence[_FileResult]) -> None:
        images = {result.image.sha1: result.image for result in batch if result.image is not None}
        new = [image for sha1, image in images.items() if sha1 not in self._described]
        if new:
            rows = [{**asdict(image), "run": self._run} for image in new]
            self._forget_vectors(new)
            self._database.upsert("images", with_digests(_table("images", rows)))
            self._described.update(image.sha1 for image in new)
            self.decoded.update(image.sha1 for image in new)
        written = []
        for result in batch:
            if result.is_new_at_path and self._departures.holds(result.sha1 or ""):
                self._held.append(replace(result, image=None))
            elif not result.is_same_failure:
                written.append(self._row(result))
        self._upsert(written)

    def _forget_vectors(self, made_again: Sequence[ImageRow]) -> None:
        """Delete the vectors of images whose thumbnails are others than before.

        Encoders see thumbnails, and one image has one vector. Before the images' rows: killed in
        between, these are made again.
        """
        sha1s = [image.sha1 for image in made_again]
        stored = self._database.take("images", sha1s, ["sha1", "thumbnail"])
        before = dict(zip(*(stored[name].to_pylist() for name in stored.column_names), strict=True))
        other = [i.sha1 for i in made_again if before.get(i.sha1, i.thumbnail) != i.thumbnail]
        for name in sorted(self._database.names()) if other else ():
            if schema.table_of(name).name == "embeddings":
                self._database.delete(name, other)

    def _unread(self, entry: Mapping[str, Any], at: datetime | None = None) -> _FileResult:
        return _FileResult(
            entry,
            at or self._began,
            entry["was_sha1"],
            entry["size"],
            entry["mtime_ns"],
            entry["ctime_ns"],
            None if at else entry["reason"],
            None if at else entry["detail"],
            sidecar=entry["was_sidecar"],
        )

    def _row(
        self,
        result: _FileResult,
        move: Move | None = None,
        first_seen: datetime | None = None,
    ) -> dict[str, Any]:
        entry = result.entry
        is_known = entry["was_status"] is not None and entry["was_file_id"] not in self.first.files
        if not result.is_unchanged and is_known and move is None:
            self.changed += 1
        known_id = move.departure.file_id if move is not None else entry["was_file_id"]
        if move is None and entry["was_status"] == "ok" and result.is_new_at_path:
            self._overwritten[known_id] = entry["was_sha1"]
        return self._complete(
            {
                "file_id": known_id or self._new_id(entry["path"]),
                "path": entry["path"],
                "raw_path": entry["raw_path"],
                "sha1": result.sha1,
                "size": result.size,
                "mtime_ns": result.mtime_ns,
                "ctime_ns": result.ctime_ns,
                "status": result.status,
                "reason": result.reason,
                "detail": result.detail,
                "sidecar": result.sidecar,
                "sidecar_mark": entry["sidecar_mark"],
                "first_seen": first_seen or entry["was_first_seen"] or self._began,
                "changed_at": result.read_at,
                "run": entry["was_run"] if result.is_unchanged else self._run,
            }
        )

    def _held_rows(self) -> list[dict[str, Any]]:
        move_to = {move.arrival.path: move for move in self.moves}
        seen = self._times_of_moved()
        rows = []
        for result in self._held:
            move = move_to.get(result.entry["path"])
            first_seen = seen.get(move.departure.file_id) if move is not None else None
            rows.append(self._row(result, move, first_seen))
        return rows

    def _times_of_moved(self) -> dict[str, datetime]:
        """Return when the files that moved were first seen, by file_id."""
        moved = [move.departure.file_id for move in self.moves]
        rows = self._database.take("files", moved, ["file_id", "first_seen"])
        return dict(zip(rows["file_id"].to_pylist(), rows["first_seen"].to_pylist(), strict=True))

    def _displaced_rows(self) -> list[dict[str, Any]]:
        """Return the rows of missing files at whose path a moved one is now.

        They are kept under the path that the moved one left, so that no path has two files.
        """
        moved = {move.departure.file_id for move in self.moves}
        displacing = {
            move.arrival.file_id: move
            for move in self.moves
            if move.arrival.file_id is not None and move.arrival.file_id not in moved
        }
        rows = self._database.take("files", [key for key in displacing if key]).to_pylist()
        displaced = []
        for row in rows:
            departure = displacing[row["file_id"]].departure
            old_path = {"source": departure.source, "path": departure.path, "raw_path": None}
            displaced.append(self._missing_row({**row, **old_path}))
        return displaced

    def _missing_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        missing = {"status": "missing", "reason": "missing", "detail": None}
        at = {"changed_at": self._began, "run": self._run}
        return self._complete({**row, **missing, **at})

    def _complete(self, row: Mapping[str, Any]) -> dict[str, Any]:
        source = row.get("source") or self.source.name
        return {**row, "source": source, "folder": row["path"].rpartition("/")[0]}

    def _new_id(self, path: str) -> str:
        if self._taken is None:
            ids = self._database.read("files", ["file_id"])["file_id"].to_pylist()
            self._taken = set(ids)
        attempt = 0
        while (new := file_id(self.source.name, path, attempt)) in self._taken:
            attempt += 1
        self._taken.add(new)
        return new

    def _upsert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            # Before the files: afterwards nothing says what they held.
            overwritten.record(self._project, self._overwritten, self._began, self._run)
            self._overwritten.clear()
            self._database.upsert("files", _table("files", rows))


def _arrival(result: _FileResult) -> Arrival:
    entry = result.entry
    is_reusable = entry["was_status"] == "missing"
    return Arrival(entry["path"], result.sha1 or "", entry["was_file_id"], is_reusable)


def _batches(outcomes: Iterable[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    done = 0
    seconds = FIRST_SECONDS
    since = time.perf_counter()
    for outcome in outcomes:
        batch.append(outcome)
        full = min(max(SMALLEST_BATCH, done // 20), LARGEST_BATCH)
        if len(batch) >= full or time.perf_counter() - since > seconds:
            yield batch
            done += len(batch)
            batch = []
            seconds = min(2 * seconds, BATCH_SECONDS)
            since = time.perf_counter()
    if batch:
        yield batch


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema.arrow(name))
