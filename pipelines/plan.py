"""What a run would do now: which stages have work, and why. Not here: doing it (``process``)."""

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

__all__ = ["Wanted", "of_corpus", "of_project", "of_source"]


@dataclass(frozen=True)
class Wanted:
    """One stage with work to do, and why: a code of ``stages.stale``, or one of these.

    ``folder`` (files are new, changed or gone), ``missing`` (images without a vector),
    ``asked`` (a person wants it made anew), ``gone`` (its folder is not there). ``todo`` is how
    many images that is, as far as is known before; for stages that count images.
    """

    stage: str
    why: str
    todo: int = 0


def of_source(
    project: Project, source: Source, slugs: Sequence[str], stale: Mapping[str, str]
) -> tuple[Wanted, ...]:
    """Return the stages of one source that have work. Raises FolderNotFound."""
    return tuple(_of_source(project, source, slugs, stale))


def of_corpus(
    slugs: Sequence[str], stale: Mapping[str, str], request: Request
) -> tuple[Wanted, ...]:
    """Return the stages of the whole corpus that have work."""
    asked = _asked(slugs, request)
    names = stages.expected((), slugs)
    return tuple(
        Wanted(stage, stale.get(stage) or "asked")
        for stage in names
        if stage in stale or stage in asked
    )


def of_project(project: Project, only: Sequence[str] = ()) -> tuple[Wanted, ...]:
    """Return all that a run would do now, changing nothing. Raises UnknownSource.

    A source whose folder is gone has the reason ``gone``.
    """
    # One that was never tried may be ready when it is.
    slugs = [one.spec.slug for one in encoders.known(project) if not one.cause]
    listing = sources.listing(project)
    stale = stages.stale(stages.latest(project), [one.name for one in listing], slugs)
    wanted: list[Wanted] = []
    for source in sources.select(project, only):
        try:
            wanted += of_source(project, source, slugs, stale)
        except FolderNotFound:
            wanted.append(Wanted(f"files/{source.name}", "gone"))
    if wanted:
        # What changes in a source changes what is seen of all of them, not what was said of them.
        seen = [stage for stage in stages.expected((), slugs) if stage != "annotations"]
        stale = dict.fromkeys(seen, "inputs") | stale
    return (*wanted, *of_corpus(slugs, stale, Request()))


def _of_source(
    project: Project, source: Source, slugs: Sequence[str], stale: Mapping[str, str]
) -> Iterator[Wanted]:
    read = [f"{name}/{source.name}" for name in ("files", "images")]
    scan = scan_source(project, source)
    why = next((stale[stage] for stage in read if stage in stale), "folder")
    if why != "folder" or not scan.is_unchanged or scan.recheck.height:
        todo = scan.new.height + scan.changed.height + scan.recheck.height
        yield Wanted(read[0], why)
        yield Wanted(read[1], why, todo)
        # How many are to be embedded is known for sure only when they have been read.
        yield from (Wanted(f"embeddings/{slug}/{source.name}", "inputs", todo) for slug in slugs)
        return
    for slug in slugs:
        stage = f"embeddings/{slug}/{source.name}"
        missing = embeddings.missing(project, slug, source.name)
        if missing or stage in stale:
            yield Wanted(stage, stale.get(stage, "missing"), len(missing))


def _asked(slugs: Sequence[str], request: Request) -> frozenset[str]:
    names = {"projection", "clusters"} if request.refit else set()
    if request.method or request.k:
        names.add("clusters")
    return frozenset(f"{name}/{slug}" for name in names for slug in slugs)
