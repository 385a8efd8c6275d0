"""Register folders of images, and resolve the path of a file. Never writes to a folder.

Not here: what is in a folder (``walking``), comparing it with the table ``files`` (``scan``),
reading the files (``images``), moving, renaming and removing a source (``source_changes``).
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes

from panoptic_data.errors import (
    FolderHoldsProject,
    FolderNotFound,
    FolderOverlaps,
    NotAFolder,
    UnknownImage,
    UnknownSource,
)
from panoptic_data.ingest import presence
from panoptic_data.ingest.presence import Presence
from panoptic_data.storage.locks import exclusive_lock
from panoptic_data.storage.project import Project

__all__ = [
    "LOCK",
    "Source",
    "absences",
    "absolute_path",
    "accept_missing",
    "add",
    "by_name",
    "check_root",
    "existing_folder",
    "is_automatic",
    "listing",
    "locked",
    "record_away",
    "record_presence",
    "save",
    "select",
    "set_automatic",
    "unique_name",
]

MAX_NAME_LENGTH = 60
LOCK = "sources.lock"
# In the column ``options``, beside what runs noted of the folder.
AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Source:
    """A registered folder. ``name`` is unique in its project and safe in web addresses.

    ``presence`` is what runs noted of the folder; ``is_automatic`` is whether the dashboard
    processes what is new in it by itself. Sources are equal whatever these are.
    """

    name: str
    root: Path
    added_at: datetime
    presence: Presence = field(default=Presence(), compare=False)
    is_automatic: bool = field(default=False, compare=False)


def add(project: Project, folder: str | Path, name: str | None = None) -> Source:
    """Register a folder and return its source; the same folder again gives the same source.

    The name is that of the folder unless given, made unique and safe in web addresses: letters
    and digits of any alphabet, '-' and '_'; accents stay. Raises FolderNotFound (NotAFolder for a
    file), FolderOverlaps (inside or around a registered folder) or FolderHoldsProject.
    """
    root = existing_folder(folder)
    with locked(project):
        registered = listing(project)
        for other in registered:
            if other.root == root:
                return other
        check_root(project, root, registered)
        source = Source(unique_name(name or root.name, registered), root, datetime.now(UTC))
        save(project, source)
    return source


def existing_folder(path: str | Path) -> Path:
    """Return the absolute path of a folder. Raises FolderNotFound, NotAFolder."""
    absolute = Path(path).expanduser().resolve()
    if absolute.is_dir():
        return absolute
    raise NotAFolder(path=path) if absolute.is_file() else FolderNotFound(path=path)


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the lock of the table ``sources``: what is decided from its rows is written by one."""
    with project.anchored() as root, exclusive_lock(root / LOCK):
        yield


def check_root(project: Project, root: Path, others: Iterable[Source]) -> None:
    """Raise FolderOverlaps or FolderHoldsProject where a folder cannot be a source."""
    for other in others:
        if root.is_relative_to(other.root) or other.root.is_relative_to(root):
            raise FolderOverlaps(path=root, source=other.name, other=other.root)
    if project.root.is_relative_to(root):
        raise FolderHoldsProject(path=root, project=project.root)


def unique_name(name: str, others: Iterable[Source]) -> str:
    """Return a name as one that is safe in web addresses, and that none of the others has."""
    return _unique(_as_name(name), {other.name.casefold() for other in others})


def listing(project: Project) -> list[Source]:
    """Return the sources, sorted by name."""
    columns = ["name", "uri", "added_at", "options"]
    rows = project.database().frame("sources", columns).sort("name")
    return [
        Source(name, _root(uri), added_at, presence.from_json(options), is_automatic(options))
        for name, uri, added_at, options in rows.iter_rows()
    ]


def by_name(project: Project) -> dict[str, Source]:
    """Return the sources by their names; those of a version lie where their folders are now."""
    known = {source.name: source for source in listing(project)}
    if project.version:
        known |= {source.name: source for source in listing(project.now)}
    return known


