"""Files of values that people bring: CSV, Parquet, JSON, a database of Panoptic.

Here: from a file to a table of rows, as it stands in the file. Not here: which image a row is
about (``import_matching``), what its cells mean and where they go (``imports``), Panoptic's
databases (``panoptic_projects``).
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from panoptic_data.errors import InvalidImport

__all__ = ["NewTag", "Place", "Table", "read", "read_tags", "tag_columns", "tags_of"]

DELIMITERS = (";", ",", "\t", "|")
# Enough to tell a delimiter by; a longer look changes no answer.
_SAMPLE = 200_000
_SAMPLED_ROWS = 200
# Rows turned into columns at once, so that a million are never held as lists of texts.
_CHUNK = 50_000
_LONGEST_CELL = 2**31 - 1
# How Excel says in the first line what parts the cells.
_SAID = re.compile(r"sep=(.)(?=\r?\n)")
_TYPED = re.compile(r"(?P<name>.*\S)\s*\[(?P<type>[^\[\]]+)\]")
# How Panoptic and people call the types in brackets behind a column's name.
_TYPES: Mapping[str, str] = {
    "text": "text",
    "string": "text",
    "number": "number",
    "tag": "tag",
    "tags": "tags",
    "multi_tag": "tags",
    "multi_tags": "tags",
    "date": "date",
    "color": "colour",
    "colour": "colour",
    "url": "url",
    "checkbox": "checkbox",
    "path": "path",
    "image": "image",
    "image_link": "image",
}
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_TAG_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "tag", "value", "nom", "valeur"),
    "colour": ("color", "colour", "couleur"),
    "parents": ("parents", "parent"),
}


@dataclass(frozen=True)
class NewTag:
    """A tag as a file tells of it: ``parents`` are names, ``colour`` as it was written."""

    name: str
    colour: str | None = None
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """What a file says of a column, beyond its type: where it belongs."""

    target: str | None = None
    folder: str | None = None


@dataclass(frozen=True)
class Table:
    """Rows of a file. ``lines`` are their lines in it (of Parquet: their numbers, from 1).

    ``types`` are those that headers say (``kind[tag]``), by column; ``overlong`` the lines that
    have more cells than there are columns. The rest is known of Panoptic's databases: ``path``
    and ``sha1``, the columns that say which image a row is about; ``tags`` and ``places`` by
    column.
    """

    name: str
    frame: pl.DataFrame
    lines: pl.Series
    types: Mapping[str, str] = field(default_factory=dict)
    overlong: tuple[int, ...] = ()
    path: str | None = None
    sha1: str | None = None
    tags: Mapping[str, tuple[NewTag, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


def read(file: str | Path, *, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """Read a file, whatever it is: told by its content, CSV where nothing else fits.

    A folder is that of a Panoptic project. ``delimiter`` and ``encoding`` are found out unless
    given. Raises InvalidImport.
    """
    path = Path(file).expanduser()
    if path.is_dir() or _head(path).startswith(b"SQLite format 3\0"):
        from panoptic_data.exchange.panoptic import read as read_project

        return read_project(path)
    head = _head(path)
    if head.startswith(_SPREADSHEETS):
        raise InvalidImport("spreadsheet", path)
    if head.startswith(b"PAR1"):
        return _parquet(path)
    text = _text(path.read_bytes(), encoding)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or text.lstrip()[:1] in ("{", "["):
        return _json(path, text)
    return _csv(path, text, delimiter)


def read_tags(file: str | Path) -> tuple[NewTag, ...]:
    """Read tags from a CSV with the columns name, colour (or color), parents.

    Parents are names, commas between them; names that hold commas stand in quotes. Raises
    InvalidImport.
    """
    table = read(file)
    if "name" not in tag_columns(table):
        raise InvalidImport("no_tag_names", file)
    return tags_of(table)


def tags_of(table: Table) -> tuple[NewTag, ...]:
    """Return the tags that a table lists, none where it has no column of names."""
    columns = tag_columns(table)
    if "name" not in columns:
        return ()
    empty = [None] * len(table.lines)
    parts = [
        table.frame[columns[one]].to_list() if one in columns else empty for one in _TAG_COLUMNS
    ]
    return tuple(
        NewTag(_cell(name), _cell(colour) or None, tuple(split(_cell(parents))))
        for name, colour, parents in zip(*parts, strict=True)
        if _cell(name)
    )


def tag_columns(table: Table) -> dict[str, str]:
    """Return what a table calls the columns of a tag's parts; those that it has."""
    names = {name.casefold().strip(): name for name in table.frame.columns}
    found = {
        part: next((names[one] for one in known if one in names), None)
        for part, known in _TAG_COLUMNS.items()
    }
    return {part: name for part, name in found.items() if name is not None}


def split(text: str, separator: str = ",") -> list[str]:
    """Return the parts of a text; a part in quotes may hold the separator."""
    if '"' not in text:
        parts = text.split(separator)
    else:
        parts = next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    return [part for part in (" ".join(one.split()) for one in parts) if part]


def header(text: str) -> tuple[str, str | None]:
    """Return a column's name and the type that stands behind it in brackets, if it is one."""
    found = _TYPED.fullmatch(text.strip())
    type = _TYPES.get(found["type"].strip().casefold()) if found else None
    return (found["name"], type) if found and type else (text.strip(), None)


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise InvalidImport("unreadable", path, cause=error.strerror or error) from None


