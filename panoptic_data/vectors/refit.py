"""When a map or clusters are due for a new fit, and how a new image finds its place in one.

A fit is made once, and new images are placed into it, so that what a person has learnt to
read stays where it is. Not here: the fitting itself (``projection``, ``clusters``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from panoptic_data.storage.project import Project
from panoptic_data.vectors import knn
from panoptic_data.vectors.knn import Lists

__all__ = [
    "PLACED_SHARE",
    "fingerprint",
    "is_due",
    "is_other_encoder",
    "made_with",
    "nearest_fitted",
]

# A map in which most images were never fitted shows where they would fit in an older corpus.
PLACED_SHARE = 0.5


def is_due(fitted: npt.NDArray[np.bool_]) -> bool:
    """Return whether so many images were placed that all should be fitted together."""
    return bool(np.count_nonzero(~fitted) > PLACED_SHARE * fitted.size)


def made_with(project: Project, stage: str) -> Mapping[str, object]:
    """Return the parameters that a stage was last recorded with; empty where it never was."""
    rows = project.database().take("stages", [stage], ["parameters"]).to_pylist()
    parameters: Mapping[str, object] = json.loads(rows[0]["parameters"]) if rows else {}
    return parameters


def fingerprint(project: Project, slug: str) -> str:
    """Return what identifies the encoder's weights; empty where it was never loaded."""
    rows = project.database().take("encoders", [slug], ["fingerprint"]).to_pylist()
    return str(rows[0]["fingerprint"] or "") if rows else ""


def is_other_encoder(before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Return whether a recorded fit was made from vectors of other weights."""
    return bool(before) and before.get("fingerprint") != now["fingerprint"]


def nearest_fitted(
    vectors: npt.NDArray[np.float16],
    fitted: npt.NDArray[np.bool_],
    placed: npt.NDArray[np.int32],
    k: int,
) -> Lists:
    """Return the k nearest fitted images to each row of ``placed``, as positions in ``vectors``.

    Fitted ones only: a place then does not depend on the order in which images came.
    """
    rows = np.flatnonzero(fitted).astype(np.int32)
    lists = knn.exact(vectors[placed], vectors[rows], k)
    return Lists(np.where(lists.ids < 0, -1, rows[lists.ids]), lists.similarities)
