"""Images of a project that may belong to a tag, learnt from its images and from answers.

Not here: the learning itself (``active_learning``), answers (``answers``), suggestions from the
names of tags (``zero_shot``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations import tags
from panoptic_data.annotations.log import ACCEPTED, REFUSED
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.labelling import active_learning, aligned_vectors
from panoptic_data.labelling.active_learning import Check, Estimate, Examples
from panoptic_data.labelling.answers import answers_of, tag_and_property
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.labelling.aligned_vectors import AlignedVectors
    from panoptic_data.storage.project import Project

__all__ = [
    "Image",
    "Progress",
    "Suggestions",
    "examples_of",
    "progress_of",
    "rows_shown",
    "suggest",
    "tagged_rows",
]

# Each suggestion names its most similar example; of more examples than this, a sample is compared.
MAX_COMPARED = 20_000

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Image:
    """One suggested image.

    ``similarity`` is the cosine to ``why``, the most similar example. ``probability`` is None
    while there are too few answers of both kinds. ``has_tag`` tells those of which the tag itself
    is in doubt (``likely_wrong``).
    """

    sha1: str
    similarity: float
    why: str
    probability: float | None
    has_tag: bool = False


@dataclass(frozen=True)
class Progress:
    """Counts: images with the tag, answers, and images that could still be suggested."""

    inside: int
    accepted: int
    refused: int
    candidates: int


@dataclass(frozen=True)
class Suggestions:
    """``kind`` is that of the model: "prototype", "classifier", or "none" without any example."""

    images: tuple[Image, ...]
    estimate: Estimate | None
    progress: Progress
    kind: str


def suggest(
    project: Project,
    tag: str,
    slug: str,
    *,
    view: View | None = None,
    mode: str = "likely",
    count: int = 20,
    examples: Sequence[str] = (),
    check: Check = lambda: None,
) -> Suggestions:
    """Return images that may belong to a tag, of those that a view shows (None: of all).

    Learnt from the images that have the tag or a descendant of it, and from ``examples`` (sha1s)
    where it has none yet. Where a property allows a single tag, images with another tag are not
    suggested and serve as negative examples. ``mode`` is one of ``active_learning.MODES``. Raises
    InvalidTag, NoEmbeddings, InvalidView.
    """
    current = registry.get(project)
    state = current.annotations
    checked, property = tag_and_property(state, tag)
    vectors = aligned_vectors.get(project, current, slug, check)
    known = examples_of(current, vectors, checked, property, examples)
    is_candidate = np.zeros(len(vectors.sha1s), dtype=bool)
    is_candidate[vectors.indices_of(rows_shown(current, view or View()))] = True
    is_candidate &= vectors.has_file
    for rows in (known.inside, known.outside, known.refused):
        is_candidate[rows] = False
    progress = progress_of(current, checked, property, int(is_candidate.sum()))
    if not len(known.inside):
        return Suggestions((), None, progress, "none")
    selection = active_learning.select(vectors.space, known, is_candidate, count, mode, check)
    images = _images(vectors, selection, known.inside)
    return Suggestions(images, selection.estimate, progress, selection.kind)


def progress_of(current: Catalogue, tag: Tag, property: Property, candidates: int) -> Progress:
    """Return the counts of a tag."""
    answers = answers_of(current.annotations, tag.id)["value"]
    return Progress(
        len(tagged_rows(current, property, tag.id)),
        int((answers == ACCEPTED).sum()),
        int((answers == REFUSED).sum()),
        candidates,
    )


def rows_shown(current: Catalogue, view: View) -> npt.NDArray[Any]:
    """Return the rows that a view shows, in no order."""
    return run_view(current, view.grouped_by().sorted_by()).rows


def tagged_rows(current: Catalogue, property: Property, tag: str) -> npt.NDArray[Any]:
    """Return the unique rows that have a tag or a descendant of it."""
    condition = Condition(property_field(property.type, property.id), "in", [tag])
    return np.unique(rows_shown(current, View(where=(condition,))))


def examples_of(
    current: Catalogue, vectors: AlignedVectors, tag: Tag, property: Property, more: Sequence[str]
) -> Examples:
    """Return the examples of a tag: its images, those with another one instead, and answers."""
    state = current.annotations
    inside = np.union1d(tagged_rows(current, property, tag.id), current.rows_of(list(more)))
    answers = answers_of(state, tag.id)
    accepted = np.intersect1d(current.rows_of(_targets(answers, ACCEPTED)), inside)
    refused = np.setdiff1d(current.rows_of(_targets(answers, REFUSED)), inside)
    relatives = {
        tag.id,
        *tags.descendants(state.tags, [tag.id]),
        *tags.ancestors(state.tags, [tag.id]),
    }
    others = np.setdiff1d(_rows_of_other_tags(current, property, relatives), inside)
    return Examples(
        *(vectors.indices_of(rows.astype(np.intp)) for rows in (inside, others, accepted, refused))
    )


def _targets(answers: pl.DataFrame, value: str) -> list[str]:
    targets: list[str] = answers.filter(pl.col("value") == value)["target"].to_list()
    return targets


def _rows_of_other_tags(
    current: Catalogue, property: Property, relatives: Collection[str]
) -> npt.NDArray[Any]:
    """Return the rows whose only tag is not among ``relatives``; none where several are allowed."""
    column = current.column(property_field(property.type, property.id))
    if property.is_multi_valued or column.units is None or column.tags is None:
        return np.empty(0, np.intp)
    is_other = np.array([id not in relatives for id in column.ids], dtype=bool)
    units = column.units[is_other[column.tags]] if len(column.ids) else column.units
    return current.corpus.file_row[units] if property.target == "file" else units


def _images(
    vectors: AlignedVectors, selection: active_learning.Selection, inside: Rows
) -> tuple[Image, ...]:
    examples = inside
    if len(examples) > MAX_COMPARED:
        examples = np.random.default_rng(0).permutation(examples)[:MAX_COMPARED]
    nearest, cosines = active_learning.nearest(vectors.space, selection.rows, examples)
    probabilities: list[float | None] = (
        [None] * len(nearest)
        if selection.probabilities is None
        else selection.probabilities.tolist()
    )
    return tuple(
        Image(sha1, float(cosine), why, probability)
        for sha1, cosine, why, probability in zip(
            vectors.sha1s_at(selection.rows),
            cosines,
            vectors.sha1s_at(nearest),
            probabilities,
            strict=True,
        )
    )
