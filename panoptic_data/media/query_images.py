"""Pictures that somebody brought to search with, kept in the project for as long as there is room.

They lie in ``uploads/``, named by the sha1 of their bytes; the ones not used for longest go first.
Not here: fetching them from elsewhere (``remote``), what is searched (``query_vectors``).
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from panoptic_data.errors import InvalidExpression, UnreadableImage
from panoptic_data.media import decode, hashes
from panoptic_data.storage.project import Project

__all__ = ["KEPT_BYTES", "MOST_BYTES", "keep", "read"]

# The largest that is taken: a scan of some 50 million pixels as JPEG.
MOST_BYTES = 20 * 2**20
# What all of them take on disk.
KEPT_BYTES = 200 * 2**20
# Enough to know that it can be decoded.
_SEEN_SIDE = 64

_lock = threading.Lock()


def keep(project: Project, data: bytes) -> str:
    """Keep a picture and return its digest, sha1 in hexadecimal. Raises UnreadableImage."""
    if len(data) > MOST_BYTES:
        raise UnreadableImage("too_large")
    decode.open_image(data, _SEEN_SIDE)
    digest = hashes.sha1(data)
    folder = _folder(project)
    with _lock:
        folder.mkdir(exist_ok=True)
        draft = folder / f".{digest}.{os.getpid()}"
        try:
            draft.write_bytes(data)
            draft.replace(folder / digest)
        finally:
            draft.unlink(missing_ok=True)
        _forget(folder, digest)
    return digest


def read(project: Project, digest: str) -> bytes:
    """Return a picture's bytes. Raises InvalidExpression where it is not kept any more."""
    path = _folder(project) / digest
    try:
        data = path.read_bytes()
    except OSError:
        raise InvalidExpression("gone", part=digest) from None
    # Used now: others go before it. A project that cannot be written to keeps what it has.
    with suppress(OSError):
        os.utime(path)
    return data


def _folder(project: Project) -> Path:
    return project.root / "uploads"


def _forget(folder: Path, newest: str) -> None:
    kept = []
    for path in folder.iterdir():
        # Drafts begin with a dot; another process may take away what is looked at.
        if path.name != newest and not path.name.startswith("."):
            with suppress(FileNotFoundError):
                kept.append((path.stat(), path))
    room = KEPT_BYTES - (folder / newest).stat().st_size
    for stat, path in sorted(kept, key=lambda one: -one[0].st_mtime_ns):
        room -= stat.st_size
        if room < 0:
            path.unlink(missing_ok=True)
