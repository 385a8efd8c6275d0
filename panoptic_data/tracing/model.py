"""What lineage is: steps, each with what made it, and which step came from which.

Pure. Not here: reading the tables (``records``, ``computed``, ``noted``), the sentences
(``sentences``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["KINDS", "InputVersion", "Lineage", "Origin", "Step", "as_json"]

KINDS = (
    "file",
    "image",
    "thumbnail",
    "vector",
    "neighbours",
    "similarity",
    "map",
    "cluster",
    "duplicates",
    "tag",
    "property",
)
"""What can be traced, in the order in which it is made."""


@dataclass(frozen=True)
class InputVersion:
    """What a stage was made from: another stage at a data version, and where that was recorded.

    ``table_version`` is the Lance version of its table then; None, as ``run``, where the record is
    not kept.
    """

    stage: str
    data_version: str
    table_version: int | None = None
    run: str | None = None


@dataclass(frozen=True)
class Origin:
    """The run that made a row, and the record of the stage in which it did.

    ``code`` is the release and commit that ran, ``stage_code`` the version of the stage's code;
    ``who`` is user@machine. Without a record (of an earlier release, or of a run that was stopped)
    ``stage`` is None; ``finished_by`` is then the run that recorded the stage afterwards.
    """

    run: str
    at: datetime | None = None
    what: str | None = None
    who: str | None = None
    code: str | None = None
    stage: str | None = None
    stage_code: str | None = None
    data_version: str | None = None
    table_version: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[InputVersion, ...] = ()
    dagster_runs: tuple[str, ...] = ()
    finished_by: str | None = None


@dataclass(frozen=True)
class Step:
    """One thing in the chain: a file, a vector, a cluster, an event of the log.

    ``id`` is unique in its lineage. ``name`` is what people call it, ``details`` hold JSON values
    and times. ``stale`` says why its stage is no longer up to date (``stages.stale``).
    """

    id: str
    kind: str
    name: str
    details: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    stale: str | None = None


@dataclass(frozen=True)
class Lineage:
    """Why an image has a value: ``of`` is one of ``KINDS``, ``name`` which of them.

    ``name`` is the encoder's slug for what is computed with one, the group for duplicates, the
    name for a tag or property. ``edges`` lead from what was used to what was made of it, by ids of
    ``steps``; the last step is the value itself. ``text`` is a key of the catalogue, and its
    parameters.
    """

    sha1: str
    path: str
    of: str
    name: str
    steps: tuple[Step, ...]
    edges: tuple[tuple[str, str], ...]
    text: tuple[str, Mapping[str, Any]]

    def step(self, kind: str) -> Step | None:
        """Return the first step of a kind; None where there is none."""
        return next((step for step in self.steps if step.kind == kind), None)


def as_json(lineage: Lineage, sentence: str) -> dict[str, Any]:
    """Return a lineage as JSON values; times as ISO texts in UTC."""
    return {
        "image": lineage.sha1,
        "path": lineage.path,
        "of": lineage.of,
        "name": lineage.name,
        "sentence": sentence,
        "steps": [_step(step) for step in lineage.steps],
        "edges": [list(edge) for edge in lineage.edges],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "kind": step.kind,
        "name": step.name,
        "details": {name: _plain(value) for name, value in step.details.items()},
        "origin": None if step.origin is None else _origin(step.origin),
        "stale": step.stale,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        **{name: _plain(value) for name, value in vars(origin).items()},
        "parameters": dict(origin.parameters),
        "inputs": [vars(version) for version in origin.inputs],
        "dagster_runs": list(origin.dagster_runs),
    }


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
