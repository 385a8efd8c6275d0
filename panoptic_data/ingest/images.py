"""The tables ``files`` and ``images``: bring them up to date with a folder, and read pictures.

Not here: what has to be read (``files``), what an image's bytes give (``describe``), vectors
(``embeddings``).
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
from panoptic_data.ingest import scan as files
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import Scan, file_id
from panoptic_data.ingest.sources import Source
from panoptic_data.media import decode, hashes
from panoptic_data.media.metadata import (
    THUMBNAIL_LONG_SIDE,
    THUMBNAIL_SHORT_SIDE,
    ImageRow,
    describe,
)
from panoptic_data.media.prefetch import in_order
from panoptic_data.provenance.stages import CODE_VERSIONS, Report, StageResult, digest, quiet
from panoptic_data.storage import schema
from panoptic_data.storage.project import Project
from panoptic_data.storage.tables import Database

__all__ = [
    "THUMBNAIL_LONG_SIDE",
    "THUMBNAIL_SHORT_SIDE",
    "ImageRow",
    "describe",
    "ingest",
    "pixels",
    "prune",
    "thumbnails",
]

T = TypeVar("T")

# A batch is one commit of two tables (20 ms). Each commit also lists all before it, so batches
# grow with the run: some 300 for a million images. A person sees new images every few seconds.
SMALLEST_BATCH = 256
LARGEST_BATCH = 4096
BATCH_SECONDS = 5.0


@dataclass(frozen=True)
class _Outcome:
    """What reading one entry of a scan gave; ``image`` only where it is new to the tables."""

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
    def is_as_before(self) -> bool:
        was = self.entry
        before = tuple(was[f"was_{name}"] for name in ("status", "reason", "detail", "sha1"))
        return before == (self.status, self.reason, self.detail, self.sha1)

    @property
    def is_the_same_failure(self) -> bool:
        # Any other file that was read again is written again: that ends the doubt about it.
        return self.is_as_before and self.reason in files.PASSING


def ingest(
    project: Project,
    source: Source,
    run: str,
    report: Report = quiet,
    threads: int | None = None,
) -> tuple[StageResult, StageResult]:
    """Bring the tables ``files`` and ``images`` up to date with a source's folder.

    Each new or changed file is read once and, where its content is new, decoded once. Work is
    committed in batches, images before the files that name them: killed at any moment and
    started again, it does what is missing and ends in the same rows. Memory does not grow with
    the number of files beyond their paths and hashes. Returns the results of the stages
    ``files`` and ``images`` of this source. Raises FolderNotFound when its folder is not there.

    ``extra`` of the first: ``moved``, ``missing``, ``unreadable`` (by reason), ``ignored`` (by
    extension), ``read`` (files). Of the second: ``decoded`` (images made).
    """
    began = time.perf_counter()
    scan = files.scan(project, source)
    scanned = time.perf_counter()
    work = _Ingest(project, source, run, scan)
    work.write_seen()
    work.read_all(report, threads)
    work.write_vanished()
    seconds = time.perf_counter() - scanned
    after = work.rows()
    return _files_result(work, after, scanned - began), _images_result(work, after, seconds)


def prune(project: Project, run: str) -> int:  # noqa: ARG001 - a run deletes; no row is left to bear it
    """Forget the images that no file row names, in every table of images; return how many.

    A missing file's row still names its image: only overwritten contents go.
    """
    database = project.database()
    named = database.frame("files", ["sha1"]).get_column("sha1").drop_nulls().unique()
    held = database.frame("images", ["sha1"]).get_column("sha1")
    orphans = held.filter(~held.is_in(named.implode())).sort().to_list()
    if not orphans:
        return 0
    # Images last: a kill before leaves them to be found again.
    for name in sorted(database.names()):
        table = schema.table_of(name)
        if table.per_encoder and table.key == "sha1":
            database.delete(name, orphans)
    database.delete("images", orphans)
    return len(orphans)


def thumbnails(project: Project, sha1s: Iterable[str]) -> dict[str, bytes]:
    """Return the JPEG thumbnails of these images; unknown ones are left out."""
    rows = project.database().take("images", sha1s, ["sha1", "thumbnail"])
    return dict(zip(*(rows[name].to_pylist() for name in ("sha1", "thumbnail")), strict=True))


def pixels(project: Project, sha1: str, short_side: int) -> Image.Image:
    """Return an image as upright sRGB whose short side is at least ``short_side``, or whole.

    Of its thumbnail where that is large enough, else of one of its files. Where no file can be
    read (a disk that is not connected) the thumbnail is the best there is. Raises UnknownImage.
    """
    rows = project.database().take("images", [sha1], ["width", "height", "thumbnail"]).to_pylist()
    if not rows:
        raise UnknownImage(name=sha1)
    thumbnail = Image.open(BytesIO(rows[0]["thumbnail"]))
    thumbnail.load()
    whole = thumbnail.size == (rows[0]["width"], rows[0]["height"])
    if whole or min(thumbnail.size) >= short_side:
        return thumbnail
    return _from_file(project, sha1, short_side) or thumbnail


class _Ingest:
    """One source being brought up to date."""

    def __init__(self, project: Project, source: Source, run: str, scan: Scan) -> None:
        self.source = source
        self.scan = scan
        self.made: set[str] = set()
        self.changed = 0
        self.moved = 0
        self._run = run
        self._began = datetime.now(UTC)
        self._database: Database = project.database()
        self._described = set(files.described(project, source).to_list())

    def write_seen(self) -> None:
        """Write what needs no reading: obstacles, and files that are back as they were."""
        gone = self.scan.gone.get_column("path").to_list()
        if gone:
            self._database.delete("files", [file_id(self.source.name, path) for path in gone])
        entries = pl.concat([self.scan.problems, self.scan.back]).iter_rows(named=True)
        self._upsert([self._row(self._seen(entry)) for entry in entries])

    def read_all(self, report: Report, threads: int | None) -> None:
        """Read what has to be read and write it in batches."""
        todo = pl.concat([self.scan.new, self.scan.changed, self.scan.again]).sort("path")
        done = self.scan.unchanged + self.scan.problems.height + self.scan.back.height
        total = done + todo.height
        report("images", done, total)
        entries = ((entry, entry["size"]) for entry in todo.iter_rows(named=True))
        for batch in _batches(in_order(entries, self._read, threads)):
            self._write([one for one in batch if one is not None])
            done += len(batch)
            report("images", done, total)

    def write_vanished(self) -> None:
        """Mark as missing what is no longer there, with the place where its content now is."""
        vanished = self.scan.vanished
        if vanished.is_empty():
            return
        places = self._new_places(vanished)
        self.moved = len(places)
        rows = []
        for row in vanished.to_dicts():
            place = places.get(row["path"])
            reason = "moved" if place else "missing"
            kept = {**row, "status": "missing", "reason": reason, "detail": place}
            rows.append(self._complete({**kept, "changed_at": self._began, "run": self._run}))
        self._upsert(rows)

    def rows(self) -> pl.DataFrame:
        """Return path, sha1, status and reason of all the source's files, sorted by path."""
        return _rows(self._database, self.source, ["path", "sha1", "status", "reason"])

    def _new_places(self, vanished: pl.DataFrame) -> dict[str, str]:
        """Pair vanished paths with younger ones of the same content, both in order.

        Judged by the tables alone, so that a run that was killed pairs as one that was not.
        """
        contents = vanished.get_column("sha1").drop_nulls().unique().implode()
        now = _rows(self._database, self.source, ["path", "sha1", "status", "first_seen"])
        there = now.filter((pl.col("status") == "ok") & pl.col("sha1").is_in(contents))
        free: dict[str, deque[tuple[str, datetime]]] = {}
        for path, sha1, _, first_seen in there.iter_rows():
            free.setdefault(sha1, deque()).append((path, first_seen))
        places = {}
        for path, sha1, first_seen in vanished["path", "sha1", "first_seen"].iter_rows():
            younger = [place for place in free.get(sha1, ()) if place[1] > first_seen]
            if younger:
                free[sha1].remove(younger[0])
                places[path] = younger[0][0]
        return places

    def _read(self, entry: Mapping[str, Any]) -> _Outcome | None:
        """Read one file; None when it is gone by now: the next scan finds that out."""
        read_at = datetime.now(UTC)
        seen = _Outcome(entry, read_at, entry["was_sha1"], entry["size"], entry["mtime_ns"])
        try:
            content = files.read(sources.absolute(self.source, entry["path"], entry["raw_path"]))
        except FileNotFoundError:
            return None
        except UnreadableImage as error:
            return replace(seen, reason=error.reason, detail=error.detail or None)
        sha1 = hashes.sha1(content.data)
        known = replace(seen, sha1=sha1, size=content.size, mtime_ns=content.mtime_ns)
        if sha1 in self._described:
            return known
        try:
            return replace(known, image=describe(content.data, sha1))
        except UnreadableImage as error:
            return replace(known, reason=error.reason, detail=error.detail or None)

    def _write(self, batch: Sequence[_Outcome]) -> None:
        images = {one.image.sha1: one.image for one in batch if one.image is not None}
        new = [image for sha1, image in images.items() if sha1 not in self._described]
        if new:
            rows = [{**asdict(image), "run": self._run} for image in new]
            self._database.upsert("images", _table("images", rows))
            self._described.update(image.sha1 for image in new)
            self.made.update(image.sha1 for image in new)
        self._upsert([self._row(one) for one in batch if not one.is_the_same_failure])

    def _seen(self, entry: Mapping[str, Any]) -> _Outcome:
        return _Outcome(
            entry,
            self._began,
            entry["was_sha1"],
            entry["size"],
            entry["mtime_ns"],
            entry["reason"],
            entry["detail"],
        )

    def _row(self, one: _Outcome) -> dict[str, Any]:
        was = one.entry
        if not one.is_as_before and was["was_status"] is not None:
            self.changed += 1
        return self._complete(
            {
                "path": was["path"],
                "raw_path": was["raw_path"],
                "sha1": one.sha1,
                "size": one.size,
                "mtime_ns": one.mtime_ns,
                "status": one.status,
                "reason": one.reason,
                "detail": one.detail,
                "first_seen": was["was_first_seen"] or self._began,
                "changed_at": one.read_at,
                "run": was["was_run"] if one.is_as_before else self._run,
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


def _files_result(work: _Ingest, after: pl.DataFrame, seconds: float) -> StageResult:
    scan = work.scan
    unreadable = after.filter(pl.col("status") == "unreadable").get_column("reason").to_list()
    new = after.join(scan.known, on="path", how="anti").height
    parts = (f"{path}\0{sha1 or ''}\0{status}" for path, sha1, status, _ in after.iter_rows())
    return StageResult(
        rows=after.height,
        data_version=digest((CODE_VERSIONS["files"], *parts)),
        new=new,
        changed=work.changed,
        unchanged=after.height - new - work.changed - scan.vanished.height,
        removed=scan.vanished.height + scan.gone.height,
        failed=len(unreadable),
        seconds=seconds,
        extra={
            "moved": work.moved,
            "missing": after.filter(pl.col("status") == "missing").height,
            "unreadable": dict(sorted(Counter(unreadable).items())),
            "ignored": dict(scan.ignored),
            "read": scan.new.height + scan.changed.height + scan.again.height,
        },
    )


def _images_result(work: _Ingest, after: pl.DataFrame, seconds: float) -> StageResult:
    held, had = _contents(after), _contents(work.scan.known)
    again = len(work.made & held & had)
    return StageResult(
        rows=len(held),
        data_version=digest((CODE_VERSIONS["images"], *sorted(held))),
        new=len(held - had),
        changed=again,
        unchanged=len(held & had) - again,
        removed=len(had - held),
        seconds=seconds,
        extra={"decoded": len(work.made)},
    )


def _contents(rows: pl.DataFrame) -> set[str]:
    return set(rows.filter(pl.col("status") == "ok").get_column("sha1").to_list())


def _from_file(project: Project, sha1: str, short_side: int) -> Image.Image | None:
    known = {source.name: source for source in sources.listing(project)}
    where = f"sha1 = '{sha1}' AND status = 'ok'"
    rows = project.database().frame("files", ["source", "path", "raw_path"], where)
    for name, path, raw_path in rows.sort("source", "path").iter_rows():
        try:
            content = files.read(sources.absolute(known[name], path, raw_path))
        except (PanopticError, OSError):
            continue
        # It may have been overwritten since it was read.
        if hashes.sha1(content.data) == sha1:
            return decode.open_image(content.data, short_side)
    return None
