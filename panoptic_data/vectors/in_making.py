"""Whether the vectors that a search lacks are being made: to wait for is another thing than to do.

Not here: making them (``embeddings``), searching (``search``, ``catalogue.similarity``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from panoptic_data.errors import NoEmbeddings, PanopticError, VectorsInMaking
from panoptic_data.provenance import runs

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["are_in_making", "explained"]


def explained(project: Project, error: PanopticError) -> PanopticError:
    """Return an error of absent vectors that a run is about to make as one that says so.

    Any other error is returned as it is.
    """
    if not isinstance(error, NoEmbeddings):
        return error
    slug = str(error.params["encoder"])
    return VectorsInMaking(encoder=slug) if are_in_making(project, slug) else error


def are_in_making(project: Project, slug: str) -> bool:
    """Whether a run makes vectors of an encoder, or may do so as far as it has come."""
    running = None if project.version else runs.current(project)
    if running is None:
        return False
    waiting = project.database().frame("encoders", ["slug", "status"]).filter(status="waiting")
    if slug in waiting["slug"].to_list():
        return False
    progress = json.loads(running["progress"] or "{}")
    parts = [step for stage, step in progress.items() if stage.startswith(f"embeddings/{slug}/")]
    return not parts or any(step["done"] < step["total"] for step in parts)
