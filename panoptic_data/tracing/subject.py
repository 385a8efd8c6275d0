"""The image that is asked about: named by its sha1, the id of a file, or a path.

Not here: what is known of it (``computed``, ``noted``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.errors import UnknownImage
from panoptic_data.ingest import sources
from panoptic_data.storage.sql import literal

if TYPE_CHECKING:
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project

__all__ = ["Subject", "find_subject"]

COLUMNS = (
    *("file_id", "source", "path", "sha1", "size", "mtime_ns", "status", "first_seen"),
    *("changed_at", "run"),
)
# So many paths are suggested for one that is not there, of so many names.
SUGGESTED = 3
COMPARED = 20_000
# Fewer digits name too many images.
SHORTEST = 6


@dataclass(frozen=True)
class Subject:
    """An image and its files, the named one first; each a row of the table ``files``."""

    sha1: str
    files: tuple[dict[str, Any], ...]
    folders: dict[str, str]

    @property
    def file(self) -> dict[str, Any] | None:
        """The file that is named; None for an image without files."""
        return self.files[0] if self.files else None

    @property
    def path(self) -> str:
        """Source and path of that file: ``posters/1930/a.jpg``; the sha1 without a file."""
        return f"{self.file['source']}/{self.file['path']}" if self.file else self.sha1


def find_subject(project: Project, name: str) -> Subject:
    """Return the image that a name means.

    ``name`` is a sha1 (or its first digits), the id of a file, ``source/path`` or a path on disk.
    Raises UnknownImage, also where several images begin with these digits.
    """
    listing = sources.listing(project)
    if re.fullmatch(rf"[0-9a-f]{{{SHORTEST},40}}", name.lower()):
        subject = _by_id(project, name.lower(), listing)
        if subject is not None:
            return subject
    for source, path in _places(name, listing):
        where = f"source = {literal(source)} AND path = {literal(path)} AND sha1 IS NOT NULL"
        rows = project.database().frame("files", COLUMNS, where)
        if rows.height:
            return _subject(project, rows["sha1"][0], listing, rows["file_id"][0])
    raise UnknownImage(name=name, known=", ".join(_alike(project, name)))


def _alike(project: Project, name: str) -> list[str]:
    """Return a few paths that may be meant: files of this name, else of one much like it."""
    files = project.database().frame("files", ["source", "path"], "sha1 IS NOT NULL")
    paths = files.select(path=pl.concat_str("source", "path", separator="/")).to_series().sort()
    wanted = name.rpartition("/")[2].casefold()
    names = paths.str.split("/").list.last().str.to_lowercase()
    same = paths.filter(names == wanted).head(SUGGESTED).to_list()
    if same:
        return same
    close = get_close_matches(wanted, names.unique().sort().to_list()[:COMPARED], SUGGESTED)
    return paths.filter(names.is_in(close)).head(SUGGESTED).to_list()


def _by_id(project: Project, digits: str, listing: list[Source]) -> Subject | None:
    database = project.database()
    if len(digits) == 16:
        rows = database.take("files", [digits], ["sha1"]).to_pylist()
        if rows and rows[0]["sha1"]:
            return _subject(project, rows[0]["sha1"], listing, digits)
    where = f"sha1 LIKE '{digits}%'"
    sha1s = pl.concat(
        [database.frame(table, ["sha1"], where)["sha1"] for table in ("images", "files")]
    ).unique()
    return _subject(project, sha1s[0], listing) if len(sha1s) == 1 else None


def _places(name: str, listing: list[Source]) -> list[tuple[str, str]]:
    """Return the sources and relative paths that a path can mean."""
    source, _, path = name.partition("/")
    places = [(source, path)] if path else []
    absolute = Path(name).expanduser().absolute()
    for known in listing:
        for candidate in (absolute, absolute.resolve()):
            if candidate.is_relative_to(known.root):
                places.append((known.name, candidate.relative_to(known.root).as_posix()))
    return places


def _subject(project: Project, sha1: str, listing: list[Source], file: str = "") -> Subject:
    rows = project.database().frame("files", COLUMNS, f"sha1 = {literal(sha1)}")
    # The named one first, then those that are there.
    order = rows.sort(pl.col("file_id") != file, pl.col("status") != "ok", "source", "path")
    folders = {source.name: str(source.root) for source in listing}
    return Subject(sha1, tuple(order.to_dicts()), folders)
