"""A chain as it is put together: the project, the image, its records, the steps so far.

Not here: which steps a value has (``computed``, ``noted``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from panoptic_data.tracing.model import Lineage, Step

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.tracing.records import Records
    from panoptic_data.tracing.subject import Subject

__all__ = ["Chain", "Scene"]


@dataclass(frozen=True)
class Scene:
    """What every chain of an image needs; ``text_of_slug``: the encoders in use."""

    project: Project
    subject: Subject
    records: Records
    text_of_slug: Mapping[str, str]

    def row(
        self, table: str, key: str, columns: tuple[str, ...] | None = None
    ) -> dict[str, Any] | None:
        """Return a row of a table by its key, None where it has none."""
        rows = self.project.database().take(table, [key], columns).to_pylist()
        return rows[0] if rows else None


@dataclass
class Chain:
    """Steps and edges, added in the order in which things are made."""

    scene: Scene
    steps: list[Step] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def add(self, step: Step, *came_from: str) -> None:
        """Add a step and the edges from those that it was made of; unknown ones are left out."""
        if self.has(step.id):
            return
        known = {known.id for known in self.steps}
        self.steps.append(step)
        self.edges += [(start, step.id) for start in came_from if start in known]

    def has(self, id: str) -> bool:
        """Whether there is a step of this id."""
        return any(step.id == id for step in self.steps)

    def lineage(self, of: str, name: str, key: str, **params: Any) -> Lineage:
        """Return the lineage of the last step; ``key`` and ``params`` make its sentence."""
        text: tuple[str, Mapping[str, Any]] = (key, params)
        subject = self.scene.subject
        steps, edges = tuple(self.steps), tuple(self.edges)
        return Lineage(subject.sha1, subject.path, of, name, steps, edges, text)
