"""The results of the stages ``files`` and ``images`` of a source, from its update.

Not here: the update (``source_update``), recording results (``provenance.stages``).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult, digest

if TYPE_CHECKING:
    from panoptic_data.ingest.source_update import SourceUpdate

__all__ = ["files_result", "images_result"]


def files_result(update: SourceUpdate, rows: pl.DataFrame, seconds: float) -> StageResult:
    """Return the result of the stage ``files``; ``rows`` as of :meth:`SourceUpdate.rows`."""
    scan, before = update.scan, _before(update)
    unreadable = rows.filter(pl.col("status") == "unreadable").get_column("reason").to_list()
    moved_in = {move.departure.file_id for move in update.moves}
    new = rows.join(before, on="file_id", how="anti").filter(~pl.col("file_id").is_in(moved_in))
    sha1 = pl.col("sha1").fill_null("")
    # Where there is no sidecar the digest is that of earlier releases.
    sidecars = pl.concat_str(pl.lit("\0"), "sidecar").fill_null("")
    held = pl.concat_str("path", sha1, "status", separator="\0")
    parts = rows.select(held + sidecars).to_series()
    return StageResult(
        rows=rows.height,
        data_version=digest((CODE_VERSIONS["files"], *parts.to_list())),
        new=new.height,
        changed=update.changed,
        unchanged=rows.height - new.height - update.changed - update.marked,
        removed=update.marked + scan.resolved.height,
        failed=len(unreadable),
        seconds=seconds,
        extra={
            "moved": len(update.moves),
            "moved_uncertain": sum(not move.is_certain for move in update.moves),
            "missing": rows.filter(pl.col("status") == "missing").height,
            "withheld": update.withheld,
            "unreadable": dict(sorted(Counter(unreadable).items())),
            "ignored": dict(scan.ignored),
            "read": scan.new.height + scan.changed.height + _reread(update),
            "unread": update.unread,
        },
    )


def images_result(update: SourceUpdate, rows: pl.DataFrame, seconds: float) -> StageResult:
    """Return the result of the stage ``images``; ``rows`` as of :meth:`SourceUpdate.rows`."""
    current, before = _contents(rows), _contents(_before(update))
    both = current.filter(current.is_in(before.implode()))
    decoded_again = int(both.is_in(list(update.decoded)).sum())
    return StageResult(
        rows=len(current),
        data_version=digest((CODE_VERSIONS["images"], *current.to_list())),
        new=len(current) - len(both),
        changed=decoded_again,
        unchanged=len(both) - decoded_again,
        removed=len(before) - len(both),
        seconds=seconds,
        extra={"decoded": len(update.decoded)},
    )


def _before(update: SourceUpdate) -> pl.DataFrame:
    """Return the source's rows as they were before the run."""
    return update.scan.rows.filter(~pl.col("file_id").is_in(list(update.first.files)))


def _reread(update: SourceUpdate) -> int:
    """Return how many files were read that seemed unchanged, and what was read first: each once."""
    again = update.scan.recheck.get_column("was_file_id").to_list()
    return len(update.first.files.union(again))


def _contents(rows: pl.DataFrame) -> pl.Series:
    """Return the images of readable files, each once, sorted."""
    return rows.filter(pl.col("status") == "ok").get_column("sha1").unique().sort()
