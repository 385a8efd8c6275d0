"""``panoptic process``: compute what is missing, in another process, and wait for it."""

from __future__ import annotations

import argparse
import subprocess

from panoptic_data.provenance.command_line import process_command
from panoptic_data.storage.project import open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Run ``python -m pipelines process``; its output and exit code are this command's."""
    project = open_project(args.project)
    command = process_command(
        project.root,
        sources=args.source or (),
        retry=args.retry,
        refit=args.refit,
        json=args.json,
        clusters=args.clusters,
        k=args.k,
        reread=args.reread or (),
        accept_missing=args.accept_missing or (),
        version=args.version,
        note=args.note,
        stages=args.stage or (),
        dry_run=args.dry_run,
    )
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal sent the same signal to the child, which ends its run cleanly.
        return process.wait()
