"""Files that hold values (CSV, Parquet, JSON, JSON Lines), read into a table to import.

A file's format is recognised by its content; a database of Panoptic is read by ``panoptic``, a
folder of XMP sidecars by ``sidecars``. Not here: what a table is (``tables``), what its cells mean
(``columns``).
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import definitions, panoptic, sidecars
from panoptic_data.exchange.exports.names import UniqueNames, safe_name
from panoptic_data.exchange.tables import NewTag, Table, column_names, tag_columns, tags_of

__all__ = ["read", "read_tags"]

DELIMITERS = (";", ",", "\t", "|")
# Characters looked at to recognise the delimiter; a longer sample changes no answer.
_SAMPLE = 200_000
_SAMPLED_ROWS = 200
# Rows turned into columns at once, so that a million are never held as lists of texts.
_CHUNK = 50_000
_LONGEST_CELL = 2**31 - 1
# Excel states the delimiter in the first line.
_EXCEL_DELIMITER = re.compile(r"sep=(.)(?=\r?\n)")
_SQLITE = b"SQLite format 3\0"
_PARQUET = b"PAR1"
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read(
    file: str | Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    roots: str | None = None,
) -> Table:
    """Read a file of any format, recognised by its content; CSV where nothing else fits.

    A folder is that of a Panoptic project, an export for Panoptic, or holds XMP sidecars.
    ``delimiter`` and ``encoding`` are detected unless given; ``roots`` is for sidecars
    (``sidecars.ROOTS``). Raises InvalidImport.
    """
    path = Path(file).expanduser()
    if path.is_dir():
        return _read_folder(path, roots)
    if path.suffix.lower() == sidecars.SUFFIX and path.is_file():
        return sidecars.read(path, roots)
    start = _first_bytes(path)
    if start.startswith(_SQLITE):
        return panoptic.read(path)
    if start.startswith(_SPREADSHEETS):
        raise InvalidImport("spreadsheet", path)
    if start.startswith(_PARQUET):
        return _read_parquet(path)
    text = _decode(path.read_bytes(), encoding)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or text.lstrip()[:1] in ("{", "["):
        return definitions.read_beside(path, _read_json(path, text))
    return definitions.read_beside(path, _read_csv(path, text, delimiter))


def read_tags(file: str | Path) -> tuple[NewTag, ...]:
    """Read tags from a CSV with the columns name, colour (or color), parents.

    Parents are names separated by commas; a name with a comma in it is quoted. Raises
    InvalidImport.
    """
    table = read(file)
    if "name" not in tag_columns(table):
        raise InvalidImport("no_tag_names", file)
    return tags_of(table)


def _read_folder(folder: Path, roots: str | None) -> Table:
    values = folder / panoptic.VALUES
    if values.is_file() and not panoptic.is_project(folder):
        table = _read_csv(values, _decode(values.read_bytes(), None), None)
        return replace(table, name=folder.name, tags=_trees_beside(folder, table))
    if not panoptic.is_project(folder) and sidecars.has_sidecars(folder):
        return sidecars.read(folder, roots)
    return panoptic.read(folder)


def _trees_beside(folder: Path, table: Table) -> dict[str, tuple[NewTag, ...]]:
    """Return the tags of each column that have a file in an export for Panoptic."""
    names, trees = UniqueNames(), {}
    for column, type in table.types.items():
        file = folder / panoptic.TREES / safe_name(f"{column}.csv")
        if type in ("tag", "tags") and file.is_file():
            trees[column] = read_tags(file.with_name(names.take(file.name)))
    return trees


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise InvalidImport("unreadable", path, cause=error.strerror or error) from None


def _decode(data: bytes, encoding: str | None) -> str:
    """Decode a file by its byte order mark, else as UTF-8, else as Windows-1252."""
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


def _read_csv(path: Path, text: str, delimiter: str | None) -> Table:
    csv.field_size_limit(_LONGEST_CELL)
    stated = _EXCEL_DELIMITER.match(text)
    if stated is not None:
        # An empty line remains in its stead, so that line numbers stay right.
        text, delimiter = text[stated.end() :], delimiter or stated[1]
    if text.startswith(",".join(definitions.IDENTITY)):
        delimiter = delimiter or ","
    reader = _CsvRows(text, delimiter or _detect_delimiter(text))
    headers = next(iter(reader), None)
    if headers is None:
        raise InvalidImport("empty", path)
    is_export = definitions.is_export(headers)
    if is_export:
        headers = _restored(headers)
    names, types = column_names(headers)
    width = len(names)
    frames = [pl.DataFrame(schema=dict.fromkeys(names, pl.String))]
    lines: list[int] = []
    overlong: list[int] = []
    for rows, numbers in reader.chunks():
        overlong += [line for row, line in zip(rows, numbers, strict=True) if any(row[width:])]
        padded = [(*row, *[""] * (width - len(row)))[:width] for row in rows]
        columns = zip(*padded, strict=True)
        frames.append(
            pl.DataFrame(dict(zip(names, columns, strict=True)), dict.fromkeys(names, pl.String))
        )
        lines += numbers
    line_numbers = pl.Series("line", lines, pl.Int64)
    frame = pl.concat(frames)
    if is_export:
        frame = frame.with_columns(definitions.restored(pl.all()))
    return Table(path.name, frame, line_numbers, types, tuple(overlong))


def _restored(headers: list[str]) -> list[str]:
    texts = pl.select(definitions.restored(pl.lit(pl.Series(headers)))).to_series()
    return [str(text) for text in texts]


class _CsvRows:
    """The rows of a CSV that are not empty, with the line on which each begins."""

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
        """Yield up to ``_CHUNK`` rows at a time, with their line numbers."""
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


def _detect_delimiter(text: str) -> str:
    """Return the delimiter under which most rows have as many cells as the first."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = _sample_rows(text[:_SAMPLE], delimiter)
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(DELIMITERS, key=score)


