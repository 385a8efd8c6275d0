"""What a run executes: first each source, then the whole corpus, as stages of Dagster.

A stage with nothing to do is skipped: no Dagster run, the same data version. Not here: the run
itself and its first pictures (``process``), what has work (``plan``), the summary at the end
(``summary``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import dagster as dg

from panoptic_data.duplicates import overwritten
from panoptic_data.errors import DataUnavailable, FolderNotFound
from panoptic_data.ingest import freshness, sources
from panoptic_data.ingest.source_update import FirstImages
from panoptic_data.ingest.sources import Source
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import overview, parameters, stages
from panoptic_data.provenance.runs import Run
from panoptic_data.provenance.stages import ReportProgress
from panoptic_data.storage import checksums
from panoptic_data.storage.project import Project, open_project
from panoptic_data.vectors import outdated
from panoptic_data.vectors.encoder_state import RECHECK_AFTER
from panoptic_data.versions import known_digests
from panoptic_data.views import source_names
from pipelines import encoders, instance, jobs, observations, partitions, plan, summary, timeline
from pipelines.assets import corpus_versions
from pipelines.build import build_defs
from pipelines.history import History, open_history
from pipelines.request import Problem, Request, with_requested
from pipelines.resources import Work

__all__ = ["compact", "execute"]

# A table with more data files than this is compacted: each commit adds a file.
MAX_FILES = 100
# What digests of all parts of the corpus take, by image.
DIGEST_SECONDS = 6e-6
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(
    project: Project,
    run: Run,
    request: Request,
    listener: ReportProgress,
    is_stopped: Callable[[], bool],
    taken_out: tuple[str, ...],
    first: Mapping[str, FirstImages],
) -> dict[str, Any]:
    """Compute within a run all that is missing and return the summary (``summary.run_summary``).

    ``taken_out`` are derived tables that were damaged when the run began, ``first`` is what it has
    read of new sources, by name. Raises KeyboardInterrupt when stopped.
    """
    listing = sources.listing(project)
    names = tuple(source.name for source in listing)
    chosen = sources.select(project, request.only)
    with open_history(project, partial(_prepare_instance, names)) as history:
        history.attempt(lambda opened: observations.report_versions(opened, project))
        project = with_requested(open_project(project.root), request)
        source_names.finish_renames(project)
        state = _folder_state(listing)
        work = Work(
            project,
            run,
            request,
            names,
            (),
            listener,
            plan.away_sources(listing),
            is_stopped,
            taken_out=taken_out,
            first=first,
        )
        are_read = encoders.will_load(project, request.retry)
        if are_read:
            _read_sources(work, history, chosen)
        project, work.encoders = encoders.prepare_encoders(project, run.id, request.retry)
        work.project = project
        ready = [encoder for encoder in work.encoders if encoder.is_ready]
        problems = (summary.encoder_problem(encoder, ready) for encoder in work.encoders)
        work.problems += [problem for problem in problems if problem is not None]
        _run(work, history, chosen, are_read=are_read)
        work.problems += _absences(project, [source.name for source in chosen])
        work.problems += [Problem("history", "dagster", text) for text in history.problems]
        work.problems += _too_many_clusters(project)
        work.problems += _unread_sidecars(project, [source.name for source in chosen])
        with suppress(DataUnavailable):
            overwritten.forget_unnoted(project)
        compact(project)
        checksums.record(project)
        _keep_digests(work)
        if request.version is not None:
            _make_version(work, history, request.version)
        result = summary.run_summary(work)
        run.record_counts("summary", summary.counts_only(result))
        if state is not None and summary.is_complete(work) and _is_unchanged(project, listing):
            # Encoders that wait are loaded again after a while.
            good_for = timedelta.max if len(ready) == len(work.encoders) else RECHECK_AFTER
            freshness.record_complete_run(project, state, result, good_for)
    return result


def _prepare_instance(names: Sequence[str], opened: dg.DagsterInstance) -> None:
    instance.fail_killed_runs(opened)
    partitions.sync(opened, names)


def _is_unchanged(project: Project, listing: Sequence[Source]) -> bool:
    """Whether no folder and no encoder was added during the run, which need another run."""
    return open_project(project.root) == project and sources.listing(project) == listing


def _too_many_clusters(project: Project) -> list[Problem]:
    """Return that more clusters were asked for than there are images, known only by now."""
    k = parameters.value_of(project, "clusters.k")
    text = k and parameters.too_many_clusters(project, k)
    return [Problem("parameter", "clusters.k", text)] if text else []


def _unread_sidecars(project: Project, names: Sequence[str]) -> list[Problem]:
    """Return the problems of sources with XMP sidecars that cannot be read."""
    problems = []
    listed = overview.problem_files(project, overview.SIDECAR, limit=None)
    for name in names:
        files = [file for file in listed if file.source == name]
        if files:
            params = {"count": len(files), "name": name, "first": files[0].path}
            text = translate("process.sidecars", terminal_language(), **params)
            problems.append(Problem("sidecar", name, f"{text} ({files[0].detail})"))
    return problems


def _absences(project: Project, names: Sequence[str]) -> list[Problem]:
    """Return the problems of sources whose folder, or many of whose files, are not there."""
    texts = sources.absences(project, terminal_language())
    return [Problem("source", name, text) for name, text in texts.items() if name in names]


def _folder_state(listing: Sequence[Source]) -> freshness.FolderState | None:
    with suppress(FolderNotFound):
        return freshness.folder_state({source.name: source.root for source in listing})
    return None


def _read_sources(work: Work, history: History, chosen: Sequence[Source]) -> None:
    """Read all sources before encoders are loaded, which may take minutes: pictures come first."""
    defs = build_defs(work.project, work.project.encoders, work)
    for source, planned in _plan_sources(work, chosen):
        _execute(defs, history, work, jobs.READ, planned, source.name)


def _run(work: Work, history: History, chosen: Sequence[Source], *, are_read: bool) -> None:
    defs = build_defs(work.project, work.project.encoders, work)
    for source, planned in _plan_sources(work, chosen, are_read=are_read):
        _execute(defs, history, work, jobs.READ, planned, source.name)
    planned = plan.plan_corpus(work.slugs, _stale(work), work.request, work.sources)
    for job, of_job in jobs.by_job(planned).items():
        _execute(defs, history, work, job, of_job)


def _keep_digests(work: Work) -> None:
    """Compute what the next version needs, where that is a tenth of the run's time at most."""
    seconds = work.project.database().count("images") * DIGEST_SECONDS
    if seconds < work.run.seconds / 10:
        with suppress(DataUnavailable):
            known_digests.keep_current(work.project)


