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
    """Return the JSON of what a sidecar says; None where it says nothing or cannot be read."""
    # 20 ms to import, for what few folders have.
    from panoptic_data.media import description

    path = image.with_name(mark.split(":", 2)[2])
    with suppress(OSError, ValueError):
        if path.stat().st_size <= _LARGEST_BYTES:
            return description.to_json(description.of_sidecar(path.read_bytes()))
    return None
