"""What Dagster is told of the assets that people make: folders of images, and the log of changes.

With a data version each, Dagster knows as `plan` does what is not up to date. Not here: the assets
that are computed (``assets``).
"""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from panoptic_data.ingest import freshness
from panoptic_data.ingest.sources import Source
from panoptic_data.provenance.stages import LOG
from panoptic_data.storage.project import Project

__all__ = ["SOURCES_KEY", "Event", "is_new", "of_log", "of_source", "report"]

SOURCES_KEY = dg.AssetKey("sources")
LOG_KEY = dg.AssetKey(LOG)

Event = dg.AssetObservation | dg.AssetMaterialization


def of_source(source: Source) -> dg.AssetObservation:
    """Return what a source's folder holds now, by stat alone. Raises FolderNotFound."""
    state = freshness.folder_state({source.name: source.root})
    return dg.AssetObservation(
        SOURCES_KEY, partition=source.name, tags={DATA_VERSION_TAG: state.digest}
    )


def of_log(project: Project) -> dg.AssetMaterialization:
    """Return how many events the log of annotations holds now."""
    events = project.database().count(LOG)
    # Without partitions, Dagster compares what was materialized, by whomever.
    return dg.AssetMaterialization(LOG_KEY, tags={DATA_VERSION_TAG: str(events)})


def is_new(instance: dg.DagsterInstance, event: Event) -> bool:
    """Whether the last event of its kind says something else."""
    is_observation = isinstance(event, dg.AssetObservation)
    record = instance.get_latest_data_version_record(
        event.asset_key, is_source=is_observation, partition_key=event.partition
    )
    if record is None:
        return True
    entry = record.event_log_entry
    last = entry.asset_observation if is_observation else entry.asset_materialization
    return last is None or _version(last) != _version(event)


def report(instance: dg.DagsterInstance, event: Event) -> None:
    """Report an event unless the last one said the same."""
    if is_new(instance, event):
        instance.report_runless_asset_event(event)


def _version(event: Event) -> str | None:
    return (event.tags or {}).get(DATA_VERSION_TAG)
