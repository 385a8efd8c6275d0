"""Images whose tag is likely wrong: members that are least like the others, others most like them.

Each image is judged by a model that it was no example of (cross-validation in ``FOLDS`` parts), so
that a wrong tag cannot speak for itself: a member's doubt is how far outside the model sees it,
that of another image how far inside. What people answered is not asked again. Not here: the model
(``active_learning``), suggesting images for a tag (``suggest``), answers (``answers``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from panoptic_data.labelling import active_learning
from panoptic_data.labelling.active_learning import Check, Examples, Space

if TYPE_CHECKING:
    Rows = npt.NDArray[np.intp]
    Floats = npt.NDArray[np.float32]

__all__ = ["FEWEST", "Doubts", "doubts", "nearest_other"]

FOLDS = 5
# Of fewer members nothing can be left out to judge it by the others.
FEWEST = 5


@dataclass(frozen=True)
class Doubts:
    """Rows, the most doubtful first; ``inside`` which have the tag, ``amount`` how doubtful each.

    An amount of 0 is one that the model cannot decide; above it disagrees with the tag.
    """

    rows: Rows
    inside: npt.NDArray[np.bool_]
    amount: Floats


def doubts(
    space: Space,
    inside: Rows,
    others: Rows,
    candidates: npt.NDArray[np.bool_],
    count: int,
    check: Check = lambda: None,
) -> Doubts:
    """Return the most doubtful of the candidates (n,): members and images without the tag.

    ``inside`` have the tag, ``others`` have another one instead of it (none where an image may have
    several). Nothing for fewer than ``FEWEST`` members.
    """
    scores = _held_out_scores(space, inside, others, check)
    is_inside = np.zeros(len(candidates), bool)
    is_inside[inside] = True
    amount = np.where(is_inside, -scores, scores)
    rows = np.flatnonzero(candidates)
    # Of equals the first.
    order = np.argsort(-amount[rows], kind="stable")[:count]
    chosen = rows[order]
    return Doubts(chosen, is_inside[chosen], amount[chosen].astype(np.float32))


def _held_out_scores(space: Space, inside: Rows, others: Rows, check: Check) -> Floats:
    """Return the score of each row by a model of the other folds: (n,) float32."""
    size = len(space.vectors)
    folds = np.random.default_rng(4).permutation(np.arange(size) % FOLDS)
    # Members alone, too: a small tag must have some in each fold.
    folds[inside] = np.random.default_rng(5).permutation(np.arange(len(inside)) % FOLDS)
    scores = np.empty(size, np.float32)
    for fold in range(FOLDS):
        check()
        in_fold = folds == fold
        examples = Examples(inside[~in_fold[inside]], others[~in_fold[others]])
        model = active_learning.fit(space, examples, check)
        scores[in_fold] = model.scores(space, check)[in_fold]
    return scores


def nearest_other(space: Space, rows: Sequence[int], inside: Rows) -> tuple[Rows, Floats]:
    """Return, for each row, the most similar member that it is not itself, and their cosine."""
    nearest, cosines = np.empty(len(rows), np.intp), np.empty(len(rows), np.float32)
    for index, row in enumerate(rows):
        members = inside[inside != row]
        matches, cosine = active_learning.nearest(space, np.array([row], np.intp), members)
        nearest[index], cosines[index] = matches[0], cosine[0]
    return nearest, cosines
