"""The one resource of the graph: the work under way on a project.

`python -m pipelines process` hands its own to the graph; under `dagster dev` each Dagster run
opens one, which waits for its turn. Not here: what the assets compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dagster as dg

from panoptic_data.errors import PanopticError
from panoptic_data.ingest import sources
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import runs, stages
from panoptic_data.provenance.stages import ReportProgress, StageResult
from panoptic_data.storage.project import Project, open_project
from pipelines.encoders import Prepared, known

if TYPE_CHECKING:
    from panoptic_data.provenance.runs import Run

__all__ = ["Problem", "Request", "Work", "work_resource"]

# Longer than the longest run of a large corpus: a run of `dagster dev` queues, it does not fail.
TURN = 24 * 3600.0


@dataclass(frozen=True)
class Request:
    """What a person asked for. ``only``: names of sources, none: all of them."""

    only: tuple[str, ...] = ()
    retry: bool = False
    refit: bool = False
    method: str | None = None
    k: int | None = None


@dataclass(frozen=True)
class Problem:
    """Something that a person should know: ``text`` is a sentence in the terminal's language.

    ``about`` is encoder (it waits), source (its folder is gone), check (tables disagree) or
    stage (it failed).
    """

    about: str
    name: str
    text: str


@dataclass
class Work:
    """A run at work, and what it made and met so far."""

    project: Project
    run: Run
    request: Request
    sources: tuple[str, ...]
    encoders: tuple[Prepared, ...]
    listener: ReportProgress = stages.ignore_progress
    results: dict[str, StageResult] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Slugs of the encoders that can be used, in the project's order."""
        return tuple(one.spec.slug for one in self.encoders if one.ready)

    def report(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage is, to the table `runs` and to whoever listens."""
        self.run.report(stage, done, total)
        self.listener(stage, done, total)

    def reporting(self, stage: str) -> ReportProgress:
        """Return a report that speaks of this stage, whatever the one who reports calls it."""
        return lambda _, done, total: self.report(stage, done, total)

    def fail(self, names: Sequence[str], error: Exception) -> str:
        """Note that the first of these stages failed and none was made; return why."""
        self.failed.update(names)
        self.tell_failure(names[0], _words(error, terminal_language()))
        return _words(error, "en")

    def tell_failure(self, name: str, why: str) -> None:
        """Note that a step failed; the run goes on with what does not need it."""
        said = translate("process.failed", terminal_language(), stage=name, error=why)
        self.problems.append(Problem("stage", name, said))
        self.run.fail(said)


def work_resource(
    project: Project | None, work: Work | None = None
) -> Callable[..., object] | dg.ResourceDefinition:
    """Return the resource: the work given, or one that each Dagster run opens for itself."""
    if work is not None:
        return dg.ResourceDefinition.hardcoded_resource(work)

    @dg.resource(description="The project's lock, its row in `runs`, and what was made so far.")
    def opened(context: dg.InitResourceContext) -> Iterator[Work]:
        place = project or open_project()
        run_id = context.run.run_id if context.run else ""
        with runs.start(place, "dagster", {"dagster_run": run_id}, wait=TURN) as run:
            run.add_dagster_run(run_id)
            names = tuple(source.name for source in sources.listing(place))
            yield Work(place, run, Request(), names, known(place))

    return opened


def _words(error: Exception, language: str) -> str:
    return error.message(language) if isinstance(error, PanopticError) else repr(error)
