"""A folder for Panoptic 1.0: ``data.csv`` as it imports and exports, and a file of each tag tree.

A row a file, by its whole path; ``;`` between cells, types in headers. What Panoptic has no form
for changes: colours become the nearest of its twelve, "no" of a checkbox is empty. The files in
``tags/`` are read by ``panoptic import`` with the folder; Panoptic itself imports no trees.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations.parsing import PANOPTIC_COLOURS
from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.csv_table import joined_names
from panoptic_data.exchange.exports.names import UniqueNames, safe_name
from panoptic_data.exchange.exports.tables import needed_bytes
from panoptic_data.exchange.panoptic import TREES, VALUES
from panoptic_data.ingest import sources

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn
    from panoptic_data.exchange.exports.target import Draft

__all__ = ["is_by_file", "needed_bytes", "write"]

# Panoptic's words; it has none for links to images.
_TYPES: Mapping[str, str] = {
    "tags": "multi_tags",
    "colour": "color",
    "image": "text",
}


def is_by_file(_catalogue: Catalogue, _options: Options) -> bool:
    """Return True: a row is a file, what Panoptic calls an instance."""
    return True


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the values and the trees of tags."""
    selection, draft = job.selection, job.draft
    columns = tuple(column for column in job.columns if column.property is not None)
    roots = {name: source.root for name, source in sources.by_name(job.project).items()}
    with (draft.path / VALUES).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";", lineterminator="\n")
        rows.writerow(["path", *map(_header, columns)])
        for part in job.parts():
            paths = []
            for path in part.paths():
                source, _, below = path.partition("/")
                paths.append(str(roots[source] / below) if source in roots else path)
            cells = [pl.Series("path", paths), *(_cells(part, column) for column in columns)]
            rows.writerows(zip(*(cell.to_list() for cell in cells), strict=True))
    return [], {"tag_files": _write_trees(selection, columns, draft)}


def _header(column: ExportColumn) -> str:
    assert column.property is not None
    # A bracket begins the type.
    name = column.property.name.replace("[", "(").replace("]", ")")
    return f"{name}[{_TYPES.get(column.property.type, column.property.type)}]"


def _cells(part: Selection, column: ExportColumn) -> pl.Series:
    assert column.property is not None
    cells, type = tables.texts(part, column), column.property.type
    if type == "tags":
        joined = [None if names is None else joined_names(names) for names in cells.to_list()]
        return pl.Series(column.name, joined, pl.String)
    if type == "tag":
        return cells.list.first()
    if type == "colour":
        numbers = {text: str(_nearest(text)) for text in cells.drop_nulls().unique()}
        return cells.replace(numbers)
    if type == "checkbox":
        return cells.replace({"false": None})
    return cells


def _nearest(colour: str) -> int:
    """Return the number of Panoptic's colour that is nearest in red, green and blue."""
    wanted = _channels(colour)

    def distance(number: int) -> int:
        return sum(
            (a - b) ** 2 for a, b in zip(wanted, _channels(PANOPTIC_COLOURS[number]), strict=True)
        )

    return min(range(len(PANOPTIC_COLOURS)), key=distance)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def _write_trees(selection: Selection, columns: tuple[ExportColumn, ...], draft: Draft) -> int:
    names, count = UniqueNames(), 0
    for definition in tables.definitions_of(selection.catalogue, columns):
        if not definition.tags:
            continue
        folder = draft.path / TREES
        folder.mkdir(exist_ok=True)
        file = folder / names.take(safe_name(f"{definition.name}.csv"))
        with file.open("w", encoding="utf-8", newline="") as opened:
            rows = csv.writer(opened, delimiter=";", lineterminator="\n")
            rows.writerow(("name", "color", "parents"))
            for tag in definition.tags:
                rows.writerow((tag.name, tag.colour, joined_names(tag.parents)))
        count += 1
    return count
