"""`python -m pipelines merge`: materialize the asset `annotations` after people annotated.

Dagster is told of corpus versions that were made elsewhere, too. A merge is reported to Dagster
without a run: a run a minute would hide the others, and each takes half a megabyte. Not here: when
a merge is due (``app``), what it writes (``panoptic_data.annotations.materialize``).
"""

from __future__ import annotations

import json
import logging
from functools import partial

import dagster as dg

from panoptic_data.annotations import materialize
from panoptic_data.integrity import rebuild
from panoptic_data.provenance import runs, stages
from panoptic_data.provenance.stages import StageResult
from panoptic_data.storage import checksums
from panoptic_data.storage.project import Project
from pipelines import checks, observations
from pipelines.assets.annotations import merge_annotations
from pipelines.execution import compact
from pipelines.history import History, open_history
from pipelines.request import Request
from pipelines.resources import Work

__all__ = ["merge", "report_versions"]

# A log of up to so many events is replayed at each merge, a longer one after so many new events.
ALWAYS_REPLAY_UP_TO = 100_000
REPLAY_EVERY = 20_000


def merge(project: Project) -> StageResult:
    """Merge the events since the last merge. Raises ProjectBusy."""
    with (
        # First: a home is set aside by the holder of the lock alone.
        runs.start(project, runs.MERGE, {}) as run,
        open_history(project) as history,
    ):
        rebuild.prepare_merge(project)
        work = Work(project, run, Request(), (), ())
        observation = observations.of_log(project)
        history.attempt(lambda opened: observations.report(opened, observation))
        history.attempt(lambda opened: observations.report_versions(opened, project))
        result = merge_annotations(work)
        events = str(work.results[materialize.STAGE].parameters["events"])
        _report(history, _materialization(result, events))
        replay = _is_replay_due(work.results[materialize.STAGE])
        for evaluation in checks.evaluate_annotations(work, replay=replay):
            _report(history, evaluation)
        for problem in history.problems:
            logging.getLogger(__name__).warning(problem)
        compact(project)
        checksums.record(project)
    return work.results[materialize.STAGE]


def report_versions(project: Project) -> None:
    """Tell Dagster of corpus versions and of the merge that they were made from.

    Raises ProjectBusy: then the run at work tells it.
    """
    with runs.start(project, runs.MERGE, {}), open_history(project) as history:
        observation = observations.of_log(project)
        history.attempt(lambda opened: observations.report(opened, observation))
        merged = stages.latest(project).filter(stage=materialize.STAGE).to_dicts()
        for row in merged:
            events = str(json.loads(row["parameters"] or "{}").get("events", 0))
            last = observations.of_merge(events, row["data_version"], {"events": int(events)})
            history.attempt(partial(observations.report, event=last))
        history.attempt(lambda opened: observations.report_versions(opened, project))
        for problem in history.problems:
            logging.getLogger(__name__).warning(problem)


def _report(history: History, event: dg.AssetMaterialization | dg.AssetCheckEvaluation) -> None:
    history.attempt(lambda opened: opened.report_runless_asset_event(event))


def _is_replay_due(result: StageResult) -> bool:
    events = int(str(result.parameters["events"]))
    steps = (events - result.new) // REPLAY_EVERY, events // REPLAY_EVERY
    return events <= ALWAYS_REPLAY_UP_TO or steps[0] != steps[1]


def _materialization(result: dg.MaterializeResult[None], events: str) -> dg.AssetMaterialization:
    assert result.data_version is not None
    return observations.of_merge(events, result.data_version.value, result.metadata or {})
