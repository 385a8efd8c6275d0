"""XMP sidecars beside images: ``a.jpg.xmp``, else ``a.xmp``, as Lightroom and digiKam write them.

What a sidecar says belongs to the file that it lies beside, and is read again when it changes.
Not here: what a packet says (``media.description``), sidecars as values to import
(``exchange.sidecars``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from panoptic_data.ingest import file_times
from panoptic_data.storage import unread_sidecars

__all__ = ["SUFFIX", "Sidecars", "in_folder", "mark_of", "read"]

SUFFIX = ".xmp"
_LARGEST_BYTES = 32 * 2**20

Sidecars = Mapping[str, os.DirEntry[str]]
"""The sidecars of one folder by their names in lower case."""


def in_folder(entries: Iterable[os.DirEntry[str]]) -> Sidecars:
    """Return the sidecars among the entries of a folder."""
    return {
        entry.name.lower(): entry
        for entry in entries
        if entry.name.lower().endswith(SUFFIX) and entry.name.isprintable()
    }


def mark_of(name: str, sidecars: Sidecars) -> str | None:
    """Return "size:time:name" of the sidecar of a file; None where there is none."""
    lower = name.lower()
    for candidate in (lower + SUFFIX, lower.rpartition(".")[0] + SUFFIX):
        entry = sidecars.get(candidate)
        if entry is not None:
            # Deleted since the folder was listed, or not to be looked at.
            with suppress(OSError):
                stat = entry.stat()
                return f"{stat.st_size}:{file_times.stored(stat.st_mtime_ns)}:{entry.name}"
    return None


def read(image: Path, mark: str) -> str | None:
    """Return the JSON of what a sidecar says; None where it says nothing.

    Of one that cannot be read it is why (``storage.unread_sidecars``).
    """
    # 20 ms to import, for what few folders have.
    from panoptic_data.media import description

    path = image.with_name(mark.split(":", 2)[2])
    try:
        size = path.stat().st_size
        if size > _LARGEST_BYTES:
            return unread_sidecars.stored(f"{size / 2**20:.0f} MB")
        return description.to_json(description.of_sidecar(path.read_bytes()))
    except FileNotFoundError:
        # Deleted since the folder was listed: the next run finds that out.
        return None
    except OSError as error:
        return unread_sidecars.stored(error.strerror or type(error).__name__)
    except ValueError as error:
        return unread_sidecars.stored(str(error))
