"""The lineage of how similar two images are: two chains up to their vectors, and the cosine.

Not here: an image's nearest images (``computed``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from panoptic_data.storage.schema import table_name
from panoptic_data.tracing.chain import Chain
from panoptic_data.tracing.model import Lineage, Step
from panoptic_data.tracing.pictures import add_vector

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.tracing.subject import Subject

__all__ = ["cosine", "of_similarity"]

OTHER = "other:"


def of_similarity(chain: Chain, slug: str, other: Subject) -> Lineage | None:
    """Return the lineage of the similarity of the image to another one under an encoder.

    None where one of the two has no vector.
    """
    scene = chain.scene
    value = cosine(scene.project, slug, scene.subject.sha1, other.sha1)
    made = add_vector(chain, slug)
    if made is None or value is None:
        return None
    beside = Chain(replace(scene, subject=other))
    add_vector(beside, slug)
    for step in beside.steps:
        before = [OTHER + start for start, end in beside.edges if end == step.id]
        chain.add(replace(step, id=OTHER + step.id), *before)
    facts = {"similarity": round(value, 4), "other": other.path, "measure": "cosine"}
    chain.add(Step("similarity", "similarity", f"{value:.2f}", facts), "vector", f"{OTHER}vector")
    return chain.lineage(
        "similarity",
        f"{slug} {other.sha1}",
        "similarity",
        vectors=made,
        cosine=value,
        other=other.path,
    )


def cosine(project: Project, slug: str, sha1: str, other: str) -> float | None:
    """Return the cosine of two images under an encoder; None where one has no vector."""
    name, sha1s = table_name("embeddings", slug), [sha1, other]
    rows = project.database().take(name, sha1s, ["sha1", "vector"]).to_pylist()
    vectors = {row["sha1"]: np.asarray(row["vector"], np.float32) for row in rows}
    if any(name not in vectors for name in sha1s):
        return None
    left, right = (vectors[name] for name in sha1s)
    return float(left @ right)
