"""What differs between two corpus versions, or between one and the corpus as it is now.

Counts first, then the rows that differ: files, images, annotations, definitions, clusters,
coordinates, duplicates, vectors, parameters. A table at the same version on both sides is not read.
Not here: how a page shows it (``app.screens.versions``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.digests import row_digests
from panoptic_data.versions.opened import at

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["KINDS", "Section", "VersionDiff", "diff"]

KINDS = (
    *("sources", "files", "images", "properties", "tags", "annotations"),
    *("vectors", "neighbours", "map", "clusters", "duplicates", "views"),
)
_SIDES = ("before", "after")
_TABLES = {
    "vectors": "embeddings",
    "neighbours": "neighbours",
    "map": "projection",
    "clusters": "clusters",
}


@dataclass(frozen=True)
class Section:
    """What differs of one kind (``KINDS``), of one ``encoder`` or of none.

    ``rows`` has a row for each difference: ``change`` (added, removed, changed), what it is about,
    and for each column that can differ ``<column>_before`` and ``<column>_after``. Columns:

    - sources: name; files: file_id, path, sha1, status; images, vectors, neighbours: sha1;
    - properties: id, name, type, target; tags: id, property, name, parents;
    - annotations: kind, target, property, value; clusters: sha1, cluster;
    - map: sha1, x, y, distance; duplicates: kind, group, sha1; views: id, name, view.
    """

    kind: str
    encoder: str | None
    rows: pl.DataFrame

    def count(self, change: str) -> int:
        """Return how many rows were added, removed or changed."""
        return int((self.rows["change"] == change).sum())

    @property
    def added(self) -> int:
        """How many are only after."""
        return self.count("added")

    @property
    def removed(self) -> int:
        """How many are only before."""
        return self.count("removed")

    @property
    def changed(self) -> int:
        """How many are on both sides with other values."""
        return self.count("changed")


@dataclass(frozen=True)
class VersionDiff:
    """All that differs; ``sections`` only where something does.

    ``parameters``: (stage, name, before, after). ``encoders``: (slug, before, after), each the
    digest of its model, None where it is not there.
    """

    sections: tuple[Section, ...]
    parameters: tuple[tuple[str, str, Any, Any], ...]
    encoders: tuple[tuple[str, str | None, str | None], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.sections or self.parameters or self.encoders)

    def section(self, kind: str, encoder: str | None = None) -> Section | None:
        """Return one section; None where nothing differs."""
        wanted = (kind, encoder)
        return next((part for part in self.sections if (part.kind, part.encoder) == wanted), None)


@dataclass(frozen=True)
class _Side:
    database: Database
    state: State


def diff(project: Project, before: str, after: str | None = None) -> VersionDiff:
    """Return what differs from the version ``before`` to ``after``, or to now.

    Raises UnknownVersion, DataUnavailable.
    """
    opened = (at(project, before), project.now if after is None else at(project, after))
    sides = [
        _Side(project.database(), annotations_of(project).state(fresh=True)) for project in opened
    ]
    earlier, later = sides
    sections = [section for section in _sections(earlier, later) if section.rows.height]
    sections.sort(key=lambda section: (KINDS.index(section.kind), section.encoder or ""))
    return VersionDiff(
        tuple(sections),
        tuple(_parameters(earlier.database, later.database)),
        tuple(_encoders(earlier.database, later.database)),
    )


def _sections(earlier: _Side, later: _Side) -> Iterator[Section]:
    for kind, read in _READERS.items():
        if kind not in _READ_ALONE or not _is_same(kind, earlier, later):
            yield Section(kind, None, _joined(read(earlier), read(later), _KEYS[kind]))
    if not _is_same_log(earlier.state, later.state):
        yield Section("annotations", None, _annotations(earlier, later))
    for slug in _slugs(earlier.database, later.database):
        for kind, table in _TABLES.items():
            name = f"{table}__{slug}"
            if not _is_same(name, earlier, later):
                yield Section(kind, slug, _of_encoder(kind, name, earlier, later))


def _of_encoder(kind: str, table: str, earlier: _Side, later: _Side) -> pl.DataFrame:
    before, after = (_values_of_images(side.database, kind, table) for side in (earlier, later))
    rows = _joined(before, after, ["sha1"])
    if kind == "map":
        rows = _with_distances(rows)
    return rows.drop("digest_before", "digest_after", strict=False)


def _values_of_images(database: Database, kind: str, table: str) -> pl.DataFrame:
    if kind == "map":
        return database.frame(table, ["sha1", "x", "y"])
    if kind == "clusters":
        return database.frame(table, ["sha1", "cluster"])
    return _row_digests(database, table)


def _with_distances(rows: pl.DataFrame) -> pl.DataFrame:
    across, up = (pl.col(f"{name}_after") - pl.col(f"{name}_before") for name in ("x", "y"))
    distance = (across**2 + up**2).sqrt()
    return rows.with_columns(distance=distance).sort("distance", descending=True, nulls_last=True)


def _row_digests(database: Database, table: str) -> pl.DataFrame:
    """Return the digest of what each image has in a table that is too large to compare."""
    own = "vector" if table.startswith("embeddings") else None
    columns = ["sha1", own] if own else ["sha1", "ids", "similarities"]
    parts = [
        pl.DataFrame(
            {
                "sha1": pl.Series(batch["sha1"].to_pylist(), dtype=pl.String),
                "digest": row_digests(pa.Table.from_batches([batch])),
            }
        )
        for batch in database.batches(table, columns)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_DIGEST_SCHEMA)


_DIGEST_SCHEMA = {"sha1": pl.String, "digest": pl.UInt64}


def _is_same(table: str, earlier: _Side, later: _Side) -> bool:
    """Whether a table is at the same version on both sides."""
    return earlier.database.version(table) == later.database.version(table)


def _is_same_log(earlier: State, later: State) -> bool:
    """Whether nothing was noted, undone or redone in between."""
    return (earlier.position, earlier.inactive) == (later.position, later.inactive)


def _joined(before: pl.DataFrame, after: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the rows that are on one side only, or on both with other values."""
    values = [name for name in before.columns if name not in keys]
    sides = [
        frame.select(
            *keys,
            *(pl.col(name).alias(f"{name}_{side}") for name in values),
            pl.lit(True).alias(f"is_{side}"),
        )
        for frame, side in zip((before, after), _SIDES, strict=True)
    ]
    joined = sides[0].join(sides[1], on=list(keys), how="full", coalesce=True, nulls_equal=True)
    differs = [pl.col(f"{name}_before").ne_missing(pl.col(f"{name}_after")) for name in values]
    change = (
        pl.when(pl.col("is_before").is_null())
        .then(pl.lit("added"))
        .when(pl.col("is_after").is_null())
        .then(pl.lit("removed"))
        .when(pl.any_horizontal(*differs) if differs else pl.lit(False))
        .then(pl.lit("changed"))
    )
    rows = joined.with_columns(change=change).filter(pl.col("change").is_not_null())
    others = [name for name in rows.columns if name not in ("change", "is_before", "is_after")]
    return rows.select("change", *others).sort("change", *keys)


