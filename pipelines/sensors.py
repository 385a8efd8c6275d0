"""The sensor that watches a project: it plans as a run does, and asks for a run of what it finds.

Folders that grew, encoders that were added, folders that went away and came back. Not here: the
plan (``plan``), the run (``catch_up``), following what is made by hand (``automation``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import dagster as dg
import polars as pl

from panoptic_data.errors import FolderNotFound, PanopticError
from panoptic_data.ingest import sources
from panoptic_data.ingest.news import difference
from panoptic_data.ingest.scan import scan_source
from panoptic_data.ingest.sources import Source
from panoptic_data.ingest.watch import FolderWatch
from panoptic_data.provenance import stages
from panoptic_data.provenance.stages import digest
from panoptic_data.storage.project import Project, open_project
from pipelines import observations, plan
from pipelines.partitions import SOURCES
from pipelines.plan import PlannedStage

__all__ = ["build"]

# Nothing is looked at so often unless something was noticed in a folder.
INTERVAL_SECONDS = 5
# Folders are looked through, and the rest is compared, at least this often.
LOOK_ANYWAY_SECONDS = 60.0


def build(project: Project | None, process: dg.JobDefinition) -> dg.SensorDefinition:
    """Return the sensor, which is off by default."""
    looks = _Looks()

    @dg.sensor(
        name="folders",
        job=process,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Asks for a run where files are new, changed or gone, an encoder was added, "
        "or anything else is not up to date.",
    )
    def folders(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            opened = open_project(project.root if project else None)
            listing = sources.listing(opened)
            if not looks.is_due(opened, listing):
                return dg.SkipReason(_skip_reason(opened))
            planned = plan.plan_project(opened)
        except PanopticError as error:
            return dg.SkipReason(error.message("en"))
        _note_away(opened, listing)
        # People annotate all day: what they did is merged by the dashboard.
        work = [item for item in planned if item.is_work and item.stage != "annotations"]
        return dg.SensorResult(
            run_requests=[_request(opened, listing, work)] if work else [],
            dynamic_partitions_requests=_partitions(context.instance, listing),
            asset_events=_observations(context.instance, opened, listing, planned),
            skip_reason=None if work else _skip_reason(opened),
        )

    return folders


class _Looks:
    """When the sensor looks: at once where a folder, or the settings, changed; else now and then.

    Folders are watched from the second look on: a sensor that is asked once starts no threads.
    """

    def __init__(self) -> None:
        self._folders = FolderWatch()
        self._last: tuple[Project, Sequence[Source]] | None = None
        self._due_at = 0.0

    def is_due(self, project: Project, listing: Sequence[Source]) -> bool:
        """Whether to look now."""
        state = (project, listing)
        if self._last is not None:
            self._folders.follow({source.name: source.root for source in listing})
        is_due = (
            bool(self._folders.take()) or state != self._last or time.monotonic() >= self._due_at
        )
        if is_due:
            self._last = state
            self._due_at = time.monotonic() + LOOK_ANYWAY_SECONDS
        return is_due


def _note_away(project: Project, listing: Sequence[Source]) -> None:
    """Note which folders are not there, for the pages: their images stay as they are."""
    away = plan.away_sources(listing)
    for source in listing:
        if source.name in away:
            sources.record_away(project, source)


def _observations(
    instance: dg.DagsterInstance,
    project: Project,
    listing: Sequence[Source],
    planned: Sequence[PlannedStage],
) -> list[observations.Event]:
    """Return what differs of folders and log, so that Dagster calls stale what the plan does."""
    stages_planned = {item.stage for item in planned if item.is_work}
    seen: list[observations.Event] = (
        [observations.of_log(project)] if "annotations" in stages_planned else []
    )
    for source in listing:
        if f"files/{source.name}" in stages_planned:
            with suppress(FolderNotFound):
                seen.append(observations.of_source(source))
    return [event for event in seen if observations.is_new(instance, event)]


def _request(
    project: Project, listing: Sequence[Source], work: Sequence[PlannedStage]
) -> dg.RunRequest:
    """Ask once for what is planned now: a stage that fails again and again causes no endless runs.

    What runs completed since is part of the key, so that the same plan later is another request.
    """
    made = stages.latest(project).filter(pl.col("data_version") != "")
    complete = made.filter(pl.col("stage") != stages.LOG).select("stage", "at").rows()
    parts = [f"{item.stage} {item.reason}" for item in work]
    differences = [part for source in listing for part in _differences(project, source)]
    return dg.RunRequest(run_key=digest([*parts, *map(str, complete), *differences]))


def _differences(project: Project, source: Source) -> Iterator[str]:
    with suppress(FolderNotFound):
        yield f"{source.name} {difference(scan_source(project, source))}"


def _skip_reason(project: Project) -> str:
    """Return what a person has to be asked or told; else that there is nothing to do."""
    absences = sources.absences(project, "en")
    return " ".join(absences.values()) or "Everything is up to date."


def _partitions(
    instance: dg.DagsterInstance, listing: Sequence[Source]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    existing = set(instance.get_dynamic_partitions("sources"))
    names = [source.name for source in listing]
    added = [name for name in names if name not in existing]
    removed = sorted(existing.difference(names))
    return [
        *([SOURCES.build_add_request(added)] if added else []),
        *([SOURCES.build_delete_request(removed)] if removed else []),
    ]
