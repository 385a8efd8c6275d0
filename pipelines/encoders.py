"""Which of a project's encoders can be used now, and which wait for their weights.

Not here: encoders (``panoptic_data.encoders``), embedding (``panoptic_data.vectors.embeddings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from panoptic_data.encoders import EncoderSpec, parse
from panoptic_data.storage.project import Project, add_encoder
from panoptic_data.vectors import embeddings

__all__ = ["FALLBACK", "ProjectEncoder", "last_known", "prepare_encoders"]

# Needs no weights, so that it is always available.
FALLBACK = "visual"


@dataclass(frozen=True)
class ProjectEncoder:
    """An encoder of the project.

    ``cause`` is why it waits, in the form of ``errors.weights_cause``; empty where it was never
    loaded; None where it is ready.
    """

    text: str
    spec: EncoderSpec
    cause: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether images can be embedded with it."""
        return self.cause is None


def last_known(project: Project) -> tuple[ProjectEncoder, ...]:
    """Return the project's encoders as of the last attempt to load each, loading none."""
    rows = {row["slug"]: row for row in project.database().frame("encoders").to_dicts()}
    return tuple(_last_known(text, rows) for text in project.encoders)


def prepare_encoders(
    project: Project, run: str, retry: bool
) -> tuple[Project, tuple[ProjectEncoder, ...]]:
    """Load the encoders that are not ready; where none can be loaded, add the built-in one.

    Returns the project, with that encoder where it was added, and its encoders in order. Raises
    UnknownEncoder.
    """
    prepared = tuple(_prepare(project, text, run, retry) for text in project.encoders)
    if any(encoder.is_ready for encoder in prepared):
        return project, prepared
    project = add_encoder(project, FALLBACK)
    return project, (*prepared, _prepare(project, FALLBACK, run, retry))


def _last_known(text: str, rows: Mapping[str, Mapping[str, Any]]) -> ProjectEncoder:
    spec = parse(text)
    row = rows.get(spec.slug)
    is_ready = row is not None and row["status"] == "ready"
    return ProjectEncoder(text, spec, None if is_ready else (row or {}).get("cause") or "")


def _prepare(project: Project, text: str, run: str, retry: bool) -> ProjectEncoder:
    spec, _, cause = embeddings.prepare_encoder(project, text, run, retry=retry)
    return ProjectEncoder(text, spec, cause)
