"""When annotations are merged: a minute after somebody wrote some, by a process of its own.

It is read from the log, so that it does not matter who wrote: a page of ours, ``panoptic
import``, or a dashboard that was killed before its merge. Not here: starting the process
(``jobs``), the merge (``python -m pipelines merge``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from subprocess import Popen
from typing import TYPE_CHECKING

from app.services import jobs
from panoptic_data.annotations import materialize
from panoptic_data.errors import DataUnavailable
from panoptic_data.provenance import runs, stages

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["MergeScheduler", "watch"]

POLL_SECONDS = 5.0
# From the first event that is not merged: what follows within it is merged with it.
DELAY_SECONDS = 60.0
# After merges that fail the delay doubles, up to this.
DELAY_AT_MOST = 3600.0


def watch(project: Project) -> None:
    """Poll the log in a thread of its own until this process ends."""
    scheduler = MergeScheduler(project)
    threading.Thread(target=_poll, args=(scheduler,), name="merging-soon", daemon=True).start()


class MergeScheduler:
    """Since when there is something to merge, and the merge that runs, if any."""

    def __init__(
        self,
        project: Project,
        start: Callable[[Project], Popen[bytes]] = jobs.start_merging,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._project = project
        self._start = start
        self._clock = clock
        self._merging: Popen[bytes] | None = None
        self._since: float | None = None
        self._version = 0
        self._delay = DELAY_SECONDS

    def poll(self) -> None:
        """Start a merge if one is due: a minute after the first event, no run at work."""
        if self._merging is not None:
            self._end(self._merging)
            return
        if self._since is None and not self._has_unmerged_events():
            return
        now = self._clock()
        self._since = now if self._since is None else self._since
        if now - self._since < self._delay or runs.current(self._project) is not None:
            return
        # A run that was at work in the meantime may have merged them.
        if materialize.behind(self._project):
            self._merging = self._start(self._project)
        self._since = None

    def _has_unmerged_events(self) -> bool:
        version = self._project.database().version(stages.LOG)
        if version == self._version:
            return False
        self._version = version
        return materialize.behind(self._project) > 0

    def _end(self, process: Popen[bytes]) -> None:
        if process.poll() is None:
            return
        self._merging = None
        is_done = process.returncode == 0
        self._delay = DELAY_SECONDS if is_done else min(2 * self._delay, DELAY_AT_MOST)
        # What was written meanwhile, or all of it where the merge failed, is left to the next.
        self._since = self._clock() if materialize.behind(self._project) else None


def _poll(scheduler: MergeScheduler) -> None:
    problem = ""
    while True:
        time.sleep(POLL_SECONDS)
        try:
            scheduler.poll()
        except DataUnavailable as error:
            # The pages say it, and commands: here once, not every few seconds.
            if str(error) != problem:
                problem = str(error)
                logging.getLogger(__name__).warning("annotations: %s", problem)
        except Exception:
            # A table may be under repair: the next poll may be able to read it.
            logging.getLogger(__name__).exception("annotations: cannot tell whether to merge")