def _sources(side: _Side) -> pl.DataFrame:
    return side.database.frame("sources", ["name"])


def _files(side: _Side) -> pl.DataFrame:
    files = side.database.frame("files", ["file_id", "source", "path", "sha1", "status"])
    path = pl.concat_str("source", "path", separator="/")
    return files.select("file_id", "sha1", "status", path=path)


def _images(side: _Side) -> pl.DataFrame:
    return side.database.frame("images", ["sha1"])


def _duplicates(side: _Side) -> pl.DataFrame:
    return side.database.frame("duplicates", ["kind", "group", "sha1"]).unique()


def _views(side: _Side) -> pl.DataFrame:
    return side.database.frame("views", ["id", "name", "view"], "deleted = false")


def _properties(side: _Side) -> pl.DataFrame:
    rows = [(prop.id, prop.name, prop.type, prop.target) for prop in side.state.live_properties]
    return pl.DataFrame(rows, _texts("id", "name", "type", "target"), orient="row")


def _tags(side: _Side) -> pl.DataFrame:
    state = side.state
    rows = [
        (
            tag.id,
            state.properties[tag.property].name if tag.property in state.properties else "",
            tag.name,
            ", ".join(sorted(state.tags[id].name for id in tag.parents if id in state.tags)),
        )
        for tag in state.tags.values()
        if not tag.deleted
    ]
    return pl.DataFrame(rows, _texts("id", "property", "name", "parents"), orient="row")


def _texts(*names: str) -> dict[str, type[pl.DataType]]:
    return dict.fromkeys(names, pl.String)


