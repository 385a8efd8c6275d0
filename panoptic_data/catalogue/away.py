"""Images of which no file is there now, because the folders of their sources are away.

Not here: finding out that a folder is away (``panoptic_data.ingest.presence``), files that are gone
from a folder that is there (the status ``missing``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from panoptic_data.ingest import sources

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult

__all__ = ["away_folders", "away_sources"]

# The sources of a catalogue are those of its version.
_away_of: WeakKeyDictionary[Catalogue, dict[str, str]] = WeakKeyDictionary()


def away_sources(catalogue: Catalogue) -> dict[str, str]:
    """Return the folder of each source that is away, by the source's name."""
    known = _away_of.get(catalogue)
    if known is None:
        listing = sources.listing(catalogue.project)
        known = {source.name: str(source.root) for source in listing if source.presence.is_away}
        _away_of[catalogue] = known
    return known


def away_folders(
    catalogue: Catalogue, result: ViewResult, start: int, count: int
) -> list[str | None]:
    """Return of some rows of a result the folder that is away; None of what is there.

    An image is there while one of its files is; of several folders it is that of its first file.
    """
    rows = result.rows[start : start + count]
    away = away_sources(catalogue)
    if not away:
        return [None] * len(rows)
    paths = catalogue.corpus.files["place"]
    if result.files is not None:
        shown = paths.gather(result.files[start : start + count]).to_list()
        return [away.get(_source(path)) for path in shown]
    row_of_file = catalogue.corpus.files["row"].to_numpy()
    begins, ends = (np.searchsorted(row_of_file, rows, side) for side in ("left", "right"))
    folders = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        of_files = [away.get(_source(path)) for path in paths[begin:end]]
        folders.append(of_files[0] if of_files and None not in of_files else None)
    return folders


def _source(path: str) -> str:
    return path.partition("/")[0]
