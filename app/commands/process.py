"""``panoptic process``: compute what is missing, in another process, and wait for it."""

from __future__ import annotations

import argparse
import subprocess
import sys

from panoptic_data.storage.project import Project, open_project

__all__ = ["command_line", "run"]


def run(args: argparse.Namespace) -> int:
    """Run ``python -m pipelines process``; its output and exit code are this command's."""
    project = open_project(args.project)
    process = subprocess.Popen([*command_line(project), *_options(args)])
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal sent the same signal to the child, which ends its run cleanly.
        return process.wait()


def command_line(project: Project) -> list[str]:
    """Return the command that processes a project."""
    # -P: a folder `pipelines` in the current directory must not shadow the package.
    return [sys.executable, "-P", "-m", "pipelines", "process", "--project", str(project.root)]


def _options(args: argparse.Namespace) -> list[str]:
    options = [f"--{name}" for name in ("json", "retry", "refit") if getattr(args, name)]
    for source in args.source or ():
        options += ["--source", source]
    if args.clusters:
        options += ["--clusters", args.clusters]
    if args.k is not None:
        options += ["--k", str(args.k)]
    return options
