"""The content of weights on this machine: what an encoder is, wherever its file lies.

Hashing 600 MB takes a second: a stamp of sizes and times says whether that is needed again. Not
here: which encoder of a project has which content (``vectors.encoder_state``).
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Content", "read", "stamp"]

# Nanoseconds. A file written twice within its file system's tick keeps its size and times.
RACY_NS = 2_000_000_000
BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """``digest`` of the bytes, 32 hex digits; ``stamp`` empty where it may hide a later write."""

    digest: str
    stamp: str


def stamp(path: Path) -> str:
    """Return sizes, times and inodes of the weights at ``path``, as text. Raises OSError."""
    return " ".join(
        f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"
        for stat in map(Path.stat, _files(path))
    )


def read(path: Path) -> Content:
    """Return the content of a file, or of the files of a folder and their names. Raises OSError."""
    before = stamp(path)
    state = hashlib.blake2b(digest_size=16)
    for file in _files(path):
        name = file.name if path.is_dir() else ""
        state.update(f"{name}\0{file.stat().st_size}\0".encode("utf-8", "surrogateescape"))
        with file.open("rb") as stream:
            while block := stream.read(BLOCK):
                state.update(block)
    is_stable = stamp(path) == before and not _is_young(path)
    return Content(state.hexdigest(), before if is_stable else "")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    visible = (file for file in path.iterdir() if not file.name.startswith("."))
    return sorted(file for file in visible if file.is_file())


def _is_young(path: Path) -> bool:
    now = time.time_ns()
    return any(
        now - RACY_NS < max(stat.st_mtime_ns, stat.st_ctime_ns) <= now
        for stat in map(Path.stat, _files(path))
    )
