"""Find the files that are gone from where the tables say they are, by content.

Not here: pairing them with files that are new elsewhere (``moves``).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator

import polars as pl

from panoptic_data.errors import PanopticError
from panoptic_data.ingest import sources
from panoptic_data.ingest.moves import Departure
from panoptic_data.ingest.scan import GONE, Scan
from panoptic_data.ingest.sources import Source
from panoptic_data.ingest.walking import folder_identity
from panoptic_data.storage.project import Project
from panoptic_data.storage.sql import literal

__all__ = ["Departures"]

# Before nearness of the path: gone since the last look, from another source, gone for longer.
HERE, ELSEWHERE, BEFORE = range(3)


class Departures:
    """The files whose content may have come to a new path of a source: asked by content.

    Of the source itself: those that vanished, are missing, or have another content now. Of the
    others: those that are missing, or not on the disk while their folder is there, the same as at
    the last look: under an emptied mount point nothing has moved.
    """

    def __init__(self, project: Project, source: Source, scan: Scan) -> None:
        self._by_sha1: dict[str, list[Departure]] = defaultdict(list)
        # Rows of other sources by sha1: a million as Python objects would take 500 MB.
        self._elsewhere = pl.DataFrame(schema={"sha1": pl.String})
        self._looked_up: set[str] = set()
        self._roots: dict[str, Source] = {}
        self._add_own(source, scan)
        # Without a file that is new at its path nothing can have come from elsewhere.
        if scan.new.height or scan.changed.height:
            self._add_others(project, source)

    def holds(self, sha1: str) -> bool:
        """Whether a file with this content is gone from somewhere."""
        return bool(self.of(sha1))

    def of(self, sha1: str) -> list[Departure]:
        """Return the files with this content that are gone."""
        if sha1 not in self._looked_up:
            self._looked_up.add(sha1)
            for file_id, name, path, raw_path in self._rows_elsewhere(sha1):
                if self._is_gone(name, path, raw_path):
                    self._by_sha1[sha1].append(Departure(file_id, name, path, sha1, ELSEWHERE))
        return self._by_sha1.get(sha1, [])

    def of_all(self, sha1s: Collection[str]) -> list[Departure]:
        """Return the files with these contents that are gone."""
        return [departure for sha1 in sorted(set(sha1s)) for departure in self.of(sha1)]

    def _add_own(self, source: Source, scan: Scan) -> None:
        missing = scan.rows.filter(pl.col("status") == "missing").sort("path")
        for frame, rank in ((scan.vanished, HERE), (missing, BEFORE)):
            for file_id, path, sha1 in frame["file_id", "path", "sha1"].iter_rows():
                self._add(Departure(file_id, source.name, path, sha1, rank))
        changed = scan.changed.filter(~pl.col("was_status").is_in(GONE))
        for file_id, path, sha1 in changed["was_file_id", "path", "was_sha1"].iter_rows():
            self._add(Departure(file_id, source.name, path, sha1, HERE, is_overwritten=True))

    def _add(self, departure: Departure) -> None:
        if departure.sha1 is not None:
            self._by_sha1[departure.sha1].append(departure)

    def _add_others(self, project: Project, source: Source) -> None:
        self._roots = {other.name: other for other in sources.listing(project) if _is_there(other)}
        columns = ["file_id", "source", "path", "raw_path", "sha1", "status"]
        where = f"source != {literal(source.name)} AND status != 'purged' AND sha1 IS NOT NULL"
        rows = project.database().frame("files", columns, where)
        missing = rows.filter(pl.col("status") == "missing")
        for file_id, name, path, sha1 in missing["file_id", "source", "path", "sha1"].iter_rows():
            self._add(Departure(file_id, name, path, sha1, BEFORE))
        there = pl.col("source").is_in(list(self._roots)) & (pl.col("status") != "missing")
        self._elsewhere = rows.filter(there).sort("sha1")

    def _rows_elsewhere(self, sha1: str) -> Iterator[tuple[str, str, str, bytes | None]]:
        sha1s = self._elsewhere["sha1"]
        if sha1s.is_empty():
            return
        first, end = (sha1s.search_sorted(sha1, side) for side in ("left", "right"))
        rows = self._elsewhere[first:end]
        yield from rows.select("file_id", "source", "path", "raw_path").iter_rows()

    def _is_gone(self, name: str, path: str, raw_path: bytes | None) -> bool:
        try:
            return not os.path.lexists(sources.absolute_path(self._roots[name], path, raw_path))
        except (PanopticError, ValueError):
            return False


def _is_there(source: Source) -> bool:
    """Whether a source's folder is there, and the one that was there at the last look."""
    try:
        _, inode = folder_identity(source.root)
    except PanopticError:
        return False
    return source.presence.inode in (None, inode)
