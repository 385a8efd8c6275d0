"""Bring the tables ``files`` and ``images`` up to date with a folder, and read pictures.

Not here: deciding which files to read (``scan``), computing an image's row from its bytes
(``media.metadata``), vectors (``vectors.embeddings``).
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa
from PIL import Image

from panoptic_data.errors import PanopticError, UnknownImage, UnreadableImage
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import (
    TRANSIENT_REASONS,
    Scan,
    described_sha1s,
    file_id,
    read_file,
    scan_source,
)
from panoptic_data.ingest.sources import Source
from panoptic_data.media import decode, hashes
from panoptic_data.media.metadata import ImageRow, describe
from panoptic_data.media.prefetch import in_order
from panoptic_data.provenance.stages import (
    CODE_VERSIONS,
    ReportProgress,
    StageResult,
    digest,
    ignore_progress,
)
from panoptic_data.storage import schema
from panoptic_data.storage.project import Project
from panoptic_data.storage.tables import Database

__all__ = ["ingest", "pixels", "prune", "taking_part", "thumbnails"]

T = TypeVar("T")

# Files. A batch is one commit of two tables (20 ms). Each commit also lists all earlier ones, so
# batches grow with the run: some 300 for a million images. New images show every few seconds.
SMALLEST_BATCH = 256
LARGEST_BATCH = 4096
BATCH_SECONDS = 5.0


@dataclass(frozen=True)
class _FileResult:
    """The result of reading one entry of a scan; ``image`` only where the tables lack it."""

    entry: Mapping[str, Any]
    read_at: datetime
    sha1: str | None
    size: int
    mtime_ns: int
    reason: str | None = None
    detail: str | None = None
    image: ImageRow | None = None

    @property
    def status(self) -> str:
        return "unreadable" if self.reason else "ok"

    @property
    def is_unchanged(self) -> bool:
        entry = self.entry
        before = tuple(entry[f"was_{name}"] for name in ("status", "reason", "detail", "sha1"))
        return before == (self.status, self.reason, self.detail, self.sha1)

    @property
    def is_same_failure(self) -> bool:
        # The row of any other recheck is written again: its new time ends the doubt about it.
        return self.is_unchanged and self.reason in TRANSIENT_REASONS


def ingest(
    project: Project,
    source: Source,
    run: str,
    report: ReportProgress = ignore_progress,
    threads: int | None = None,
) -> tuple[StageResult, StageResult]:
    """Bring the tables ``files`` and ``images`` up to date with a source's folder.

    Each new or changed file is read once and, where its content is new, decoded once. Work is
    committed in batches, images before the files that name them: a run that is killed at any
    moment and started again does what is missing and ends in the same rows. Memory grows with the
    number of files only by their paths and hashes. Returns the results of the stages ``files``
    and ``images`` of this source. Raises FolderNotFound when its folder is not there.

    ``extra`` of the first: ``moved``, ``missing``, ``unreadable`` (by reason), ``ignored`` (by
    extension), ``read`` (files). Of the second: ``decoded`` (images made).
    """
    began = time.perf_counter()
    scan = scan_source(project, source)
    scanned = time.perf_counter()
    update = _SourceUpdate(project, source, run, scan)
    update.write_without_reading()
    update.read_and_write(report, threads)
    update.write_vanished()
    seconds = time.perf_counter() - scanned
    rows = update.rows()
    return _files_result(update, rows, scanned - began), _images_result(update, rows, seconds)


def prune(project: Project, run: str) -> int:  # noqa: ARG001 - a run deletes; no row is left to bear it
    """Delete the images that no row of ``files`` names from every table; return how many.

    A missing file's row still names its image: only overwritten contents are deleted.
    """
    database = project.database()
    referenced = database.frame("files", ["sha1"]).get_column("sha1").drop_nulls().unique()
    stored = database.frame("images", ["sha1"]).get_column("sha1")
    orphans = stored.filter(~stored.is_in(referenced.implode())).sort().to_list()
    if not orphans:
        return 0
    # Images last: after a kill in between they are found again.
    for name in sorted(database.names()):
        table = schema.table_of(name)
        if table.per_encoder and table.key == "sha1":
            database.delete(name, orphans)
    database.delete("images", orphans)
    return len(orphans)


def taking_part(project: Project) -> pl.Series:
    """Return the images that neighbours, map, clusters and duplicates are made of.

    Those with a readable file that is present, or away with its source (its folder is not there
    for now). String, sorted.
    """
    files = project.database().frame("files", ["sha1"], "status = 'ok'")
    return files.get_column("sha1").drop_nulls().unique().sort()


def thumbnails(project: Project, sha1s: Iterable[str]) -> dict[str, bytes]:
    """Return the JPEG thumbnails of these images; unknown ones are left out."""
    rows = project.database().take("images", sha1s, ["sha1", "thumbnail"])
    return dict(zip(*(rows[name].to_pylist() for name in ("sha1", "thumbnail")), strict=True))


def pixels(project: Project, sha1: str, short_side: int) -> Image.Image:
    """Return an image as upright sRGB, short side at least ``short_side`` pixels or full size.

    From its thumbnail where that is large enough, else from one of its files. Where no file can
    be read (a disk that is not connected) the thumbnail is returned. Raises UnknownImage.
    """
    rows = project.database().take("images", [sha1], ["width", "height", "thumbnail"]).to_pylist()
    if not rows:
        raise UnknownImage(name=sha1)
    thumbnail = Image.open(BytesIO(rows[0]["thumbnail"]))
    thumbnail.load()
    is_original_size = thumbnail.size == (rows[0]["width"], rows[0]["height"])
    if is_original_size or min(thumbnail.size) >= short_side:
        return thumbnail
    return _from_file(project, sha1, short_side) or thumbnail


class _SourceUpdate:
    """The update of one source's rows, in the order of its methods."""

    def __init__(self, project: Project, source: Source, run: str, scan: Scan) -> None:
        self.source = source
        self.scan = scan
        self.decoded: set[str] = set()
        self.changed = 0
        self.moved = 0
        self._run = run
        self._began = datetime.now(UTC)
        self._database: Database = project.database()
        self._described = set(described_sha1s(project, source).to_list())

    def write_without_reading(self) -> None:
        """Write the rows that need no reading: problems, and files restored unchanged."""
        resolved = self.scan.resolved.get_column("path").to_list()
        if resolved:
            self._database.delete("files", [file_id(self.source.name, path) for path in resolved])
        entries = pl.concat([self.scan.problems, self.scan.restored]).iter_rows(named=True)
        self._upsert([self._row(self._unread(entry)) for entry in entries])

    def read_and_write(self, report: ReportProgress, threads: int | None) -> None:
        """Read the new, changed and doubtful files and write their rows in batches."""
        todo = pl.concat([self.scan.new, self.scan.changed, self.scan.recheck]).sort("path")
        done = self.scan.unchanged + self.scan.problems.height + self.scan.restored.height
        total = done + todo.height
        report("images", done, total)
        entries = ((entry, entry["size"]) for entry in todo.iter_rows(named=True))
        for batch in _batches(in_order(entries, self._read, threads)):
            self._write([result for result in batch if result is not None])
            done += len(batch)
            report("images", done, total)

    def write_vanished(self) -> None:
        """Mark vanished files as missing, with the path where their content is now."""
        vanished = self.scan.vanished
        if vanished.is_empty():
            return
        new_paths = self._new_paths(vanished)
        self.moved = len(new_paths)
        rows = []
        for row in vanished.to_dicts():
            new_path = new_paths.get(row["path"])
            reason = "moved" if new_path else "missing"
            missing_row = {**row, "status": "missing", "reason": reason, "detail": new_path}
            rows.append(
                self._complete({**missing_row, "changed_at": self._began, "run": self._run})
            )
        self._upsert(rows)

    def rows(self) -> pl.DataFrame:
        """Return path, sha1, status and reason of all the source's files, sorted by path."""
        return _rows(self._database, self.source, ["path", "sha1", "status", "reason"])

    def _new_paths(self, vanished: pl.DataFrame) -> dict[str, str]:
        """Pair vanished paths with younger ones of the same content, both in order.

        Decided from the tables alone, so that a run that was killed pairs as any other.
        """
        contents = vanished.get_column("sha1").drop_nulls().unique().implode()
        current = _rows(self._database, self.source, ["path", "sha1", "status", "first_seen"])
        readable = current.filter((pl.col("status") == "ok") & pl.col("sha1").is_in(contents))
        candidates: dict[str, deque[tuple[str, datetime]]] = {}
        for path, sha1, _, first_seen in readable.iter_rows():
            candidates.setdefault(sha1, deque()).append((path, first_seen))
        new_paths = {}
        for path, sha1, first_seen in vanished["path", "sha1", "first_seen"].iter_rows():
            younger = [
                candidate for candidate in candidates.get(sha1, ()) if candidate[1] > first_seen
            ]
            if younger:
                candidates[sha1].remove(younger[0])
                new_paths[path] = younger[0][0]
        return new_paths

    def _read(self, entry: Mapping[str, Any]) -> _FileResult | None:
        """Read one file; None when it was deleted meanwhile, which the next scan finds out."""
        read_at = datetime.now(UTC)
        unread = _FileResult(entry, read_at, entry["was_sha1"], entry["size"], entry["mtime_ns"])
        try:
            content = read_file(
                sources.absolute_path(self.source, entry["path"], entry["raw_path"])
            )
        except FileNotFoundError:
            return None
        except UnreadableImage as error:
            return replace(unread, reason=error.reason, detail=error.detail or None)
        sha1 = hashes.sha1(content.data)
        result = replace(unread, sha1=sha1, size=content.size, mtime_ns=content.mtime_ns)
        if sha1 in self._described:
            return result
        try:
            return replace(result, image=describe(content.data, sha1))
        except UnreadableImage as error:
            return replace(result, reason=error.reason, detail=error.detail or None)

    def _write(self, batch: Sequence[_FileResult]) -> None:
        images = {result.image.sha1: result.image for result in batch if result.image is not None}
        new = [image for sha1, image in images.items() if sha1 not in self._described]
        if new:
            rows = [{**asdict(image), "run": self._run} for image in new]
            self._database.upsert("images", _table("images", rows))
            self._described.update(image.sha1 for image in new)
            self.decoded.update(image.sha1 for image in new)
        self._upsert([self._row(result) for result in batch if not result.is_same_failure])

    def _unread(self, entry: Mapping[str, Any]) -> _FileResult:
        return _FileResult(
            entry,
            self._began,
            entry["was_sha1"],
            entry["size"],
            entry["mtime_ns"],
            entry["reason"],
            entry["detail"],
        )

    def _row(self, result: _FileResult) -> dict[str, Any]:
        entry = result.entry
        if not result.is_unchanged and entry["was_status"] is not None:
            self.changed += 1
        return self._complete(
            {
                "path": entry["path"],
                "raw_path": entry["raw_path"],
                "sha1": result.sha1,
                "size": result.size,
                "mtime_ns": result.mtime_ns,
                "status": result.status,
                "reason": result.reason,
                "detail": result.detail,
                "first_seen": entry["was_first_seen"] or self._began,
                "changed_at": result.read_at,
                "run": entry["was_run"] if result.is_unchanged else self._run,
            }
        )

    def _complete(self, row: Mapping[str, Any]) -> dict[str, Any]:
        name, path = self.source.name, row["path"]
        folder = path.rpartition("/")[0]
        return {**row, "file_id": file_id(name, path), "source": name, "folder": folder}

    def _upsert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._database.upsert("files", _table("files", rows))