def _make_version(work: Work, history: History, name: str) -> None:
    """Make the version that was asked for; none where something failed, which is said."""
    if work.run.outcome == "failed":
        text = translate("process.no_version", terminal_language(), name=name)
        work.problems.append(Problem("version", name, text))
        return
    defs = build_defs(work.project, work.project.encoders, work)
    config = {"name": name, "note": work.request.note}
    planned = [plan.PlannedStage(corpus_versions.STAGE, "asked")]
    _execute(defs, history, work, jobs.VERSION, planned, config=config)


def _plan_sources(
    work: Work, chosen: Sequence[Source], *, are_read: bool = False
) -> list[tuple[Source, tuple[plan.PlannedStage, ...]]]:
    """Plan all sources and report how many images each stage has, before the first one starts.

    Where they ``are_read`` in this run, what is left is to embed them.
    """
    stale = _stale(work)
    by_source = []
    selected = plan.selected(work.request.stages, work.sources, work.slugs)
    for source in chosen:
        if not plan.is_read(source.name, selected, work.slugs):
            continue
        planned = plan.kept(_plan_source(work, source, stale, is_read=are_read), selected)
        by_source.append((source, planned))
        first = len(work.first_of(source.name).files)
        for item in planned:
            if item.images:
                total = item.images if are_read else first + item.images
                work.report(item.stage, first if item.stage.startswith("images/") else 0, total)
    return by_source


