"""Databases of Panoptic 0.7 and 1.0: properties, tags and values, as a table to import.

A row is what Panoptic calls an instance, one file of an image: its path, its sha1 and the values
of all properties. The database of 1.0 is ``data.db``, that of 0.7 ``panoptic.db``. They are opened
for reading only. Before 1.0 Panoptic's sha1 is that of a re-encoded picture, so that such rows
match their files by path alone. Not here: which properties the values go to (``columns``).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from panoptic_data.annotations.tags import Tag, reachable
from panoptic_data.annotations.tags import labels as tag_labels
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import panoptic_tabs
from panoptic_data.exchange.tables import ColumnHint, LeftOut, NewTag, Table, unique_name

__all__ = ["TREES", "VALUES", "is_project", "read"]

VALUES, TREES = "data.csv", "tags"
"""What an export for Panoptic has in its folder: the values, and a file of each tree of tags."""

# In the order in which a project's folder is searched for them.
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

# Whose value it is: ("instance", its id), ("sha1", an image's sha1) or ("file", its id).
_Key = tuple[str, Any]


@dataclass
class _Property:
    """A property of Panoptic; ``mode`` is "id" (values of instances), "sha1" or "file"."""

    id: int
    name: str
    type: str
    mode: str
    tag_list: int
    folder: str | None
    cells: dict[_Key, Any] = field(default_factory=dict)
    authors: dict[_Key, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Instance:
    """One file of an image; ids are -1 for values of images without a file."""

    id: int
    file: int
    sha1: str | None
    path: str


def is_project(folder: Path) -> bool:
    """Whether a folder has a database of Panoptic."""
    return any((folder / name).is_file() for name in _DATABASES)


def read(source: str | Path) -> Table:
    """Read a project's folder or its database. Raises InvalidImport."""
    path = _database_path(Path(source))
    try:
        # Read-only, by a URI: the folder may be write-protected.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return _table(path, _Database(database))
    except sqlite3.Error as error:
        raise InvalidImport("damaged", path, cause=error) from None


def _database_path(source: Path) -> Path:
    if not source.is_dir():
        return source
    for name in _DATABASES:
        if (source / name).is_file():
            return source / name
    raise InvalidImport("no_database", source, known=", ".join(_DATABASES))


class _Database:
    """The rows of its tables that are not deleted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.tables = frozenset(row["name"] for row in tables)
        self.left_out: list[LeftOut] = []
        self.authors: dict[int, str] = {}
        if "commits" in self.tables:
            rows = connection.execute("SELECT id, author FROM commits")
            self.authors = {row["id"]: row["author"] for row in rows if row["author"]}

    def rows(self, table: str) -> Iterable[sqlite3.Row]:
        if table not in self.tables:
            return []
        columns = {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}
        # -1 marks what is deleted; Panoptic can undo it.
        condition = " WHERE coalesce(operation, 0) >= 0" if "operation" in columns else ""
        return self._connection.execute(f"SELECT * FROM {table}{condition}")


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
    table = _build_table(path, instances, list(properties.values()), tags)
    views, left_views = panoptic_tabs.read(path.with_name("project.db"), _columns_by_id(properties))
    left_out = (*database.left_out, *table.left_out, *left_views)
    return replace(table, views=views, left_out=left_out)


def _columns_by_id(properties: Mapping[int, _Property]) -> dict[int, str]:
    """Return the name of each property's column."""
    names: dict[int, str] = {}
    for id, property in properties.items():
        names[id] = unique_name(property.name, names.values())
    return names


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
    database.left_out += [
        LeftOut("type", row["name"] or str(row["id"]), row["dtype"])
        for row in database.rows("properties")
        if row["system_key"] is None and row["dtype"] not in _TYPES
    ]
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
        # Properties with a system key are computed by Panoptic; they are computed here, too.
        if row["system_key"] is None and row["dtype"] in _TYPES
    }


def _old_properties(database: _Database) -> dict[int, _Property]:
    folders = {row["id"]: row["name"] for row in database.rows("property_group")}
    properties = {}
    for record in database.rows("properties"):
        # Columns differ between versions.
        row = dict(record)
        if row["type"] in _TYPES:
            folder = folders.get(row.get("property_group_id"))
            id, mode = row["id"], row.get("mode") or "id"
            properties[id] = _Property(id, row["name"], _TYPES[row["type"]], mode, id, folder)
    return properties


def _tags(database: _Database, owner: str) -> dict[int, dict[int, NewTag]]:
    """Return tags by ``owner``, the column of their list or property, and id; parents: labels."""
    rows = {row["id"]: dict(row) for row in database.rows("tags") if row["value"]}
    # 0 is the root of the tree, not a tag.
    parents = {
        id: [p for p in _json(row["parents"]) or [] if p in rows] for id, row in rows.items()
    }
    by_owner: dict[int, list[Tag]] = defaultdict(list)
    for id, row in rows.items():
        name = " ".join(str(row["value"]).split())
        above = tuple(str(parent) for parent in parents[id])
        by_owner[row[owner]].append(Tag(str(id), "", name or str(id), parents=above))
        if name != row["value"]:
            database.left_out.append(LeftOut("tag_spaces", value=repr(row["value"])))
    tags: dict[int, dict[int, NewTag]] = defaultdict(dict)
    for list_id, listed in by_owner.items():
        labels = tag_labels(_without_circles(database, listed))
        for tag in listed:
            colour = rows[int(tag.id)]["color"]
            tags[list_id][int(tag.id)] = NewTag(
                tag.name,
                None if colour in (None, -1, "-1") else str(colour),
                tuple(labels[parent] for parent in tag.parents if parent in labels),
                labels[tag.id] if labels[tag.id] != tag.name else None,
            )
    return tags


