"""Databases of Panoptic 0.7 and 1.0: properties, tags and values, as a table to import.

A row is an occurrence of an image (an instance there): its path, its sha1 and the values of all
properties. Of 1.0 the database is ``data.db``, of 0.7 ``panoptic.db``. They are opened for
reading only. Before 1.0 Panoptic's sha1 is that of a picture it saved anew, so that such rows
find their files by path alone. Not here: where the values go (``imports``).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from panoptic_data.errors import InvalidImport
from panoptic_data.exchange.tables import NewTag, Place, Table

__all__ = ["read"]

# In the order in which they are looked for in a project's folder.
_DATABASES = ("data.db", "panoptic.db")
_TYPES: Mapping[str, str] = {
    "text": "text",
    "string": "text",
    "number": "number",
    "tag": "tag",
    "multi_tags": "tags",
    "date": "date",
    "color": "colour",
    "url": "url",
    "checkbox": "checkbox",
    "path": "path",
    "image_link": "image",
}
_MIDNIGHT = re.compile(r"T00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$")

# Which occurrences a value is of: their number, an image's sha1, or a file's number.
_Key = tuple[str, Any]


@dataclass
class _Property:
    id: int
    name: str
    type: str
    mode: str
    tag_list: int
    folder: str | None
    cells: dict[_Key, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Instance:
    id: int
    file: int
    sha1: str | None
    path: str


def read(place: str | Path) -> Table:
    """Read a project's folder or its database. Raises InvalidImport."""
    path = _database(Path(place))
    try:
        # A folder that cannot be written to may hold a database that was not closed.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return _table(path, _Database(database))
    except sqlite3.Error as error:
        raise InvalidImport("damaged", path, cause=error) from None


def _database(place: Path) -> Path:
    if not place.is_dir():
        return place
    for name in _DATABASES:
        if (place / name).is_file():
            return place / name
    raise InvalidImport("no_database", place, known=", ".join(_DATABASES))


