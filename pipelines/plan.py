"""Plan a run: which stages have work to do, and why. Not here: doing it (``process``).

One plan for the command line, for the sensors and for `plan`: after a run that did all of it,
nothing is planned, also where a folder is not there or weights cannot be had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from panoptic_data.errors import FolderNotFound, UsageError
from panoptic_data.ingest import sources
from panoptic_data.ingest.scan import scan_source
from panoptic_data.ingest.sources import Source
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance import stages
from panoptic_data.storage.project import Project
from panoptic_data.vectors import embeddings, outdated
from pipelines import encoders
from pipelines.encoders import ProjectEncoder
from pipelines.request import Request

__all__ = [
    "RECHECK",
    "PlannedStage",
    "away_sources",
    "is_read",
    "kept",
    "plan_corpus",
    "plan_project",
    "plan_source",
    "plan_vectors",
    "selected",
]


RECHECK = "recheck"
_READ = ("files", "images")


@dataclass(frozen=True)
class PlannedStage:
    """One stage with work to do, and the reason: one of ``stages.stale``, or one of these.

    ``folder`` (files are new, changed or gone), ``recheck`` (files are read again, and are the same
    most likely), ``missing`` (images without a vector), ``weights`` (vectors of other weights),
    ``asked`` (a person wants it computed again), ``away`` (its folder
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


def plan_vectors(
    project: Project, source: str, used: Sequence[ProjectEncoder], stale: Mapping[str, str]
) -> tuple[PlannedStage, ...]:
    """Return the stages of a source that have work without reading its folder.

    Also where that is not there: the stored thumbnails are enough to embed.
    """
    return tuple(_plan_embeddings(project, source, used, stale))


def selected(
    names: Sequence[str], sources: Sequence[str], slugs: Sequence[str]
) -> frozenset[str] | None:
    """Return the stages of these names and all that are made from them; None for all without any.

    Raises UsageError for a name that is none.
    """
    if not names:
        return None
    chosen: set[str] = set()
    for name in names:
        stages_of_name = stages.named(name, sources, slugs)
        if not stages_of_name:
            raise UsageError(problem=_no_stage(name, sources, slugs))
        chosen.update(stages_of_name)
    return stages.follow(chosen, sources, slugs)


def _no_stage(name: str, sources: Sequence[str], slugs: Sequence[str]) -> str:
    """Return that there is no stage of a name, and which there are: of its kind, or kinds."""
    kind = stages.stage_kind(name)
    of_encoders = ("embeddings", *stages.PER_ENCODER)
    if kind in of_encoders and not slugs:
        return translate("process.no_stage_yet", terminal_language(), name=name)
    expected = stages.expected(sources, slugs)
    of_kind = [stage for stage in expected if stages.stage_kind(stage) == kind]
    key = "process.no_stage_of" if of_kind else "process.no_stage"
    known = of_kind or dict.fromkeys(map(stages.stage_kind, expected))
    return translate(key, terminal_language(), name=name, known=", ".join(known))


def is_read(source: str, chosen: frozenset[str] | None, slugs: Sequence[str]) -> bool:
    """Whether any stage of a source is among those that are chosen (None: all are)."""
    return chosen is None or not chosen.isdisjoint(stages.of_source(source, slugs))


def kept(
    planned: Sequence[PlannedStage], chosen: frozenset[str] | None
) -> tuple[PlannedStage, ...]:
    """Return what is planned of the stages that are chosen (None: all are)."""
    return tuple(item for item in planned if chosen is None or item.stage in chosen)


def plan_corpus(
    slugs: Sequence[str],
    stale: Mapping[str, str],
    request: Request,
    sources: Sequence[str] = (),
) -> tuple[PlannedStage, ...]:
    """Return the stages of the whole corpus that have work."""
    requested = _requested(slugs, request)
    chosen = selected(request.stages, sources, slugs)
    planned = tuple(
        PlannedStage(stage, stale.get(stage) or "asked")
        for stage in stages.expected((), slugs)
        if stage in stale or stage in requested
    )
    return kept(planned, chosen)


def plan_project(
    project: Project, only: Sequence[str] = (), request: Request | None = None
) -> tuple[PlannedStage, ...]:
    """Return all that a run would do now, changing nothing. Raises UnknownSource.

    ``only`` limits it to some sources, ``request`` is what a person wants beside. A
    source whose folder is not there has the reason ``away``, too. What is made from files that are
    only read again is left out: most likely they are the same.
    """
    request = request or Request(only=tuple(only))
    used = [
        encoder for encoder in encoders.last_known(project) if encoder.is_used or encoder.is_new
    ]
    slugs = [encoder.spec.slug for encoder in used]
    listing = sources.listing(project)
    away = away_sources(listing)
    names = [source.name for source in listing]
    stale = outdated.stale(project, names, slugs, away, request.stages)
    planned: list[PlannedStage] = []
    chosen = selected(request.stages, names, slugs)
    for source in sources.select(project, request.only):
        if not is_read(source.name, chosen, slugs):
            continue
        try:
            of_source = plan_source(project, source, used, stale, request)
            if any(item.reason == RECHECK for item in of_source):
                of_source = (*_read(of_source), *plan_vectors(project, source.name, used, stale))
            planned += of_source
        except FolderNotFound:
            planned.append(PlannedStage(f"files/{source.name}", stages.AWAY))
            planned += plan_vectors(project, source.name, used, stale)
    planned = list(kept(planned, chosen))
    if any(item.is_work and item.reason != RECHECK for item in planned):
        # A change in a source affects all stages of the corpus but the annotations.
        left_out = {"annotations"} | stages.never_made(stages.latest(project))
        affected = [stage for stage in stages.expected((), slugs) if stage not in left_out]
        stale = dict.fromkeys(affected, "inputs") | stale
    return (*planned, *plan_corpus(slugs, stale, request, names))


def _read(planned: Sequence[PlannedStage]) -> Iterator[PlannedStage]:
    """Yield what is planned of reading files."""
    return (item for item in planned if stages.stage_kind(item.stage) in _READ)


def _plan_source(
    project: Project,
    source: Source,
    used: Sequence[ProjectEncoder],
    stale: Mapping[str, str],
    request: Request,
) -> Iterator[PlannedStage]:
    files, images = (f"{name}/{source.name}" for name in ("files", "images"))
    reason = stale.get(files) or stale.get(images) or "folder"
    # Made otherwise, no image is kept.
    reread = source.name in request.reread or reason in stages.ANEW
    scan = scan_source(project, source, retry=request.retry, reread=reread)
    if reason != "folder" or not scan.is_unchanged or scan.recheck.height:
        count = scan.new.height + scan.changed.height + scan.recheck.height
        if reason == "folder" and scan.is_unchanged:
            reason = RECHECK
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
        reason = "weights" if encoder.replaced else stale.get(stage, "missing")
        if missing or encoder.replaced or stage in stale:
            count = len(missing)
            if reason in ("parameters", "weights"):
                count = embeddings.readable(project, source)
            yield PlannedStage(stage, reason, count)


def _requested(slugs: Sequence[str], request: Request) -> frozenset[str]:
    names = {"projection", "clusters"} if request.refit else set()
    if request.method or request.k:
        names.add("clusters")
    return frozenset(f"{name}/{slug}" for name in names for slug in slugs)
