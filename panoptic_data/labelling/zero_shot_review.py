"""Reviewing zero-shot predictions: what became of each predicted image since.

Predictions stay as they were made, so that a list can be gone through; answers, tags added in
other ways and undo show in the status of its images. Not here: predicting (``zero_shot``), writing
answers (``answers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.log import REFUSED
from panoptic_data.labelling.answers import answers_of
from panoptic_data.views.fields import property_field

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.labelling.zero_shot import Predictions, TagPredictions

__all__ = ["THRESHOLDS", "Review", "ReviewStatus", "counts_by_threshold", "statuses"]

# Probabilities at which images are counted.
THRESHOLDS = np.arange(101) / 100


@dataclass(frozen=True)
class Review:
    """Predictions for the tags of a property; ``include_tagged``: for tagged images, too.

    ``encoder`` is the slug of the one that made them.
    """

    property: str
    include_tagged: bool
    predictions: Predictions
    encoder: str = ""


@dataclass(frozen=True)
class ReviewStatus:
    """The status of the n images predicted for a tag, in their order.

    ``accepted`` have the tag, ``refused`` are answered not to; ``others`` (n,) is another tag of
    the property that an image has, as an index into ``tags``, -1 for none; ``open`` are still to
    be answered.
    """

    accepted: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    others: npt.NDArray[np.intp]
    open: npt.NDArray[np.bool_]
    tags: Sequence[str]


@dataclass(frozen=True)
class _TaggedRows:
    """Which rows have which tags of a property: ``rows`` and ``indices`` (m,) into ``tags``.

    ``any_tag`` (n + 1,) is the index of one tag of each of n rows of the corpus, -1 for none; the
    last element, -1, is for images that are gone (row -1).
    """

    rows: npt.NDArray[np.intp]
    indices: npt.NDArray[np.intp]
    any_tag: npt.NDArray[np.intp]
    tags: Sequence[str]


def statuses(
    current: Catalogue, review: Review, only: Iterable[str] | None = None
) -> list[tuple[TagPredictions, ReviewStatus]]:
    """Return the predictions for each tag (or for those of ``only``) with their status.

    Tags that were deleted are left out.
    """
    wanted = None if only is None else set(only)
    tags = current.annotations.tags
    tagged = _tagged_rows(current, review.property)
    return [
        (predicted, _status(current, review, predicted, tagged))
        for predicted in review.predictions.tags
        if (wanted is None or predicted.tag in wanted) and not tags[predicted.tag].deleted
    ]


def counts_by_threshold(
    predicted: TagPredictions, mask: npt.NDArray[np.bool_] | None = None
) -> list[int]:
    """Return how many images of a tag reach each of ``THRESHOLDS``, of those in a mask (n,)."""
    ends = np.searchsorted(-predicted.probabilities, -THRESHOLDS.astype(np.float32), side="right")
    if mask is None:
        return [int(end) for end in ends]
    sums = np.concatenate([[0], np.cumsum(mask)])
    return [int(count) for count in sums[ends]]


def _status(
    current: Catalogue, review: Review, predicted: TagPredictions, tagged: _TaggedRows
) -> ReviewStatus:
    # Rows of the corpus; -1 where an image is gone since.
    rows = current.corpus.rows_of_sha1s(pl.Series(predicted.sha1s, dtype=pl.String))
    own = tagged.tags.index(predicted.tag) if predicted.tag in tagged.tags else -1
    accepted = np.isin(rows, tagged.rows[tagged.indices == own])
    refusals = answers_of(current.annotations, predicted.tag).filter(pl.col("value") == REFUSED)
    refused = np.isin(rows, current.rows_of(refusals["target"].to_list())) & ~accepted
    others = np.where(accepted, -1, tagged.any_tag[rows])
    open = ~accepted & ~refused & (rows >= 0)
    if not review.include_tagged:
        open &= others < 0
    return ReviewStatus(accepted, refused, others, open, tagged.tags)


def _tagged_rows(current: Catalogue, property_id: str) -> _TaggedRows:
    property = current.annotations.properties.get(property_id)
    none, any_tag = np.empty(0, np.intp), np.full(len(current.corpus.frame) + 1, -1, np.intp)
    if property is None or property.deleted:
        return _TaggedRows(none, none, any_tag, ())
    column = current.column(property_field(property.type, property.id))
    if column.units is None or column.tags is None:
        return _TaggedRows(none, none, any_tag, ())
    rows = current.corpus.file_row[column.units] if property.target == "file" else column.units
    any_tag[rows] = column.tags
    return _TaggedRows(rows.astype(np.intp), column.tags.astype(np.intp), any_tag, column.ids)
