"""Folders of XMP sidecars (``a.jpg.xmp``, ``a.xmp``), read into a table to import.

An export of ours says beside them (``properties.json``) which properties they hold; others have
columns of their own names, and their keywords are one tree. A sidecar that cannot be read is left
out and named. Not here: what a packet says (``media.xmp``), which file a row is about
(``matching``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from panoptic_data.annotations import tags
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import definitions
from panoptic_data.exchange.definitions import Definition
from panoptic_data.exchange.tables import ColumnHint, NewTag, Table, unique_name
from panoptic_data.media import xmp
from panoptic_data.media.xmp import Packet
from panoptic_data.text import name_key

__all__ = ["DEFINITIONS", "FIELDS", "ROOTS", "SUFFIX", "has_sidecars", "read"]

SUFFIX = ".xmp"
DEFINITIONS = "properties.json"
"""Of an export: which properties its sidecars hold."""
FIELDS = ("rating", "date", "regions", "pick")
"""What holds a single property each; ``DEFINITIONS`` says which."""
ROOTS = ("keywords", "properties")
"""What the first keyword of each way down is: a keyword as the others, or a property's name."""
_KEYWORDS = "Keywords"
_LABELS: Mapping[str, tuple[str, str]] = {
    "rating": ("Rating", "number"),
    "pick": ("Picked", "checkbox"),
    "date": ("Date", "date"),
    "title": ("Title", "text"),
    "description": ("Description", "text"),
    "label": ("Label", "tag"),
    "creators": ("Creator", "tags"),
    "region_names": ("Regions", "tags"),
    "regions": ("Region areas", "text"),
}
_LARGEST_BYTES = 32 * 2**20
_TAG_TYPES = ("tag", "tags")


@dataclass
class _Tree:
    """The keywords of one column: ``names`` of each row, and what stands above each.

    ``spelled`` has the names that a way down spells otherwise.
    """

    names: list[list[str]]
    parents: dict[str, dict[str, str]] = field(default_factory=dict)
    names_by_key: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)

    def add(self, row: int, way: Sequence[str], spelled: Mapping[str, str]) -> list[str]:
        """Give a row the last of a way down; return the names that the way is made of."""
        names = [self.spelled.get(name_key(part)) or spelled.get(part, part) for part in way]
        for above, name in zip((None, *names), names, strict=False):
            parents = self.parents.setdefault(name_key(name), {})
            self.names_by_key.setdefault(name_key(name), name)
            if above is not None:
                parents.setdefault(name_key(above), above)
        self.names[row].append(names[-1])
        return names

    def tags(self, known: Sequence[NewTag]) -> tuple[NewTag, ...]:
        """Return the tags: those that were said to be there, and then what the rows add."""
        by_key = {name_key(tag.name): tag for tag in known}
        added = []
        for key, parents in self.parents.items():
            tag = by_key.get(key) or NewTag(self.names_by_key[key])
            missing = [p for k, p in parents.items() if k not in map(name_key, tag.parents)]
            if key not in by_key or missing:
                added.append(NewTag(tag.name, None, tuple(missing)))
        return (*known, *added)


@dataclass(frozen=True)
class _Row:
    """One sidecar: its path, whole and below the folder, without its suffix; what it says."""

    path: str
    below: str
    packet: Packet


def has_sidecars(folder: Path) -> bool:
    """Whether there is a sidecar in a folder, however deep."""
    return next(_files(folder), None) is not None


def read(source: Path, roots: str | None = None) -> Table:
    """Read a folder of sidecars, or one of them; a row a sidecar.

    ``roots`` is one of ``ROOTS``; None: properties for an export of ours, else keywords. Raises
    InvalidImport.
    """
    folder = source if source.is_dir() else source.parent
    files = sorted(_files(folder)) if source.is_dir() else [source]
    rows, unread = _read(folder, files)
    if not rows:
        cause = unread[0][1] if unread else "–"
        raise InvalidImport("no_sidecars", source, cause=cause)
    held, fields = _definitions(folder)
    if roots == "properties" and not held:
        held = _roots(rows)
    elif roots == "keywords":
        held = tuple(definition for definition in held if definition.type not in _TAG_TYPES)
    return _table(source.name, rows, held, fields, tuple(unread))


def _files(folder: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(top, name) for name in names if name.lower().endswith(SUFFIX))


def _read(folder: Path, files: Iterable[Path]) -> tuple[list[_Row], list[tuple[str, str]]]:
    rows, unread = [], []
    for file in files:
        below = file.relative_to(folder).as_posix()
        try:
            if file.stat().st_size > _LARGEST_BYTES:
                raise ValueError(f"> {_LARGEST_BYTES // 2**20} MB")
            packet = xmp.parse(file.read_bytes())
        except OSError as error:
            unread.append((below, error.strerror or str(error)))
        except ValueError as error:
            unread.append((below, str(error)))
        else:
            whole = file.absolute().as_posix()
            rows.append(_Row(whole[: -len(SUFFIX)], below[: -len(SUFFIX)], packet))
    return rows, unread


def _definitions(folder: Path) -> tuple[tuple[Definition, ...], Mapping[str, str]]:
    """Return what an export says of its properties, and the column of each field."""
    file = folder / DEFINITIONS
    try:
        text = file.read_text("utf-8")
    except (OSError, ValueError):
        return (), {}
    held, _ = definitions.from_json(text, file)
    content = json.loads(text)
    fields = {name: content[name] for name in FIELDS if isinstance(content.get(name), str)}
    return held, fields


