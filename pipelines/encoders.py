"""Which of a project's encoders can be used now, and what to do where one must wait.

Not here: encoders (``panoptic_data.encoders``), embedding (``panoptic_data.vectors.embeddings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from panoptic_data.encoders import EncoderSpec, parse
from panoptic_data.storage.project import Project, add_encoder
from panoptic_data.vectors import embeddings

__all__ = ["FALLBACK", "Prepared", "known", "prepare"]

# Needs no weights, so it is there whatever happens.
FALLBACK = "visual"


@dataclass(frozen=True)
class Prepared:
    """An encoder of the project.

    ``cause`` is why it has to wait, in the form of ``errors.weights_cause``; empty when it was
    never tried; None when it is ready.
    """

    text: str
    spec: EncoderSpec
    cause: str | None = None

    @property
    def ready(self) -> bool:
        """Whether images can be embedded with it."""
        return self.cause is None


def known(project: Project) -> tuple[Prepared, ...]:
    """Return the project's encoders as their last trial found them, loading none."""
    rows = {row["slug"]: row for row in project.database().frame("encoders").to_dicts()}
    return tuple(_known(text, rows) for text in project.encoders)


def prepare(project: Project, run: str, retry: bool) -> tuple[Project, tuple[Prepared, ...]]:
    """Make the encoders ready that are not; where none can be had, add the built-in one.

    Returns the project as it is then, and its encoders in its order. Raises UnknownEncoder.
    """
    found = tuple(_prepared(project, text, run, retry) for text in project.encoders)
    if any(one.ready for one in found):
        return project, found
    project = add_encoder(project, FALLBACK)
    return project, (*found, _prepared(project, FALLBACK, run, retry))


def _known(text: str, rows: Mapping[str, Mapping[str, Any]]) -> Prepared:
    spec = parse(text)
    row = rows.get(spec.slug)
    ready = row is not None and row["status"] == "ready"
    return Prepared(text, spec, None if ready else (row or {}).get("cause") or "")


def _prepared(project: Project, text: str, run: str, retry: bool) -> Prepared:
    spec, _, cause = embeddings.prepare_encoder(project, text, run, retry=retry)
    return Prepared(text, spec, cause)
