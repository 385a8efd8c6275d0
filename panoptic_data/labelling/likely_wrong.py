"""Images of a project whose tag is likely wrong: those that have it, and those that lack it.

Not here: how doubtful an image is (``doubts``), what an answer changes (``answers``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panoptic_data.catalogue import registry
from panoptic_data.labelling import aligned_vectors, doubts
from panoptic_data.labelling.answers import answers_of, tag_and_property
from panoptic_data.labelling.suggest import (
    Image,
    Suggestions,
    examples_of,
    progress_of,
    rows_shown,
)
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.labelling.active_learning import Check
    from panoptic_data.storage.project import Project

__all__ = ["KIND", "MODE", "likely_wrong"]

MODE = "wrong"
"""The mode of the page Suggestions that asks for it, beside ``active_learning.MODES``."""
KIND = "doubts"


def likely_wrong(
    project: Project,
    tag: str,
    slug: str,
    *,
    view: View | None = None,
    count: int = 20,
    check: Check = lambda: None,
) -> Suggestions:
    """Return the most doubtful images of a tag, of those that a view shows (None: of all).

    Images that have the tag and are unlike the others, and images that lack it (or have another
    one, where only one is allowed) and are like those that have it, in one order. What was answered
    is not asked again. The kind is "none" for a tag of fewer than ``doubts.FEWEST`` images. Raises
    InvalidTag, NoEmbeddings, InvalidView.
    """
    current = registry.get(project)
    checked, property = tag_and_property(current.annotations, tag)
    vectors = aligned_vectors.get(project, current, slug, check)
    known = examples_of(current, vectors, checked, property, ())
    is_candidate = np.zeros(len(vectors.sha1s), dtype=bool)
    is_candidate[vectors.indices_of(rows_shown(current, view or View()))] = True
    is_candidate &= vectors.has_file
    answered = answers_of(current.annotations, tag)["target"].to_list()
    is_candidate[vectors.indices_of(current.rows_of(answered))] = False
    progress = progress_of(current, checked, property, int(is_candidate.sum()))
    if len(known.inside) < doubts.FEWEST:
        return Suggestions((), None, progress, "none")
    outside = np.union1d(known.outside, known.refused)
    doubtful = doubts.doubts(vectors.space, known.inside, outside, is_candidate, count, check)
    nearest, cosines = doubts.nearest_other(vectors.space, doubtful.rows.tolist(), known.inside)
    sha1s, whys = vectors.sha1s_at(doubtful.rows), vectors.sha1s_at(nearest)
    images = tuple(
        Image(sha1, float(cosine), why, None, bool(has_tag))
        for sha1, cosine, why, has_tag in zip(sha1s, cosines, whys, doubtful.inside, strict=True)
    )
    return Suggestions(images, None, progress, KIND)
