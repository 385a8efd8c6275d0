"""The columns of exported tables: names and types that stay the same, and the cells of some rows.

First who the row is about (``IDENTITY``), then what is computed of the corpus (``COMPUTED``), then
every property. Not here: files of these (``csv_table``, ``parquet_table``, ``json_lines``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from panoptic_data.annotations import tags
from panoptic_data.catalogue.embedded import DATES, dates_as_texts
from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.definitions import IDENTITY, Definition
from panoptic_data.exchange.tables import NewTag
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.text import name_key
from panoptic_data.views.fields import property_field

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.property_columns import Column
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.storage.project import Project

__all__ = [
    "BATCH",
    "COMPUTED",
    "NUMBER",
    "REQUESTED",
    "ExportColumn",
    "columns_of",
    "definitions_of",
    "frame",
    "is_by_file",
    "needed_bytes",
    "properties_of",
    "property_named",
    "schema",
    "tag_ids",
    "texts",
]

# Rows that are written at once.
BATCH = 10_000
COMPUTED: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "folder": pl.String(),
    "name": pl.String(),
    "format": pl.String(),
    "width": pl.Int32(),
    "height": pl.Int32(),
    "frames": pl.Int32(),
    "size": pl.Int64(),
    "taken_at": pl.String(),
    "camera": pl.String(),
    "colour": pl.String(),
    "status": pl.String(),
    "copies": pl.UInt32(),
    "added": pl.Datetime("us", "UTC"),
}
_PROPOSED = "proposed_by"
REQUESTED: Mapping[str, pl.DataType] = {
    _PROPOSED: pl.String(),
    "digitised_at": pl.String(),
    **{name: pl.String() for name in TEXTS},
    KEYWORDS: pl.List(pl.String()),
}
"""Columns that come only where they are named: who proposed the values of an image, and what the
files say of themselves."""
NUMBER = pl.Float64()
_PROPERTY_TYPES: Mapping[str, pl.DataType] = {
    "number": NUMBER,
    "checkbox": pl.Boolean(),
    "tags": pl.List(pl.String()),
}
# A row of a table on disk, at most, for each column: most are far shorter.
_CELL_BYTES = 24


@dataclass(frozen=True)
class ExportColumn:
    """One column: its name and type, and the property whose values it has, if it is one."""

    name: str
    dtype: pl.DataType
    property: Property | None = None


def columns_of(
    catalogue: Catalogue, wanted: Sequence[str] | None = None
) -> tuple[ExportColumn, ...]:
    """Return the columns of a table; ``wanted`` names those after ``IDENTITY``, in their order.

    A property that is called as another column gets a number after its name. Raises InvalidExport
    for a name that there is not.
    """
    known = {name: ExportColumn(name, dtype) for name, dtype in COMPUTED.items()}
    taken = {name_key(name) for name in (*IDENTITY, *COMPUTED)}
    by_key = {name_key(name): column for name, column in known.items()}
    for prop in catalogue.annotations.live_properties:
        name, number = prop.name, 2
        while name_key(name) in taken:
            name, number = f"{prop.name} ({number})", number + 1
        taken.add(name_key(name))
        column = ExportColumn(name, _PROPERTY_TYPES.get(prop.type, pl.String()), prop)
        by_key[name_key(name)] = column
    for name, dtype in REQUESTED.items():
        by_key.setdefault(name_key(name), ExportColumn(name, dtype))
    identity = tuple(ExportColumn(name, pl.String()) for name in IDENTITY)
    if wanted is None:
        listed = (column for column in by_key.values() if not _is_requested(column))
        return (*identity, *listed)
    chosen = []
    for name in dict.fromkeys(map(name_key, wanted)):
        if name in by_key:
            chosen.append(by_key[name])
        elif name not in IDENTITY:
            raise InvalidExport("no_column", name=name, known=_names(by_key.values()))
    return (*identity, *chosen)


def properties_of(columns: Sequence[ExportColumn]) -> list[Property]:
    """Return the properties among some columns, in their order."""
    return [column.property for column in columns if column.property is not None]


def property_named(state: State, name: str, types: Sequence[str]) -> Property:
    """Return the property of a name and of one of some types. Raises InvalidExport."""
    fitting = [prop for prop in state.live_properties if prop.type in types]
    for prop in fitting:
        if name_key(prop.name) == name_key(name):
            return prop
    known = ", ".join(f"“{prop.name}”" for prop in fitting) or "–"
    raise InvalidExport("no_property", name=name, known=known)


def schema(columns: Sequence[ExportColumn]) -> dict[str, pl.DataType]:
    """Return the names and types of columns."""
    return {column.name: column.dtype for column in columns}


def is_by_file(catalogue: Catalogue, options: Options) -> bool:
    """Whether a row is a file: if asked for, or where a column belongs to files."""
    columns = columns_of(catalogue, options.columns)
    return options.files or any(
        column.property is not None and column.property.target == "file" for column in columns
    )


def needed_bytes(_project: Project, selection: Selection, options: Options) -> int:
    """Return about how many bytes a table takes on disk, generously."""
    columns = columns_of(selection.catalogue, options.columns)
    return len(selection) * (80 + _CELL_BYTES * len(columns))


def definitions_of(catalogue: Catalogue, columns: Sequence[ExportColumn]) -> tuple[Definition, ...]:
    """Return what an import must know of the columns of properties."""
    return tuple(
        Definition(
            column.name,
            column.property.name,
            column.property.type,
            column.property.target,
            column.property.folder,
            _tags(catalogue.annotations, column.property),
        )
        for column in columns
        if column.property is not None
    )


def frame(selection: Selection, columns: Sequence[ExportColumn]) -> pl.DataFrame:
    """Return the cells, a row an image or file, typed as ``columns`` say."""
    computed = _computed(selection)
    return pl.DataFrame(
        [
            _typed(column, texts(selection, column))
            if column.property is not None
            else _proposed_by(selection)
            if column.name == _PROPOSED
            else computed[column.name].cast(column.dtype)
            for column in columns
        ]
    )


def _is_requested(column: ExportColumn) -> bool:
    return column.property is None and column.name in REQUESTED


def _proposed_by(selection: Selection) -> pl.Series:
    """Return who proposed the values of each image: person, import, model; null without any."""
    rows, codes, names = selection.catalogue.proposers()
    by_row: dict[int, list[str]] = {}
    for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
        by_row.setdefault(row, []).append(names[code])
    texts = [", ".join(sorted(by_row.get(row, ()))) or None for row in selection.rows.tolist()]
    return pl.Series("proposed_by", texts, pl.String)


def texts(selection: Selection, column: ExportColumn) -> pl.Series:
    """Return a property's values: canonical texts, of properties of tags lists of names."""
    assert column.property is not None
    prop = column.property
    if prop.has_tags:
        state = selection.catalogue.annotations
        labels = tags.labels(state.tags_of(prop.id))
        names = [
            [labels.get(id, state.tags[id].name) for id in ids] or None
            for ids in tag_ids(selection, prop)
        ]
        return pl.Series(column.name, names, pl.List(pl.String))
    values, units = _column(selection, prop)
    assert values.single is not None
    if not len(values.single.texts):
        return pl.Series(column.name, [None] * len(units), pl.String)
    held = values.single.texts.gather(np.maximum(units, 0)).to_frame("text")
    has_unit = pl.Series("has_unit", units >= 0)
    return held.select(pl.when(has_unit).then("text")).to_series().rename(column.name)