def _text(data: bytes, encoding: str | None) -> str:
    """Decode a file: as its mark says, else as UTF-8, else as Windows writes in the West."""
    if encoding is not None:
        return data.decode(encoding, "replace")
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                       (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if data.startswith(mark):
            return data.decode(name, "replace")
    if b"\0" in data[:_SAMPLE]:
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _csv(path: Path, text: str, delimiter: str | None) -> Table:
    csv.field_size_limit(_LONGEST_CELL)
    said = _SAID.match(text)
    if said is not None:
        # Its line stays, empty, so that lines keep their numbers.
        text, delimiter = text[said.end() :], delimiter or said[1]
    reader = _Rows(text, delimiter or _delimiter(text))
    heads = next(iter(reader), None)
    if heads is None:
        raise InvalidImport("empty", path)
    names, types = _names(heads)
    frames = []
    lines: list[int] = []
    overlong: list[int] = []
    for rows, numbers in reader.chunks():
        overlong += [n for row, n in zip(rows, numbers, strict=True) if any(row[len(names) :])]
        full = [(*row, *[""] * (len(names) - len(row)))[: len(names)] for row in rows]
        columns = zip(*full, strict=True)
        frames.append(
            pl.DataFrame(dict(zip(names, columns, strict=True)), dict.fromkeys(names, pl.String))
        )
        lines += numbers
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    frame = pl.concat([empty, *frames])
    return Table(path.name, frame, pl.Series("line", lines, pl.Int64), types, tuple(overlong))


class _Rows:
    """Rows of a CSV that are not empty, with the line on which each begins."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        self.line = 0

    def __iter__(self) -> Iterator[list[str]]:
        end = self._rows.line_num
        for row in self._rows:
            self.line, end = end + 1, self._rows.line_num
            if any(cell and not cell.isspace() for cell in row):
                yield row

    def chunks(self) -> Iterator[tuple[list[list[str]], list[int]]]:
        rows: list[list[str]] = []
        lines: list[int] = []
        for row in self:
            rows.append(row)
            lines.append(self.line)
            if len(rows) == _CHUNK:
                yield rows, lines
                rows, lines = [], []
        if rows:
            yield rows, lines


def _delimiter(text: str) -> str:
    """Return what parts the cells: what gives most rows as many cells as the first has."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = _some_rows(text[:_SAMPLE], delimiter)
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(DELIMITERS, key=score)


def _some_rows(text: str, delimiter: str) -> list[list[str]]:
    found: list[list[str]] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if any(row):
            found.append(row)
        if len(found) == _SAMPLED_ROWS:
            break
    # The last one may be cut in the middle.
    return found[:-1] if len(found) > 2 else found


def _names(heads: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the columns' names, each different, and the types that stand behind them."""
    names: list[str] = []
    types = {}
    for number, head in enumerate(heads, 1):
        name, type = header(head)
        name = _unlike(" ".join(name.split()) or f"column {number}", names)
        names.append(name)
        if type is not None:
            types[name] = type
    return names, types


def _unlike(name: str, taken: Sequence[str]) -> str:
    number, known = 2, set(taken)
    chosen = name
    while chosen in known:
        chosen = f"{name} ({number})"
        number += 1
    return chosen


def _parquet(path: Path) -> Table:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InvalidImport("damaged", path, cause=str(error).splitlines()[0]) from None
    return _typed(path.name, frame, pl.int_range(1, len(frame) + 1, eager=True))


def _json(path: Path, text: str) -> Table:
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    for line, row in _objects(path, text):
        if not isinstance(row, dict):
            raise InvalidImport("json", path, line=line)
        rows.append(row)
        lines.append(line)
    names = list(dict.fromkeys(name for row in rows for name in row))
    frame = pl.DataFrame({name: _column(name, [row.get(name) for row in rows]) for name in names})
    return _typed(path.name, frame, pl.Series("line", lines, pl.Int64))


def _objects(path: Path, text: str) -> Iterable[tuple[int, Any]]:
    """Yield the objects of JSON Lines, or of one JSON list, with their lines (numbers)."""
    if text.lstrip().startswith("["):
        try:
            return list(enumerate(json.loads(text), 1))
        except ValueError as error:
            raise InvalidImport("json", path, line=getattr(error, "lineno", 1)) from None
    return _json_lines(path, text)


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for line, one in enumerate(text.split("\n"), 1):
        if not one.strip():
            continue
        try:
            yield line, json.loads(one)
        except ValueError:
            raise InvalidImport("json", path, line=line) from None


def _column(name: str, cells: list[Any]) -> pl.Series:
    """Return cells of JSON as a series; of several kinds: as texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {bool} or kinds <= {int, float} or kinds <= {str}:
        return pl.Series(name, cells, strict=False)
    if kinds <= {list}:
        lists = [None if cell is None else [_word(one) for one in cell] for cell in cells]
        return pl.Series(name, lists, pl.List(pl.String))
    return pl.Series(name, [None if cell is None else _word(cell) for cell in cells], pl.String)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _typed(name: str, frame: pl.DataFrame, lines: pl.Series) -> Table:
    """Return a table of columns that have types; those that are no values are left out."""
    names, types = _names(frame.columns)
    kept = [
        _plain(series.rename(name))
        for name, series in zip(names, frame.iter_columns(), strict=True)
        if series.dtype != pl.Binary
    ]
    return Table(name, pl.DataFrame(kept), lines.rename("line"), types)


def _plain(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.Struct):
        return series.struct.json_encode()
    if isinstance(series.dtype, pl.Array):
        series = series.arr.to_list()
    if isinstance(series.dtype, pl.List):
        return series.cast(pl.List(pl.String))
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        return series.cast(pl.String)
    return series