def _roots(rows: Iterable[_Row]) -> tuple[Definition, ...]:
    """Return a property of tags for the first part of each way down, in order."""
    names: dict[str, str] = {}
    for row in rows:
        for way in row.packet.ways:
            if len(way) > 1:
                names.setdefault(name_key(way[0]), way[0])
    return tuple(Definition(name, name, "tags") for name in names.values())


def _table(
    name: str,
    rows: Sequence[_Row],
    held: Sequence[Definition],
    fields: Mapping[str, str],
    unread: tuple[tuple[str, str], ...],
) -> Table:
    by_column = {definition.column: definition for definition in held}
    columns: dict[str, pl.Series] = {}
    types: dict[str, str] = {}
    trees: dict[str, tuple[NewTag, ...]] = {}
    for column, (cells, type, tree) in _columns(rows, held, fields).items():
        columns[column] = cells
        types[column] = type
        if tree:
            trees[column] = tree
    hints = {
        column: _hint(by_column[column]) if column in by_column else ColumnHint(take=True)
        for column in columns
    }
    path, below, sha1 = _free_names(columns)
    own = [row.packet.path or row.below for row in rows]
    columns[path] = pl.Series(own if held else [row.path for row in rows], dtype=pl.String)
    columns[below] = pl.Series(own, dtype=pl.String)
    columns[sha1] = pl.Series([row.packet.sha1 for row in rows], dtype=pl.String)
    return Table(
        name,
        pl.DataFrame(columns),
        pl.int_range(1, len(rows) + 1, eager=True).alias("line"),
        types,
        path_column=path,
        second_path_column=below,
        sha1_column=sha1,
        tags=trees,
        hints=hints,
        unread=unread,
    )


def _free_names(taken: Iterable[str]) -> list[str]:
    names = list(taken)
    for name in ("path", "path below", "sha1"):
        names.append(unique_name(name, names))
    return names[-3:]


def _hint(definition: Definition) -> ColumnHint:
    return ColumnHint(
        definition.target, definition.folder, name=definition.name, take=True, is_exact=True
    )


def _columns(
    rows: Sequence[_Row], held: Sequence[Definition], fields: Mapping[str, str]
) -> dict[str, tuple[pl.Series, str, tuple[NewTag, ...]]]:
    """Return the cells, type and tags of each column: those that were defined, then others."""
    columns: dict[str, tuple[pl.Series, str, tuple[NewTag, ...]]] = {}
    trees, keywords = _keywords(rows, held)
    field_of = {column: field for field, column in fields.items()}
    for definition in held:
        column = definition.column
        if definition.type in _TAG_TYPES:
            tree = trees[name_key(xmp.path_name(column))]
            columns[column] = (_lists(tree.names), definition.type, tree.tags(definition.tags))
        elif column in field_of:
            columns[column] = (_cells(rows, field_of[column]), definition.type, ())
    if any(keywords.names):
        column = unique_name(_KEYWORDS, columns)
        columns[column] = (_lists(keywords.names), "tags", keywords.tags(()))
    # Names of regions are tags of the export already.
    known = {*fields, "region_names"} if "regions" in fields else set(fields)
    for attribute, (label, type) in _LABELS.items():
        cells = _cells(rows, attribute)
        if attribute not in known and cells.drop_nulls().len():
            columns[unique_name(label, columns)] = (cells, type, ())
    return columns


def _cells(rows: Sequence[_Row], attribute: str) -> pl.Series:
    values = [getattr(row.packet, attribute) for row in rows]
    if _LABELS[attribute][1] == "tags":
        return _lists([list(value) for value in values])
    return pl.Series([value or None for value in values], dtype=pl.String)


def _lists(names: Sequence[Sequence[str]]) -> pl.Series:
    return pl.Series([list(some) or None for some in names], dtype=pl.List(pl.String))


def _keywords(
    rows: Sequence[_Row], held: Sequence[Definition]
) -> tuple[Mapping[str, _Tree], _Tree]:
    """Return the keywords of each defined property, by the key of its column, and all others."""
    trees = {
        name_key(xmp.path_name(definition.column)): _Tree(
            [[] for _ in rows],
            spelled={name_key(xmp.path_name(tag.name)): tag.name for tag in definition.tags},
        )
        for definition in held
        if definition.type in _TAG_TYPES
    }
    others = _Tree([[] for _ in rows])
    for number, row in enumerate(rows):
        subjects = [" ".join(subject.split()) for subject in row.packet.subjects]
        spelled = {xmp.path_name(subject): subject for subject in subjects}
        used: set[str] = set()
        for way in row.packet.ways:
            longest = max(way, key=len)
            if len(longest) > tags.LONGEST_NAME:
                # Listed with the values that cannot be read.
                others.names[number].append(longest)
                continue
            tree = trees.get(name_key(way[0])) if len(way) > 1 else None
            if tree is not None:
                names = tree.add(number, way[1:], spelled)
            else:
                names = others.add(number, way, spelled)
            used.update(name_key(xmp.clean(name)) for name in (way[0], *names))
        others.names[number] += [word for word in subjects if name_key(word) not in used]
    return trees, others
