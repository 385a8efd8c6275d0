"""One line on the error output of commands that read, where what they read is not all there is.

Not here: what the dashboard says (``app.services.storage_problems``), commands that stop at it.
"""

from __future__ import annotations

import sys

from app.session.language import cli_text, terminal_language
from panoptic_data.annotations import log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage.project import Project

__all__ = ["warn_of_broken_log"]


def warn_of_broken_log(project: Project) -> None:
    """Say that values are those of the last merge, where the log of annotations is broken."""
    problem = _problem(project)
    if problem is not None:
        text = cli_text("log_broken", problem=problem.message(terminal_language()))
        print(f"panoptic: {text}", file=sys.stderr)


def _problem(project: Project) -> DataUnavailable | None:
    """Return what is wrong with the log as far as it shows without reading all of it."""
    try:
        log.require_whole(project)
    except DataUnavailable as problem:
        return problem
    # What was read may have found more.
    return annotations_of(project).problem
