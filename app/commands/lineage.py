"""``panoptic lineage``: where the values of an image, a cluster or a tag come from.

Not here: finding that out (``panoptic_data.tracing``).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.commands.argument_types import not_together
from app.commands.project_at import open_at
from app.session.language import cli_text, terminal_language
from panoptic_data.errors import UsageError
from panoptic_data.tracing.facts import facts, label, title
from panoptic_data.tracing.model import as_json
from panoptic_data.tracing.sentences import sentence
from panoptic_data.tracing.trace import trace, trace_group

if TYPE_CHECKING:
    from panoptic_data.tracing.model import Lineage

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Print a sentence for each value; for those that are asked for, their chain, too."""
    language = terminal_language()
    lineages = _lineages(args)
    if args.json:
        values = [as_json(value, sentence(value, language)) for value in lineages]
        print(json.dumps({"values": values}, ensure_ascii=False))
        return 0
    for value in lineages:
        print(sentence(value, language))
        if args.of is not None or args.image is None:
            print("\n".join(_chain(value, language)))
    return 0


def _lineages(args: argparse.Namespace) -> list[Lineage]:
    groups = [f"{kind}:{name}" for kind in ("cluster", "tag") for name in getattr(args, kind) or ()]
    if args.cluster and args.tag:
        raise not_together("--cluster", "--tag", "why_one_group")
    if groups and args.of is not None:
        raise not_together("--of", "--cluster" if args.cluster else "--tag", "why_of_image")
    if bool(groups) == bool(args.image):
        raise UsageError(problem=cli_text("lineage_of_what"))
    project = open_at(args)
    if groups:
        return [trace_group(project, group) for group in groups]
    return trace(project, args.image, args.of)


def _chain(value: Lineage, language: str) -> Iterator[str]:
    """Yield each step with its facts, in the order in which it was made."""
    for step in value.steps:
        yield f"  {title(step, language)}: {label(step, language)}"
        yield from (f"    {name}: {text}" for name, text in facts(step, language))
