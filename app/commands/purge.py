"""``panoptic purge``: remove images for good."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from app.commands.sources import annotated_images, report
from app.session.language import number, terminal_language
from panoptic_data.errors import UsageError
from panoptic_data.ingest.purge import preview_purge, purge
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project, open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Show what would go; with ``--yes`` remove it."""
    project = open_project(args.project)
    sha1s = [*args.sha1s, *(_of_view(project, args.query) if args.query else ())]
    if not sha1s:
        raise UsageError(problem=_text("purge_nothing"))
    what = preview_purge(project, sha1s)
    annotated = annotated_images(project, what.sha1s)
    counts = {"images": len(what.sha1s), "files": what.files, "annotated": annotated}
    lines = [_text("purge", **{name: number(count) for name, count in counts.items()})]
    if args.yes:
        purge(project, sha1s)
        lines.append(_text("purged"))
    else:
        lines.append(_text("say_yes"))
    return report(args, {**counts, "rows": what.rows, "done": args.yes}, *lines)


def _of_view(project: Project, text: str) -> Sequence[str]:
    from app.commands import query
    from panoptic_data.catalogue import registry
    from panoptic_data.catalogue.execute import run_view

    catalogue = registry.get(project, fresh=True)
    rows = run_view(catalogue, query.read(text, catalogue)).rows
    sha1s: list[str] = catalogue.frame[rows]["sha1"].to_list()
    return sha1s


def _text(key: str, /, **params: str) -> str:
    return translate(f"sources.{key}", terminal_language(), **params)
