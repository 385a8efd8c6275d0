"""How many images of a view each folder, format and cluster has, and histograms of numbers.

A view's own condition on the field that is counted does not count. Not here: counts of properties
(``facets``), of groups (``charts``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panoptic_data.catalogue.corpus import folder_counts
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["clusters", "folders", "formats", "histogram"]


def folders(catalogue: Catalogue, view: View | None = None) -> dict[str, int]:
    """Return each folder's count of images under a view, with all below it, in order."""
    result = run_view(catalogue, _without(view, "folder"))
    return folder_counts(catalogue.corpus, result.rows)


def formats(catalogue: Catalogue, view: View | None = None) -> dict[str, int]:
    """Return each format's count of images under a view, most frequent first."""
    result = run_view(catalogue, _without(view, "format"))
    names, codes = catalogue.corpus.texts("format")
    # Those without a format are counted first: their code is -1.
    counts = np.bincount(codes[result.rows] + 1, minlength=len(names) + 1)[1:].tolist()
    pairs = [(name, count) for name, count in zip(names, counts, strict=True) if count]
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def clusters(catalogue: Catalogue, encoder: str, view: View | None = None) -> dict[int, int]:
    """Return each cluster's count of images under a view, largest first, -1 last."""
    numbers = catalogue.clusters(encoder)
    if numbers is None:
        return {}
    result = run_view(catalogue, _without(view, "cluster"))
    # Numbers begin with -2, which stands for what is not embedded yet.
    counts = np.bincount(numbers[result.rows] + 2).tolist()
    pairs = [(index - 2, count) for index, count in enumerate(counts) if count and index]
    return dict(sorted(pairs, key=lambda pair: (pair[0] < 0, -pair[1], pair[0])))


def histogram(
    catalogue: Catalogue, field: str, view: View | None = None, bins: int = 40
) -> tuple[list[int], list[float]]:
    """Return counts (bins) and edges (bins + 1) of a field of numbers under a view."""
    result = run_view(catalogue, _without(view, field))
    numbers = catalogue.numbers(field)
    units = result.files if catalogue.is_of_files(field) else result.rows
    numbers = numbers[units]
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return [], []
    counts, edges = np.histogram(numbers, bins)
    return counts.tolist(), edges.tolist()


def _without(view: View | None, field: str) -> View:
    """Return the view without conditions on a field and without groups: an image counts once."""
    return (view or View()).without(field).grouped_by()
