"""``panoptic demo``: a small corpus that is generated, processed and shown."""

from __future__ import annotations

import argparse

from app.commands.up import process_and_serve, require_dashboard, with_requested_encoder
from app.session.language import cli_text, number
from panoptic_data.ingest import demo, sources
from panoptic_data.storage.project import create_project, default_root

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Make the images beside the project, then do as ``panoptic up`` does."""
    require_dashboard(args)
    root = args.project or default_root().with_name("demo")
    project = with_requested_encoder(create_project(root), args.encoder)
    folder = demo.make(project.root.with_name(f"{project.root.name}-images"))
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    print(cli_text("demo_made", count=number(files), path=folder))
    sources.add(project, folder, "demo")
    print(cli_text("project_line", path=project.root))
    return process_and_serve(project, args)
