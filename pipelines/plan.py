"""Plan a run: which stages have work to do, and why. Not here: doing it (``process``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from panoptic_data.errors import FolderNotFound
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import scan_source
from panoptic_data.ingest.sources import Source
from panoptic_data.provenance import stages
from panoptic_data.storage.project import Project
from panoptic_data.vectors import embeddings
from pipelines import encoders
from pipelines.resources import Request

__all__ = ["PlannedStage", "plan_corpus", "plan_project", "plan_source"]


@dataclass(frozen=True)
class PlannedStage:
    """One stage with work to do, and the reason: one of ``stages.stale``, or one of these.

    ``folder`` (files are new, changed or gone), ``missing`` (images without a vector), ``asked``
    (a person wants it computed again), ``gone`` (its folder is missing). ``images`` is how many
    images have to be processed, as far as that is known beforehand.
    """

    stage: str
    reason: str
    images: int = 0


def plan_source(
    project: Project,
    source: Source,
    slugs: Sequence[str],
    stale: Mapping[str, str],
    request: Request = Request(),  # noqa: B008 - frozen
) -> tuple[PlannedStage, ...]:
    """Return the stages of one source that have work. Raises FolderNotFound."""
    return tuple(_plan_source(project, source, slugs, stale, request))


def plan_corpus(
    slugs: Sequence[str], stale: Mapping[str, str], request: Request
) -> tuple[PlannedStage, ...]:
    """Return the stages of the whole corpus that have work."""
    requested = _requested(slugs, request)
    return tuple(
        PlannedStage(stage, stale.get(stage) or "asked")
        for stage in stages.expected((), slugs)
        if stage in stale or stage in requested
    )


def plan_project(project: Project, only: Sequence[str] = ()) -> tuple[PlannedStage, ...]:
    """Return all that a run would do now, changing nothing. Raises UnknownSource.

    A source whose folder is missing has the reason ``gone``.
    """
    # An encoder that was never loaded (cause: empty) may turn out to be ready.
    slugs = [encoder.spec.slug for encoder in encoders.last_known(project) if not encoder.cause]
    names = [source.name for source in sources.listing(project)]
    stale = stages.stale(stages.latest(project), names, slugs)
    planned: list[PlannedStage] = []
    for source in sources.select(project, only):
        try:
            planned += plan_source(project, source, slugs, stale)
        except FolderNotFound:
            planned.append(PlannedStage(f"files/{source.name}", "gone"))
    if planned:
        # A change in a source affects all stages of the corpus but the annotations.
        affected = [stage for stage in stages.expected((), slugs) if stage != "annotations"]
        stale = dict.fromkeys(affected, "inputs") | stale
    return (*planned, *plan_corpus(slugs, stale, Request()))


def _plan_source(
    project: Project,
    source: Source,
    slugs: Sequence[str],
    stale: Mapping[str, str],
    request: Request,
) -> Iterator[PlannedStage]:
    files, images = (f"{name}/{source.name}" for name in ("files", "images"))
    reread = source.name in request.reread
    scan = scan_source(project, source, retry=request.retry, reread=reread)
    reason = stale.get(files) or stale.get(images) or "folder"
    if reason != "folder" or not scan.is_unchanged or scan.recheck.height:
        count = scan.new.height + scan.changed.height + scan.recheck.height
        yield PlannedStage(files, reason)
        yield PlannedStage(images, reason, count)
        # Files with the same content are recognised only once read: embeddings may be fewer.
        for slug in slugs:
            yield PlannedStage(f"embeddings/{slug}/{source.name}", "inputs", count)
        return
    for slug in slugs:
        stage = f"embeddings/{slug}/{source.name}"
        missing = embeddings.missing(project, slug, source.name)
        if missing or stage in stale:
            yield PlannedStage(stage, stale.get(stage, "missing"), len(missing))


def _requested(slugs: Sequence[str], request: Request) -> frozenset[str]:
    names = {"projection", "clusters"} if request.refit else set()
    if request.method or request.k:
        names.add("clusters")
    return frozenset(f"{name}/{slug}" for name in names for slug in slugs)