def _batches(outcomes: Iterable[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    done = 0
    since = time.perf_counter()
    for outcome in outcomes:
        batch.append(outcome)
        full = min(max(SMALLEST_BATCH, done // 20), LARGEST_BATCH)
        if len(batch) >= full or time.perf_counter() - since > BATCH_SECONDS:
            yield batch
            done += len(batch)
            batch = []
            since = time.perf_counter()
    if batch:
        yield batch


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema.arrow(name))


def _rows(database: Database, source: Source, columns: Sequence[str]) -> pl.DataFrame:
    name = source.name.replace("'", "''")
    return database.frame("files", columns, f"source = '{name}'").sort("path")


def _files_result(update: _SourceUpdate, rows: pl.DataFrame, seconds: float) -> StageResult:
    scan = update.scan
    unreadable = rows.filter(pl.col("status") == "unreadable").get_column("reason").to_list()
    new = rows.join(scan.rows, on="path", how="anti").height
    parts = (f"{path}\0{sha1 or ''}\0{status}" for path, sha1, status, _ in rows.iter_rows())
    return StageResult(
        rows=rows.height,
        data_version=digest((CODE_VERSIONS["files"], *parts)),
        new=new,
        changed=update.changed,
        unchanged=rows.height - new - update.changed - scan.vanished.height,
        removed=scan.vanished.height + scan.resolved.height,
        failed=len(unreadable),
        seconds=seconds,
        extra={
            "moved": update.moved,
            "missing": rows.filter(pl.col("status") == "missing").height,
            "unreadable": dict(sorted(Counter(unreadable).items())),
            "ignored": dict(scan.ignored),
            "read": scan.new.height + scan.changed.height + scan.recheck.height,
        },
    )


def _images_result(update: _SourceUpdate, rows: pl.DataFrame, seconds: float) -> StageResult:
    current, before = _contents(rows), _contents(update.scan.rows)
    decoded_again = len(update.decoded & current & before)
    return StageResult(
        rows=len(current),
        data_version=digest((CODE_VERSIONS["images"], *sorted(current))),
        new=len(current - before),
        changed=decoded_again,
        unchanged=len(current & before) - decoded_again,
        removed=len(before - current),
        seconds=seconds,
        extra={"decoded": len(update.decoded)},
    )


def _contents(rows: pl.DataFrame) -> set[str]:
    return set(rows.filter(pl.col("status") == "ok").get_column("sha1").to_list())


def _from_file(project: Project, sha1: str, short_side: int) -> Image.Image | None:
    source_by_name = {source.name: source for source in sources.listing(project)}
    where = f"sha1 = '{sha1}' AND status = 'ok'"
    rows = project.database().frame("files", ["source", "path", "raw_path"], where)
    for name, path, raw_path in rows.sort("source", "path").iter_rows():
        try:
            content = read_file(sources.absolute_path(source_by_name[name], path, raw_path))
        except (PanopticError, OSError):
            continue
        # The file may have been overwritten since the row was written.
        if hashes.sha1(content.data) == sha1:
            return decode.open_image(content.data, short_side)
    return None
