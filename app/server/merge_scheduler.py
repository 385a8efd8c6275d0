"""Have annotations merged soon after people were at work, by a process of its own.

Here: when that is due. It is read from the log, so that it does not matter who wrote: a page of
ours, ``panoptic import``, or a dashboard that was killed before its merge. Not here: the merge
(``python -m pipelines merge``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from subprocess import Popen
from typing import TYPE_CHECKING

from app.server import jobs
from panoptic_data.annotations import materialize
from panoptic_data.provenance import runs, stages

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["Watch", "watch"]

LOOK_EVERY = 5.0
# From the first event that is not merged: what follows within it is merged with it.
WAIT = 60.0
# A merge that fails is not tried every minute.
WAIT_AT_MOST = 3600.0


def watch(project: Project) -> None:
    """Look at the log from now on, until this process ends."""
    watching = Watch(project)
    threading.Thread(target=_look_on, args=(watching,), name="merging-soon", daemon=True).start()


class Watch:
    """Knows since when there is something to merge, and starts a merge when it is time."""

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
        self._wait = WAIT

    def look(self) -> None:
        """Start a merge if one is due: a minute after the first event, no run at work."""
        if self._merging is not None:
            self._end(self._merging)
            return
        if self._since is None and not self._has_news():
            return
        now = self._clock()
        self._since = now if self._since is None else self._since
        if now - self._since < self._wait or runs.current(self._project) is not None:
            return
        # A run that was at work in the meantime may have merged them.
        if materialize.behind(self._project):
            self._merging = self._start(self._project)
        self._since = None

    def _has_news(self) -> bool:
        version = self._project.database().version(stages.LOG)
        if version == self._version:
            return False
        self._version = version
        return materialize.behind(self._project) > 0

    def _end(self, process: Popen[bytes]) -> None:
        if process.poll() is None:
            return
        self._merging = None
        self._wait = WAIT if process.returncode == 0 else min(2 * self._wait, WAIT_AT_MOST)
        # What came while it was at work, or all of it if it failed, waits for the next.
        self._since = self._clock() if materialize.behind(self._project) else None


def _look_on(watching: Watch) -> None:
    while True:
        time.sleep(LOOK_EVERY)
        try:
            watching.look()
        except Exception:
            # Whatever a table under repair answers, the next look may find it whole.
            logging.getLogger(__name__).exception("annotations: cannot tell whether to merge")
