"""The catalogue of each project, shared by the whole process and kept current.

Not here: the data of a catalogue (``snapshot``), running a view on it (``execute``).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import corpus_reader
from panoptic_data.catalogue.execute import warm
from panoptic_data.catalogue.snapshot import Catalogue

if TYPE_CHECKING:
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["get", "load"]

# Versions are looked at no more often than this: a page asks many times a second.
CHECK_SECONDS = 1.0
# A reload that takes longer than this happens in the background.
FOREGROUND_SECONDS = 0.3
# A corpus that grows all the time is reloaded for at most a tenth of the time.
REST_FACTOR = 10.0
_MAIN_TABLES = ("files", "images", "duplicates")
_ENCODER_TABLES = ("projection", "clusters", "cluster_info")


def get(project: Project, *, fresh: bool = False) -> Catalogue:
    """Return the catalogue of a project, shared by the whole process and kept current.

    A small corpus is current within a second of a change; a large one is reloaded in the
    background while readers keep the last. ``fresh`` waits until it is current.
    """
    with _shared_lock:
        shared = _shared.setdefault(project.folder, _SharedCatalogue(project))
    return shared.current(fresh)


def load(project: Project, previous: Catalogue | None = None) -> Catalogue:
    """Read the catalogue at the tables' current versions, reusing what did not change."""
    versions = _versions(project.database())
    if previous is not None and previous.versions == versions:
        return previous
    if previous is not None and all(
        versions[name] == previous.versions[name] for name in ("files", "images")
    ):
        corpus, columns = previous.corpus, previous.table_columns(versions)
    else:
        corpus, columns = corpus_reader.read(project, versions), {}
    return Catalogue(project, versions, corpus, annotations_of(project).state(), columns)


class _SharedCatalogue:
    """The catalogue of one project, and when its tables were last looked at."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._catalogue: Catalogue | None = None
        self._lock = threading.Lock()
        self._checked_at = 0.0
        self._load_seconds = 0.0
        self._loaded_at = 0.0

    def current(self, fresh: bool) -> Catalogue:
        catalogue = self._at_tables(fresh)
        state = annotations_of(self._project).state(fresh=fresh)
        if state is catalogue.annotations:
            return catalogue
        annotated = catalogue.with_annotations(state)
        # Another thread may have loaded newer tables meanwhile: those are not put back.
        if self._catalogue is catalogue:
            self._catalogue = annotated
        return annotated

    def _at_tables(self, fresh: bool) -> Catalogue:
        """Return the catalogue at the tables' versions, or the last one while another is made."""
        catalogue = self._catalogue
        if catalogue is None or fresh:
            with self._lock:
                return self._reload()
        is_recent = time.monotonic() - self._checked_at < CHECK_SECONDS
        if is_recent or not self._lock.acquire(blocking=False):
            return catalogue
        if self._load_seconds < FOREGROUND_SECONDS:
            try:
                return self._reload()
            finally:
                self._lock.release()
        return self._reload_in_background(catalogue)

    def _reload_in_background(self, catalogue: Catalogue) -> Catalogue:
        self._checked_at = time.monotonic()
        is_resting = self._checked_at - self._loaded_at < REST_FACTOR * self._load_seconds
        if is_resting or _versions(self._project.database()) == catalogue.versions:
            self._lock.release()
            return catalogue
        threading.Thread(target=self._reload_and_release, daemon=True).start()
        return catalogue

    def _reload_and_release(self) -> None:
        try:
            self._reload()
        finally:
            self._lock.release()

    def _reload(self) -> Catalogue:
        began = time.monotonic()
        catalogue = load(self._project, self._catalogue)
        self._checked_at = time.monotonic()
        if catalogue is not self._catalogue:
            self._load_seconds = self._checked_at - began
            self._loaded_at = self._checked_at
            self._catalogue = catalogue
            if self._load_seconds > FOREGROUND_SECONDS:
                threading.Thread(target=warm, args=(catalogue,), daemon=True).start()
        return catalogue


_shared: dict[ProjectFolder, _SharedCatalogue] = {}
_shared_lock = threading.Lock()


def _versions(database: Database) -> dict[str, int]:
    names = [*_MAIN_TABLES]
    names += [n for n in database.names() if n.partition("__")[0] in _ENCODER_TABLES]
    return {name: database.version(name) for name in names}
