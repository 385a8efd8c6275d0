"""Plan a run: which stages have work to do, and why. Not here: doing it (``process``).

One plan for the command line, for the sensors and for `plan`: after a run that did all of it,
nothing is planned, also where a folder is not there or weights cannot be had.
"""

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
from pipelines.encoders import ProjectEncoder
from pipelines.resources import Request

__all__ = [
    "PlannedStage",
    "away_sources",
    "plan_away",
    "plan_corpus",
    "plan_project",
    "plan_source",
]


@dataclass(frozen=True)
class PlannedStage:
    """One stage with work to do, and the reason: one of ``stages.stale``, or one of these.

    ``folder`` (files are new, changed or gone), ``missing`` (images without a vector), ``weights``
    (vectors of other weights), ``asked`` (a person wants it computed again), ``away`` (its folder
    is not there: nothing to do now). ``images`` is how many images have to be processed, as far as
    that is known beforehand.
    """

    stage: str
    reason: str
    images: int = 0

    @property
    def is_work(self) -> bool:
        """Whether something can be done about it now."""
        return self.reason != stages.AWAY


def away_sources(listing: Sequence[Source]) -> frozenset[str]:
    """Return the names of the sources whose folder is not there."""
    return frozenset(source.name for source in listing if not source.root.is_dir())


def plan_source(
    project: Project,
    source: Source,
    used: Sequence[ProjectEncoder],
    stale: Mapping[str, str],
    request: Request = Request(),  # noqa: B008 - frozen
) -> tuple[PlannedStage, ...]:
    """Return the stages of one source that have work under these encoders.

    Raises FolderNotFound.
    """
    return tuple(_plan_source(project, source, used, stale, request))


def plan_away(
    project: Project, source: str, used: Sequence[ProjectEncoder], stale: Mapping[str, str]
) -> tuple[PlannedStage, ...]:
    """Return the stages of a source that have work although its folder is not there.

    The stored thumbnails are enough to embed.
    """
    return tuple(_plan_embeddings(project, source, used, stale))


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

    A source whose folder is not there has the reason ``away``, too.
    """
    used = [
        encoder for encoder in encoders.last_known(project) if encoder.is_used or encoder.is_new
    ]
    slugs = [encoder.spec.slug for encoder in used]
    listing = sources.listing(project)
    away = away_sources(listing)
    names = [source.name for source in listing]
    stale = stages.stale(stages.latest(project), names, slugs, away)
    planned: list[PlannedStage] = []
    for source in sources.select(project, only):
        try:
            planned += plan_source(project, source, used, stale)
        except FolderNotFound:
            planned.append(PlannedStage(f"files/{source.name}", stages.AWAY))
            planned += plan_away(project, source.name, used, stale)
    if any(item.is_work for item in planned):
        # A change in a source affects all stages of the corpus but the annotations.
        affected = [stage for stage in stages.expected((), slugs) if stage != "annotations"]
        stale = dict.fromkeys(affected, "inputs") | stale
    return (*planned, *plan_corpus(slugs, stale, Request()))


def _plan_source(
    project: Project,
    source: Source,
    used: Sequence[ProjectEncoder],
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
        for encoder in used:
            yield PlannedStage(f"embeddings/{encoder.spec.slug}/{source.name}", "inputs", count)
        return
    yield from _plan_embeddings(project, source.name, used, stale)


def _plan_embeddings(
    project: Project, source: str, used: Sequence[ProjectEncoder], stale: Mapping[str, str]
) -> Iterator[PlannedStage]:
    for encoder in used:
        slug = encoder.spec.slug
        stage = f"embeddings/{slug}/{source}"
        # What cannot be embedded now is not missing: its weights are waited for.
        missing = embeddings.missing(project, slug, source) if encoder.may_embed else ()
        reason = stale.get(stage) or ("weights" if encoder.replaced else "missing")
        if missing or encoder.replaced or stage in stale:
            yield PlannedStage(stage, reason, len(missing))


def _requested(slugs: Sequence[str], request: Request) -> frozenset[str]:
    names = {"projection", "clusters"} if request.refit else set()
    if request.method or request.k:
        names.add("clusters")
    return frozenset(f"{name}/{slug}" for name in names for slug in slugs)
