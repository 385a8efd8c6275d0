"""Which of a project's encoders can be used now, and which wait for their weights.

Not here: encoders (``panoptic_data.encoders``), the table of their state
(``panoptic_data.vectors.encoder_state``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from panoptic_data.encoders import EncoderSpec, parse
from panoptic_data.storage.project import Project, add_encoder
from panoptic_data.storage.schema import table_name
from panoptic_data.vectors import encoder_changes, encoder_state

__all__ = ["FALLBACK", "ProjectEncoder", "last_known", "prepare_encoders", "will_load"]

# Needs no weights, so that it is always available.
FALLBACK = "visual"


@dataclass(frozen=True)
class ProjectEncoder:
    """An encoder of the project.

    ``cause`` is why it waits, in the form of ``errors.weights_cause``; empty where it was never
    loaded or may be tried again; None where it is ready. ``vectors`` is how many it had when it
    was looked at, of which ``replaced`` are of other weights than it has now.
    """

    text: str
    spec: EncoderSpec
    cause: str | None = None
    vectors: int = 0
    replaced: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether images can be embedded with it."""
        return self.cause is None

    @property
    def is_new(self) -> bool:
        """Whether the next run finds out if it is ready."""
        return self.cause == ""

    @property
    def may_embed(self) -> bool:
        """Whether a run can, or would try to, embed images with it."""
        return not self.cause

    @property
    def is_used(self) -> bool:
        """Whether it has a part in what is computed of the whole corpus."""
        return self.is_ready or self.vectors > 0


def last_known(project: Project) -> tuple[ProjectEncoder, ...]:
    """Return the project's encoders as of the last attempt to load each, loading none."""
    rows = {row["slug"]: row for row in project.database().frame("encoders").to_dicts()}
    return tuple(_last_known(project, text, rows) for text in project.encoders)


def will_load(project: Project, retry: bool) -> bool:
    """Whether preparing the encoders loads weights: seconds, or minutes from the hub."""
    known = [encoder for encoder in last_known(project) if encoder.spec.family != FALLBACK]
    return any(e.is_new or e.replaced or (retry and e.cause) for e in known)


def prepare_encoders(
    project: Project, run: str, retry: bool
) -> tuple[Project, tuple[ProjectEncoder, ...]]:
    """Load the encoders that are not ready; where none was ever of use, add the built-in one.

    Weights that lie elsewhere now are recognised first. Returns the project, with that encoder
    where it was added, and its encoders in order. Raises UnknownEncoder.
    """
    project = encoder_changes.recognise(project)
    prepared = tuple(_prepare(project, text, run, retry) for text in project.encoders)
    if any(encoder.is_used for encoder in prepared):
        return project, prepared
    project = add_encoder(project, FALLBACK)
    return project, (*prepared, _prepare(project, FALLBACK, run, retry))


def _last_known(
    project: Project, text: str, rows: Mapping[str, Mapping[str, Any]]
) -> ProjectEncoder:
    spec = parse(text)
    row = rows.get(spec.slug)
    if row is None:
        return ProjectEncoder(text, spec, "")
    vectors = _count(project, spec)
    if row["cause"] or row["status"] != "ready":
        cause = "" if encoder_state.may_recheck(spec, row) else row["cause"] or ""
        return ProjectEncoder(text, spec, cause, vectors)
    replaced = vectors if encoder_state.has_other_weights(project, spec) else 0
    return ProjectEncoder(text, spec, None, vectors, replaced)


def _prepare(project: Project, text: str, run: str, retry: bool) -> ProjectEncoder:
    spec = parse(text)
    vectors = _count(project, spec)
    before = encoder_state.row_of(project, spec).get("fingerprint")
    _, _, cause = encoder_state.prepare(project, text, run, retry=retry)
    now = encoder_state.row_of(project, spec).get("fingerprint")
    return ProjectEncoder(text, spec, cause, vectors, vectors if now != before else 0)


def _count(project: Project, spec: EncoderSpec) -> int:
    return project.database().count(table_name("embeddings", spec.slug))
