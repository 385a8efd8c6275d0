"""What is recorded of every stage that is computed: its inputs and counts, or why it failed.

Not here: the metadata that Dagster shows (``metadata``), the computation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dagster as dg

from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult
from pipelines.resources import Work

__all__ = ["computing", "record_stage"]


@contextmanager
def computing(work: Work, names: Sequence[str]) -> Iterator[None]:
    """Mark stages as being computed; record an exception and raise it as a dagster Failure."""
    for name in names:
        stages.begin(work.project, name, work.run.id)
    try:
        yield
    except Exception as error:
        raise dg.Failure(work.fail_stages(names, error)) from error


def record_stage(
    work: Work, stage: str, result: StageResult, inputs: Mapping[str, str] | None = None
) -> StageResult:
    """Record the result of a stage and the data versions of its inputs; return the result.

    ``inputs`` are given where they may have changed during the computation.
    """
    inputs = _inputs(work, stage) if inputs is None else inputs
    version = CODE_VERSIONS[stages.stage_kind(stage)]
    stages.record(work.project, stage, result, inputs, version, work.run.id)
    work.run.record_counts(stage, stages.counts(result))
    work.results[stage] = result
    return result


def _inputs(work: Work, stage: str) -> Mapping[str, str]:
    versions = {
        row["stage"]: row["data_version"]
        for row in stages.latest(work.project).select("stage", "data_version").to_dicts()
    }
    upstream = stages.upstream(stage, work.sources, work.slugs)
    return {name: versions.get(name, "") for name in upstream}
