"""``panoptic sample``: a tag on some images of a view, chosen by chance or by what they look like.

Not here: which images (``panoptic_data.sampling``), dividing a view (``split``).
"""

from __future__ import annotations

import argparse
import json

from app.commands.query import read
from app.services import sampling_text
from app.session.language import terminal_language
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.messages import translate
from panoptic_data.notebook_sampling import default_tag, level_of, refuse_idle
from panoptic_data.sampling.among import Among
from panoptic_data.sampling.sample import Sampled, sample
from panoptic_data.sampling.tagging import decide
from panoptic_data.storage.project import Project, open_project
from panoptic_data.views.model import Level

__all__ = ["among_of", "level_or_none", "property_name", "run", "write"]


def run(args: argparse.Namespace) -> int:
    """Choose, tag unless it is a dry run, and say what came of it."""
    method = next((name for name in ("diverse", "typical", "balanced") if getattr(args, name)), "")
    method = method or "chance"
    refuse_idle(method, args.balanced, args.encoder)
    project = open_project(args.project)
    among = among_of(project, args)
    level = level_or_none(project, args.balanced)
    sampled = sample(among, method, args.count, args.seed, encoder=args.encoder, level=level)
    wanted = default_tag(sampled, terminal_language())
    property = property_name(args, "property")
    return write(project, args, sampled, property, args.tag, wanted)


def property_name(args: argparse.Namespace, usual: str) -> str:
    """Return the name of a property that was given, else the usual one."""
    if args.property is not None:
        return str(args.property)
    return translate(f"sampling.{usual}", terminal_language())


def among_of(project: Project, args: argparse.Namespace) -> Among:
    """Return the images of the view that was named."""
    view = read(args.view, registry.get(project, fresh=True))
    return Among.of_view(project, view, args.seed)


def level_or_none(project: Project, text: str | None) -> Level | None:
    """Return the field of a text as ``group:`` names it."""
    return None if text is None else level_of(project, text, terminal_language())


def write(
    project: Project,
    args: argparse.Namespace,
    sampled: Sampled,
    property: str,
    tag: str | None,
    wanted: str,
) -> int:
    """Write what was chosen unless it is a dry run; print it as text or JSON."""
    language = terminal_language()
    store = annotations_of(project)
    batch = None
    if args.dry_run:
        tagged = decide(store.state(fresh=True), sampled, property, tag, wanted).result
    else:
        decided = store.decide(lambda state: decide(state, sampled, property, tag, wanted))
        tagged = decided.result
        batch = decided.batch.id if decided.batch.changes.height else None
    if args.json:
        images = dict(zip(tagged.tags, sampled.images.values(), strict=True))
        answer = {
            "property": tagged.property,
            "tags": images,
            "replaced": tagged.replaced,
            "made": sampled.recipe.line(),
            "short": [vars(short) for short in sampled.shortages],
            "left_out": sampled.left_out,
            "batch": batch,
        }
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    lines = sampling_text.lines(sampled, tagged, language)
    if batch is None:
        lines.append(translate(f"sampling.{'dry' if args.dry_run else 'same'}", language))
    print("\n".join(lines))
    return 0
