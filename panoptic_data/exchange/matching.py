"""Which image or file each row of an imported table is about.

Rows are matched by the file's path (absolute, below a source, or any end of a path that only one
file has), its name, the image's sha1, the file's id, or the row's number: the n-th row is the n-th
file of a folder in natural order ("image-2" before "image-10"). Present files are preferred to
missing ones; capitals count unless nothing matches with them. Not here: the values of a row
(``columns``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.errors import InvalidImport
from panoptic_data.ingest import sources
from panoptic_data.text import folded, natural_key

if TYPE_CHECKING:
    from panoptic_data.exchange.tables import Table
    from panoptic_data.storage.project import Project

__all__ = [
    "METHODS",
    "Matches",
    "Matching",
    "folders",
    "has_panoptic_ids",
    "match_rows",
    "propose",
]

METHODS = ("path", "name", "sha1", "id", "row")
# Rows, taken evenly from the whole table, by which the key column is recognised.
_SAMPLED = 200
# A key column matches at least this share of the sampled rows.
_LEAST_SHARE = 0.5
# Fewer rows may be as many as the files of a folder by chance.
_FEWEST_ROWS = 20
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
_COLUMNS = ("row", "sha1", "file_id", "key", "why", "is_caseless")
_PATHS = ("path", "rooted", "absolute")
_WITH_CASE = ("path", "name")


@dataclass(frozen=True)
class Matching:
    """How rows are matched: ``by`` one of ``METHODS``, with ``column`` (None for row numbers).

    ``folder`` ("source/folder", or a source) limits the files; row numbers count those in it.
    """

    by: str
    column: str | None = None
    folder: str | None = None


@dataclass(frozen=True)
class Matches:
    """What rows match: ``rows`` has row, sha1 and file_id (null where several copies match).

    ``unmatched`` has row, key, line and why: "nothing", "several" (different images match) or
    "empty". ``files`` are the files of the project: file_id, sha1 (null: never read).
    ``caseless`` counts the rows that match only where capitals do not count.
    """

    matching: Matching
    rows: pl.DataFrame
    unmatched: pl.DataFrame
    files: pl.DataFrame
    caseless: int = 0


def match_rows(project: Project, table: Table, matching: Matching) -> Matches:
    """Return the image or file of each row. Raises InvalidImport."""
    files = _in_folder(_files(project), matching.folder, table.name)
    if matching.by == "row":
        return _matches(matching, _by_row(table, files), files, table)
    if matching.column not in table.frame.columns:
        raise InvalidImport("no_column", table.name, column=matching.column or "?")
    rows = _look_up(_keys(table, matching.column), files, matching.by)
    if matching.column == table.path_column:
        for by, column in (("path", table.second_path_column), ("sha1", table.sha1_column)):
            if column is not None:
                rows = _retry(rows, _keys(table, column), files, by)
    return _matches(matching, rows, files, table)


def propose(
    project: Project,
    table: Table,
    by: str | None = None,
    column: str | None = None,
    folder: str | None = None,
) -> Matching:
    """Return how rows can be matched, completing what is given.

    That is the column by which most rows of a sample match something; else row numbers, where a
    folder is given or only one has as many files as there are rows. Raises InvalidImport where
    nothing fits.
    """
    if by == "row":
        return Matching("row", None, folder or _folder_of_size(project, len(table.lines), table))
    if table.path_column is not None and by is None and column is None:
        return Matching("path", table.path_column, folder)
    files = _in_folder(_files(project), folder, table.name)
    best = _best_key(table, files, by, column)
    if best is not None:
        return Matching(*best, folder)
    if by is None and column is None and folder is not None:
        return Matching("row", None, folder)
    named = _key_by_header(table, by, column)
    if named is not None:
        return Matching(*named, folder)
    if len(table.lines) < _FEWEST_ROWS:
        raise InvalidImport("no_key", table.name)
    return Matching("row", None, _folder_of_size(project, len(table.lines), table))


def folders(project: Project) -> dict[str, int]:
    """Return how many files each source and folder ("source/folder") has, at any depth."""
    files = _files(project).filter(pl.col("status") != "missing")
    counts: dict[str, int] = {}
    for folder, count in files.group_by("rooted_folder").len().iter_rows():
        parts = folder.split("/")
        for end in range(1, len(parts) + 1):
            parent = "/".join(parts[:end])
            counts[parent] = counts.get(parent, 0) + count
    return {folder: counts[folder] for folder in sorted(counts, key=natural_key)}


def has_panoptic_ids(table: Table, column: str | None) -> bool:
    """Whether a column holds the numbers that Panoptic gives to images, and only it knows."""
    if column is None or folded(column) != "id" or not table.types:
        return False
    texts = table.frame[column].cast(pl.String, strict=False).str.strip_chars()
    return bool(texts.str.contains(r"^[0-9]{1,9}$").fill_null(False).all())


def _files(project: Project) -> pl.DataFrame:
    """Return the files of a project; paths are composed as Unicode NFC.

    ``rooted`` is "source/path", ``rooted_folder`` its folder, ``absolute`` the path on this
    machine.
    """
    columns = ["file_id", "source", "path", "folder", "sha1", "status"]
    files = project.database().frame("files", columns, "status != 'purged'")
    roots = {source.name: source.root.as_posix() for source in sources.listing(project)}
    root = pl.col("source").replace_strict(roots, default=None, return_dtype=pl.String)
    folder = pl.concat_str("source", pl.lit("/"), "folder").str.strip_chars_end("/")
    rooted = pl.concat_str("source", pl.lit("/"), "path")
    absolute = pl.coalesce(pl.concat_str(root, pl.lit("/"), "path"), rooted)
    files = files.with_columns(path=pl.col("path").str.normalize("NFC"))
    return files.with_columns(
        rooted=rooted.str.normalize("NFC"),
        rooted_folder=folder.str.normalize("NFC"),
        absolute=absolute.str.normalize("NFC"),
    )


def _in_folder(files: pl.DataFrame, folder: str | None, table: str) -> pl.DataFrame:
    """Return the files below a folder, "source/folder" or an absolute path.

    Raises InvalidImport of the file ``table`` where the project has no such folder.
    """
    if folder is None:
        return files
    path = unicodedata.normalize("NFC", folder.replace("\\", "/").strip("/"))
    rooted_folder = pl.col("rooted_folder")
    inside = files.filter((rooted_folder == path) | rooted_folder.str.starts_with(f"{path}/"))
    if inside.is_empty():
        inside = files.filter(pl.col("absolute").str.starts_with(f"/{path}/"))
    if inside.is_empty():
        raise InvalidImport("no_folder", table, folder=folder)
    return inside


def _keys(table: Table, column: str) -> pl.DataFrame:
    """Return row and key: paths with "/" as separator, composed as Unicode NFC."""
    text = table.frame[column].cast(pl.String, strict=False).rename("key")
    keys = pl.DataFrame({"row": pl.int_range(len(text), dtype=pl.UInt32, eager=True), "key": text})
    key = pl.col("key").str.strip_chars().str.replace_all("\\", "/", literal=True)
    key = key.str.replace(r"^file://", "").str.replace(r"^(?:\./)+", "").str.normalize("NFC")
    return keys.with_columns(key.str.replace_all(r"/{2,}", "/"))


def _look_up(keys: pl.DataFrame, files: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return row, sha1, file_id, key, why (null where something matches), is_caseless."""
    is_empty = pl.col("key").fill_null("") == ""
    empty = keys.filter(is_empty).select(
        *_no_match(), key=pl.lit(None, pl.String), why=pl.lit("empty"), is_caseless=False
    )
    rest = keys.filter(~is_empty)
    parts = [empty]
    for is_caseless, candidates in _candidates(files, by):
        for lookup in _LOOKUPS[by]:
            if rest.is_empty():
                break
            key = pl.col("key").str.to_lowercase() if is_caseless else pl.col("key")
            matched = lookup(rest.with_columns(key), candidates())
            with_keys = matched.join(rest, on="row", how="left")
            parts.append(with_keys.with_columns(is_caseless=is_caseless).select(_COLUMNS))
            rest = rest.join(matched, on="row", how="anti")
    unmatched = rest.select(*_no_match(), "key", why=pl.lit("nothing"), is_caseless=False)
    return pl.concat([part.select(_COLUMNS) for part in (*parts, unmatched)]).sort("row")


