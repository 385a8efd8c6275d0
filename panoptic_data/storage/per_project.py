"""What a process keeps in memory of each project, and of the corpus versions that were read last.

A project as it is now is kept for as long as the process lives. A person may look through hundreds
of versions: those that were not read for the longest are given up, and read again where they are
asked for. Not here: what is kept (catalogues, annotations, lists of pages).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from panoptic_data.storage.folder import ProjectFolder

__all__ = ["VERSIONS_KEPT", "PerProject"]

T = TypeVar("T")

# Of all projects together. Each is as large in memory as the corpus was then.
VERSIONS_KEPT = 4


class PerProject(Generic[T]):
    """A value for each project, made when it is first asked for. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: dict[ProjectFolder, T] = {}
        self._lock = threading.Lock()

    def of(self, folder: ProjectFolder, make: Callable[[], T]) -> T:
        """Return the value of a project, or of a version of it, made anew where there is none."""
        with self._lock:
            value = self._kept.pop(folder) if folder in self._kept else make()
            # What was asked for last stands last.
            self._kept[folder] = value
            versions = [kept for kept in self._kept if kept.version]
            for oldest in versions[:-VERSIONS_KEPT]:
                del self._kept[oldest]
        return value

    def folders(self) -> tuple[ProjectFolder, ...]:
        """Return the projects and versions of which something is kept, the last read last."""
        with self._lock:
            return tuple(self._kept)

    def clear(self) -> None:
        """Give everything up."""
        with self._lock:
            self._kept.clear()
