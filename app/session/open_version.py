"""The corpus version that an address names, opened: the project as it was then.

A page names it as ``?version=<id>``, a route of ours as ``/v/<id>/…``. In the browser
``components/shared/bridge/address.js`` writes both. Not here: the rest of the address (``state``),
the routes (``app.api.version_routes``).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cachetools import TTLCache

from panoptic_data.versions import opened, record

if TYPE_CHECKING:
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["PARAMETER", "PREFIX", "address", "at", "find", "page_address", "route_to"]

# The part of a page's address that names a version by its id.
PARAMETER = "version"
# What stands before the id in the addresses of routes.
PREFIX = "/v"
# A version never changes; one that was deleted is known no more after this.
KEPT_SECONDS = 2.0
KEPT = 64

_known_versions: TTLCache[tuple[ProjectFolder, str], CorpusVersion] = TTLCache(KEPT, KEPT_SECONDS)
_lock = threading.Lock()


def find(project: Project, name: str) -> CorpusVersion:
    """Return the version of this id or name. Raises UnknownVersion."""
    key = (project.now.folder, name)
    with _lock:
        known = _known_versions.get(key)
    if known is None:
        known = record.find(project, name)
        with _lock:
            _known_versions[key] = known
    return known


def at(project: Project, name: str) -> Project:
    """Return the project as it was at the version of this id or name. Raises UnknownVersion."""
    return opened.at_version(project, find(project, name))


def route_to(project: Project, path: str) -> str:
    """Return the address of a route of ours, at the version that a project is open at."""
    return f"{PREFIX}/{project.version}{path}" if project.version else path


def page_address(project: Project, path: str, **parts: str) -> str:
    """Return the address of a page, at the version that a project is open at."""
    return address(path, {**parts, **({PARAMETER: project.version} if project.version else {})})


def address(path: str, parts: Mapping[str, str]) -> str:
    """Return the address of a page with these parts."""
    return f"{path}?{urlencode(parts)}" if parts else path
