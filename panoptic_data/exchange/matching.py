"""Which image or file each row of an imported table is about.

By the file's path (absolute, below a source, or any end of a path that only one file has), its
name, the image's sha1, the file's id, or the row's number: the n-th row is the n-th file of a
folder, as people count ("image-2" before "image-10"). Files that are there come before those
that went missing. Not here: what the rows say (``imports``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.errors import InvalidImport
from panoptic_data.ingest import sources
from panoptic_data.text import folded

if TYPE_CHECKING:
    from panoptic_data.exchange.tables import Table
    from panoptic_data.storage.project import Project

__all__ = ["WAYS", "Found", "Matching", "find", "folders", "proposed"]

WAYS = ("path", "name", "sha1", "id", "row")
# So many rows, from all over the table, tell which column names the images.
_SAMPLED = 200
_MANY = 0.5
# Fewer rows may well be as many as the files of a folder by chance.
_FEWEST = 20
_SHA1 = r"^[0-9a-fA-F]{40}$"
_FILE_ID = r"^[0-9a-f]{16}$"
_KEY_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("path", "chemin", "file", "fichier", "filename", "filepath"), "path"),
    **dict.fromkeys(("localpath", "globalpath", "relativepath", "absolutepath"), "path"),
    **dict.fromkeys(("imagepath", "nomdufichier", "nomdefichier"), "path"),
    "sha1": "sha1",
    "id": "id",
    "fileid": "id",
}
_FOUND = {"row": pl.UInt32, "sha1": pl.String, "file_id": pl.String}
_MISSED = {"row": pl.UInt32, "key": pl.String, "why": pl.String}


@dataclass(frozen=True)
class Matching:
    """How rows find images: ``by`` one of ``WAYS``, with ``column`` (none for row numbers).

    ``folder`` ("source/folder", or a source) limits the files, and is that of row numbers.
    """

    by: str
    column: str | None = None
    folder: str | None = None


@dataclass(frozen=True)
class Found:
    """What rows found: ``rows`` has row, sha1 and file_id (null where several copies fit).

    ``missed`` has row, key, line and why: "nothing", "several" (different images fit) or
    "empty". ``files`` are the files of the project: file_id, sha1 (null: never read).
    """

    matching: Matching
    rows: pl.DataFrame
    missed: pl.DataFrame
    files: pl.DataFrame


def find(project: Project, table: Table, matching: Matching) -> Found:
    """Find the image or file of each row. Raises InvalidImport."""
    files = _chosen(_files(project), matching.folder)
    if matching.by == "row":
        return _found(matching, _by_row(table, files), files, table)
    if matching.column not in table.frame.columns:
        raise InvalidImport("no_column", table.name, column=matching.column or "?")
    rows = _look(_keys(table, matching.column), files, matching.by)
    if table.sha1 is not None and matching.column == table.path:
        rows = _else_by_sha1(rows, _keys(table, table.sha1), files)
    return _found(matching, rows, files, table)


def proposed(
    project: Project,
    table: Table,
    by: str | None = None,
    column: str | None = None,
    folder: str | None = None,
) -> Matching:
    """Return how rows can find images, of what is not said already.

    The column that most rows of a sample find something by; else row numbers, where a folder
    is named or only one holds as many files. Raises InvalidImport where nothing fits.
    """
    if by == "row":
        return Matching("row", None, folder or _folder_of(project, len(table.lines), table))
    if table.path is not None and by is None and column is None:
        return Matching("path", table.path, folder)
    files = _chosen(_files(project), folder)
    best = _best(table, files, by, column)
    if best is not None:
        return Matching(*best, folder)
    if by is None and column is None and folder is not None:
        return Matching("row", None, folder)
    named = _named(table, by, column)
    if named is not None:
        return Matching(*named, folder)
    if len(table.lines) < _FEWEST:
        raise InvalidImport("no_key", table.name)
    return Matching("row", None, _folder_of(project, len(table.lines), table))


def folders(project: Project) -> dict[str, int]:
    """Return the sources and their folders, "source/folder", with how many files are below."""
    files = _files(project).filter(pl.col("status") != "missing")
    counts: dict[str, int] = {}
    for place, count in files.group_by("place_folder").len().iter_rows():
        parts = place.split("/")
        for end in range(1, len(parts) + 1):
            above = "/".join(parts[:end])
            counts[above] = counts.get(above, 0) + count
    return dict(sorted(counts.items()))


def _files(project: Project) -> pl.DataFrame:
    columns = ["file_id", "source", "path", "folder", "sha1", "status"]
    files = project.database().frame("files", columns)
    roots = {one.name: one.root.as_posix() for one in sources.listing(project)}
    root = pl.col("source").replace_strict(roots, default=None, return_dtype=pl.String)
    folder = pl.concat_str("source", pl.lit("/"), "folder").str.strip_chars_end("/")
    place = pl.concat_str("source", pl.lit("/"), "path")
    files = files.with_columns(path=pl.col("path").str.normalize("NFC"))
    return files.with_columns(
        place=place.str.normalize("NFC"),
        place_folder=folder.str.normalize("NFC"),
        absolute=pl.coalesce(pl.concat_str(root, pl.lit("/"), "path"), place).str.normalize("NFC"),
    )


def _chosen(files: pl.DataFrame, folder: str | None) -> pl.DataFrame:
    if folder is None:
        return files
    place = unicodedata.normalize("NFC", folder.replace("\\", "/").strip("/"))
    below = pl.col("place_folder") == place, pl.col("place_folder").str.starts_with(f"{place}/")
    found = files.filter(below[0] | below[1])
    if found.is_empty():
        absolute = pl.col("absolute").str.starts_with(f"/{place}/")
        found = files.filter(absolute)
    if found.is_empty():
        raise InvalidImport("no_folder", folder, folder=folder)
    return found


def _keys(table: Table, column: str) -> pl.DataFrame:
    """Return row and key: paths with "/" between their parts, as Unicode composes them."""
    text = table.frame[column].cast(pl.String, strict=False).rename("key")
    keys = pl.DataFrame({"row": pl.int_range(len(text), dtype=pl.UInt32, eager=True), "key": text})
    key = pl.col("key").str.strip_chars().str.replace_all("\\", "/", literal=True)
    key = key.str.replace(r"^file://", "").str.replace(r"^(?:\./)+", "").str.normalize("NFC")
    return keys.with_columns(key.str.replace_all(r"/{2,}", "/"))


def _look(keys: pl.DataFrame, files: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return row, sha1, file_id, key, why (null where something was found)."""
    is_empty = pl.col("key").fill_null("") == ""
    empty = keys.filter(is_empty).select(
        *_nothing(), key=pl.lit(None, pl.String), why=pl.lit("empty")
    )
    is_missing = pl.col("status") == "missing"
    rest = keys.filter(~is_empty)
    parts = [empty]
    for some in (files.filter(~is_missing), files.filter(is_missing)):
        for way in _LOOKS[by]:
            if rest.is_empty():
                break
            told = way(rest, some)
            parts.append(told.join(rest, on="row", how="left").select(_COLUMNS))
            rest = rest.join(told, on="row", how="anti")
    left = rest.select(*_nothing(), "key", why=pl.lit("nothing"))
    return pl.concat([part.select(_COLUMNS) for part in (*parts, left)]).sort("row")


