"""What each stage of the pipeline last made: its counts, its data version, its inputs.

A stage is one Dagster asset (or one partition of it): ``files/<source>``, ``images/<source>``,
``embeddings/<encoder>/<source>``, ``vector_index/<encoder>``, ``neighbours/<encoder>``,
``projection/<encoder>``, ``clusters/<encoder>``, ``duplicates``. Not here: the computing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Report", "StageResult", "digest", "quiet"]

Report = Callable[[str, int, int], None]
"""Called with (stage, done, total) as work goes on; cheap to call often."""


def quiet(stage: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class StageResult:
    """What a stage did: counts of rows, and the data version of all that it holds now.

    ``new + changed + removed == 0`` means that the stage was up to date. ``parameters`` and
    ``extra`` hold JSON values.
    """

    rows: int
    data_version: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    seconds: float = 0.0
    parameters: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_unchanged(self) -> bool:
        """Whether the stage found nothing to do."""
        return not (self.new or self.changed or self.removed)


def digest(parts: Iterable[str]) -> str:
    """Return 16 hex digits that identify a sequence of texts."""
    state = hashlib.blake2b(digest_size=8)
    for part in parts:
        state.update(part.encode())
        state.update(b"\0")
    return state.hexdigest()