def _without_circles(database: _Database, listed: Iterable[Tag]) -> list[Tag]:
    """Return tags without the links that close a circle, which Panoptic allows."""
    known: dict[str, Tag] = {}
    above: dict[str, tuple[str, ...]] = {}
    for tag in listed:
        above[tag.id] = ()
        for parent in tag.parents:
            if tag.id == parent or tag.id in reachable(above, [parent]):
                database.left_out.append(LeftOut("circle", value=tag.name))
            else:
                above[tag.id] += (parent,)
        known[tag.id] = replace(tag, parents=above[tag.id])
    return list(known.values())


def _values(database: _Database, properties: Mapping[int, _Property]) -> None:
    for kind, key in (("instance", "instance_id"), ("sha1", "sha1"), ("file", "file_id")):
        for row in database.rows(f"{kind}_values"):
            if row["property_id"] in properties:
                property = properties[row["property_id"]]
                property.cells[kind, row[key]] = _json(row["value"])
                _note_author(database, property, (kind, row[key]), row)
        for row in database.rows(f"{kind}_tag_values"):
            if row["property_id"] in properties:
                property = properties[row["property_id"]]
                property.cells.setdefault((kind, row[key]), []).append(row["tag_id"])
                _note_author(database, property, (kind, row[key]), row)


def _note_author(database: _Database, property: _Property, key: _Key, row: sqlite3.Row) -> None:
    author = database.authors.get(row["commit_id"]) if database.authors else None
    if author is not None:
        property.authors[key] = author


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
        # Some versions write plain text.
        return text


def _build_table(
    path: Path,
    instances: list[_Instance],
    properties: list[_Property],
    tags: Mapping[int, Mapping[int, NewTag]],
) -> Table:
    instances = [*instances, *_without_files(instances, properties)]
    sha1s = {instance.id: instance.sha1 for instance in instances}
    columns: dict[str, pl.Series] = {}
    types: dict[str, str] = {}
    hints: dict[str, ColumnHint] = {}
    trees: dict[str, tuple[NewTag, ...]] = {}
    authors: dict[str, pl.Series] = {}
    left_out: list[LeftOut] = []
    for property in properties:
        name = unique_name(property.name, columns)
        own_tags = tags.get(property.tag_list, {})
        cells = [_cell(property, instance, own_tags, sha1s) for instance in instances]
        has_tags = property.type in ("tag", "tags")
        columns[name] = pl.Series(name, cells, pl.List(pl.String) if has_tags else pl.String)
        types[name] = property.type
        target = "image" if property.mode == "sha1" else "file"
        hints[name] = ColumnHint(target, property.folder, take=True, is_exact=True)
        if property.authors:
            authors[name] = pl.Series(
                [property.authors.get(_key(property, row)) for row in instances], dtype=pl.String
            )
        if name != property.name:
            left_out.append(LeftOut("property_name", name, property.name))
        left_out += _blank(name, property, columns[name])
        if has_tags:
            trees[name] = tuple(own_tags.values())
    path_column, sha1_column = (unique_name(name, columns) for name in ("path", "sha1"))
    paths = [instance.path or None for instance in instances]
    columns[path_column] = pl.Series(paths, dtype=pl.String)
    columns[sha1_column] = pl.Series([instance.sha1 for instance in instances], dtype=pl.String)
    return Table(
        path.parent.name or path.name,
        pl.DataFrame(columns),
        pl.int_range(1, len(instances) + 1, eager=True).alias("line"),
        types,
        path_column=path_column,
        sha1_column=sha1_column,
        tags=trees,
        hints=hints,
        authors=authors,
        left_out=tuple(left_out),
    )


def _blank(name: str, property: _Property, column: pl.Series) -> list[LeftOut]:
    """Return the texts of nothing but spaces, which are no value here, nor is an empty one."""
    if property.type in ("tag", "tags"):
        return []
    blank = column.drop_nulls().filter(column.drop_nulls().str.strip_chars() == "")
    return [LeftOut("blank", name, repr(text)) for text in blank]


def _without_files(
    instances: Iterable[_Instance], properties: Iterable[_Property]
) -> list[_Instance]:
    """Return rows for images that have values but no file any more."""
    known = {instance.sha1 for instance in instances}
    valued = {key for property in properties for kind, key in property.cells if kind == "sha1"}
    return [_Instance(-1, -1, sha1, "") for sha1 in sorted(valued - known)]


def _cell(
    property: _Property,
    instance: _Instance,
    tags: Mapping[int, NewTag],
    sha1s: Mapping[int, str | None],
) -> Any:
    value = property.cells.get(_key(property, instance))
    if value is None:
        return None
    if property.type in ("tag", "tags"):
        ids = value if isinstance(value, list) else [value]
        return [tags[id].label or tags[id].name for id in ids if id in tags] or None
    return _text(property.type, value, sha1s)


def _key(property: _Property, instance: _Instance) -> _Key:
    """Return whose value an instance shows: its own, that of its file, or of its image."""
    keys: tuple[_Key, ...] = (("instance", instance.id), ("file", instance.file))
    return next(
        (key for key in keys if property.cells.get(key) is not None), ("sha1", instance.sha1)
    )


def _text(type: str, value: Any, sha1s: Mapping[int, str | None]) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if type == "image" and isinstance(value, int):
        return sha1s.get(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Panoptic stores a day as its first moment.
    return _MIDNIGHT.sub("", text) if type == "date" else text