def _annotations(earlier: _Side, later: _Side) -> pl.DataFrame:
    """Return the values that are on one side only, with the names of properties and tags."""
    parts = []
    for id in sorted({*earlier.state.values_by_property, *later.state.values_by_property}):
        held = [side.state.property_values(id) for side in (earlier, later)]
        is_multi_valued = any(
            id in side.state.properties and side.state.properties[id].is_multi_valued
            for side in (earlier, later)
        )
        keys = ["target", "value"] if is_multi_valued else ["target"]
        frames = [values.frame().select("target", "value") for values in held]
        rows = _joined(frames[0], frames[1], keys)
        if is_multi_valued:
            rows = rows.select("change", "target", *_of_one_side("value"))
        parts.append(_named(rows, id, earlier.state, later.state))
    none = pl.DataFrame(schema=_ANNOTATION_SCHEMA)
    return pl.concat([none, *parts])


_ANNOTATION_SCHEMA = _texts("change", "kind", "target", "property", "value_before", "value_after")


def _of_one_side(name: str) -> list[pl.Expr]:
    """Return a value that is part of the key as what it was before, and what it is after."""
    is_added = pl.col("change") == "added"
    return [
        pl.when(~is_added).then(pl.col(name)).alias(f"{name}_before"),
        pl.when(is_added).then(pl.col(name)).alias(f"{name}_after"),
    ]


def _named(rows: pl.DataFrame, id: str, before: State, after: State) -> pl.DataFrame:
    known = after.properties.get(id) or before.properties.get(id)
    if known is not None and known.has_tags:
        rows = rows.with_columns(
            value_before=_tag_names(before, "value_before"),
            value_after=_tag_names(after, "value_after"),
        )
    kind = (after if id in after.properties else before).target_kind(id)
    return rows.select(
        "change",
        kind=pl.lit(kind),
        target=pl.col("target"),
        property=pl.lit(known.name if known else id),
        value_before=pl.col("value_before"),
        value_after=pl.col("value_after"),
    )


def _tag_names(state: State, column: str) -> pl.Expr:
    names = {tag.id: tag.name for tag in state.tags.values()}
    return pl.col(column).replace(names)


def _slugs(earlier: Database, later: Database) -> list[str]:
    tables = earlier.names() | later.names()
    return sorted({name.partition("__")[2] for name in tables if "__" in name})


def _parameters(earlier: Database, later: Database) -> Iterator[tuple[str, str, Any, Any]]:
    before, after = _stage_parameters(earlier), _stage_parameters(later)
    for stage, name in sorted({*before, *after}):
        values = before.get((stage, name)), after.get((stage, name))
        if values[0] != values[1]:
            yield stage, name, *values


def _stage_parameters(database: Database) -> Mapping[tuple[str, str], Any]:
    rows = database.frame("stages", ["stage", "parameters", "code_version"])
    values: dict[tuple[str, str], Any] = {}
    for stage, parameters, code_version in rows.iter_rows():
        # What the last merge held is no parameter.
        if stage == "annotations":
            continue
        values[stage, "code_version"] = code_version
        for name, value in json.loads(parameters or "{}").items():
            values[stage, name] = value
    return values


def _encoders(earlier: Database, later: Database) -> Iterator[tuple[str, str | None, str | None]]:
    sides = [
        dict(database.frame("encoders", ["slug", "fingerprint"]).iter_rows())
        for database in (earlier, later)
    ]
    for slug in sorted({*sides[0], *sides[1]}):
        before, after = (side.get(slug, None) for side in sides)
        if before != after or (slug in sides[0]) != (slug in sides[1]):
            yield slug, before, after


_READERS: Mapping[str, Callable[[_Side], pl.DataFrame]] = {
    "sources": _sources,
    "files": _files,
    "images": _images,
    "properties": _properties,
    "tags": _tags,
    "duplicates": _duplicates,
    "views": _views,
}
# Kinds that are read from the table of this name and from nothing else.
_READ_ALONE = ("sources", "files", "images", "duplicates", "views")
_KEYS: Mapping[str, Sequence[str]] = {
    "sources": ["name"],
    "files": ["file_id"],
    "images": ["sha1"],
    "properties": ["id"],
    "tags": ["id"],
    "duplicates": ["kind", "group", "sha1"],
    "views": ["id"],
}
