"""What an export says of its columns beside their cells, so that an import gives back the same.

Property, type, heading and tags of each column, as JSON: in the metadata of a Parquet file, else in
a file beside (``labels.csv.properties.json``). Not here: reading cells (``readers``),
writing them (``exports``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from panoptic_data.annotations import values
from panoptic_data.annotations.properties import TARGETS
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange.tables import ColumnHint, NewTag, Table
from panoptic_data.storage.folder import write_in_one_step

__all__ = [
    "IDENTITY",
    "METADATA_KEY",
    "Definition",
    "beside",
    "defused",
    "drop_former",
    "from_json",
    "is_export",
    "note_former",
    "read_beside",
    "restored",
    "to_json",
    "with_definitions",
    "without_definitions",
]

IDENTITY = ("sha1", "file_id", "path")
"""The first columns of every exported table: by them an import recognises one."""
METADATA_KEY = b"panoptic_data"
FORMAT = 1
_REPLACES = "replaces"
# Spreadsheets take a text that begins so for a formula. Quotes before it were put there by us, or
# stand as if: one more is put and taken away.
_FORMULA = r"^('*[=+\-@\t\r\n＝＋－＠])"
_DEFUSED = r"^'('*[=+\-@\t\r\n＝＋－＠])"


@dataclass(frozen=True)
class Definition:
    """What one column holds: a property with its type and target, and the tags it has."""

    column: str
    name: str
    type: str
    target: str = "image"
    folder: str | None = None
    tags: tuple[NewTag, ...] = ()


def to_json(definitions: Iterable[Definition], rows: str) -> str:
    """Return the definitions as JSON; ``rows`` is what a row is about: "image" or "file"."""
    columns = [
        {
            "column": definition.column,
            "property": definition.name,
            "type": definition.type,
            "target": definition.target,
            "folder": definition.folder,
            "tags": [
                {"name": tag.name, "colour": tag.colour, "parents": list(tag.parents)}
                | ({"label": tag.label} if tag.label else {})
                | ({"identifier": tag.identifier} if tag.identifier else {})
                for tag in definition.tags
            ],
        }
        for definition in definitions
    ]
    content = {"panoptic_data": FORMAT, "rows": rows, "columns": columns}
    return json.dumps(content, ensure_ascii=False, indent=1)


def from_json(text: str | bytes, file: object) -> tuple[tuple[Definition, ...], str]:
    """Return the definitions and what a row is about. Raises InvalidImport."""
    try:
        content = json.loads(text)
        definitions = tuple(_definition(column) for column in content["columns"])
        rows = content["rows"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidImport("definitions", file, cause=error) from None
    return definitions, rows


def beside(path: Path) -> Path:
    """Return where the definitions of a file stand: beside it."""
    return path.with_name(f"{path.name}.properties.json")


def read_beside(path: Path, table: Table) -> Table:
    """Return a table with the definitions in the file beside it, if it is an export's."""
    if not is_export(table.frame.columns):
        return table
    try:
        text = beside(path).read_text("utf-8")
    except (OSError, ValueError):
        return without_definitions(table)
    former = _former(text, path)
    if former == "":
        return without_definitions(table)
    return with_definitions(table, former or text, beside(path))


def note_former(file: Path, table: Path) -> None:
    """Note in new definitions those of the table that stands there until the new one replaces it.

    Two files are not replaced in one step: what a kill leaves in between is the old table.
    """
    content = json.loads(file.read_text("utf-8"))
    content[_REPLACES] = {"sha1": _sha1(table), "definitions": _without_former(beside(table))}
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def drop_former(file: Path) -> None:
    """Take away what :func:`note_former` noted, once the new table is there."""
    content = _without_former(file)
    if content is not None:
        text = json.dumps(content, ensure_ascii=False, indent=1)
        write_in_one_step(file, text + "\n")


def is_export(headers: Iterable[str]) -> bool:
    """Whether the headers of a table are those of an export."""
    return tuple(header for header, _ in zip(headers, IDENTITY, strict=False)) == IDENTITY


def with_definitions(table: Table, text: str | bytes, file: object) -> Table:
    """Return an exported table with what its file says of the columns. Raises InvalidImport."""
    definitions, rows = from_json(text, file)
    by_column = {definition.column: definition for definition in definitions}
    if not is_export(table.frame.columns):
        return table
    # JSON Lines have no member where no row has a value.
    absent = [column for column in by_column if column not in table.frame.columns]
    nulls = (pl.lit(None, pl.String).alias(column) for column in absent)
    table = replace(table, frame=table.frame.with_columns(nulls))
    hints = {
        column: _hint(by_column[column]) if column in by_column else ColumnHint(take=False)
        for column in table.frame.columns
    }
    used = {column: by_column[column] for column in table.frame.columns if column in by_column}
    return replace(
        table,
        types={column: definition.type for column, definition in used.items()},
        hints=hints,
        tags={column: definition.tags for column, definition in used.items() if definition.tags},
        path_column="path" if rows == "file" else None,
        sha1_column="sha1" if rows == "file" else None,
    )


def without_definitions(table: Table) -> Table:
    """Return an exported table that came alone: columns with a type are properties, no others."""
    if not is_export(table.frame.columns) or not table.types:
        return table
    hints = {
        column: ColumnHint(take=column in table.types, is_exact=column in table.types)
        for column in table.frame.columns
    }
    return replace(table, hints=hints)


def defused(texts: pl.Expr) -> pl.Expr:
    """Return texts with a quote before what a spreadsheet would take for a formula."""
    return texts.str.replace(_FORMULA, "'$1")


def restored(texts: pl.Expr) -> pl.Expr:
    """Return texts as they were before :func:`defused`."""
    return texts.str.replace(_DEFUSED, "$1")


def _former(text: str, table: Path) -> str | None:
    """Return the definitions of a table that was to be replaced and was not; "" for none.

    None where the definitions are those of the table.
    """
    try:
        replaces = json.loads(text).get(_REPLACES)
        if replaces is None or _sha1(table) != replaces["sha1"]:
            return None
        former = replaces["definitions"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return json.dumps(former) if former is not None else ""


def _without_former(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    return {name: value for name, value in content.items() if name != _REPLACES}


def _sha1(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha1").hexdigest()


def _hint(definition: Definition) -> ColumnHint:
    return ColumnHint(
        definition.target, definition.folder, name=definition.name, take=True, is_exact=True
    )


def _definition(column: Mapping[str, Any]) -> Definition:
    type, target = column["type"], column["target"]
    if type not in values.TYPES or target not in TARGETS:
        raise ValueError(f"{type} of {target}")
    tags = tuple(
        NewTag(
            str(tag["name"]),
            tag["colour"],
            tuple(map(str, tag["parents"])),
            tag.get("label"),
            tag.get("identifier"),
        )
        for tag in column["tags"]
    )
    return Definition(
        str(column["column"]), str(column["property"]), type, target, column["folder"], tags
    )
