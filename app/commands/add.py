"""``panoptic add``: register folders without processing them."""

from __future__ import annotations

import argparse
import json

from app.session.language import cli_text
from panoptic_data.errors import UsageError
from panoptic_data.ingest import source_changes, sources
from panoptic_data.storage.project import create_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Register each folder and print what it is called."""
    if args.name and len(args.folders) > 1:
        raise UsageError(problem=cli_text("name_for_one"))
    # Before a project is made for them.
    for folder in args.folders:
        sources.existing_folder(folder)
    project = create_project(args.project)
    added = [
        source_changes.add(project, folder, args.name, is_new=args.new) for folder in args.folders
    ]
    if args.json:
        rows = [{"name": source.name, "path": str(source.root)} for source in added]
        print(json.dumps({"project": str(project.root), "sources": rows}, ensure_ascii=False))
        return 0
    for source in added:
        print(cli_text("source_added", name=source.name, path=source.root))
    return 0
