"""What is recorded of every stage that is computed: its inputs and counts, or why it failed.

Not here: the metadata that Dagster shows (``metadata``), the computation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import dagster as dg

from panoptic_data.provenance import parameters, stages
from panoptic_data.provenance.stages import CODE_VERSIONS, SETTINGS, StageResult
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
    work: Work,
    stage: str,
    result: StageResult,
    inputs: Mapping[str, str] | None = None,
    settings: Mapping[str, object] | None = None,
) -> StageResult:
    """Record the result of a stage and the data versions of its inputs; return the result.

    ``inputs`` are given where they may have changed during the computation, ``settings`` where the
    stage still holds what was made with others than those of now.
    """
    if settings is None:
        settings = parameters.settings_of(work.project, stages.stage_kind(stage))
    result = _with_settings(result, settings)
    inputs = _inputs(work, stage) if inputs is None else inputs
    version = CODE_VERSIONS[stages.stage_kind(stage)]
    stages.record(work.project, stage, result, inputs, version, work.run.id)
    work.run.record_counts(stage, stages.counts(result))
    work.results[stage] = result
    return result


def _with_settings(result: StageResult, settings: Mapping[str, object]) -> StageResult:
    """Return a result that bears its settings, also in its data version; as it is without any."""
    if not settings:
        return result
    text = json.dumps(settings, sort_keys=True)
    return replace(
        result,
        parameters={**result.parameters, SETTINGS: dict(settings)},
        data_version=stages.digest([result.data_version, text]),
    )


def _inputs(work: Work, stage: str) -> Mapping[str, str]:
    versions = {
        row["stage"]: row["data_version"]
        for row in stages.latest(work.project).select("stage", "data_version").to_dicts()
    }
    upstream = stages.upstream(stage, work.sources, work.slugs)
    return {name: versions.get(name, "") for name in upstream}
