"""Where Dagster's own page is, when someone has started it for this machine.

Not here: Dagster, which the dashboard never imports.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["ADDRESS", "command", "page"]

# The port that `dagster dev` takes by default.
ADDRESS = "http://127.0.0.1:3000"
PATIENCE = 0.2
ASK_EVERY = 10.0

_known: tuple[float, bool] = (float("-inf"), False)


def page() -> str | None:
    """Return the address of the page, or None when nothing of Dagster's answers there."""
    global _known
    asked, answered = _known
    if time.monotonic() - asked > ASK_EVERY:
        answered = _answers()
        _known = (time.monotonic(), answered)
    return ADDRESS if answered else None


def command(project: Project) -> str:
    """Return the line that starts the page for a project."""
    home, root = shlex.quote(str(project.dagster_home)), shlex.quote(str(project.root))
    python = shlex.quote(sys.executable)
    return (
        f"DAGSTER_HOME={home} PANOPTIC_PROJECT={root} "
        f"{python} -m dagster dev -m pipelines.definitions"
    )


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"{ADDRESS}/server_info", timeout=PATIENCE) as answer:
            return "dagster_version" in json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return False
