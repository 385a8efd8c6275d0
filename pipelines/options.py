"""Options of a run of which one would be passed over: refused before anything is done.

Nothing heavy is imported where there are none. Not here: which options there are (``__main__``),
what a run does with them (``process``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panoptic_data.errors import UsageError
from panoptic_data.messages import terminal_language, translate

if TYPE_CHECKING:
    import argparse

    from panoptic_data.storage.project import Project

__all__ = ["check"]

# The kinds of stage that an option is about.
_ABOUT = {
    "source": ("files", "embeddings"),
    "reread": ("files",),
    "retry": ("files", "embeddings"),
    "refit": ("projection", "clusters"),
    "clusters": ("clusters",),
    "k": ("clusters",),
}
_ONLY_IN_RUNS = ("version", "accept_missing")


def check(project: Project, options: argparse.Namespace) -> None:
    """Raise UsageError for options of ``process`` that do not go together, or mean nothing."""
    if options.note and options.version is None:
        raise _wrong("only_with", option="--note", other="--version")
    for name in _ONLY_IN_RUNS:
        if options.dry_run and getattr(options, name):
            raise _wrong("not_together", option="--dry-run", other=_written(name))
    if options.k is not None and options.clusters == "levels":
        text = translate("parameters.k_without_kmeans", terminal_language(), k=options.k)
        raise UsageError(problem=text)
    for name in options.reread or ():
        if name and options.source and name not in options.source:
            other = f"--source {' '.join(options.source)}"
            raise _wrong("not_together", option=f"--reread {name}", other=other)
    if options.stage:
        _check_stages(project, options)


def _check_stages(project: Project, options: argparse.Namespace) -> None:
    """Raise UsageError for stages that there are not, and for options that none of them reads."""
    from panoptic_data.ingest import sources
    from panoptic_data.provenance import stages
    from pipelines import encoders, plan

    known = encoders.last_known(project)
    slugs = [encoder.spec.slug for encoder in known if encoder.is_used or encoder.is_new]
    names = [source.name for source in sources.listing(project)]
    chosen = plan.selected(options.stage, names, slugs) or frozenset()
    kinds = {stages.stage_kind(stage) for stage in chosen}
    for name, about in _ABOUT.items():
        if getattr(options, name) and kinds.isdisjoint(about):
            stage = f"--stage {' '.join(options.stage)}"
            raise _wrong("not_together", option=_written(name), other=stage)


def _written(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _wrong(key: str, **params: str) -> UsageError:
    text = translate(f"arguments.{key}", terminal_language(), why="", **params)
    return UsageError(problem=text.strip())
