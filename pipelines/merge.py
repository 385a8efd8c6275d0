"""`python -m pipelines merge`: make the asset `annotations` after people were at work.

It is told to Dagster without a run: one a minute would bury the others, and each fills half a
megabyte. Not here: when a merge is due (``app``), what it writes
(``panoptic_data.annotations.materialize``).
"""

from __future__ import annotations

import dagster as dg

from panoptic_data.annotations import materialize
from panoptic_data.provenance import runs
from panoptic_data.provenance.stages import CODE_VERSIONS, StageResult
from panoptic_data.storage.project import Project
from pipelines import checks, instance
from pipelines.assets.annotations import ANNOTATIONS, make
from pipelines.process import compact
from pipelines.resources import Request, Work

__all__ = ["merge"]

# A log up to this long is replayed at each merge, a longer one after so many new events.
REPLAYED_ALWAYS = 100_000
REPLAYED_EVERY = 20_000


def merge(project: Project) -> StageResult:
    """Merge what came since the last time. Raises ProjectBusy."""
    with (
        instance.open_instance(project) as history,
        runs.start(project, runs.MERGE, {}) as run,
    ):
        work = Work(project, run, Request(), (), ())
        told = make(work)
        history.report_runless_asset_event(_materialization(told))
        replay = _is_replayed(work.results[materialize.STAGE])
        for evaluation in checks.of_annotations(work, replay=replay):
            history.report_runless_asset_event(evaluation)
        compact(project)
    return work.results[materialize.STAGE]


def _is_replayed(result: StageResult) -> bool:
    events = int(str(result.parameters["events"]))
    steps = (events - result.new) // REPLAYED_EVERY, events // REPLAYED_EVERY
    return events <= REPLAYED_ALWAYS or steps[0] != steps[1]


def _materialization(told: dg.MaterializeResult[None]) -> dg.AssetMaterialization:
    assert told.data_version is not None
    return dg.AssetMaterialization(
        ANNOTATIONS,
        metadata=told.metadata,
        tags={
            "dagster/data_version": told.data_version.value,
            "dagster/code_version": CODE_VERSIONS["annotations"],
        },
    )