def select(project: Project, names: Sequence[str] = ()) -> list[Source]:
    """Return the sources with these names, or all sources when none is given.

    Raises UnknownSource.
    """
    registered = listing(project)
    unknown = sorted(set(names).difference(source.name for source in registered))
    if unknown:
        raise UnknownSource(name=unknown[0], known=", ".join(source.name for source in registered))
    return [source for source in registered if not names or source.name in names]


def record_presence(project: Project, name: str, **changes: object) -> None:
    """Change what is noted of a source's folder (fields of ``Presence``), if it differs.

    A source that is no longer registered is left so.
    """
    with locked(project):
        source = next((source for source in listing(project) if source.name == name), None)
        if source is None:
            return
        noted = replace(source.presence, **changes)  # type: ignore[arg-type]
        if noted != source.presence:
            save(project, replace(source, presence=noted))


def record_away(project: Project, source: Source) -> None:
    """Note that a source's folder is not there, since now unless it was noted before."""
    since = source.presence.away_since or datetime.now(UTC).replace(microsecond=0)
    record_presence(project, source.name, away_since=since)


def set_automatic(project: Project, name: str, is_on: bool) -> None:
    """Say whether the dashboard processes what is new in a source by itself.

    Raises UnknownSource.
    """
    with locked(project):
        (source,) = select(project, [name])
        if source.is_automatic != is_on:
            save(project, replace(source, is_automatic=is_on))


def is_automatic(options: str | None) -> bool:
    """Whether the column ``options`` of a source says that it is processed by itself."""
    try:
        return json.loads(options or "{}").get(AUTOMATIC) is True
    except (ValueError, AttributeError):
        return False


def absences(project: Project, language: str) -> dict[str, str]:
    """Return, by source, in a sentence that its folder or many of its files are not there."""
    texts = {
        source.name: presence.problem_text(source.name, source.root, source.presence, language)
        for source in listing(project)
    }
    return {name: text for name, text in texts.items() if text is not None}


def accept_missing(project: Project, name: str) -> int:
    """Say that the files of a source that are not there may be marked missing; return how many.

    The next run marks them, unless more have vanished by then. Raises UnknownSource.
    """
    (source,) = select(project, [name])
    record_presence(project, name, accepted=source.presence.vanished)
    return source.presence.vanished


def absolute_path(source: Source, path: str, raw_path: bytes | None) -> Path:
    """Return the path on disk of a row of ``files``: always inside the source.

    Raises UnknownImage for a path that is absolute or climbs out.
    """
    relative = os.fsdecode(raw_path) if raw_path is not None else path
    parts = PurePosixPath(relative).parts
    if not parts or relative.startswith("/") or ".." in parts or Path(relative).is_absolute():
        raise UnknownImage(name=path)
    return source.root / relative


def _as_name(name: str) -> str:
    """Keep letters, marks and digits; replace every run of other characters by one '-'."""
    normalized = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "ignore"))
    letters = "".join(
        c if unicodedata.category(c)[0] in "LMN" or c == "_" else " " for c in normalized
    )
    return "-".join(letters.split())[:MAX_NAME_LENGTH].rstrip("-") or "source"


def _unique(name: str, taken: Iterable[str]) -> str:
    taken_names = frozenset(taken)
    if name.casefold() not in taken_names:
        return name
    number = 2
    while f"{name}-{number}".casefold() in taken_names:
        number += 1
    return f"{name}-{number}"


def save(project: Project, source: Source) -> None:
    """Write a source's row; the caller holds its lock (:func:`locked`)."""
    import pyarrow as pa

    from panoptic_data.storage.schema import arrow

    row = {
        "name": source.name,
        "uri": _uri(source.root),
        "added_at": source.added_at,
        "options": _options(source),
    }
    project.database().upsert("sources", pa.Table.from_pylist([row], schema=arrow("sources")))


def _options(source: Source) -> str:
    noted = json.loads(presence.to_json(source.presence))
    return json.dumps({**noted, **({AUTOMATIC: True} if source.is_automatic else {})})


def _uri(root: Path) -> str:
    # Tables store UTF-8 only, whereas a path can hold any bytes.
    text = os.fspath(root)
    return text if not re.search("[\udc80-\udcff]", text) else root.as_uri()


def _root(uri: str) -> Path:
    if uri.startswith("file://"):
        return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file://"))))
    return Path(uri)
