"""The project that a command reads: as it is now or, with ``--version``, as it was then."""

from __future__ import annotations

import argparse

from panoptic_data.storage.project import Project, open_project

__all__ = ["open_at"]


def open_at(args: argparse.Namespace) -> Project:
    """Open the project of a command. Raises ProjectNotFound, UnknownVersion."""
    project = open_project(args.project)
    if not args.version:
        return project
    from panoptic_data.versions import opened

    return opened.at(project, args.version)
