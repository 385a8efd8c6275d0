"""When a map or clusters need a new fit, and which fitted images are nearest to a new one.

A fit is made once and new images are placed into it, so that the map and the clusters that people
have learnt to read stay as they are. Not here: fitting itself (``projection``, ``clusters``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from panoptic_data.storage.project import Project
from panoptic_data.vectors import knn
from panoptic_data.vectors.knn import NeighbourLists

__all__ = [
    "MAX_PLACED_SHARE",
    "fingerprint",
    "is_other_encoder",
    "nearest_fitted",
    "needs_refit",
    "recorded_parameters",
]

# Where most images were placed and never fitted, the fit describes an older corpus.
MAX_PLACED_SHARE = 0.5


def needs_refit(fitted: npt.NDArray[np.bool_]) -> bool:
    """Return whether too many images were placed without being in the fit: ``fitted`` (n,)."""
    return bool(np.count_nonzero(~fitted) > MAX_PLACED_SHARE * fitted.size)


def recorded_parameters(project: Project, stage: str) -> Mapping[str, object]:
    """Return the parameters that a stage was last recorded with; empty where it never was."""
    rows = project.database().take("stages", [stage], ["parameters"]).to_pylist()
    parameters: Mapping[str, object] = json.loads(rows[0]["parameters"]) if rows else {}
    return parameters


def fingerprint(project: Project, slug: str) -> str:
    """Return the fingerprint of the encoder's weights; empty where it was never loaded."""
    rows = project.database().take("encoders", [slug], ["fingerprint"]).to_pylist()
    return str(rows[0]["fingerprint"] or "") if rows else ""


def is_other_encoder(before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Return whether a recorded fit came from vectors of other weights."""
    return bool(before) and before.get("fingerprint") != now["fingerprint"]


def nearest_fitted(
    vectors: npt.NDArray[np.float16],
    fitted: npt.NDArray[np.bool_],
    placed: npt.NDArray[np.int32],
    k: int,
) -> NeighbourLists:
    """Return the k nearest fitted images to each row of ``placed``, as positions in ``vectors``.

    Only fitted images, so that the result does not depend on the order in which images were added.
    """
    rows = np.flatnonzero(fitted).astype(np.int32)
    lists = knn.exact(vectors[placed], vectors[rows], k)
    return NeighbourLists(np.where(lists.ids < 0, -1, rows[lists.ids]), lists.similarities)
