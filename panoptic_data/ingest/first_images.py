"""Read the first few files of a folder that is new, before anything slow begins.

So that pictures show within seconds: the run then reads the rest, and its results count these
among what it read. Not here: reading the whole folder (``images``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panoptic_data.ingest.scan import scan_source
from panoptic_data.ingest.source_update import NO_FIRST_IMAGES, FirstImages, SourceUpdate
from panoptic_data.media.metadata import THUMBNAIL_SHORT_SIDE
from panoptic_data.provenance.stages import ReportProgress, ignore_progress
from panoptic_data.storage.sql import literal

if TYPE_CHECKING:
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project

__all__ = ["read_first"]

# Entries of a folder that are looked at: on a slow network disk one takes a millisecond.
SEEN_AT_MOST = 1_000


def read_first(
    project: Project,
    source: Source,
    run: str,
    report: ReportProgress = ignore_progress,
    *,
    thumbnail: int = THUMBNAIL_SHORT_SIDE,
) -> FirstImages:
    """Read the first files of a source of which no file is known; return what was read.

    Their rows are those that ``images.ingest`` writes, which is to be called with what this
    returns. Files whose content is gone from elsewhere are left to it: they may have moved. Does
    nothing where any file of the source is known. ``thumbnail`` is the short side of thumbnails, in
    pixels. Raises FolderNotFound when the folder is not there.
    """
    if project.database().count("files", f"source = {literal(source.name)}"):
        return NO_FIRST_IMAGES
    scan = scan_source(project, source, at_most=SEEN_AT_MOST)
    update = SourceUpdate(project, source, run, scan, thumbnail=thumbnail)
    update.read_first(report)
    files = frozenset(update.rows()["file_id"].to_list())
    return FirstImages(files, frozenset(update.decoded))
