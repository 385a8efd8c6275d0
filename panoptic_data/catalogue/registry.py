"""The catalogue of each project, shared by the whole process and kept current.

Not here: the data of a catalogue (``snapshot``), running a view on it (``execute``).
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import corpus_reader
from panoptic_data.catalogue.execute import warm
from panoptic_data.catalogue.snapshot import Catalogue
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage import background
from panoptic_data.storage.failures import LANCE_ERRORS
from panoptic_data.storage.per_project import PerProject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["get", "load"]

# Versions are looked at no more often than this: a page asks many times a second.
CHECK_SECONDS = 1.0
# A reload that takes longer than this happens in the background.
FOREGROUND_SECONDS = 0.3
# A corpus that grows all the time is reloaded for at most a tenth of the time.
REST_FACTOR = 10.0
# All that a view can ask for: of each change of one of these there is a new catalogue.
_MAIN_TABLES = ("files", "images", "duplicates", "shared_parts", "encoders", "sources")
_ENCODER_TABLES = ("embeddings", "projection", "clusters", "cluster_info")
# What of these is not in the catalogue, but read by a search when it is run, or for rows in sight.
_NOT_HELD = ("embeddings", "encoders", "sources")


def get(project: Project, *, fresh: bool = False) -> Catalogue:
    """Return the catalogue of a project, shared by the whole process and kept current.

    A small corpus is current within a second of a change; a large one is reloaded in the
    background while readers keep the last. ``fresh`` waits until it is current. Of corpus versions
    the few that were read last are kept.
    """
    shared = _shared.of(project.folder, lambda: _SharedCatalogue(project))
    return shared.current(fresh)


def load(project: Project, previous: Catalogue | None = None) -> Catalogue:
    """Read the catalogue at the tables' current versions, reusing what did not change."""
    versions = _versions(project.database())
    if previous is not None and previous.versions == versions:
        return previous
    annotations = annotations_of(project).state()
    if previous is None or _differ(previous.versions, versions) & {"files", "images"}:
        return Catalogue(project, versions, corpus_reader.read(project, versions), annotations)
    other_vectors = all(
        name.partition("__")[0] in _NOT_HELD for name in _differ(previous.versions, versions)
    )
    return previous.at_versions(versions, annotations, keep_orders=other_vectors)


class _SharedCatalogue:
    """The catalogue of one project, and when its tables were last looked at."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._catalogue: Catalogue | None = None
        self._lock = threading.Lock()
        self._checked_at = 0.0
        self._load_seconds = 0.0
        self._loaded_at = 0.0
        self._has_failed = False

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
        if time.monotonic() - self._checked_at < CHECK_SECONDS:
            return catalogue
        # What failed in the background is tried again here, where a reader is told of it.
        if self._load_seconds < FOREGROUND_SECONDS or self._has_failed:
            return self._reload_unless_another_does(catalogue)
        self._checked_at = time.monotonic()
        if self._checked_at - self._loaded_at >= REST_FACTOR * self._load_seconds:
            background.start(self._reload_quietly, catalogue)
        return catalogue

    def _reload_quietly(self, catalogue: Catalogue) -> None:
        try:
            self._reload_unless_another_does(catalogue)
        except Exception:
            self._has_failed = True
            logging.getLogger(__name__).exception("the catalogue could not be read again")

    def _reload_unless_another_does(self, catalogue: Catalogue) -> Catalogue:
        """Return the catalogue read again, or the given one while another thread reads it."""
        if not self._lock.acquire(blocking=False):
            return catalogue
        # Nothing stands between taking the lock and giving it back for certain.
        try:
            return self._reload()
        finally:
            self._lock.release()

    def _reload(self) -> Catalogue:
        began = time.monotonic()
        catalogue = load(self._project, self._catalogue)
        self._has_failed = False
        self._checked_at = time.monotonic()
        if catalogue is not self._catalogue:
            # What follows from few tables takes no time, and says nothing of the next time.
            if self._catalogue is None or catalogue.corpus is not self._catalogue.corpus:
                self._load_seconds = self._checked_at - began
            self._loaded_at = self._checked_at
            self._catalogue = catalogue
            if self._load_seconds > FOREGROUND_SECONDS:
                background.start(_warm, catalogue)
        return catalogue


def _warm(catalogue: Catalogue) -> None:
    # The project may be gone by then, or a table: who asks next is told.
    with suppress(DataUnavailable, *LANCE_ERRORS):
        warm(catalogue)


_shared: PerProject[_SharedCatalogue] = PerProject()


def _versions(database: Database) -> dict[str, int]:
    names = [*_MAIN_TABLES]
    names += [n for n in database.names() if n.partition("__")[0] in _ENCODER_TABLES]
    return {name: database.version(name) for name in names}


def _differ(before: Mapping[str, int], now: Mapping[str, int]) -> set[str]:
    """Return the tables of which one version is another than the other."""
    return {name for name in {*before, *now} if before.get(name) != now.get(name)}
