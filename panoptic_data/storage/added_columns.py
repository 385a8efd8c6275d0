"""Columns that ``schema`` declares and a stored table lacks: an earlier release made the table.

They read as null, and the first write adds them. Not here: reading and writing (``tables``),
which columns there are (``schema``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import pyarrow as pa

from panoptic_data.storage.schema import table_of

__all__ = ["complete", "missing_fields", "stored_condition", "stored_names"]

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)

# A quoted text, a quoted name, or a bare word of SQL.
_SQL_WORD = re.compile(r"'(?:[^']|'')*'|`(?P<quoted>[^`]+)`|\b(?P<bare>[A-Za-z_]\w*)\b")
_SQL_TYPES = {"double": "DOUBLE", "float": "FLOAT", "bool": "BOOLEAN", "binary": "BINARY"}


def missing_fields(name: str, stored: pa.Schema) -> dict[str, pa.Field]:
    """Return, by name, the declared columns that a table's stored schema lacks."""
    return {
        column.name: pa.field(column.name, column.type)
        for column in table_of(name).columns
        if column.type is not None and column.name not in stored.names
    }


def stored_names(
    name: str, columns: Sequence[str] | None, missing: dict[str, pa.Field]
) -> list[str] | None:
    """Return which columns to read for these; the key where none of them is stored."""
    if columns is None or not missing:
        return None if columns is None else list(columns)
    return [column for column in columns if column not in missing] or [table_of(name).key]


def stored_condition(where: str, missing: dict[str, pa.Field]) -> str:
    """Return a SQL condition with null in place of the columns that are not stored."""

    def replaced(word: re.Match[str]) -> str:
        field = missing.get(word["quoted"] or word["bare"] or "")
        return word[0] if field is None else f"CAST(NULL AS {_sql_type(field.type)})"

    return _SQL_WORD.sub(replaced, where) if missing else where


def complete(
    name: str, rows: Rows, columns: Sequence[str] | None, missing: dict[str, pa.Field]
) -> Rows:
    """Return rows with these columns, in this order, null where they are not stored.

    Without ``columns`` all: those declared, in their order, then any others that are stored.
    """
    names = _all_names(name, rows.schema) if columns is None else list(columns)
    if not missing:
        return rows.select(names)
    fields = [missing[n] if n in missing else rows.schema.field(n) for n in names]
    arrays = [
        pa.nulls(rows.num_rows, field.type) if field.name in missing else rows[field.name]
        for field in fields
    ]
    return type(rows).from_arrays(arrays, schema=pa.schema(fields))


def _all_names(name: str, stored: pa.Schema) -> list[str]:
    declared = [column.name for column in table_of(name).columns]
    return [*declared, *(other for other in stored.names if other not in declared)]


def _sql_type(type: pa.DataType) -> str:
    if pa.types.is_integer(type):
        return "BIGINT"
    if pa.types.is_timestamp(type):
        return "TIMESTAMP"
    return _SQL_TYPES.get(str(type), "STRING")
