"""The corpus as it was at a version: a project whose tables are read as they were, read only.

Not here: finding a version (``record``), refusing writes (``storage.pinned``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from panoptic_data.provenance import parameters
from panoptic_data.versions.record import CorpusVersion, find

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["at", "at_version"]


def at(project: Project, name: str) -> Project:
    """Return the project as it was at the version of this id or name. Raises UnknownVersion."""
    return at_version(project, find(project, name))


def at_version(project: Project, version: CorpusVersion) -> Project:
    """Return the project as it was at a version, with the parameters that it was made with."""
    texts = tuple(str(encoder["text"]) for encoder in version.encoders.values())
    opened = replace(
        project,
        version=version.id,
        pins=tuple(sorted(version.tables.items())),
        encoders=texts,
    )
    # Its own: with those of now it would seem out of date.
    return replace(opened, parameters=parameters.recorded(opened))