def _sample_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if any(row):
            rows.append(row)
        if len(rows) == _SAMPLED_ROWS:
            break
    # The last row may be cut in the middle.
    return rows[:-1] if len(rows) > 2 else rows


def _read_parquet(path: Path) -> Table:
    try:
        frame = pl.read_parquet(path)
        metadata = pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InvalidImport("damaged", path, cause=str(error).splitlines()[0]) from None
    table = _typed_table(path.name, frame, pl.int_range(1, len(frame) + 1, eager=True))
    stored = metadata.get(definitions.METADATA_KEY.decode())
    return table if stored is None else definitions.with_definitions(table, stored, path)


def _read_json(path: Path, text: str) -> Table:
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    for line, row in _json_objects(path, text):
        if not isinstance(row, dict):
            raise InvalidImport("json", path, line=line)
        rows.append(row)
        lines.append(line)
    names = list(dict.fromkeys(name for row in rows for name in row))
    frame = pl.DataFrame(
        {name: _json_column(name, [row.get(name) for row in rows]) for name in names}
    )
    return _typed_table(path.name, frame, pl.Series("line", lines, pl.Int64))


def _json_objects(path: Path, text: str) -> Iterable[tuple[int, Any]]:
    """Return (number, object) of one JSON list, or (line, object) of JSON Lines."""
    if text.lstrip().startswith("["):
        try:
            return list(enumerate(json.loads(text), 1))
        except ValueError as error:
            raise InvalidImport("json", path, line=getattr(error, "lineno", 1)) from None
    return _json_lines(path, text)


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError:
            raise InvalidImport("json", path, line=number) from None


def _json_column(name: str, cells: list[Any]) -> pl.Series:
    """Return JSON values as a series; values of different types become texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {bool} or kinds <= {int, float} or kinds <= {str}:
        return pl.Series(name, cells, strict=False)
    if kinds <= {list}:
        lists = [None if cell is None else [_as_text(item) for item in cell] for cell in cells]
        return pl.Series(name, lists, pl.List(pl.String))
    return pl.Series(name, [None if cell is None else _as_text(cell) for cell in cells], pl.String)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _typed_table(name: str, frame: pl.DataFrame, lines: pl.Series) -> Table:
    """Return a table of typed columns; binary columns are left out."""
    names, types = column_names(frame.columns)
    if definitions.is_export(frame.columns):
        # What stands in brackets is part of the name: the types are said elsewhere.
        names, types = list(frame.columns), {}
    columns = [
        _simplify(series.rename(name))
        for name, series in zip(names, frame.iter_columns(), strict=True)
        if series.dtype != pl.Binary
    ]
    return Table(name, pl.DataFrame(columns), lines.rename("line"), types)


def _simplify(series: pl.Series) -> pl.Series:
    """Return a series without structs, arrays and categories."""
    if isinstance(series.dtype, pl.Struct):
        return series.struct.json_encode()
    if isinstance(series.dtype, pl.Array):
        series = series.arr.to_list()
    if isinstance(series.dtype, pl.List):
        return series.cast(pl.List(pl.String))
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        return series.cast(pl.String)
    return series
