"""What is new in the folder of a source, in numbers, from a scan of it. Reads no file.

Not here: noticing that something is new (``watch``), the files themselves (``scan``).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from panoptic_data.errors import FolderNotFound
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import Scan, scan_source
from panoptic_data.ingest.sources import Source
from panoptic_data.provenance.stages import digest
from panoptic_data.storage.project import Project

__all__ = ["FolderNews", "difference", "folder_news"]


@dataclass(frozen=True)
class FolderNews:
    """How many files of a source a run would find new, changed or gone.

    ``new`` counts files that returned too. ``withheld`` files are not found, too many at once to
    believe it. ``digest`` differs where the files do: the same twice, nobody writes there.
    """

    source: str
    new: int = 0
    changed: int = 0
    vanished: int = 0
    withheld: int = 0
    is_away: bool = False
    digest: str = ""

    @property
    def count(self) -> int:
        """How many files a run would do something about."""
        return self.new + self.changed + self.vanished


def folder_news(project: Project, source: Source) -> FolderNews:
    """Compare a source's folder with the tables, by sizes and times, and note what is not there.

    That it is away, or that many files vanished, is noted as a run notes it.
    """
    try:
        scan = scan_source(project, source)
    except FolderNotFound:
        sources.record_away(project, source)
        return FolderNews(source.name, is_away=True)
    _note_presence(project, source, scan)
    is_first = pl.col("was_status").is_null()
    problems_new = scan.problems.filter(is_first).height
    return FolderNews(
        source.name,
        new=scan.new.height + problems_new + scan.restored.height,
        changed=scan.changed.height + scan.problems.height - problems_new,
        vanished=scan.vanished.height + scan.resolved.height,
        withheld=scan.withheld.height,
        digest=difference(scan),
    )


def _note_presence(project: Project, source: Source, scan: Scan) -> None:
    """Note that a folder is there, and how many of its files wait for a person's answer."""
    withheld = scan.withheld.height
    if not scan.is_noted:
        known = scan.known if withheld else 0
        sources.record_presence(
            project, source.name, away_since=None, vanished=withheld, known=known
        )


def difference(scan: Scan) -> str:
    """Return a digest of what differs between a folder and the tables."""
    frames = (scan.new, scan.changed, scan.problems, scan.restored)
    columns = ["path", "size", "mtime_ns", "reason", "sidecar_mark"]
    differing = [row for frame in frames for row in frame.select(columns).rows()]
    absent = [
        row
        for frame in (scan.vanished, scan.withheld, scan.resolved)
        for row in frame["path", "run"].rows()
    ]
    return digest(str(row) for row in differing + absent)
