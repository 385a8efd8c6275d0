"""The address of Dagster's own page, where someone has started it on this machine.

Not here: Dagster, which the dashboard never imports.
"""

from __future__ import annotations

import json
import shlex
import sys
import urllib.error
import urllib.request
from threading import Lock
from typing import TYPE_CHECKING

from cachetools import TTLCache, cached

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["ADDRESS", "command", "page"]

# The port that `dagster dev` takes by default.
ADDRESS = "http://127.0.0.1:3000"
# How long the page may take to answer, and how long its answer holds, in seconds.
TIMEOUT = 0.2
CHECK_EVERY = 10.0


def page() -> str | None:
    """Return the address of the page, or None when Dagster does not answer there."""
    return ADDRESS if _is_running() else None


def command(project: Project) -> str:
    """Return the shell command that starts the page for a project."""
    home, root = shlex.quote(str(project.dagster_home)), shlex.quote(str(project.root))
    python = shlex.quote(sys.executable)
    return (
        f"DAGSTER_HOME={home} PANOPTIC_PROJECT={root} "
        f"{python} -m dagster dev -m pipelines.definitions"
    )


@cached(TTLCache(maxsize=1, ttl=CHECK_EVERY), lock=Lock())
def _is_running() -> bool:
    try:
        with urllib.request.urlopen(f"{ADDRESS}/server_info", timeout=TIMEOUT) as response:
            return "dagster_version" in json.load(response)
    except (OSError, urllib.error.URLError, ValueError):
        return False
