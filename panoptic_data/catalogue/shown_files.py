"""Which files of an image a view is about: those that match what it asks of files.

A view of images finds an image by any of its files, be it not the first: who asks for a name or a
folder is given the file that has it. Not here: what matches (``filters``), views of files, which
show each by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from panoptic_data.catalogue.filters import matching_files

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = ["NO_FILE", "all_files", "first_files"]

NO_FILE = -1
Positions = npt.NDArray[np.int64]


def first_files(catalogue: Catalogue, rows: Positions, view: View | None = None) -> Positions:
    """Return the position of each row's first file that matches, (n,) int64.

    Of an image that is found by several files together, or is asked nothing of files, it is the
    first file of all; ``NO_FILE`` where there is none.
    """
    files, is_matching = _candidates(catalogue, view)
    first = _first_of(catalogue, rows, np.arange(catalogue.corpus.files.height))
    if not is_matching:
        return first
    matching = _first_of(catalogue, rows, files)
    return np.where(matching == NO_FILE, first, matching)


def all_files(
    catalogue: Catalogue, rows: Positions, view: View | None = None
) -> tuple[Positions, Positions]:
    """Return each row once a file that matches, and the files: two (m,) int64.

    Files as of :func:`first_files`; an image without any has one place, with ``NO_FILE``.
    """
    files, is_matching = _candidates(catalogue, view)
    every = np.arange(catalogue.corpus.files.height)
    starts, stops = _ranges(catalogue, rows, every)
    pool = every
    if is_matching:
        from_matching, to_matching = _ranges(catalogue, rows, files)
        has_match = to_matching > from_matching
        # Both kinds of files in one list: those that match come after all.
        pool = np.concatenate([every, files])
        starts = np.where(has_match, from_matching + len(every), starts)
        stops = np.where(has_match, to_matching + len(every), stops)
    counts = np.maximum(stops - starts, 1)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    has_file = np.repeat(stops > starts, counts)
    at = np.where(has_file, np.repeat(starts, counts) + offsets, 0)
    chosen = pool[at] if len(pool) else np.full(len(at), NO_FILE)
    return np.repeat(rows, counts), np.where(has_file, chosen, NO_FILE).astype(np.int64)


def _candidates(catalogue: Catalogue, view: View | None) -> tuple[Positions, bool]:
    """Return the files that match, in order, and whether anything is asked of files."""
    mask = None if view is None else matching_files(catalogue, view)
    return (np.empty(0, dtype=np.int64), False) if mask is None else (np.flatnonzero(mask), True)


def _ranges(catalogue: Catalogue, rows: Positions, files: Positions) -> tuple[Positions, Positions]:
    """Return where the files of each row begin and end among some: they lie by their rows."""
    row_of = catalogue.corpus.file_row[files]
    return np.searchsorted(row_of, rows, "left"), np.searchsorted(row_of, rows, "right")


def _first_of(catalogue: Catalogue, rows: Positions, files: Positions) -> Positions:
    starts, stops = _ranges(catalogue, rows, files)
    if not len(files):
        return np.full(len(rows), NO_FILE, dtype=np.int64)
    first = files[np.minimum(starts, len(files) - 1)]
    return np.where(stops > starts, first, NO_FILE).astype(np.int64)
