"""``panoptic keywords``: embedded keywords become tags of a property, as one batch."""

from __future__ import annotations

import argparse
import json

from app.session.language import image_count, number, terminal_language
from panoptic_data.catalogue import registry
from panoptic_data.exchange import keywords
from panoptic_data.messages import translate
from panoptic_data.storage.project import open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Say how many keywords there are and, unless it is a dry run, make tags of them."""
    project = open_project(args.project)
    images, different = keywords.count(registry.get(project, fresh=True))
    batch = None if args.dry_run or not images else keywords.make_tags(project, args.property)
    changes = 0 if batch is None else batch.changes.height
    if args.json:
        counts = {"images": images, "keywords": different, "property": args.property}
        print(json.dumps({**counts, "changes": changes}, ensure_ascii=False))
        return 0
    language = terminal_language()
    counted = {
        "keywords": translate("keywords.count", language, count=different, shown=number(different)),
        "images": image_count(images, 0, language),
        "property": args.property,
    }
    key = "none" if not images else "dry_run" if args.dry_run else "done" if changes else "same"
    print(translate(f"keywords.{key}", language, **counted))
    return 0
