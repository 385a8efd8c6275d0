"""Store the pictures that people upload to search with, up to a total size on disk.

They are files in the project's ``uploads/``, named by the sha1 of their bytes; the least recently
used are removed first. Not here: downloading pictures (``download``), turning them into query
vectors (``vectors.query_vectors``).
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from panoptic_data.errors import InvalidExpression, UnreadableImage
from panoptic_data.media import decode, hashes
from panoptic_data.storage.folder import write_in_one_step
from panoptic_data.storage.project import Project

__all__ = ["MAX_BYTES", "MAX_STORED_BYTES", "keep", "read"]

# The largest picture accepted: a scan of some 50 million pixels as JPEG.
MAX_BYTES = 20 * 2**20
# All stored pictures together.
MAX_STORED_BYTES = 200 * 2**20
# Short side, in pixels, at which an upload is decoded to check that it can be.
_CHECKED_SIDE = 64

# The folder in the project.
UPLOADS = "uploads"

_lock = threading.Lock()


def keep(project: Project, data: bytes) -> str:
    """Store a picture and return its sha1 in hexadecimal. Raises UnreadableImage."""
    if len(data) > MAX_BYTES:
        raise UnreadableImage("too_large")
    decode.open_image(data, _CHECKED_SIDE)
    digest = hashes.sha1(data)
    with _lock, project.anchored() as root:
        folder = root / UPLOADS
        folder.mkdir(exist_ok=True)
        write_in_one_step(folder / digest, data)
        _remove_oldest(folder, digest)
    return digest


def read(project: Project, digest: str) -> bytes:
    """Return a picture's bytes. Raises InvalidExpression where it is no longer stored."""
    path = project.root / UPLOADS / digest
    try:
        data = path.read_bytes()
    except OSError:
        raise InvalidExpression("gone", part=digest) from None
    # Mark it as recently used; in a read-only project nothing is ever removed.
    with suppress(OSError):
        os.utime(path)
    return data


def _remove_oldest(folder: Path, newest: str) -> None:
    stored = []
    for path in folder.iterdir():
        # Drafts begin with a dot; another process may remove a file at the same time.
        if path.name != newest and not path.name.startswith("."):
            with suppress(FileNotFoundError):
                stored.append((path.stat(), path))
    room = MAX_STORED_BYTES - (folder / newest).stat().st_size
    for stat, path in sorted(stored, key=lambda item: -item[0].st_mtime_ns):
        room -= stat.st_size
        if room < 0:
            path.unlink(missing_ok=True)
