"""A table to import: named columns, one row per image or file, and what its file says of them.

Here: the table itself, types in headers (``kind[tag]``) and tables that list tags. Not here:
reading files into tables (``readers``, ``panoptic``), which image a row is about (``matching``),
what its cells mean (``columns``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

__all__ = [
    "ColumnHint",
    "LeftOut",
    "NewTag",
    "NewView",
    "Table",
    "TextForm",
    "column_names",
    "parse_header",
    "split",
    "tag_columns",
    "tags_of",
    "unique_name",
]

_TYPED_HEADER = re.compile(r"(?P<name>.*\S)\s*\[(?P<type>[^\[\]]+)\]")
# The types that Panoptic and people write in brackets after a column's name.
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
_TAG_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "tag", "value", "nom", "valeur"),
    "colour": ("color", "colour", "couleur"),
    "parents": ("parents", "parent"),
    "identifier": ("identifier", "identifiant", "uri", "wikidata"),
}


@dataclass(frozen=True)
class NewTag:
    """A tag as a file describes it: ``parents`` are names, ``colour`` is the text of the file.

    Where a file has several tags of one name, ``label`` is how cells and parents name this one;
    ``identifier`` is its text of a vocabulary.
    """

    name: str
    colour: str | None = None
    parents: tuple[str, ...] = ()
    label: str | None = None
    identifier: str | None = None


@dataclass(frozen=True)
class ColumnHint:
    """What a file says of a column beyond its type: its property's ``target`` and ``folder``.

    ``name`` is that of the property; ``take`` whether it is imported, None where that is to be
    seen from its cells; ``is_exact`` that its texts are taken as they stand, spaces and all.
    """

    target: str | None = None
    folder: str | None = None
    name: str | None = None
    take: bool | None = None
    is_exact: bool = False


@dataclass(frozen=True)
class NewView:
    """A view that a file holds: its ``name``, and the columns that it is sorted and grouped by."""

    name: str
    sort: tuple[tuple[str, bool], ...] = ()
    group: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Something of a file that is not imported: what it is of, which, and why (a code).

    ``why`` is a key of the catalogue, ``import.left_out_<why>``.
    """

    why: str
    column: str = ""
    value: str = ""
    line: int | None = None


@dataclass(frozen=True)
class TextForm:
    """How a file was read as text: its ``encoding`` (Python's name), and what a person may doubt.

    ``is_certain`` is False where the ``others`` are as likely; ``accented`` are the first cells
    that have other letters than ASCII's. ``bad_lines`` are those with bytes that are no text in
    it, ``open_quotes`` those with a quote that is never closed.
    """

    encoding: str
    is_certain: bool = True
    others: tuple[str, ...] = ()
    accented: tuple[str, ...] = ()
    bad_lines: tuple[int, ...] = ()
    open_quotes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """The rows of a file. ``lines`` (n,) are their line numbers (in Parquet: row numbers from 1).

    ``types`` are those that headers state (``kind[tag]``), by column; ``overlong`` lists the lines
    with more cells than there are columns; ``unread`` names the files of a folder that could not be
    read, and why; ``text`` is None where the file is none of texts. The rest is known of Panoptic's
    databases, of sidecars and of exports only:
    ``path_column``, then ``second_path_column`` and ``sha1_column`` identify the image of a row;
    ``tags`` and ``hints`` are by column, as are ``authors``: who set the value of each row (null:
    unknown). ``views`` are kept beside the values, ``left_out`` is what is in the file and comes
    over in no way.
    """

    name: str
    frame: pl.DataFrame
    lines: pl.Series
    types: Mapping[str, str] = field(default_factory=dict)
    overlong: tuple[int, ...] = ()
    text: TextForm | None = None
    path_column: str | None = None
    second_path_column: str | None = None
    sha1_column: str | None = None
    unread: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, tuple[NewTag, ...]] = field(default_factory=dict)
    hints: Mapping[str, ColumnHint] = field(default_factory=dict)
    authors: Mapping[str, pl.Series] = field(default_factory=dict)
    views: tuple[NewView, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def tags_of(table: Table) -> tuple[NewTag, ...]:
    """Return the tags that a table lists; none where it has no column of names."""
    columns = tag_columns(table)
    if "name" not in columns:
        return ()
    empty = [None] * len(table.lines)
    parts = [
        table.frame[columns[part]].to_list() if part in columns else empty for part in _TAG_COLUMNS
    ]
    return tuple(
        NewTag(
            _text(name),
            _text(colour) or None,
            tuple(split(_text(parents))),
            identifier=_text(identifier) or None,
        )
        for name, colour, parents, identifier in zip(*parts, strict=True)
        if _text(name)
    )


def tag_columns(table: Table) -> dict[str, str]:
    """Return the columns that hold parts of a tag: "name", "colour", "parents", "identifier"."""
    columns = {name.casefold().strip(): name for name in table.frame.columns}
    first = {
        part: next((columns[name] for name in names if name in columns), None)
        for part, names in _TAG_COLUMNS.items()
    }
    return {part: name for part, name in first.items() if name is not None}


def split(text: str, separator: str = ",") -> list[str]:
    """Return the parts of a text; a part in quotes may contain the separator."""
    if '"' not in text:
        parts = text.split(separator)
    else:
        parts = next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    return [part for part in (" ".join(part.split()) for part in parts) if part]


def column_names(headers: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return a unique name for each header, and the types stated in brackets, by name."""
    names: list[str] = []
    types = {}
    for number, header in enumerate(headers, 1):
        name, type = parse_header(header)
        name = unique_name(" ".join(name.split()) or f"column {number}", names)
        names.append(name)
        if type is not None:
            types[name] = type
    return names, types


def parse_header(text: str) -> tuple[str, str | None]:
    """Return a column's name and the type in brackets after it, None where there is none."""
    match = _TYPED_HEADER.fullmatch(text.strip())
    type = _TYPES.get(match["type"].strip().casefold()) if match else None
    return (match["name"], type) if match and type else (text.strip(), None)


def unique_name(name: str, taken: Iterable[str]) -> str:
    """Return a name, with a number after it where it is taken; case counts."""
    names, unique, number = frozenset(taken), name, 2
    while unique in names:
        unique = f"{name} ({number})"
        number += 1
    return unique


def _text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())
