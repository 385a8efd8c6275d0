"""Bring the tables ``files`` and ``images`` up to date with a folder, and read pictures.

Not here: deciding which files to read (``scan``), writing their rows (``source_update``),
vectors (``vectors.embeddings``).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from io import BytesIO

import polars as pl
from PIL import Image

from panoptic_data.errors import FolderNotFound, PanopticError, UnknownImage
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import read_file, scan_source
from panoptic_data.ingest.source_update import NO_FIRST_IMAGES, FirstImages, SourceUpdate
from panoptic_data.ingest.sources import Source
from panoptic_data.ingest.stage_results import files_result, images_result
from panoptic_data.media import decode, hashes
from panoptic_data.media.metadata import THUMBNAIL_SHORT_SIDE
from panoptic_data.provenance.stages import ReportProgress, StageResult, ignore_progress
from panoptic_data.storage import schema
from panoptic_data.storage.project import Project

__all__ = ["ingest", "pixels", "prune", "taking_part", "thumbnails"]


def ingest(
    project: Project,
    source: Source,
    run: str,
    report: ReportProgress = ignore_progress,
    threads: int | None = None,
    *,
    retry: bool = False,
    reread: bool = False,
    thumbnail: int = THUMBNAIL_SHORT_SIDE,
    first: FirstImages = NO_FIRST_IMAGES,
) -> tuple[StageResult, StageResult]:
    """Bring the tables ``files`` and ``images`` up to date with a source's folder.

    Each new or changed file is read once and, where its content is new, decoded once. Work is
    committed in batches, images before the files that name them: a run that is killed at any
    moment and started again does what is missing and ends in the same rows. Memory grows with the
    number of files only by their paths and hashes. Returns the results of the stages ``files``
    and ``images`` of this source. ``retry`` reads unreadable files again, ``reread`` all files,
    of which it also makes the images again. ``thumbnail`` is the short side of thumbnails, in
    pixels; ``first`` is what the run read of the source before (``first_images``). Raises
    FolderNotFound when the folder is not there or went away meanwhile; the source is then noted as
    away.

    ``extra`` of the first, all in files: ``moved``, ``moved_uncertain`` (others could have been
    meant), ``missing``, ``withheld`` (too many vanished: a person is asked), ``unreadable`` (by
    reason), ``ignored`` (by extension), ``read``, ``unread`` (deleted before their turn). Of the
    second: ``decoded`` (images made).
    """
    began = time.perf_counter()
    try:
        scan = scan_source(project, source, retry=retry, reread=reread)
        scanned = time.perf_counter()
        update = SourceUpdate(
            project, source, run, scan, reread=reread, thumbnail=thumbnail, first=first
        )
        update.write_without_reading()
        update.read_and_write(report, threads)
        update.write_moved_and_vanished()
    except FolderNotFound:
        sources.record_away(project, source)
        raise
    update.note_presence()
    seconds = time.perf_counter() - scanned
    rows = update.rows()
    return files_result(update, rows, scanned - began), images_result(update, rows, seconds)


def prune(project: Project, run: str) -> int:  # noqa: ARG001 - a run deletes; no row is left to bear it
    """Delete the images that no row of ``files`` names from the tables; return how many.

    A missing file's row still names its image: only overwritten contents are deleted, and those
    of sources that were removed, whose files go first.
    """
    database = project.database()
    names = [source.name for source in sources.listing(project)]
    files = database.frame("files", ["file_id", "source", "status"])
    # What a person purged stays so, wherever it lies.
    is_left = ~pl.col("source").is_in(names) & (pl.col("status") != "purged")
    left = files.filter(is_left).get_column("file_id")
    if left.len():
        database.delete("files", left.to_list())
    present = database.frame("files", ["sha1"], "status != 'purged'")
    referenced = present.get_column("sha1").drop_nulls().unique()
    stored = database.frame("images", ["sha1"]).get_column("sha1")
    orphans = stored.filter(~stored.is_in(referenced.implode())).sort().to_list()
    if not orphans:
        return 0
    # Images last: after a kill in between they are found again.
    for name in sorted(database.names()):
        table = schema.table_of(name)
        # The stage of neighbours makes anew the lists that name an image whose own row is left.
        if table.per_encoder and table.key == "sha1" and table.name != "neighbours":
            database.delete(name, orphans)
    database.delete("images", orphans)
    return len(orphans)


def taking_part(project: Project) -> pl.Series:
    """Return the images that neighbours, map, clusters and duplicates are made of.

    Those with a readable file that is present, or away with its source (its folder is not there
    for now). String, each once, in no order.
    """
    files = project.database().frame("files", ["sha1"], "status = 'ok'")
    return files.get_column("sha1").drop_nulls().unique()


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
