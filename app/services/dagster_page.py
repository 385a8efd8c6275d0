"""The address of Dagster's page of a project, where someone has started it on this machine.

Each project has a port of its own, so that the pages of several can be open at once, and a page is
linked only when it says that it shows this project. Not here: Dagster, which the dashboard never
imports.
"""

from __future__ import annotations

import hashlib
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

__all__ = ["command", "page", "port"]

# The port that `dagster dev` takes by default: someone may have started it without ours.
DEFAULT_PORT = 3000
FIRST_PORT, PORTS = 3100, 800
# How long a page may take to answer, and how long its answer holds, in seconds.
TIMEOUT = 0.5
CHECK_EVERY = 10.0
# The settings that a page works with: among them the folder of its history.
QUERY = json.dumps({"query": "{ instance { info } }"}).encode()


def port(project: Project) -> int:
    """Return the port of the project's page: the same each time."""
    digest = hashlib.sha1(str(project.root).encode("utf-8", "surrogateescape")).hexdigest()
    return FIRST_PORT + int(digest[:8], 16) % PORTS


def page(project: Project) -> str | None:
    """Return the address of the project's page; None when Dagster does not show it."""
    for number in (port(project), DEFAULT_PORT):
        address = f"http://127.0.0.1:{number}"
        if f"base_dir: {project.dagster_home}\n" in _settings(address):
            return address
    return None


def command(project: Project) -> str:
    """Return the shell command that starts the page for a project."""
    home, root = shlex.quote(str(project.dagster_home)), shlex.quote(str(project.root))
    python = shlex.quote(sys.executable)
    return (
        f"DAGSTER_HOME={home} PANOPTIC_PROJECT={root} "
        f"{python} -m dagster dev -m pipelines.definitions -p {port(project)}"
    )


@cached(TTLCache(maxsize=100, ttl=CHECK_EVERY), lock=Lock())
def _settings(address: str) -> str:
    """Return the settings that Dagster at an address works with; empty where it is not there."""
    request = urllib.request.Request(
        f"{address}/graphql", QUERY, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return str(json.load(response)["data"]["instance"]["info"])
    except (OSError, urllib.error.URLError, ValueError, KeyError, TypeError):
        return ""
