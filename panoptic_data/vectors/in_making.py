"""Whether the vectors that a search lacks are being made: to wait for is another thing than to do.

Not here: making them (``embeddings``), searching (``search``, ``catalogue.similarity``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from panoptic_data.errors import NoEmbeddings, PanopticError
from panoptic_data.provenance import runs

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["are_in_making", "explained", "is_awaited"]


def explained(project: Project, error: PanopticError) -> PanopticError:
    """Return an error; one of absent vectors that a run makes says so from now on."""
    if isinstance(error, NoEmbeddings):
        error.is_awaited = are_in_making(project, str(error.params["encoder"]))
    return error


def is_awaited(error: PanopticError) -> bool:
    """Whether what is lacking is being made, as far as an error was :func:`explained`."""
    return isinstance(error, NoEmbeddings) and error.is_awaited


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
