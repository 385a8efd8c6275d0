"""Pictures that a killed export had written, kept by the next one to the same target.

Each picture is noted once it is written whole (``written.jsonl``), with the hash of its bytes. What
was noted is kept where its bytes are still those; all else is written again. Not here: what is
written (``picture_files``), where drafts stand (``target``).
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from panoptic_data.media import hashes

__all__ = ["Earlier", "Journal", "Note", "move_away", "remove"]

_CONTENT, _JOURNAL = "content", "written.jsonl"
_EARLIER = "earlier"


@dataclass(frozen=True)
class Note:
    """One picture that was written: of which image, its name below the draft, its bytes' sha1."""

    sha1: str
    name: str
    digest: str
    width: int
    height: int
    is_jpeg: bool


class Journal:
    """Notes each picture of a draft once it is written; ``signature`` says how they are made."""

    def __init__(self, held: Path, signature: str) -> None:
        self._file = (held / _JOURNAL).open("w", encoding="utf-8")
        self._write({"signature": signature})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._file.close()

    def note(self, note: Note) -> None:
        """Note a picture; a kill right after finds it noted."""
        self._write(vars(note))

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


class Earlier:
    """The pictures of killed exports, each given once; threads may ask at the same time."""

    def __init__(self, held: Path, target: str, signature: str) -> None:
        self._held = held
        self._notes: dict[str, list[tuple[Path, Note]]] = {}
        self._lock = threading.Lock()
        for folder in _folders(held):
            for note in _notes(folder / _JOURNAL, signature):
                file = folder / _CONTENT / target / note.name
                self._notes.setdefault(note.sha1, []).append((file, note))

    def take(self, sha1: str) -> tuple[Path, Note] | None:
        """Return a file that holds an image's picture, and what was noted of it; None for none."""
        while True:
            with self._lock:
                candidates = self._notes.get(sha1)
                if not candidates:
                    return None
                file, note = candidates.pop()
            if _is_inside(file, self._held) and _has_digest(file, note.digest):
                return file, note


def move_away(held: Path) -> None:
    """Move what a killed export left out of the way of a new draft, where pictures were noted."""
    number = 1
    while (held / _EARLIER / str(number) / _CONTENT).exists():
        number += 1
    folder = held / _EARLIER / str(number)
    if (held / _JOURNAL).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        (held / _JOURNAL).replace(folder / _JOURNAL)
    # A kill in between leaves the content in its place, and its journal here.
    if (folder / _JOURNAL).is_file() and (held / _CONTENT).is_dir():
        (held / _CONTENT).rename(folder / _CONTENT)


def remove(held: Path) -> None:
    """Remove what is left of killed exports, and the journal of this one."""
    if (held / _EARLIER).exists():
        shutil.rmtree(held / _EARLIER)
    (held / _JOURNAL).unlink(missing_ok=True)


def _folders(held: Path) -> list[Path]:
    return sorted((held / _EARLIER).iterdir()) if (held / _EARLIER).is_dir() else []


def _notes(file: Path, signature: str) -> Iterator[Note]:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    is_same = False
    for line in lines:
        try:
            content = json.loads(line)
            if "signature" in content:
                is_same = content["signature"] == signature
            elif is_same:
                yield Note(**content)
        except (ValueError, TypeError):
            # The last line may be torn.
            continue


def _is_inside(file: Path, folder: Path) -> bool:
    """Whether a file is really below a folder: neither its name nor a link leads elsewhere."""
    try:
        return not file.is_symlink() and file.resolve().is_relative_to(folder.resolve())
    except OSError:
        return False


def _has_digest(file: Path, digest: str) -> bool:
    try:
        return hashes.sha1(file.read_bytes()) == digest
    except OSError:
        return False
