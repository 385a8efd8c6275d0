"""Files that hold values (CSV, Parquet, JSON, JSON Lines), read into a table to import.

A file's format is recognised by its content; a database of Panoptic is read by ``panoptic``, a
folder of XMP sidecars by ``sidecars``. Not here: what a table is (``tables``), what its cells mean
(``columns``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import definitions, encodings, panoptic, sidecars
from panoptic_data.exchange.csv_rows import CsvRows, detect_delimiter
from panoptic_data.exchange.encodings import Decoded
from panoptic_data.exchange.exports.names import UniqueNames, safe_name
from panoptic_data.exchange.tables import (
    NewTag,
    Table,
    TextForm,
    column_names,
    tag_columns,
    tags_of,
)
from panoptic_data.media.formats import PROBED_BYTES, probe

__all__ = ["read", "read_tags", "unclear_encoding"]

# Cells of each column that are shown to tell whether the encoding is right.
_ACCENTED = 6
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
    ``delimiter`` and ``encoding`` are detected unless given (``Table.text`` says which encoding);
    ``roots`` is for sidecars (``sidecars.ROOTS``). Raises InvalidImport.
    """
    path = Path(file).expanduser()
    if path.is_dir():
        return _read_folder(path, roots, encoding)
    if path.suffix.lower() == sidecars.SUFFIX and path.is_file():
        _refuse_options(path, encoding=encoding)
        return sidecars.read(path, roots)
    start = _first_bytes(path)
    _refuse_options(path, roots=roots)
    if start.startswith((_SQLITE, _PARQUET)):
        _refuse_options(path, encoding=encoding)
    if start.startswith(_SQLITE):
        return panoptic.read(path)
    if start.startswith(_SPREADSHEETS):
        raise InvalidImport("spreadsheet", path)
    if start.startswith(_PARQUET):
        return _read_parquet(path)
    # Its first bytes may be those of a table.
    if probe(start) not in (None, "PPM"):
        raise InvalidImport("picture", path, folder=path.absolute().parent)
    decoded = _read_text(path, encoding)
    is_json = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
    if is_json or decoded.text.lstrip()[:1] in ("{", "["):
        table = _with_text(_read_json(path, decoded.text), decoded)
        return definitions.read_beside(path, table)
    return definitions.read_beside(path, _read_csv(path, decoded, delimiter))


def _refuse_options(path: Path, **options: str | None) -> None:
    """Raise InvalidImport for an option that a file of this kind would pass over."""
    for name, value in options.items():
        if value is not None:
            raise InvalidImport("option_passed_over", path, name=name)


def read_tags(
    file: str | Path, encoding: str | None = None, *, is_guess_enough: bool = False
) -> tuple[NewTag, ...]:
    """Read tags from a CSV with the columns name, colour (or color), parents.

    Parents are names separated by commas; a name with a comma in it is quoted. Raises
    InvalidImport, for an encoding that is not clear unless ``is_guess_enough``.
    """
    table = read(file, encoding=encoding)
    unclear = unclear_encoding(table)
    if unclear is not None and not is_guess_enough:
        raise unclear
    if "name" not in tag_columns(table):
        raise InvalidImport("no_tag_names", file)
    return tags_of(table)


def unclear_encoding(table: Table) -> InvalidImport | None:
    """Return the question in which encoding a file is, None where that is clear."""
    if table.text is None or table.text.is_certain:
        return None
    known = ", ".join((table.text.encoding, *table.text.others))
    return InvalidImport("unclear_encoding", table.name, known=known)


def _read_folder(folder: Path, roots: str | None, encoding: str | None) -> Table:
    values = folder / panoptic.VALUES
    if values.is_file() and not panoptic.is_project(folder):
        table = _read_csv(values, _read_text(values, encoding), None)
        return replace(table, name=folder.name, tags=_trees_beside(folder, table))
    if not panoptic.is_project(folder) and sidecars.has_sidecars(folder):
        _refuse_options(folder, encoding=encoding)
        return sidecars.read(folder, roots)
    table = panoptic.read(folder)
    _refuse_options(folder, encoding=encoding, roots=roots)
    return table


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
            return file.read(PROBED_BYTES)
    except OSError as error:
        raise InvalidImport("unreadable", path, cause=error.strerror or error) from None


def _read_text(path: Path, encoding: str | None) -> Decoded:
    return encodings.decode(path.read_bytes(), encoding, path)


def _with_text(table: Table, decoded: Decoded, open_quotes: Iterable[int] = ()) -> Table:
    """Return a table with how its file was read as text."""
    columns = table.frame.iter_columns()
    cells = (cell for column in columns for cell in _accented(column))
    form = TextForm(
        decoded.encoding,
        decoded.is_certain,
        decoded.others,
        tuple(encodings.first_accented(chain(table.frame.columns, cells))),
        decoded.bad_lines,
        tuple(open_quotes),
    )
    return replace(table, text=form)


def _accented(column: pl.Series) -> list[str]:
    if column.dtype != pl.String:
        return []
    return column.filter(column.str.contains(r"[^\x00-\x7f]")).head(_ACCENTED).to_list()


def _read_csv(path: Path, decoded: Decoded, delimiter: str | None) -> Table:
    text = decoded.text
    stated = _EXCEL_DELIMITER.match(text)
    if stated is not None:
        # An empty line remains in its stead, so that line numbers stay right.
        text, delimiter = text[stated.end() :], delimiter or stated[1]
    if text.startswith(",".join(definitions.IDENTITY)):
        delimiter = delimiter or ","
    reader = CsvRows(text, delimiter or detect_delimiter(text))
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
    table = Table(path.name, frame, line_numbers, types, tuple(overlong))
    return _with_text(table, decoded, reader.open_quotes)


def _restored(headers: list[str]) -> list[str]:
    texts = pl.select(definitions.restored(pl.lit(pl.Series(headers)))).to_series()
    return [str(text) for text in texts]


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