def _plan_source(
    work: Work, source: Source, stale: Mapping[str, str], *, is_read: bool
) -> tuple[plan.PlannedStage, ...]:
    if is_read and not work.failed.isdisjoint(stages.of_source(source.name, ())):
        return ()
    if is_read:
        return plan.plan_vectors(work.project, source.name, work.used, stale)
    try:
        return plan.plan_source(work.project, source, work.used, stale, work.request)
    except FolderNotFound:
        sources.record_away(work.project, source)
        return plan.plan_vectors(work.project, source.name, work.used, stale)


def _stale(work: Work) -> dict[str, str]:
    requested = work.request.stages
    return outdated.stale(work.project, work.sources, work.slugs, work.away, requested)


def _execute(
    defs: dg.Definitions,
    history: History,
    work: Work,
    job: str,
    planned: Sequence[plan.PlannedStage],
    source: str | None = None,
    config: Mapping[str, object] | None = None,
) -> None:
    if not planned:
        return
    _raise_if_stopped(work)
    run_config = {**QUIET, "ops": {planned[0].stage: {"config": config}}} if config else QUIET
    result = history.attempt(partial(_execute_job, defs, work, job, planned, source, run_config))
    if not history.is_in_memory:
        work.run.add_dagster_run(result.run_id)
    _raise_if_stopped(work)
    for event in result.filter_events(lambda event: event.is_step_failure):
        _note_failure(work, event)
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            _note_check(work, check)


def _raise_if_stopped(work: Work) -> None:
    if work.is_stopped():
        raise KeyboardInterrupt


def _execute_job(
    defs: dg.Definitions,
    work: Work,
    job: str,
    planned: Sequence[plan.PlannedStage],
    source: str | None,
    run_config: Mapping[str, object],
    opened: dg.DagsterInstance,
) -> dg.ExecuteInProcessResult:
    _observe(opened, work, planned, source)
    with timeline.as_of_job(opened, job) as tags:
        return defs.resolve_job_def(job).execute_in_process(
            instance=opened,
            partition_key=source,
            asset_selection=[_key(item.stage, source) for item in planned],
            tags={**tags, **jobs.NEVER_RETRIED, instance.RUN_TAG: work.run.id},
            run_config=dict(run_config),
            raise_on_error=False,
        )


def _observe(
    opened: dg.DagsterInstance,
    work: Work,
    planned: Sequence[plan.PlannedStage],
    source: str | None,
) -> None:
    """Tell Dagster what the stages are about to be made from."""
    if source is None:
        observations.report(opened, observations.of_log(work.project))
    elif any(item.stage == f"files/{source}" for item in planned):
        (folder,) = sources.select(work.project, [source])
        with suppress(FolderNotFound):
            observations.report(opened, observations.of_source(folder))


def _key(stage: str, source: str | None) -> dg.AssetKey:
    """Return the asset key of a stage: ``clusters/clip`` is the asset ``clip/clusters``."""
    parts = stage.removesuffix(f"/{source}") if source else stage
    return dg.AssetKey(list(reversed(parts.split("/"))))


def _note_failure(work: Work, event: dg.DagsterEvent) -> None:
    failure = event.step_failure_data
    # Failures of the computation itself are recorded with their stage (``provenance``).
    if failure.error is None or failure.user_failure_data is not None:
        return
    if failure.error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
        raise KeyboardInterrupt
    text = (failure.error.cause or failure.error).to_string().strip().splitlines()[0]
    work.add_failure(str(event.step_key), text)


def _note_check(work: Work, check: dg.AssetCheckEvaluation) -> None:
    key = check.asset_key.to_user_string()
    text = f"{key}: {check.description}"
    work.problems.append(Problem("check", f"{key}:{check.check_name}", text))
    if check.severity == dg.AssetCheckSeverity.ERROR:
        work.run.fail(text)


def compact(project: Project) -> None:
    """Compact the tables that consist of many files."""
    for table in sorted(project.lance.glob("*.lance")):
        if sum(1 for _ in (table / "data").glob("*.lance")) > MAX_FILES:
            project.database().compact(table.stem)
