"""Which data files each version of a table reads, and how large they are.

lancedb does not say it: the names are read from the manifests, which hold them as plain text. A
compressed manifest, or one of another format, names none. Not here: versions that are kept
(``pinned``), the digests of files (``checksums``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

__all__ = [
    "LAST_VERSION",
    "digest_of_manifest",
    "files_named_by",
    "files_of_others",
    "files_of_pins",
    "files_of_version",
    "is_pinned",
    "manifest_of",
    "manifests",
    "size_of",
]

LAST_VERSION = 2**64 - 1
"""Manifests are called by what is left to this number, so that the newest comes first."""

# Lance names a data file by 24 binary and 26 hexadecimal digits.
_DATA_FILE = re.compile(rb"[01]{24}[0-9a-f]{26}\.lance")
# Each is read once, though a page asks for those of two hundred versions at each drawing.
_REMEMBERED = 16_384


def manifests(table: Path) -> list[Path]:
    """Return the manifests of a table's versions, the newest first; ``table`` is its folder."""
    paths = [p for p in (table / "_versions").glob("*.manifest") if p.stem.isdecimal()]
    return sorted(paths, key=lambda path: int(path.stem))


def files_of_version(table: Path, version: int) -> frozenset[str]:
    """Return the names of the data files that a version of a table reads."""
    return files_named_by([manifest_of(table, version)])


def digest_of_manifest(table: Path, version: int) -> str | None:
    """Return 16 hex digits that identify a version of a table; None where it is gone.

    A table that was made anew has other files, though its versions have the same numbers.
    """
    try:
        content = manifest_of(table, version).read_bytes()
    except FileNotFoundError:
        return None
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def files_of_pins(table: Path, without: str | None = None) -> frozenset[str]:
    """Return the data files that pins name, each in a folder like a table's; not the one named."""
    pins = [pin for pin in (table / "tree").glob("*") if pin.is_dir() and pin.name != without]
    return files_named_by(manifest for pin in pins for manifest in manifests(pin))


def files_of_others(table: Path, pin: str) -> frozenset[str]:
    """Return the data files that remain in use when a pinned version is given up."""
    return files_named_by(manifests(table)[:1]) | files_of_pins(table, without=pin)


def is_pinned(table: Path, pin: str) -> bool:
    """Whether a version of a table is kept under a name: one look, however many others are."""
    return (table / "_refs" / "branches" / f"{pin}.json").exists()


def files_named_by(paths: Iterable[Path]) -> frozenset[str]:
    """Return the data files that manifests name; one that is gone names none."""
    return frozenset().union(*map(_named_by, paths))


def size_of(table: Path, names: Iterable[str]) -> int:
    """Return how many bytes data files take; those that are gone take none."""
    total = 0
    for name in names:
        try:
            total += (table / "data" / name).stat().st_size
        except FileNotFoundError:
            continue
    return total


def manifest_of(table: Path, version: int) -> Path:
    """Return where the manifest of a version of a table is, or was."""
    return table / "_versions" / f"{LAST_VERSION - version}.manifest"


def _named_by(manifest: Path) -> frozenset[str]:
    try:
        stat = manifest.stat()
        return _read(manifest, stat.st_ino, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return frozenset()


@lru_cache(_REMEMBERED)
def _read(manifest: Path, *_stamp: int) -> frozenset[str]:
    return frozenset(name.decode() for name in _DATA_FILE.findall(manifest.read_bytes()))
