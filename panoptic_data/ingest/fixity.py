"""Compare what lies on the disk with what is stored: fixity, as archives call it. Writes nothing.

A scan trusts sizes and times; this reads every file. Not here: bringing the tables up to date
(``images.ingest``, with ``reread``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from panoptic_data.errors import PanopticError, UnreadableImage
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import read_file
from panoptic_data.ingest.sources import Source
from panoptic_data.media import hashes
from panoptic_data.media.prefetch import in_order
from panoptic_data.provenance.stages import ReportProgress, ignore_progress
from panoptic_data.storage.project import Project

__all__ = ["OUTCOMES", "CheckedFile", "check_files"]

OUTCOMES = ("same", "changed", "missing", "unreadable", "away", "unread")
"""Of a file: its bytes are as stored; are others; it is gone; the system cannot read it; its
source's folder is not there; no run has read it yet, so that nothing is stored to compare."""


@dataclass(frozen=True)
class CheckedFile:
    """One file and what came of comparing it: one of ``OUTCOMES``. Sizes are in bytes."""

    source: str
    path: str
    outcome: str
    sha1: str | None
    size: int | None
    sha1_now: str | None = None
    size_now: int | None = None
    detail: str | None = None

    @property
    def differs(self) -> bool:
        """Whether it is not as it should be."""
        return self.outcome in ("changed", "missing", "unreadable")


def check_files(
    project: Project,
    names: Sequence[str] = (),
    report: ReportProgress = ignore_progress,
    threads: int | None = None,
) -> list[CheckedFile]:
    """Read every file that should be there, of these sources or of all; sorted by source and path.

    Files known to be missing, and those that were purged, are left out. ``report`` is called as
    ("verify", done, total). Raises UnknownSource.
    """
    chosen = {source.name: source for source in sources.select(project, names)}
    columns = ["source", "path", "raw_path", "sha1", "size", "status"]
    files = project.database().frame("files", columns)
    is_expected = pl.col("source").is_in(list(chosen)) & pl.col("status").is_in(
        ["ok", "unreadable"]
    )
    rows = files.filter(is_expected).sort("source", "path")
    there = {name for name, source in chosen.items() if source.root.is_dir()}

    def check(row: Mapping[str, object]) -> CheckedFile:
        return _check(chosen[str(row["source"])], row, is_there=row["source"] in there)

    checked = []
    items = ((row, row["size"] or 0) for row in rows.iter_rows(named=True))
    for done, result in enumerate(in_order(items, check, threads), 1):
        checked.append(result)
        report("verify", done, rows.height)
    return checked


def _check(source: Source, row: Mapping[str, object], *, is_there: bool) -> CheckedFile:
    path, sha1, size = str(row["path"]), row["sha1"], row["size"]
    assert sha1 is None or isinstance(sha1, str)
    assert size is None or isinstance(size, int)

    def outcome(name: str, **details: object) -> CheckedFile:
        return CheckedFile(source.name, path, name, sha1, size, **details)  # type: ignore[arg-type]

    if not is_there:
        return outcome("away")
    if sha1 is None:
        return outcome("unread")
    try:
        content = read_file(sources.absolute_path(source, path, row["raw_path"]))  # type: ignore[arg-type]
    except FileNotFoundError:
        return outcome("missing" if source.root.is_dir() else "away")
    except UnreadableImage as error:
        return outcome("unreadable", detail=f"{error.reason} {error.detail}".strip())
    except (PanopticError, OSError, ValueError) as error:
        return outcome("unreadable", detail=str(error))
    now = hashes.sha1(content.data)
    is_same = now == sha1 and content.size == size
    return outcome("same" if is_same else "changed", sha1_now=now, size_now=content.size)
