"""What is new in the folders of a project while its dashboard runs, and processing it by itself.

A thread of the server watches the folders and counts what is new in them; pages read the last
counts. Not here: noticing changes (``ingest.watch``), counting them (``ingest.news``), the
process that reads the files (``jobs``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from subprocess import Popen
from typing import TYPE_CHECKING

from app.services import jobs
from panoptic_data.errors import DataUnavailable, ProjectBusy
from panoptic_data.ingest import sources
from panoptic_data.ingest.news import FolderNews, folder_news
from panoptic_data.ingest.watch import FolderWatch
from panoptic_data.storage import background

if TYPE_CHECKING:
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project

__all__ = ["FolderWatcher", "FoldersState", "current", "watch"]

POLL_SECONDS = 0.5
# Copying has ended when the files of a folder were the same for so long.
STABLE_SECONDS = 4.0
# Looking through a large folder again and again takes at most this share of the time.
REST_FACTOR = 5.0
# What runs and people write that changes what is new in a folder.
TABLES = ("sources", "files")


@dataclass(frozen=True)
class FoldersState:
    """The last look at the folders: news by source, and how each is watched (``watch.NOTICES``)."""

    news: tuple[FolderNews, ...] = ()
    modes: Mapping[str, str] = field(default_factory=dict)

    @property
    def waiting(self) -> tuple[FolderNews, ...]:
        """The news that a run would do something about."""
        return tuple(news for news in self.news if news.count)


@dataclass
class _Look:
    """A source's news, since when they are these, and when and how long it was looked."""

    news: FolderNews
    since: float
    at: float
    seconds: float


def watch(project: Project) -> None:
    """Watch the folders of a project in a thread until this process ends."""
    watcher = FolderWatcher(project)
    _watchers[project.folder] = watcher
    background.start(_poll, watcher)


def current(project: Project) -> FoldersState:
    """Return what is new in the folders of a project, as far as this process knows."""
    watcher = _watchers.get(project.folder)
    return FoldersState() if watcher is None else watcher.state


class FolderWatcher:
    """Looks into folders that changed, and starts the processing of those that ask for it."""

    def __init__(
        self,
        project: Project,
        folders: FolderWatch | None = None,
        start: Callable[..., Popen[bytes]] = jobs.start_processing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = FoldersState()
        self._project = project
        self._folders = folders or FolderWatch()
        self._start = start
        self._clock = clock
        self._versions: tuple[int, ...] = ()
        self._sources: dict[str, Source] = {}
        self._looks: dict[str, _Look] = {}
        self._changed: set[str] = set()
        # By source, what a processing was started for: the same is not tried again and again.
        self._tried: dict[str, str] = {}
        self._process: Popen[bytes] | None = None

    def poll(self) -> None:
        """Look into the folders that changed; start processing where that is due."""
        self._changed |= self._folders.take()
        if self._is_running():
            # It reads files at this moment: what is new is counted once it has ended.
            self._versions = ()
            self._show([])
            return
        self._follow_tables()
        for name in sorted(self._changed & self._sources.keys()):
            if background.is_exiting():
                return
            self._look_unless_too_soon(self._sources[name])
        self._show([look.news for _, look in sorted(self._looks.items())])
        self._process_what_is_due()

    def end(self) -> None:
        """Watch no folder any more."""
        self._folders.end()

    def _is_running(self) -> bool:
        if self._process is not None and self._process.poll() is None:
            return True
        if self._process is not None and self._process.returncode == ProjectBusy.exit_code:
            # Another run began first, perhaps of other sources.
            self._tried.clear()
        self._process = None
        return jobs.is_processing(self._project)

    def _follow_tables(self) -> None:
        """Look at every source again where somebody wrote what it is compared with."""
        database = self._project.database()
        versions = tuple(database.version(name) for name in TABLES)
        if versions == self._versions:
            return
        self._versions = versions
        listing = sources.listing(self._project)
        self._sources = {source.name: source for source in listing}
        self._folders.follow({source.name: source.root for source in listing})
        self._looks = {name: look for name, look in self._looks.items() if name in self._sources}
        self._changed |= self._sources.keys()

    def _look_unless_too_soon(self, source: Source) -> None:
        last = self._looks.get(source.name)
        if last is not None and self._clock() - last.at < REST_FACTOR * last.seconds:
            return
        self._changed.discard(source.name)
        self._look(source)

    def _look(self, source: Source) -> FolderNews:
        began = self._clock()
        news = folder_news(self._project, source)
        now = self._clock()
        last = self._looks.get(source.name)
        since = last.since if last is not None and last.news == news else now
        self._looks[source.name] = _Look(news, since, now, now - began)
        if not news.count:
            self._tried.pop(source.name, None)
        return news

    def _show(self, news: list[FolderNews]) -> None:
        self.state = FoldersState(tuple(news), self._folders.modes())

    def _process_what_is_due(self) -> None:
        due = [name for name in self._looks if self._is_due(name)]
        # What is written right now may not have been noticed yet.
        stable = [
            name
            for name in sorted(due)
            if self._looks[name].news == self._look(self._sources[name])
        ]
        if not stable:
            return
        for name in stable:
            self._tried[name] = self._looks[name].news.digest
        self._process = self._start(self._project, sources=stable)

    def _is_due(self, name: str) -> bool:
        look = self._looks[name]
        return (
            self._sources[name].is_automatic
            and look.news.count > 0
            and self._tried.get(name) != look.news.digest
            and self._clock() - look.since >= STABLE_SECONDS
        )


_watchers: dict[ProjectFolder, FolderWatcher] = {}


def _poll(watcher: FolderWatcher) -> None:
    problem = ""
    stopped = threading.Event()
    while not background.is_exiting():
        try:
            watcher.poll()
            problem = ""
        except DataUnavailable as error:
            # The pages say it: here once, not every second.
            if str(error) != problem:
                problem = str(error)
                logging.getLogger(__name__).warning("folders: %s", problem)
        except Exception as error:
            if repr(error) != problem:
                problem = repr(error)
                logging.getLogger(__name__).exception("folders: cannot tell what is new")
        stopped.wait(POLL_SECONDS)
    watcher.end()
