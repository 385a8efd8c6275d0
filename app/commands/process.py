"""``panoptic process``: compute what is missing, in a process of its own, and wait for it."""

from __future__ import annotations

import argparse
import subprocess
import sys

from panoptic_data import project as projects

__all__ = ["run"]


def run(chosen: argparse.Namespace) -> int:
    """Hand over to ``python -m pipelines process``; its output and exit code are ours."""
    project = projects.open_project(chosen.project)
    # -P: a folder called `pipelines` where the person stands must not be taken for ours.
    command = [sys.executable, "-P", "-m", "pipelines", "process", "--project", str(project.root)]
    try:
        return subprocess.run([*command, *_options(chosen)], check=False).returncode
    except KeyboardInterrupt:
        # The terminal sent the same signal to the child, which ends its run cleanly.
        return 130


def _options(chosen: argparse.Namespace) -> list[str]:
    options = [f"--{name}" for name in ("json", "retry", "refit") if getattr(chosen, name)]
    for source in chosen.source or ():
        options += ["--source", source]
    if chosen.clusters:
        options += ["--clusters", chosen.clusters]
    if chosen.k is not None:
        options += ["--k", str(chosen.k)]
    return options