def _candidates(files: pl.DataFrame, by: str) -> Iterator[tuple[bool, Callable[[], pl.DataFrame]]]:
    """Yield the files to look among, in their turn, and whether capitals count for nothing."""
    is_missing = pl.col("status") == "missing"
    for is_caseless in (False, True) if by in _WITH_CASE else (False,):
        lowered = [pl.col(path).str.to_lowercase() for path in _PATHS] if is_caseless else []
        for part in (files.filter(~is_missing), files.filter(is_missing)):
            # Made only where a row is left that matched nothing.
            yield is_caseless, cache(partial(part.with_columns, lowered))


def _no_match() -> tuple[pl.Expr, ...]:
    return (
        pl.col("row"),
        pl.lit(None, pl.String).alias("sha1"),
        pl.lit(None, pl.String).alias("file_id"),
    )


def _join(keys: pl.DataFrame, files: pl.DataFrame, key: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    """Return row, sha1, file_id, why of the rows whose ``key`` equals ``value`` of some file.

    Several files of one image match that image (file_id null); different images match nothing
    (why: "several").
    """
    wanted = keys.select("row", wanted=key).drop_nulls("wanted")
    offered = files.select("file_id", "sha1", wanted=value)
    pairs = wanted.join(offered, on="wanted", how="inner")
    rows = pairs.group_by("row").agg(
        pl.col("sha1").first(),
        pl.col("file_id").first(),
        files=pl.col("file_id").n_unique(),
        images=pl.col("sha1").n_unique(),
    )
    is_unique = (pl.col("files") == 1) | ((pl.col("images") == 1) & pl.col("sha1").is_not_null())
    return rows.select(
        "row",
        sha1=pl.when(is_unique).then("sha1"),
        file_id=pl.when(pl.col("files") == 1).then("file_id"),
        why=pl.when(~is_unique).then(pl.lit("several")),
    )


def _by_column(column: str) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    return lambda keys, files: _join(keys, files, pl.col("key"), pl.col(column))


def _by_sha1(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    return _join(keys, files, pl.col("key").str.to_lowercase(), pl.col("sha1"))


def _by_name(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    return _join(keys, files, _file_name(pl.col("key")), _file_name(pl.col("path")))


def _by_stem(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    stem = _file_name(pl.col("path")).str.replace(r"\.[^.]*$", "")
    return _join(keys, files, _file_name(pl.col("key")), stem)


def _by_end(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Match files whose path ends with the whole key."""
    depths = _depth(keys)
    parts = [
        _join(keys.filter(depths == depth), files, pl.col("key"), _tail("absolute", depth))
        for depth in depths.unique().sort()
    ]
    return pl.concat(parts) if parts else _join(keys, files, pl.col("key"), pl.col("absolute"))


def _without_suffix(column: str) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """Match files whose whole path is the key but for its suffix: ``a`` is the file ``a.jpg``."""
    path = pl.col(column).str.replace(r"\.[^./]+$", "")
    return lambda keys, files: _join(keys, files, pl.col("key"), path)


def _by_common_end(keys: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Match files by the longest end that key and path share, of at least a folder and a name.

    This is for paths of another machine, or of a folder that was moved.
    """
    matched = []
    rest = keys.filter(_depth(keys) > 2)
    deepest = max(_depth(rest).to_list(), default=0)
    for depth in range(deepest - 1, 1, -1):
        deep = rest.filter(_depth(rest) > depth)
        matched.append(_join(deep, files, _tail("key", depth), _tail("absolute", depth)))
        rest = rest.join(matched[-1], on="row", how="anti")
    return pl.concat(matched) if matched else _join(rest, files, pl.col("key"), pl.col("absolute"))


def _depth(keys: pl.DataFrame) -> pl.Series:
    return keys["key"].str.strip_chars_start("/").str.count_matches("/", literal=True) + 1


def _tail(column: str, depth: int) -> pl.Expr:
    parts = pl.col(column).str.strip_chars_start("/").str.split("/")
    return pl.when(parts.list.len() >= depth).then(parts.list.tail(depth).list.join("/"))


def _file_name(path: pl.Expr) -> pl.Expr:
    return path.str.split("/").list.last()


_LOOKUPS: Mapping[str, tuple[Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame], ...]] = {
    "path": (
        _by_column("absolute"),
        _by_column("rooted"),
        _by_column("path"),
        _by_end,
        _without_suffix("absolute"),
        _without_suffix("rooted"),
        _without_suffix("path"),
        _by_common_end,
    ),
    "name": (_by_name, _by_stem),
    "sha1": (_by_sha1,),
    "id": (_by_column("file_id"),),
}


def _by_row(table: Table, files: pl.DataFrame) -> pl.DataFrame:
    """Match the n-th row with the n-th present file."""
    present = files.filter(pl.col("status") != "missing")
    paths = present["rooted"].to_list()
    order = sorted(range(len(paths)), key=lambda index: natural_key(paths[index]))
    lines = len(table.lines)
    matched = present[order[:lines]]
    rows = pl.int_range(lines, dtype=pl.UInt32, eager=True).alias("row")
    surplus = pl.DataFrame({"row": rows[len(matched) :]}).with_columns(*_no_match()[1:])
    numbered = matched.select(rows[: len(matched)], "sha1", "file_id")
    why = pl.when(pl.col("file_id").is_null()).then(pl.lit("nothing"))
    key = (pl.col("row") + 1).cast(pl.String)
    both = pl.concat([numbered, surplus])
    return both.with_columns(key=key, why=why, is_caseless=pl.lit(False)).select(_COLUMNS)


def _retry(rows: pl.DataFrame, keys: pl.DataFrame, files: pl.DataFrame, by: str) -> pl.DataFrame:
    """Match rows by another key, a path or their image's sha1, where the first matches nothing."""
    unmatched = rows.filter(pl.col("why").is_not_null()).select("row")
    matched = _look_up(keys.join(unmatched, on="row", how="semi"), files, by)
    matched = matched.filter(pl.col("why").is_null())
    others = rows.join(matched, on="row", how="anti")
    return pl.concat([others, matched.select(rows.columns)]).sort("row")


def _matches(matching: Matching, rows: pl.DataFrame, files: pl.DataFrame, table: Table) -> Matches:
    is_matched = pl.col("why").is_null()
    unmatched = rows.filter(~is_matched).select("row", "key", "why")
    return Matches(
        matching,
        rows.filter(is_matched).select("row", "sha1", "file_id"),
        unmatched.with_columns(line=table.lines.gather(unmatched["row"])),
        files.select("file_id", "sha1"),
        rows.filter(is_matched & pl.col("is_caseless")).height,
    )


def _best_key(
    table: Table, files: pl.DataFrame, by: str | None, column: str | None
) -> tuple[str, str] | None:
    """Return the method and the column by which most rows of a sample match something."""
    step = max(1, len(table.lines) // _SAMPLED)
    sample = table.frame.gather_every(step)
    names = [column] if column is not None else list(table.frame.columns)
    best, best_share = None, 0.0
    for name in names:
        if name not in table.frame.columns:
            raise InvalidImport("no_column", table.name, column=name)
        if column is None and has_panoptic_ids(table, name):
            continue
        if table.types.get(name) == "image" or table.frame[name].dtype.is_nested():
            continue
        part = replace(table, frame=sample.select(name))
        for method in [by] if by is not None else _likely_methods(part):
            why = _look_up(_keys(part, name), files, method)["why"]
            # Several files of one name count, too: the column does name files.
            share = why.is_in(["nothing", "empty"]).not_().fill_null(True).mean() or 0.0
            if share > best_share:  # type: ignore[operator]
                best, best_share = (method, name), float(share)  # type: ignore[arg-type]
    if best_share >= _LEAST_SHARE or column is not None:
        return best
    return best if best_share and by else None


def _likely_methods(part: Table) -> tuple[str, ...]:
    """Return the methods that the cells of a single column look like."""
    texts = part.frame.to_series().cast(pl.String, strict=False).str.strip_chars()
    for method, pattern in (("sha1", _SHA1), ("id", _FILE_ID)):
        if (texts.str.contains(pattern).mean() or 0.0) >= _LEAST_SHARE:  # type: ignore[operator]
            return (method,)
    return ("path", "name")


def _key_by_header(table: Table, by: str | None, column: str | None) -> tuple[str, str] | None:
    """Return the method and the column that a header suggests, though nothing matches by it."""
    if column is not None:
        return by or "path", column
    for name in table.frame.columns:
        method = _KEY_NAMES.get(re.sub(r"[^a-z0-9]", "", folded(name)))
        if method is not None and by in (None, method, "name"):
            return by or method, name
    if by is not None:
        raise InvalidImport("no_key", table.name)
    return None


def _folder_of_size(project: Project, rows: int, table: Table) -> str:
    """Return the only folder with as many files as there are rows."""
    fitting = [folder for folder, count in folders(project).items() if count == rows]
    # A folder that is all its parent contains has the same files: the deepest stands for both.
    deepest = [
        folder for folder in fitting if not any(other.startswith(f"{folder}/") for other in fitting)
    ]
    if len(deepest) != 1:
        raise InvalidImport("no_key", table.name)
    return deepest[0]
