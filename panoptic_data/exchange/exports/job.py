"""One export at work: of which images, where to, and how far it is.

Not here: how a format writes them (its module), what is checked before (``run``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from panoptic_data.exchange.exports import tables

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.options import Options, ReportProgress
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn
    from panoptic_data.exchange.exports.target import Draft
    from panoptic_data.storage.project import Project

__all__ = ["ExportJob"]


@dataclass(frozen=True)
class ExportJob:
    """What a format is given to write: a selection of a project, into a draft.

    ``report`` is called with how many images are done, and of how many.
    """

    project: Project
    selection: Selection
    options: Options
    draft: Draft
    report: ReportProgress

    @cached_property
    def columns(self) -> tuple[ExportColumn, ...]:
        """The columns that were chosen. Raises InvalidExport for a name that there is not."""
        return tables.columns_of(self.selection.catalogue, self.options.columns)

    def parts(self, size: int = tables.BATCH) -> Iterator[Selection]:
        """Yield the selection in parts of at most ``size``; each is reported once it is written."""
        done = 0
        for part in self.selection.parts(size):
            yield part
            done += len(part)
            self.report(done, len(self.selection))
