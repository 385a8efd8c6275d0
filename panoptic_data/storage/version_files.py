"""Which data files each version of a table reads, and how large they are.

lancedb does not say it: the names are read from the manifests, which hold them as plain text. A
compressed manifest, or one of another format, names none. Not here: versions that are kept
(``pinned``), the digests of files (``checksums``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["files_of_others", "files_of_version", "size_of"]

# Lance names a data file by 24 binary and 26 hexadecimal digits.
_DATA_FILE = re.compile(rb"[01]{24}[0-9a-f]{26}\.lance")
# Manifests are named so that the newest comes first.
_LAST_VERSION = 2**64 - 1


def files_of_version(table: Path, version: int) -> frozenset[str]:
    """Return the names of the data files that a version of a table reads.

    ``table`` is the folder of the table.
    """
    return _named_in(table / "_versions" / f"{_LAST_VERSION - version}.manifest")


def files_of_others(table: Path, version: int, pin: str) -> frozenset[str]:
    """Return the data files that remain when a pinned version is given up."""
    own = table / "_versions" / f"{_LAST_VERSION - version}.manifest"
    current = min((table / "_versions").glob("*.manifest"), default=None, key=_number)
    kept = [current] if current is not None else []
    # What other pins were made from is kept in the folders of their branches.
    kept += [
        manifest
        for manifest in (table / "tree").glob("*/_versions/*.manifest")
        if manifest.parts[-3] != pin
    ]
    return frozenset().union(*(_named_in(path) for path in kept if path != own or path == current))


def size_of(table: Path, names: Iterable[str]) -> int:
    """Return how many bytes data files take; those that are gone take none."""
    total = 0
    for name in names:
        try:
            total += (table / "data" / name).stat().st_size
        except FileNotFoundError:
            continue
    return total


def _number(manifest: Path) -> int:
    return int(manifest.stem) if manifest.stem.isdecimal() else _LAST_VERSION


def _named_in(manifest: Path) -> frozenset[str]:
    try:
        content = manifest.read_bytes()
    except OSError:
        return frozenset()
    return frozenset(name.decode() for name in _DATA_FILE.findall(content))
