"""What every stage leaves behind when it is made: a record, counts, or why it failed.

Not here: what a person reads of it in Dagster (``metadata``), the computing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dagster as dg

from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult
from pipelines.resources import Work

__all__ = ["keep", "making"]


@contextmanager
def making(work: Work, names: Sequence[str]) -> Iterator[None]:
    """Mark stages as being made; note their failure and pass it on as one that is noted."""
    for name in names:
        stages.begin(work.project, name, work.run.id)
    try:
        yield
    except Exception as error:
        raise dg.Failure(work.fail(names, error)) from error


def keep(
    work: Work, stage: str, result: StageResult, inputs: Mapping[str, str] | None = None
) -> StageResult:
    """Record what a stage made, with the data versions that it was made from.

    ``inputs`` are those, where they may have changed while the stage was being made.
    """
    inputs = _inputs(work, stage) if inputs is None else inputs
    version = CODE_VERSIONS[stages.stage_kind(stage)]
    stages.record(work.project, stage, result, inputs, version, work.run.id)
    work.run.record_counts(stage, stages.counts(result))
    work.results[stage] = result
    return result


def _inputs(work: Work, stage: str) -> Mapping[str, str]:
    known = {
        row["stage"]: row["data_version"]
        for row in stages.latest(work.project).select("stage", "data_version").to_dicts()
    }
    before = stages.upstream(stage, work.sources, work.slugs)
    return {name: known.get(name, "") for name in before}
