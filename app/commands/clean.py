"""``panoptic clean``: show what takes space and what can be freed; free it with --yes."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from app.session.language import file_size, terminal_language
from panoptic_data.integrity import clean
from panoptic_data.messages import translate
from panoptic_data.storage import disk_use
from panoptic_data.storage.project import open_project

__all__ = ["run"]

# Items of one kind that are listed by name.
LISTED = 8


def run(args: argparse.Namespace) -> int:
    """List what takes space and what would go; with ``--yes`` free it. 1: not all could go."""
    project = open_project(args.project)
    uses = disk_use.disk_use(project)
    items = clean.freeable(project, args.older_than)
    cleaned = clean.clean(project, args.older_than) if args.yes and items else None
    if args.json:
        answer = {
            "uses": [asdict(use) for use in uses],
            "freeable": [asdict(item) for item in items],
            "freed": cleaned and cleaned.bytes,
            "left": list(cleaned.left) if cleaned else [],
        }
        print(json.dumps(answer, ensure_ascii=False))
        return 1 if cleaned and cleaned.left else 0
    _print_uses(uses)
    _print_freeable(items)
    if cleaned is not None:
        print(_text("freed", size=file_size(cleaned.bytes)))
        for name in cleaned.left:
            print(_text("left", name=name))
        return 1 if cleaned.left else 0
    if items:
        print(_text("say_yes"))
    return 0


def _print_uses(uses: list[disk_use.DiskUse]) -> None:
    print(_text("total", size=file_size(sum(use.bytes for use in uses))))
    for kind, total in disk_use.by_kind(uses).items():
        print(f"  {file_size(total):>10}  {_text(f'kind_{kind}')}")
        encoders = [use for use in uses if use.kind == kind and use.encoder]
        for slug in dict.fromkeys(use.encoder for use in encoders):
            part = sum(use.bytes for use in encoders if use.encoder == slug)
            print(f"  {'':>10}  {file_size(part):>10}  {slug}")


def _print_freeable(items: list[clean.Freeable]) -> None:
    if not items:
        print(_text("nothing"))
        return
    print(_text("freeable", size=file_size(sum(item.bytes for item in items))))
    for kind in dict.fromkeys(item.kind for item in items):
        part = [item for item in items if item.kind == kind]
        names = ", ".join(item.name for item in part[:LISTED])
        names += " …" if len(part) > LISTED else ""
        total = file_size(sum(item.bytes for item in part))
        print(f"  {total:>10}  {_text(f'free_{kind}')}: {names}")


def _text(key: str, /, **params: object) -> str:
    return translate(f"clean.{key}", terminal_language(), **params)