_COLUMNS = ("row", "sha1", "file_id", "key", "why")


def _nothing() -> tuple[pl.Expr, ...]:
    return (
        pl.col("row"),
        pl.lit(None, pl.String).alias("sha1"),
        pl.lit(None, pl.String).alias("file_id"),
    )


def _told(keys: pl.DataFrame, files: pl.DataFrame, key: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    """Return what rows find where ``key`` of theirs is ``value`` of a file.

    Several files that hold one image tell of the image; of several images, nothing is told.
    """
    wanted = keys.select("row", wanted=key).drop_nulls("wanted")
    held = files.select("file_id", "sha1", wanted=value)
    pairs = wanted.join(held, on="wanted", how="inner")
    rows = pairs.group_by("row").agg(
        pl.col("sha1").first(),
        pl.col("file_id").first(),
        files=pl.col("file_id").n_unique(),
        images=pl.col("sha1").n_unique(),
    )
    is_one = (pl.col("files") == 1) | ((pl.col("images") == 1) & pl.col("sha1").is_not_null())
    return rows.select(
        "row",
        sha1=pl.when(is_one).then("sha1"),
        file_id=pl.when(pl.col("files") == 1).then("file_id"),
        why=pl.when(~is_one).then(pl.lit("several")),
    )


def _whole(column: str) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    return lambda keys, files: _told(keys, files, pl.col("key"), pl.col(column))


def _by_sha1(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    return _told(keys, files, pl.col("key").str.to_lowercase(), pl.col("sha1"))


def _by_name(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    return _told(keys, files, _last(pl.col("key")), _last(pl.col("path")))


def _by_stem(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    stem = _last(pl.col("path")).str.replace(r"\.[^.]*$", "")
    return _told(keys, files, _last(pl.col("key")), stem)


def _by_end(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Find files by a whole key that is the end of their path."""
    depths = _depth(keys)
    parts = [
        _told(keys.filter(depths == depth), files, pl.col("key"), _tail("absolute", depth))
        for depth in depths.unique().sort()
    ]
    return pl.concat(parts) if parts else _told(keys, files, pl.col("key"), pl.col("absolute"))


def _by_common_end(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Find files by the longest end that key and path share, from a folder and a name on.

    For paths of another machine, or of a folder that was moved as a whole.
    """
    told = []
    rest = keys.filter(_depth(keys) > 2)
    deepest = max(_depth(rest).to_list(), default=0)
    for depth in range(deepest - 1, 1, -1):
        deep = rest.filter(_depth(rest) > depth)
        told.append(_told(deep, files, _tail("key", depth), _tail("absolute", depth)))
        rest = rest.join(told[-1], on="row", how="anti")
    return pl.concat(told) if told else _told(rest, files, pl.col("key"), pl.col("absolute"))


def _depth(keys: pl.DataFrame) -> pl.Series:
    return keys["key"].str.strip_chars_start("/").str.count_matches("/", literal=True) + 1


def _tail(column: str, depth: int) -> pl.Expr:
    parts = pl.col(column).str.strip_chars_start("/").str.split("/")
    return pl.when(parts.list.len() >= depth).then(parts.list.tail(depth).list.join("/"))


def _last(path: pl.Expr) -> pl.Expr:
    return path.str.split("/").list.last()


_LOOKS: Mapping[str, tuple[Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame], ...]] = {
    "path": (_whole("absolute"), _whole("place"), _whole("path"), _by_end, _by_common_end),
    "name": (_by_name, _by_stem),
    "sha1": (_by_sha1,),
    "id": (_whole("file_id"),),
}


def _by_row(table: Table, files: pl.DataFrame) -> pl.DataFrame:
    present = files.filter(pl.col("status") != "missing")
    places = present["place"].to_list()
    order = sorted(range(len(places)), key=lambda at: _natural(places[at]))
    lines = len(table.lines)
    chosen = present[order[:lines]]
    rows = pl.int_range(lines, dtype=pl.UInt32, eager=True).alias("row")
    padding = pl.DataFrame({"row": rows[len(chosen) :]}).with_columns(*_nothing()[1:])
    told = chosen.select(rows[: len(chosen)], "sha1", "file_id")
    why = pl.when(pl.col("file_id").is_null()).then(pl.lit("nothing"))
    key = (pl.col("row") + 1).cast(pl.String)
    return pl.concat([told, padding]).with_columns(key=key, why=why).select(_COLUMNS)


def _natural(text: str) -> list[tuple[int, str]]:
    """Return a key by which "image-2" comes before "image-10"."""
    return [
        (int(part), "") if part.isdecimal() else (-1, folded(part))
        for part in re.split(r"(\d+)", text)
        if part
    ]


def _else_by_sha1(rows: pl.DataFrame, keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Let rows whose path found nothing find their image by its sha1."""
    lost = rows.filter(pl.col("why").is_not_null()).select("row")
    again = _look(keys.join(lost, on="row", how="semi"), files, "sha1")
    again = again.filter(pl.col("why").is_null())
    kept = rows.join(again, on="row", how="anti")
    return pl.concat([kept, again.select(rows.columns)]).sort("row")


def _found(matching: Matching, rows: pl.DataFrame, files: pl.DataFrame, table: Table) -> Found:
    is_found = pl.col("why").is_null()
    missed = rows.filter(~is_found).select(list(_MISSED))
    return Found(
        matching,
        rows.filter(is_found).select(list(_FOUND)),
        missed.with_columns(line=table.lines.gather(missed["row"])),
        files.select("file_id", "sha1"),
    )


def _best(
    table: Table, files: pl.DataFrame, by: str | None, column: str | None
) -> tuple[str, str] | None:
    """Return the way and the column by which most rows of a sample find something."""
    step = max(1, len(table.lines) // _SAMPLED)
    sample = table.frame.gather_every(step)
    names = [column] if column is not None else list(table.frame.columns)
    best, most = None, 0.0
    for name in names:
        if name not in table.frame.columns:
            raise InvalidImport("no_column", table.name, column=name)
        if table.types.get(name) == "image" or table.frame[name].dtype.is_nested():
            continue
        part = _part(table, sample, name)
        for way in [by] if by is not None else _ways(part):
            told = _look(_keys(part, name), files, way)
            # Several files of one name show that the column names files.
            share = told["why"].is_in(["nothing", "empty"]).not_().fill_null(True).mean() or 0.0
            if share > most:  # type: ignore[operator]
                best, most = (way, name), float(share)  # type: ignore[arg-type]
    return best if most >= _MANY or column is not None else best if most and by else None


def _part(table: Table, sample: pl.DataFrame, name: str) -> Table:
    from dataclasses import replace

    return replace(table, frame=sample.select(name))


def _ways(part: Table) -> tuple[str, ...]:
    texts = part.frame.to_series().cast(pl.String, strict=False).str.strip_chars()
    for way, pattern in (("sha1", _SHA1), ("id", _FILE_ID)):
        if (texts.str.contains(pattern).mean() or 0.0) >= _MANY:  # type: ignore[operator]
            return (way,)
    return ("path", "name")


def _named(table: Table, by: str | None, column: str | None) -> tuple[str, str] | None:
    """Return the way and the column that a header tells, though nothing is found by it."""
    if column is not None:
        return by or "path", column
    for name in table.frame.columns:
        way = _KEY_NAMES.get(re.sub(r"[^a-z0-9]", "", folded(name)))
        if way is not None and by in (None, way, "name"):
            return by or way, name
    if by is not None:
        raise InvalidImport("no_key", table.name)
    return None


def _folder_of(project: Project, rows: int, table: Table) -> str:
    """Return the only folder with as many files as there are rows."""
    fitting = [place for place, count in folders(project).items() if count == rows]
    # A folder alone in the one above it has the same files: the deepest stands for both.
    own = [one for one in fitting if not any(it.startswith(f"{one}/") for it in fitting)]
    if len(own) != 1:
        raise InvalidImport("no_key", table.name)
    return own[0]