class _Database:
    """What its tables hold, without what was deleted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.tables = frozenset(row["name"] for row in tables)

    def rows(self, table: str) -> Iterable[sqlite3.Row]:
        if table not in self.tables:
            return []
        columns = {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}
        # -1 marks what was deleted, and can come back there.
        kept = " WHERE coalesce(operation, 0) >= 0" if "operation" in columns else ""
        return self._connection.execute(f"SELECT * FROM {table}{kept}")


def _table(path: Path, database: _Database) -> Table:
    if {"instances", "sha1_values", "properties"} <= database.tables:
        instances, properties = _instances(database), _properties(database)
        tags = _tags(database, "list_id")
        _values(database, properties)
    elif {"instances", "image_property_values", "properties"} <= database.tables:
        instances, properties = _old_instances(database), _old_properties(database)
        tags = _tags(database, "property_id")
        _old_values(database, properties)
    else:
        raise InvalidImport("no_panoptic", path)
    return _built(path, instances, list(properties.values()), tags)


def _instances(database: _Database) -> list[_Instance]:
    folders = {row["id"]: row["path"] or "" for row in database.rows("folders")}
    files = {
        row["id"]: f"{folders.get(row['folder_id'], '')}/{row['name']}"
        for row in database.rows("files")
    }
    return [
        _Instance(row["id"], row["file_id"], row["sha1"], files.get(row["file_id"], ""))
        for row in database.rows("instances")
    ]


def _old_instances(database: _Database) -> list[_Instance]:
    folders = {row["id"]: row["path"] or "" for row in database.rows("folders")}
    return [
        _Instance(row["id"], row["id"], row["sha1"], f"{folders.get(row['folder_id'], '')}/{name}")
        for row in database.rows("instances")
        for name in [_file_name(row["name"], row["extension"])]
    ]


def _file_name(name: str, extension: str | None) -> str:
    end = f".{(extension or '').lstrip('.')}"
    return name if end == "." or name.lower().endswith(end.lower()) else name + end


def _properties(database: _Database) -> dict[int, _Property]:
    folders = {row["id"]: row["name"] for row in database.rows("property_groups")}
    return {
        row["id"]: _Property(
            row["id"],
            row["name"] or str(row["id"]),
            _TYPES[row["dtype"]],
            row["mode"] or "id",
            row["tag_list_id"] or row["id"],
            folders.get(row["property_group_id"]),
        )
        for row in database.rows("properties")
        # What Panoptic computes has a key of its own: it is computed here, too.
        if row["system_key"] is None and row["dtype"] in _TYPES
    }


def _old_properties(database: _Database) -> dict[int, _Property]:
    folders = {row["id"]: row["name"] for row in database.rows("property_group")}
    found = {}
    for row in database.rows("properties"):
        known = dict(row)
        if known["type"] in _TYPES:
            folder = folders.get(known.get("property_group_id"))
            id, mode = known["id"], known.get("mode") or "id"
            found[id] = _Property(id, known["name"], _TYPES[known["type"]], mode, id, folder)
    return found


def _tags(database: _Database, owner: str) -> dict[int, dict[int, NewTag]]:
    """Return tags by their list (or property) and number; parents are named."""
    rows = [dict(row) for row in database.rows("tags")]
    names = {row["id"]: row["value"] for row in rows}
    found: dict[int, dict[int, NewTag]] = defaultdict(dict)
    for row in rows:
        # 0 stood for the root, and is no tag.
        above = tuple(names[id] for id in _json(row["parents"]) or [] if id in names and id)
        colour = None if row["color"] in (None, -1, "-1") else str(row["color"])
        if row["value"]:
            found[row[owner]][row["id"]] = NewTag(row["value"], colour, above)
    return found


def _values(database: _Database, properties: Mapping[int, _Property]) -> None:
    for kind, key in (("instance", "instance_id"), ("sha1", "sha1"), ("file", "file_id")):
        for row in database.rows(f"{kind}_values"):
            if row["property_id"] in properties:
                properties[row["property_id"]].cells[kind, row[key]] = _json(row["value"])
        for row in database.rows(f"{kind}_tag_values"):
            if row["property_id"] in properties:
                cells = properties[row["property_id"]].cells
                cells.setdefault((kind, row[key]), []).append(row["tag_id"])


def _old_values(database: _Database, properties: Mapping[int, _Property]) -> None:
    kinds = (
        ("instance", "instance_property_values", "instance_id"),
        ("sha1", "image_property_values", "sha1"),
    )
    for kind, table, key in kinds:
        for row in database.rows(table):
            if row["property_id"] in properties:
                properties[row["property_id"]].cells[kind, row[key]] = _json(row["value"])


def _json(text: Any) -> Any:
    if not isinstance(text, str | bytes):
        return text
    try:
        return json.loads(text)
    except ValueError:
        # Some versions wrote plain text.
        return text


def _built(
    path: Path,
    instances: list[_Instance],
    properties: list[_Property],
    tags: Mapping[int, Mapping[int, NewTag]],
) -> Table:
    instances = [*instances, *_without_files(instances, properties)]
    sha1s = {one.id: one.sha1 for one in instances}
    columns: dict[str, pl.Series] = {}
    types: dict[str, str] = {}
    places: dict[str, Place] = {}
    trees: dict[str, tuple[NewTag, ...]] = {}
    for one in properties:
        name = _unlike(one.name, columns)
        own = tags.get(one.tag_list, {})
        cells = [_cell(one, it, own, sha1s) for it in instances]
        several = one.type in ("tag", "tags")
        columns[name] = pl.Series(name, cells, pl.List(pl.String) if several else pl.String)
        types[name] = one.type
        places[name] = Place("image" if one.mode == "sha1" else "file", one.folder)
        if several:
            trees[name] = tuple(own.values())
    keys = {_unlike(key, columns): key for key in ("path", "sha1")}
    path_column, sha1_column = keys
    columns[path_column] = pl.Series([one.path or None for one in instances], dtype=pl.String)
    columns[sha1_column] = pl.Series([one.sha1 for one in instances], dtype=pl.String)
    lines = pl.int_range(1, len(instances) + 1, eager=True).alias("line")
    name = path.parent.name or path.name
    return Table(
        name, pl.DataFrame(columns), lines, types, (), path_column, sha1_column, trees, places
    )


def _without_files(
    instances: Iterable[_Instance], properties: Iterable[_Property]
) -> list[_Instance]:
    """Return rows of images that have values and no file any more."""
    known = {one.sha1 for one in instances}
    told = {key for one in properties for kind, key in one.cells if kind == "sha1"} - known
    return [_Instance(-1, -1, sha1, "") for sha1 in sorted(told)]


def _cell(
    one: _Property, of: _Instance, tags: Mapping[int, NewTag], sha1s: Mapping[int, str | None]
) -> Any:
    for key in (("instance", of.id), ("file", of.file), ("sha1", of.sha1)):
        value = one.cells.get(key)
        if value is None:
            continue
        if one.type in ("tag", "tags"):
            ids = value if isinstance(value, list) else [value]
            return [tags[id].name for id in ids if id in tags] or None
        return _text(one.type, value, sha1s)
    return None


def _text(type: str, value: Any, sha1s: Mapping[int, str | None]) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if type == "image" and isinstance(value, int):
        return sha1s.get(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # A day was kept as its first moment.
    return _MIDNIGHT.sub("", text) if type == "date" else text


def _unlike(name: str, taken: Iterable[str]) -> str:
    known, chosen, number = frozenset(taken), name, 2
    while chosen in known:
        chosen = f"{name} ({number})"
        number += 1
    return chosen