def tag_ids(selection: Selection, prop: Property) -> Iterator[list[str]]:
    """Yield the ids of the tags of each image or file, in the order of the tags."""
    column, units = _column(selection, prop)
    known = selection.catalogue.annotations.tags
    assert column.units is not None
    assert column.tags is not None
    begins = np.searchsorted(column.units, units, side="left").tolist()
    ends = np.searchsorted(column.units, units, side="right").tolist()
    for begin, end in zip(begins, ends, strict=True):
        ids = [column.ids[code] for code in column.tags[begin:end].tolist()]
        yield sorted(ids, key=lambda id: (known[id].place, id))


def _column(selection: Selection, prop: Property) -> tuple[Column, npt.NDArray[np.int64]]:
    """Return a property's column, and which of its units the images or files are."""
    column = selection.catalogue.column(property_field(prop.type, prop.id))
    return column, selection.files if column.by_file else selection.rows


def _computed(selection: Selection) -> pl.DataFrame:
    catalogue, corpus = selection.catalogue, selection.catalogue.corpus
    paths = pl.Series("path", selection.paths(), pl.String)
    images = catalogue.frame[selection.rows].with_columns(
        pl.col("format", "status").cast(pl.String), *map(dates_as_texts, DATES)
    )
    ids = pl.Series("file", [None] * len(selection), pl.UInt64)
    if corpus.files.height:
        held = corpus.files["file"].gather(np.maximum(selection.files, 0)).to_frame("file")
        has_file = pl.Series("has_file", selection.files >= 0)
        ids = held.select(pl.when(has_file).then("file")).to_series()
    file_ids = [None if id is None else f"{id:016x}" for id in ids.to_list()]
    path = pl.when(pl.col("path") != "").then("path")
    return images.with_columns(paths, pl.Series("file_id", file_ids, pl.String)).with_columns(
        source=path.str.extract(r"^([^/]*)/"),
        folder=path.str.extract(r"^(?s:[^/]*)/(?s:(.*))/[^/]*$").fill_null(""),
        name=path.str.extract(r"([^/]*)$"),
        path=path,
    )


def _typed(column: ExportColumn, values: pl.Series) -> pl.Series:
    assert column.property is not None
    convert = _CONVERSIONS.get(column.property.type)
    return values if convert is None else convert(values)


def _first(values: pl.Series) -> pl.Series:
    return values.list.first()


_CONVERSIONS: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    "number": lambda values: values.cast(pl.Float64),
    "checkbox": lambda values: values == "true",
    "tag": _first,
}


def _tags(state: State, prop: Property) -> tuple[NewTag, ...]:
    if not prop.has_tags:
        return ()
    ordered = sorted(state.tags_of(prop.id), key=lambda tag: (tag.place, tag.id))
    labels = tags.labels(ordered)
    return tuple(
        NewTag(
            tag.name,
            tag.colour,
            tuple(labels[id] for id in tag.parents if id in labels),
            labels[tag.id] if labels[tag.id] != tag.name else None,
            tag.identifier,
        )
        for tag in ordered
    )


def _names(columns: object) -> str:
    return ", ".join(column.name for column in columns)  # type: ignore[attr-defined]
