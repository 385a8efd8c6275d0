"""Watch the folders of sources and say which of them have something new.

By the operating system's notices where it gives any, else by looking again and again: folders on
a disk of a network, where other machines write unnoticed, and where the system has no more
watches to give. Not here: what is new (``news``), what is done about it (the dashboard, Dagster).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.errors import PanopticError
from panoptic_data.ingest.mounts import is_remote
from panoptic_data.ingest.walking import FolderIdentity, folder_identity, is_skipped
from panoptic_data.storage import background

if TYPE_CHECKING:
    from watchfiles.main import FileChange

__all__ = ["AWAY", "LIMIT", "NOTICES", "POLLED", "FolderWatch"]

NOTICES, POLLED, LIMIT, AWAY = "notices", "polled", "limit", "away"
"""How a folder is watched: by the system's notices; by polling, as it is remote or was asked for;
by polling, as the system has no more watches; not now, as it is not there."""

# Seconds. Changes are reported once none followed for the first, and at the latest after the
# second: copying ten thousand files is one piece of news, copying a million a few.
QUIET_SECONDS = 1.0
BUSY_SECONDS = 5.0
# How often it is looked whether a folder is still there, or there again.
LOOK_SECONDS = 1.0
# A folder is polled no more often than this, and for at most a twentieth of the time.
POLL_SECONDS = 5.0
POLL_REST_FACTOR = 20.0
# Milliseconds that the system's notices are collected for, and between looks at whether to stop.
COLLECT_MS = 500
STEP_MS = 100
# So many notices at once may be more than the system kept: folders among what it dropped would
# not be watched. The watch is then begun anew.
BURST = 4_000
# The setting of watchfiles that everybody who needs it already knows.
POLLING_SETTING = "WATCHFILES_FORCE_POLLING"
POLLING_IS_OFF = ("", "0", "false", "disable", "disabled")


class FolderWatch:
    """Watches folders, each in a thread of its own, until :meth:`end` or the process ends."""

    def __init__(self) -> None:
        self._threads: dict[str, _WatchedFolder] = {}

    def follow(self, roots: Mapping[str, Path]) -> None:
        """Watch these folders (name → root) and no others; a new one counts as news."""
        for name, watched in list(self._threads.items()):
            if roots.get(name) != watched.root:
                watched.end()
                del self._threads[name]
        for name, root in roots.items():
            if name not in self._threads:
                self._threads[name] = watched = _WatchedFolder(root)
                background.start(watched.run)

    def take(self) -> frozenset[str]:
        """Return the names of folders with something new since this was last called."""
        return frozenset(name for name, watched in self._threads.items() if watched.take())

    def modes(self) -> dict[str, str]:
        """Return how each folder is watched, by name: ``NOTICES``, ``POLLED`` and so on."""
        return {name: watched.mode for name, watched in self._threads.items()}

    def end(self) -> None:
        """Watch nothing any more."""
        self.follow({})


@dataclass
class _News:
    """When the first and the last change was noticed that nobody was told of."""

    first: float
    last: float

    @property
    def is_due(self) -> bool:
        now = time.monotonic()
        return now - self.last >= QUIET_SECONDS or now - self.first >= BUSY_SECONDS


class _WatchedFolder:
    """One folder and the thread that watches it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mode = NOTICES
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._news: _News | None = None

    def run(self) -> None:
        """Watch until the end, whatever becomes of the folder."""
        has_failed = False
        while not self.is_set():
            identity = _identity(self.root)
            if identity is None:
                self._go_away()
                self._ended.wait(LOOK_SECONDS)
                continue
            try:
                self._watch(identity)
                has_failed = False
            except Exception:
                if not has_failed:
                    logging.getLogger(__name__).exception("cannot watch %s", self.root)
                has_failed = True
                self._ended.wait(POLL_SECONDS)

    def take(self) -> bool:
        """Whether something was noticed since the last call, and is to be told now."""
        with self._lock:
            is_due = self._news is not None and self._news.is_due
            if is_due:
                self._news = None
            return is_due

    def end(self) -> None:
        """Stop watching soon."""
        self._ended.set()

    def is_set(self) -> bool:
        """Whether to stop; watchfiles asks it under this name."""
        return self._ended.is_set() or background.is_exiting()

    def _go_away(self) -> None:
        if self.mode != AWAY:
            self.mode = AWAY
            self._notice()

    def _notice(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._news = _News(self._news.first if self._news else now, now)

    def _watch(self, identity: FolderIdentity) -> None:
        """Watch a folder that is there, until it no longer is or another is in its place."""
        if is_remote(self.root) or _is_polling_wanted():
            self._poll(identity, POLLED)
            return
        try:
            self._await_notices(identity)
        except FileNotFoundError:
            # It went away between the look and the watch.
            return
        except _watch_failures() as error:
            logging.getLogger(__name__).warning("%s is polled: %s", self.root, error)
            self._poll(identity, LIMIT)

    def _await_notices(self, identity: FolderIdentity) -> None:
        is_begun = False
        for changes in self._batches():
            # Only now it is certain that no later change is missed.
            if not is_begun:
                self._begin(NOTICES)
                is_begun = True
            if any(_concerns_images(path, self.root) for _, path in changes):
                self._notice()
            if len(changes) >= BURST or _identity(self.root) != identity:
                return

    def _batches(self) -> Iterator[set[FileChange]]:
        import watchfiles

        return watchfiles.watch(
            self.root,
            watch_filter=None,
            debounce=COLLECT_MS,
            step=STEP_MS,
            stop_event=self,
            rust_timeout=int(LOOK_SECONDS * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            ignore_permission_denied=True,
        )

    def _poll(self, identity: FolderIdentity, mode: str) -> None:
        """Compare the folder with what it held before, at rests that grow with its size."""
        last: str | None = None
        due = 0.0
        while not self.is_set() and _identity(self.root) == identity:
            began = time.monotonic()
            if began >= due:
                state = self._state()
                if state is None:
                    return
                if last is None:
                    self._begin(mode)
                elif state != last:
                    self._notice()
                last = state
                now = time.monotonic()
                due = now + max(POLL_SECONDS, POLL_REST_FACTOR * (now - began))
            self._ended.wait(min(LOOK_SECONDS, POLL_SECONDS))

    def _begin(self, mode: str) -> None:
        # What changed while nobody watched is news.
        self.mode = mode
        self._notice()

    def _state(self) -> str | None:
        from panoptic_data.ingest.freshness import folder_state

        try:
            return folder_state({"": self.root}).digest
        except PanopticError:
            return None


def _identity(root: Path) -> FolderIdentity | None:
    try:
        return folder_identity(root)
    except PanopticError:
        return None


def _is_polling_wanted() -> bool:
    return os.environ.get(POLLING_SETTING, "").lower() not in POLLING_IS_OFF


def _watch_failures() -> tuple[type[Exception], ...]:
    """Return what watchfiles raises where the system has no more watches, or none at all."""
    from watchfiles._rust_notify import WatchfilesRustInternalError

    return OSError, WatchfilesRustInternalError


def _concerns_images(path: str, root: Path) -> bool:
    """Whether a change could be one of a file that a walk meets."""
    return not any(map(is_skipped, _names_below(path, root)))


def _names_below(path: str, root: Path) -> Iterable[str]:
    try:
        return Path(path).relative_to(root).parts
    except ValueError:
        return ()
