"""What `dagster dev` loads: the graph of the project that PANOPTIC_PROJECT names.

It also loads without a project (the graph is then that of a new one), so that the page opens and a
run reports what is missing. Not here: the graph itself (``build``).
"""

from __future__ import annotations

from panoptic_data.errors import ProjectNotFound
from panoptic_data.storage.project import Project, open_project
from pipelines.build import build_defs

__all__ = ["defs"]


def _project() -> Project | None:
    try:
        return open_project()
    except ProjectNotFound:
        return None


defs = build_defs(_project())
