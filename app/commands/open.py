"""``panoptic open``: serve a project's dashboard, processing nothing."""

from __future__ import annotations

import argparse

from panoptic_data.storage.project import open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    project = open_project(args.project)
    from app.server.serve import serve

    serve(project, port=args.port, browser=not args.no_browser)
    return 0
