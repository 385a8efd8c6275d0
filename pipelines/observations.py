"""What Dagster is told of that no run of its own made.

Folders of images, the log of changes, merges and corpus versions that were made elsewhere. With a
data version each, Dagster knows as `plan` does what is not up to date. Not here: the assets that
are computed (``assets``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_TAG,
    INPUT_DATA_VERSION_TAG_PREFIX,
    INPUT_EVENT_POINTER_TAG_PREFIX,
    NULL_EVENT_POINTER,
)

from panoptic_data.ingest import freshness
from panoptic_data.ingest.sources import Source
from panoptic_data.provenance.stages import CODE_VERSIONS, LOG, ON_REQUEST, PER_ENCODER
from panoptic_data.storage.project import Project
from panoptic_data.versions import record
from panoptic_data.versions.record import CorpusVersion

__all__ = [
    "SOURCES_KEY",
    "VERSIONS_CODE",
    "VERSIONS_KEY",
    "Event",
    "is_new",
    "metadata_of",
    "of_log",
    "of_merge",
    "of_source",
    "of_version",
    "report",
    "report_versions",
]

SOURCES_KEY = dg.AssetKey("sources")
LOG_KEY = dg.AssetKey(LOG)
ANNOTATIONS_KEY = dg.AssetKey("annotations")
VERSIONS_KEY = dg.AssetKey(record.TABLE)
VERSIONS_CODE = "1"
# So many versions of a project are looked for in Dagster's history.
KNOWN_AT_MOST = 1_000

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


def of_merge(
    events: str, data_version: str, metadata: Mapping[str, Any]
) -> dg.AssetMaterialization:
    """Return a merge of the log, up to so many events, that no run of Dagster did."""
    tags = _tags(data_version, CODE_VERSIONS["annotations"], {LOG_KEY: events})
    return dg.AssetMaterialization(ANNOTATIONS_KEY, metadata=metadata, tags=tags)


def of_version(version: CorpusVersion) -> dg.AssetMaterialization:
    """Return a corpus version that no run of Dagster made."""
    inputs = {
        dg.AssetKey(list(reversed(stage.split("/")))): str(row["data_version"])
        for stage, row in version.stages.items()
        if stage in ("corpus", "duplicates", *ON_REQUEST, "annotations")
        or stage.partition("/")[0] in PER_ENCODER
    }
    return dg.AssetMaterialization(
        VERSIONS_KEY,
        description=version.name,
        metadata=metadata_of(version),
        tags=_tags(version.digest, VERSIONS_CODE, inputs),
    )


def metadata_of(version: CorpusVersion) -> dict[str, Any]:
    """Return what Dagster shows of a corpus version: id, digest, counts, pinned tables."""
    return {
        "id": version.id,
        "name": version.name,
        "note": version.note or "–",
        "author": version.author,
        "made_at": dg.MetadataValue.timestamp(version.at),
        "digest": version.digest,
        **{
            name: int(version.counts[name])
            for name in ("images", "properties", "tags", "values", "events")
        },
        "counts": dg.MetadataValue.json(dict(version.counts)),
        "tables": dg.MetadataValue.json(dict(version.tables)),
        "digests": dg.MetadataValue.json(dict(version.digests)),
    }


def report_versions(instance: dg.DagsterInstance, project: Project) -> None:
    """Report the corpus versions that Dagster does not know, the oldest first."""
    versions = record.list_versions(project)
    known = set(_known_versions(instance)) if versions else set()
    for version in reversed(versions):
        if version.id not in known:
            instance.report_runless_asset_event(of_version(version))


def _known_versions(instance: dg.DagsterInstance) -> Iterator[object]:
    result = instance.fetch_materializations(VERSIONS_KEY, limit=KNOWN_AT_MOST)
    for row in result.records:
        made = row.asset_materialization
        if made is not None and "id" in made.metadata:
            yield made.metadata["id"].value


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


def _tags(
    data_version: str, code_version: str, inputs: Mapping[dg.AssetKey, str]
) -> dict[str, str]:
    # Of a materialization without a run Dagster does not note what it was made from.
    tags = {DATA_VERSION_TAG: data_version, CODE_VERSION_TAG: code_version}
    for key, version in inputs.items():
        name = key.to_user_string()
        tags[f"{INPUT_DATA_VERSION_TAG_PREFIX}/{name}"] = version
        tags[f"{INPUT_EVENT_POINTER_TAG_PREFIX}/{name}"] = NULL_EVENT_POINTER
    return tags
