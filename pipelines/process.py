"""`python -m pipelines process`: do what is missing, source by source, then the whole corpus.

A stage with nothing to do is left alone: no Dagster run, the same data version. Not here:
what has work (``plan``), what is said of it at the end (``summary``), arguments (``__main__``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

import dagster as dg

from panoptic_data.errors import FolderNotFound
from panoptic_data.ingest import freshness, sources
from panoptic_data.ingest.sources import Source
from panoptic_data.messages import terminal_language
from panoptic_data.provenance import runs, stages
from panoptic_data.provenance.stages import ReportProgress
from panoptic_data.storage.project import Project, open_project
from panoptic_data.vectors.embeddings import RECHECK_AFTER
from pipelines import encoders, instance, jobs, partitions, plan, summary
from pipelines.build import build_defs
from pipelines.interrupts import heard
from pipelines.resources import Problem, Request, Work

__all__ = ["compact", "process"]

# Annotations are merged by themselves now and then: no reason to send a person away.
MERGED_WITHIN = 120.0
# A table in more files than this is merged into few: each commit adds one.
FILES_AT_MOST = 100
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def process(
    project: Project, request: Request, listener: ReportProgress = stages.ignore_progress
) -> dict[str, object]:
    """Do all that is missing and return the summary (see ``summary.of``).

    A source whose folder is gone, an encoder that waits and a failed stage are problems of the
    summary, and the rest goes on. Raises UnknownSource, ProjectBusy; KeyboardInterrupt when
    stopped, after the run was marked as interrupted.
    """
    listing = sources.listing(project)
    chosen = sources.select(project, request.only)
    with (
        runs.start(project, "process", asdict(request), _patience(project)) as run,
        instance.open_instance(project) as history,
    ):
        instance.close_the_dead(history)
        seen = _look(listing)
        project, prepared = encoders.prepare(project, run.id, request.retry)
        names = tuple(source.name for source in listing)
        partitions.sync(history, names)
        work = Work(project, run, request, names, prepared, listener)
        ready = [one for one in prepared if one.ready]
        work.problems += [summary.waits(one, ready) for one in prepared if not one.ready]
        _run(work, history, chosen, request)
        compact(project)
        told = summary.of(work)
        run.record_counts("summary", summary.short(told))
        if seen is not None and summary.is_settled(work) and _is_as_it_was(project, listing):
            # An encoder that waits is tried again by and by.
            good_for = timedelta.max if len(ready) == len(prepared) else RECHECK_AFTER
            freshness.record_complete_run(project, seen, told, good_for)
    return told


def _patience(project: Project) -> float:
    """Return how many seconds to wait for who is at work."""
    running = runs.current(project, merges=True)
    return MERGED_WITHIN if running is not None and running["what"] == runs.MERGE else 0.0


def _is_as_it_was(project: Project, listing: Sequence[Source]) -> bool:
    """Whether no folder and no encoder was added while the run was at work: they wait for one."""
    return open_project(project.root) == project and sources.listing(project) == listing


def _look(listing: Sequence[Source]) -> freshness.FolderState | None:
    with suppress(FolderNotFound):
        return freshness.folder_state({source.name: source.root for source in listing})
    return None


def _run(
    work: Work, history: dg.DagsterInstance, chosen: Sequence[Source], request: Request
) -> None:
    defs = build_defs(work.project, work.project.encoders, work)
    for source, wanted in _plan_sources(work, chosen):
        _execute(defs, history, work, jobs.READ, wanted, source.name)
    wanted = plan.of_corpus(work.slugs, _stale(work), request)
    _execute(defs, history, work, jobs.ANALYSE, wanted)


def _plan_sources(
    work: Work, chosen: Sequence[Source]
) -> list[tuple[Source, tuple[plan.Wanted, ...]]]:
    """Say what each source needs, and how much to whoever waits, before any is begun."""
    stale = _stale(work)
    planned = []
    for source in chosen:
        try:
            wanted = plan.of_source(work.project, source, work.slugs, stale)
        except FolderNotFound as error:
            work.problems.append(Problem("source", source.name, error.message(terminal_language())))
            continue
        planned.append((source, wanted))
        for one in wanted:
            if one.todo:
                work.report(one.stage, 0, one.todo)
    return planned


def _stale(work: Work) -> dict[str, str]:
    return stages.stale(stages.latest(work.project), work.sources, work.slugs)


def _execute(
    defs: dg.Definitions,
    history: dg.DagsterInstance,
    work: Work,
    job: str,
    wanted: Sequence[plan.Wanted],
    source: str | None = None,
) -> None:
    if not wanted:
        return
    with heard() as is_stopped:
        result = defs.resolve_job_def(job).execute_in_process(
            instance=history,
            partition_key=source,
            asset_selection=[_key(one.stage, source) for one in wanted],
            tags={instance.RUN_TAG: work.run.id},
            run_config=QUIET,
            raise_on_error=False,
        )
        work.run.add_dagster_run(result.run_id)
        if is_stopped():
            raise KeyboardInterrupt
    for event in result.filter_events(lambda event: event.is_step_failure):
        _note_failure(work, event)
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            _note_check(work, check)


def _key(stage: str, source: str | None) -> dg.AssetKey:
    parts = stage.removesuffix(f"/{source}") if source else stage
    return dg.AssetKey(parts.split("/"))


def _note_failure(work: Work, event: dg.DagsterEvent) -> None:
    failure = event.step_failure_data
    # What fails in computing is noted where it happens, with its stage (``provenance``).
    if failure.error is None or failure.user_failure_data is not None:
        return
    if failure.error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
        raise KeyboardInterrupt
    said = (failure.error.cause or failure.error).to_string().strip().splitlines()[0]
    work.tell_failure(str(event.step_key), said)


def _note_check(work: Work, check: dg.AssetCheckEvaluation) -> None:
    key = check.asset_key.to_user_string()
    said = f"{key}: {check.description}"
    work.problems.append(Problem("check", f"{key}:{check.check_name}", said))
    if check.severity == dg.AssetCheckSeverity.ERROR:
        work.run.fail(said)


def compact(project: Project) -> None:
    """Put tables in many files together."""
    for table in sorted(project.lance.glob("*.lance")):
        if sum(1 for _ in (table / "data").glob("*.lance")) > FILES_AT_MOST:
            project.database().compact(table.stem)
