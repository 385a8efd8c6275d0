"""The resource of the graph: the current run on a project and what it has done.

`python -m pipelines process` passes its own to the graph; under `dagster dev` each Dagster run
opens one and waits for the project's lock. Not here: what the assets compute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from panoptic_data.errors import FolderNotFound, PanopticError, TableMissing
from panoptic_data.ingest import sources
from panoptic_data.ingest.source_update import NO_FIRST_IMAGES, FirstImages
from panoptic_data.integrity import rebuild
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import parameters, runs, stages
from panoptic_data.provenance.stages import ReportProgress, StageResult
from panoptic_data.storage.project import Project, open_project
from pipelines import observations
from pipelines.encoders import ProjectEncoder, prepare_encoders
from pipelines.request import Problem, Request, with_requested

if TYPE_CHECKING:
    from panoptic_data.provenance.runs import Run
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["REQUEST_CONFIG", "Work", "work_resource"]

# Seconds. Longer than any run of a large corpus: a run of `dagster dev` queues instead of failing.
LOCK_TIMEOUT = 24 * 3600.0


REQUEST_CONFIG: Mapping[str, dg.Field] = {
    "retry": dg.Field(
        bool, default_value=False, description="Try again what waits or could not be read."
    ),
    "refit": dg.Field(bool, default_value=False, description="Compute map and clusters anew."),
    "method": dg.Field(
        dg.Enum("method", [dg.EnumValue(name) for name in ("levels", "kmeans")]),
        is_required=False,
        description="How to find clusters; given, they are found anew.",
    ),
    "k": dg.Field(int, is_required=False, description="Number of clusters, for kmeans."),
}
"""What a run may be asked for beside what is missing, as run config of Dagster."""


def _is_never() -> bool:
    return False


@dataclass
class Work:
    """The current run, its results and its problems so far.

    ``sources`` are all sources by name, ``away`` those whose folder was not there at the start.
    ``is_stopped`` says whether a signal to stop arrived since it was last called. ``taken_out`` are
    derived tables that were damaged when it began, ``version`` is the corpus version that it made,
    ``first`` what it read of new sources before anything else, by name.
    """

    project: Project
    run: Run
    request: Request
    sources: tuple[str, ...]
    encoders: tuple[ProjectEncoder, ...]
    listener: ReportProgress = stages.ignore_progress
    away: frozenset[str] = frozenset()
    is_stopped: Callable[[], bool] = _is_never
    results: dict[str, StageResult] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    taken_out: tuple[str, ...] = ()
    version: CorpusVersion | None = None
    first: Mapping[str, FirstImages] = field(default_factory=dict)

    def require_complete(self) -> None:
        """Raise TableMissing where a damaged table was taken out and not made again yet."""
        there = self.project.database().names()
        for table in self.taken_out:
            if table not in there:
                raise TableMissing(table=table)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Slugs of the encoders that are of use, in the project's order."""
        return tuple(encoder.spec.slug for encoder in self.used)

    @property
    def used(self) -> tuple[ProjectEncoder, ...]:
        """The encoders that are of use, in the project's order."""
        return tuple(encoder for encoder in self.encoders if encoder.is_used)

    def first_of(self, source: str) -> FirstImages:
        """Return what the run read of a source before anything else."""
        return self.first.get(source, NO_FIRST_IMAGES)

    def settings_before(self, stage: str) -> Mapping[str, object]:
        """Return the settings that a stage was last made with."""
        row = self._record(stage)
        parameters: Mapping[str, Any] = json.loads(row["parameters"] or "{}") if row else {}
        settings: Mapping[str, object] = parameters.get(stages.SETTINGS, {})
        return settings

    def settings(self, stage: str) -> Mapping[str, object]:
        """Return the settings that a stage is to be made with."""
        return parameters.settings_of(self.project, stages.stage_kind(stage))

    def is_made_otherwise(self, stage: str) -> bool:
        """Whether nothing of a stage is to be kept: it is of other code or other settings."""
        row = self._record(stage)
        return row is not None and stages.is_made_otherwise(row, stage, self.settings(stage))

    def value_of(self, name: str) -> Any:
        """Return a parameter's value in this run."""
        return parameters.value_of(self.project, name)

    def _record(self, stage: str) -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = self.project.database().take("stages", [stage]).to_pylist()
        return rows[0] if rows else None

    def report(self, stage: str, done: int, total: int) -> None:
        """Report the progress of a stage to the table `runs` and to the listener."""
        self.run.report(stage, done, total)
        self.listener(stage, done, total)

    def stage_reporter(self, stage: str) -> ReportProgress:
        """Return a progress callback for this stage, whatever name it is called with."""
        return lambda _, done, total: self.report(stage, done, total)

    def fail_stages(self, names: Sequence[str], error: Exception) -> str:
        """Record that the first of these stages failed and none was computed; return the error."""
        self.failed.update(names)
        self.add_failure(names[0], _message(error, terminal_language()))
        return _message(error, "en")

    def add_failure(self, name: str, why: str) -> None:
        """Record that a step failed; the run continues with what does not depend on it."""
        text = translate("process.failed", terminal_language(), stage=name, error=why)
        self.problems.append(Problem("stage", name, text))
        self.run.fail(text)


def work_resource(
    project: Project | None, work: Work | None = None
) -> Callable[..., object] | dg.ResourceDefinition:
    """Return the resource: the given work, or one that each Dagster run opens for itself."""
    if work is not None:
        return dg.ResourceDefinition.hardcoded_resource(work)

    @dg.resource(
        config_schema=dict(REQUEST_CONFIG),
        description="The project's lock, its row in `runs`, and what was made so far.",
    )
    def open_work(context: dg.InitResourceContext) -> Iterator[Work]:
        opened = project or open_project()
        run_id = context.run.run_id if context.run else ""
        with runs.start(opened, "dagster", {"dagster_run": run_id}, wait=LOCK_TIMEOUT) as run:
            run.add_dagster_run(run_id)
            taken_out = rebuild.prepare_run(opened)
            request = Request.from_config(context.resource_config)
            opened = with_requested(open_project(opened.root), request)
            names = tuple(source.name for source in sources.listing(opened))
            _observe(context, opened)
            opened, prepared = prepare_encoders(opened, run.id, request.retry)
            yield Work(opened, run, request, names, prepared, taken_out=taken_out)

    return open_work


def _observe(context: dg.InitResourceContext, project: Project) -> None:
    """Tell Dagster what the run is about to be made from."""
    if context.instance is None or context.run is None:
        return
    observations.report(context.instance, observations.of_log(project))
    observations.report_versions(context.instance, project)
    name = context.run.tags.get("dagster/partition")
    for source in sources.listing(project):
        if source.name == name:
            with suppress(FolderNotFound):
                observations.report(context.instance, observations.of_source(source))


def _message(error: Exception, language: str) -> str:
    return error.message(language) if isinstance(error, PanopticError) else repr(error)
