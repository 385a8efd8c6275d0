"""The sensor that watches folders: it compares file times and sizes and requests runs of changes.

Not here: reading files, computing what is downstream of a change (``automation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from panoptic_data.errors import FolderNotFound, ProjectNotFound
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import Scan, scan_source
from panoptic_data.ingest.sources import Source
from panoptic_data.provenance.stages import digest
from panoptic_data.storage.project import Project, open_project
from pipelines import jobs
from pipelines.partitions import SOURCES

__all__ = ["build"]

INTERVAL_SECONDS = 60


def build(project: Project | None, read: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Return the sensor, which is off by default."""

    @dg.sensor(
        name="folders",
        job=read,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Asks for a run of each source with new, changed or vanished files.",
    )
    def folders(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            opened = project or open_project()
        except ProjectNotFound as error:
            return dg.SkipReason(error.message("en"))
        listing = sources.listing(opened)
        requests = list(_run_requests(opened, listing))
        return dg.SensorResult(
            run_requests=requests,
            dynamic_partitions_requests=_partitions(context.instance, listing),
            skip_reason=None if requests else _skip_reason(opened),
        )

    return folders


def _run_requests(project: Project, listing: Sequence[Source]) -> Iterator[dg.RunRequest]:
    for source in listing:
        try:
            scan = scan_source(project, source)
        except FolderNotFound:
            # The disk may be disconnected: its images stay as they are until it is back.
            sources.record_away(project, source)
            continue
        if scan.is_unchanged:
            continue
        # Each difference is requested once, so that an unreadable file causes no endless runs.
        key = f"{source.name}:{_difference(scan)}"
        yield dg.RunRequest(run_key=key, partition_key=source.name, job_name=jobs.READ)


def _skip_reason(project: Project) -> str:
    """Return what a person has to be asked or told; else that there is nothing to do."""
    absences = sources.absences(project, "en")
    return " ".join(absences.values()) or "No file is new, changed or gone."


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


def _difference(scan: Scan) -> str:
    """Return a digest of what differs."""
    frames = (scan.new, scan.changed, scan.problems, scan.restored)
    columns = ["path", "size", "mtime_ns", "reason"]
    differing = [row for frame in frames for row in frame.select(columns).rows()]
    absent = [
        row
        for frame in (scan.vanished, scan.withheld, scan.resolved)
        for row in frame["path", "run"].rows()
    ]
    return digest(str(row) for row in differing + absent)
