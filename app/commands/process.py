"""``panoptic process``: compute what is missing, in a process of its own, and wait for it."""

from __future__ import annotations

import argparse
import subprocess
import sys

from panoptic_data.storage.project import Project, open_project

__all__ = ["command_line", "run"]


def run(chosen: argparse.Namespace) -> int:
    """Hand over to ``python -m pipelines process``; its output and exit code are ours."""
    project = open_project(chosen.project)
    process = subprocess.Popen([*command_line(project), *_options(chosen)])
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal sent the same signal to the child, which ends its run cleanly.
        return process.wait()


def command_line(project: Project) -> list[str]:
    """Return the command that processes a project."""
    # -P: a folder called `pipelines` where the person stands must not be taken for ours.
    return [sys.executable, "-P", "-m", "pipelines", "process", "--project", str(project.root)]


def _options(chosen: argparse.Namespace) -> list[str]:
    options = [f"--{name}" for name in ("json", "retry", "refit") if getattr(chosen, name)]
    for source in chosen.source or ():
        options += ["--source", source]
    if chosen.clusters:
        options += ["--clusters", chosen.clusters]
    if chosen.k is not None:
        options += ["--k", str(chosen.k)]
    return options
