"""How a table is declared: its columns, its key, what each holds.

Not here: the tables (``schema``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

__all__ = ["Column", "Table"]


@dataclass(frozen=True)
class Column:
    """One column: ``type`` is an Arrow type, ``None`` for a vector of the encoder's length."""

    name: str
    type: pa.DataType | None
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table: ``key`` names the column by which rows are looked up.

    It identifies a row, save in the log of annotations (rows of one batch) and in the values
    (those of one image or file).
    """

    name: str
    key: str
    per_encoder: bool
    columns: tuple[Column, ...]
