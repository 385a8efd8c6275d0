"""`python -m pipelines process`: one run that computes what is missing, the first pictures first.

Dagster takes a second to import and encoders many to load: a few files of each new source are read
before. Not here: the stages (``execution``), what has work (``plan``), arguments (``__main__``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from panoptic_data.errors import FolderNotFound
from panoptic_data.ingest import first_images, sources
from panoptic_data.ingest.source_update import FirstImages
from panoptic_data.ingest.sources import Source
from panoptic_data.integrity import rebuild
from panoptic_data.provenance import parameters, runs, stages
from panoptic_data.provenance.runs import Run
from panoptic_data.provenance.stages import ReportProgress
from panoptic_data.storage.project import Project, open_project
from panoptic_data.versions import create, restore
from pipelines.interrupts import stop_signals
from pipelines.request import Request, with_requested

__all__ = ["process"]

# Seconds. The dashboard merges annotations now and then: a run waits for that.
MERGE_TIMEOUT = 120.0


def process(
    project: Project,
    request: Request,
    listener: ReportProgress = stages.ignore_progress,
    wait: float = 0.0,
) -> dict[str, Any]:
    """Compute all that is missing and return the summary (see ``summary.run_summary``).

    ``wait`` is how many seconds to wait for another run to end.

    A source whose folder is missing, an encoder that waits and a failed stage are problems in the
    summary, and do not stop the rest. Raises UnknownSource, ProjectBusy; UsageError for parameters
    that cannot be; KeyboardInterrupt when stopped, after the run is marked as interrupted;
    InvalidVersion where the one that is asked for cannot have its name.
    """
    restore.finish(project)
    project = open_project(project.root)
    parameters.require_valid(project)
    # Refused before a run begins.
    with_requested(project, request, save=False)
    chosen = sources.select(project, request.only)
    if request.version is not None:
        create.checked_name(project, request.version)
    with (
        # Around all of it: whatever swallows the exception of a signal, it is seen afterwards.
        stop_signals() as is_stopped,
        runs.start(project, "process", asdict(request), wait or _lock_timeout(project)) as run,
    ):
        taken_out = rebuild.prepare_run(project)
        first = {} if request.stages else _read_first(project, chosen, run, listener)
        # Takes a second: after the first pictures are there.
        from pipelines.execution import execute

        return execute(project, run, request, listener, is_stopped, taken_out, first)


def _lock_timeout(project: Project) -> float:
    """Return how many seconds to wait for an active run to end."""
    running = runs.current(project, merges=True)
    return MERGE_TIMEOUT if running is not None and running["what"] == runs.MERGE else 0.0


def _read_first(
    project: Project, chosen: Sequence[Source], run: Run, listener: ReportProgress
) -> Mapping[str, FirstImages]:
    """Return, by source, what was read of those that are new."""
    thumbnail = parameters.value_of(project, "images.thumbnail")
    first = {}
    for source in chosen:
        report = partial(_report, run, listener, f"images/{source.name}")
        try:
            first[source.name] = first_images.read_first(
                project, source, run.id, report, thumbnail=thumbnail
            )
        except FolderNotFound:
            continue
        except Exception:
            # What goes wrong here does so again in the source's stage, which records it.
            logging.getLogger(__name__).debug("the first pictures were not read", exc_info=True)
    return first


def _report(run: Run, listener: ReportProgress, stage: str, _: str, done: int, total: int) -> None:
    run.report(stage, done, total)
    listener(stage, done, total)
