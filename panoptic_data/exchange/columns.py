"""What the columns of an imported table become: properties, their types and the values of cells.

Here: the proposed property and type of a column, and its cells as canonical values of images or
files. Where two rows are about one image, the first value counts, save that tags are collected;
empty cells are left out. Not here: which image a row is about (``matching``), all columns
together (``plan``), what a value looks like (``annotations.values``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations import properties, tags, values
from panoptic_data.annotations.dates import day_orders, with_day_first
from panoptic_data.annotations.type_inference import infer_type
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange.tables import ColumnHint, NewTag, split
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.exchange.matching import Matches
    from panoptic_data.exchange.tables import Table

__all__ = [
    "Column",
    "ColumnValues",
    "free_name",
    "nonempty",
    "properties_by_name",
    "propose",
    "read_values",
]

SEPARATORS = (",", ";", "|")
# A type is inferred from at most so many rows, taken evenly from the whole table, and then
# checked on all rows.
_SAMPLED = 20_000
_TAG_TYPES = ("tag", "tags")
_REWRITTEN = {"line": pl.Int64, "value": pl.String, "becomes": pl.String}
_CONFLICTS = dict.fromkeys(("target", "held", "value"), pl.String)


@dataclass(frozen=True)
class Column:
    """How one column of a table becomes a property.

    ``source`` is its name in the table, ``name`` that of the property; ``property`` is the id of
    an existing property, None for a new one. ``take`` is False for a column that is not imported.
    ``separator`` stands between the tags of a cell. ``order`` says of dates what comes first in
    04/05/1912: "day" or "month", None where no cell of the column tells and nobody said.
    """

    source: str
    name: str
    type: str
    target: str = "image"
    take: bool = True
    separator: str = ","
    folder: str | None = None
    property: str | None = None
    order: str | None = "day"


@dataclass(frozen=True)
class ColumnValues:
    """What one column contains: ``values`` has target and value, as canonical texts.

    For tags ``value`` is the name of a tag, one row per tag. ``unreadable`` and ``repeats`` have
    line and value: what cannot be read, and what differs from an earlier row of the same image.
    ``conflicts`` has target, held and value: where the project has another value now. ``authors``
    has target and author where the file says whose a value is. ``rewritten`` has line, value and
    becomes: texts that come back otherwise when they are written, as 007 of a number does.
    """

    column: Column
    values: pl.DataFrame
    unreadable: pl.DataFrame
    repeats: pl.DataFrame
    new_tags: tuple[str, ...] = ()
    conflicts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CONFLICTS))
    authors: pl.DataFrame | None = None
    rewritten: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_REWRITTEN))

    @property
    def repeated(self) -> int:
        """How many rows contradict an earlier one of the same image."""
        return self.repeats.height


def propose(
    table: Table,
    source: str,
    choice: Mapping[str, Any],
    existing: Mapping[str, Property],
    target: str,
) -> Column:
    """Return what a column becomes: what ``choice`` says of it, the rest inferred.

    ``existing`` maps keys of names to the properties that columns may go into; ``target`` is
    that of new properties. Raises InvalidImport where an existing property has another type.
    """
    series = table.frame[source]
    hint = table.hints.get(source, ColumnHint())
    name = " ".join(str(choice.get("name", hint.name or source)).split())
    name = name[: properties.LONGEST_NAME] or source
    property = existing.get(name_key(name))
    take = choice.get("take", not _is_idle(source, series) if hint.take is None else hint.take)
    separator = choice.get("separator") or ("," if hint.is_exact else None)
    chosen_type = choice.get("type")
    if property is not None:
        if take and chosen_type not in (None, property.type):
            raise InvalidImport("other_type", table.name, name=property.name, type=property.type)
        return Column(
            source,
            property.name,
            property.type,
            property.target,
            take,
            separator or _separator(series),
            property.folder,
            property.id,
            _order(property.type, series, choice),
        )
    type, likely = chosen_type or table.types.get(source), _separator(series)
    if type is None:
        type, likely = _infer(series, source) if take else ("text", ",")
    return Column(
        source,
        name,
        type,
        choice.get("target") or hint.target or target,
        take,
        separator or likely,
        choice.get("folder") or hint.folder,
        order=_order(type, series, choice),
    )


def read_values(state: State, table: Table, matches: Matches, column: Column) -> ColumnValues:
    """Return the values of a column for the images or files that its rows match."""
    targets = _targets(matches, column.target)
    cells = targets.with_columns(value=table.frame[column.source].gather(targets["row"]))
    if column.source in table.authors:
        whose = targets.with_columns(author=table.authors[column.source].gather(targets["row"]))
        authors = whose.drop_nulls().unique("target", keep="first", maintain_order=True)
        return replace(_read_cells(state, table, column, cells), authors=authors.drop("row"))
    return _read_cells(state, table, column, cells)


def _read_cells(state: State, table: Table, column: Column, cells: pl.DataFrame) -> ColumnValues:
    if column.type in _TAG_TYPES:
        return _read_tags(state, table, column, cells)
    is_exact = table.hints.get(column.source, ColumnHint()).is_exact
    read = cells["value"] if is_exact else _stripped(cells["value"])
    if column.order == "month":
        read = _with_day_first(read)
    texts, is_unreadable = values.canonical_series(column.type, read)
    unreadable = _lines(table, cells.filter(is_unreadable))
    readable = cells.select("row", "target").with_columns(value=texts).drop_nulls("value")
    first = readable.unique("target", keep="first", maintain_order=True).drop("row")
    repeats = _repeats(table, readable, first)
    conflicts = _conflicts(state, column, first)
    rewritten = _rewritten(table, column, cells, texts)
    return ColumnValues(
        column, first, unreadable, repeats, conflicts=conflicts, rewritten=rewritten
    )


def _rewritten(table: Table, column: Column, cells: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Return the numbers that are written back otherwise, but for signs that group or part them."""
    if column.type != "number" or cells["value"].dtype != pl.String:
        return pl.DataFrame(schema=_REWRITTEN)
    plain = pl.col("value").str.replace_all(r"[\s'’]", "").str.replace(",", ".", literal=True)
    read = cells.with_columns(becomes=texts).drop_nulls("becomes")
    differing = read.filter((plain != pl.col("becomes")) & (plain != pl.col("becomes") + ".0"))
    return _lines(table, differing).with_columns(becomes=differing["becomes"])


def nonempty(series: pl.Series) -> pl.Series:
    """Return the cells that have content: neither null nor blank."""
    cells = series.drop_nulls()
    if cells.dtype == pl.String:
        return cells.filter(cells.str.strip_chars() != "")
    return cells


def properties_by_name(state: State) -> dict[str, Property]:
    """Return the visible properties by the ``text.name_key`` of their names."""
    return {name_key(property.name): property for property in state.live_properties}


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return a name, with a number after it where it is taken; ``taken`` are keys of names."""
    names, free, number = frozenset(taken), name, 2
    while name_key(free) in names:
        free = f"{name} ({number})"
        number += 1
    return free


def _is_idle(source: str, series: pl.Series) -> bool:
    """Whether a column holds nothing to import: empty, or row numbers without a header."""
    cells = nonempty(series)
    if cells.is_empty():
        return True
    if not source.startswith(("column ", "Unnamed:")):
        return False
    return infer_type(cells.cast(pl.String, strict=False).head(_SAMPLED).to_list()) == "number"


def _infer(series: pl.Series, name: str) -> tuple[str, str]:
    """Return the type of a column and the separator of its tags."""
    if series.dtype.is_nested():
        return "tags", ","
    if series.dtype == pl.Boolean:
        return "checkbox", ","
    if series.dtype.is_temporal():
        return "date", ","
    cells = nonempty(series)
    step = max(1, len(cells) // _SAMPLED)
    texts = _as_texts(cells.gather_every(step))
    separator = _separator(texts)
    # Type inference recognises lists of tags by commas.
    by_commas = texts.str.replace_all(separator, ",", literal=True) if separator != "," else texts
    type = infer_type(by_commas.to_list(), name)
    if type == "text" and separator != ",":
        type = infer_type(texts.to_list(), name)
    if type == "date" and _order(type, cells, {}) == "month":
        cells = _with_day_first(cells)
    if type not in (*_TAG_TYPES, "text") and values.canonical_series(type, cells)[1].any():
        return "text", ","
    return type, separator


def _order(type: str, series: pl.Series, choice: Mapping[str, Any]) -> str | None:
    """Return what comes first in the dates of a column: what was chosen, else what cells tell."""
    chosen: str | None = choice.get("order")
    if chosen is not None or type != "date" or series.dtype != pl.String:
        return chosen or "day"
    orders = {day_orders(text) for text in series.drop_nulls().unique()} - {frozenset()}
    decided = {order for some in orders if len(some) == 1 for order in some}
    if len(decided) == 1:
        return decided.pop()
    return None if orders else "day"


def _with_day_first(series: pl.Series) -> pl.Series:
    distinct = series.drop_nulls().unique()
    changed = [with_day_first(text) for text in distinct]
    return series.replace_strict(distinct, changed, default=None, return_dtype=pl.String)


def _as_texts(cells: pl.Series) -> pl.Series:
    """Return cells as texts; numbers as they are written canonically."""
    return (
        values.canonical_series("number", cells)[0]
        if (cells.dtype.is_numeric())
        else cells.cast(pl.String, strict=False)
    )


def _separator(series: pl.Series) -> str:
    """Return what separates the tags of a column: the most frequent of ``SEPARATORS``."""
    if series.dtype != pl.String:
        return ","
    counts = {
        separator: int(series.str.contains(separator, literal=True).sum())
        for separator in SEPARATORS
    }
    return max(SEPARATORS, key=lambda separator: counts[separator])


def _targets(matches: Matches, target: str) -> pl.DataFrame:
    """Return row and target: images, or files (all copies where a row means the image)."""
    if target == "image":
        return matches.rows.select("row", target="sha1").drop_nulls("target")
    single = matches.rows.drop_nulls("file_id").select("row", target="file_id")
    copies = (
        matches.rows.filter(pl.col("file_id").is_null())
        .select("row", "sha1")
        .join(matches.files.drop_nulls("sha1"), on="sha1", how="inner")
        .select("row", target="file_id")
    )
    return pl.concat([single, copies]).sort("row", maintain_order=True)


def _stripped(series: pl.Series) -> pl.Series:
    return series.str.strip_chars() if series.dtype == pl.String else series


def _conflicts(state: State, column: Column, new_values: pl.DataFrame) -> pl.DataFrame:
    """Return target, held and value where a property has another value already; tags as names."""
    if column.property is None:
        return pl.DataFrame(schema=_CONFLICTS)
    held = state.values(column.property).select("target", "value")
    if column.type in _TAG_TYPES:
        names = tags.labels(state.tags_of(column.property))
        held = held.filter(pl.col("value").is_in(list(names))).with_columns(
            pl.col("value").replace_strict(names, return_dtype=pl.String)
        )
        held, new_values = _joined(held), _joined(new_values)
    else:
        held, new_values = (f.with_columns(key=pl.col("value")) for f in (held, new_values))
    both = new_values.join(held, on="target", how="inner", suffix="_held", maintain_order="left")
    differing = both.filter(pl.col("key") != pl.col("key_held"))
    return differing.select("target", held="value_held", value="value")


def _joined(names: pl.DataFrame) -> pl.DataFrame:
    """Return target, the names of its tags as one text, and what makes two such texts equal."""
    sorted_names = names.with_columns(key=pl.col("value").str.to_lowercase()).sort("target", "key")
    return sorted_names.group_by("target", maintain_order=True).agg(
        pl.col("value").str.join(", "), pl.col("key").str.join("\n")
    )


def _lines(table: Table, cells: pl.DataFrame) -> pl.DataFrame:
    return cells.select(
        line=table.lines.gather(cells["row"]), value=cells["value"].cast(pl.String, strict=False)
    )


def _repeats(table: Table, all_values: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Return line and value of the rows that differ from the first one of the same target."""
    both = all_values.join(first, on="target", how="inner", suffix="_first")
    return _lines(table, both.filter(pl.col("value") != pl.col("value_first")))


def _read_tags(state: State, table: Table, column: Column, cells: pl.DataFrame) -> ColumnValues:
    existing = tags.by_label(state.tags, column.property) if column.property else {}
    known = _joining_names(column.separator, existing, table.tags.get(column.source))
    names = _tag_names(column, cells["value"], known)
    exploded = cells.with_columns(value=names).explode("value")
    named = exploded.drop_nulls("value")
    is_long = pl.col("value").str.len_chars() > tags.LONGEST_NAME
    unreadable = _lines(table, named.filter(is_long))
    readable = named.filter(~is_long).select(
        "row", "target", "value", folded=pl.col("value").str.to_lowercase()
    )
    repeats = _lines(table, readable.head(0))
    if column.type == "tag":
        unique = readable.unique("target", keep="first", maintain_order=True)
        repeats = _repeats(table, readable, unique.select("target", "value"))
    else:
        unique = readable.unique(["target", "folded"], keep="first", maintain_order=True)
    spellings: dict[str, str] = {}
    for name in unique["value"].unique(maintain_order=True):
        spellings.setdefault(name_key(name), name)
    new_tags = tuple(name for key, name in spellings.items() if key not in existing)
    named = unique.select("target", "value")
    conflicts = _conflicts(state, column, named)
    return ColumnValues(column, named, unreadable, repeats, new_tags, conflicts)


def _joining_names(
    separator: str, existing: Mapping[str, tags.Tag], listed: Iterable[NewTag] | None
) -> frozenset[str]:
    """Return the keys of known names that hold the separator: "Paris, Texas" is one tag."""
    keys = {name_key(tag.label or tag.name) for tag in listed or ()} | set(existing)
    return frozenset(key for key in keys if separator in key)


def _split(text: str, separator: str, known: frozenset[str]) -> list[str]:
    """Return the names in a cell; those that are known to hold the separator stay whole."""
    if not known or '"' in text:
        return split(text, separator)
    parts, longest = text.split(separator), max(key.count(separator) for key in known) + 1
    names, begin = [], 0
    while begin < len(parts):
        for end in range(min(len(parts), begin + longest), begin, -1):
            name = " ".join(separator.join(parts[begin:end]).split())
            if end == begin + 1 or name_key(name) in known:
                names.append(name)
                begin = end
                break
    return [name for name in names if name]


def _tag_names(column: Column, series: pl.Series, known: frozenset[str]) -> pl.Series:
    """Return the tag names of each cell as a list; ``known`` are those with a separator inside."""
    if series.dtype.is_nested():
        lists = series.cast(pl.List(pl.String)).list.eval(_collapse_spaces(pl.element()))
        return lists.list.eval(pl.element().filter(pl.element() != "")).list.drop_nulls()
    texts = series.cast(pl.String, strict=False).rename("text").to_frame()
    if column.type == "tag":
        names = texts.select(_collapse_spaces(pl.col("text")))
        return names.select(pl.when(pl.col("text") != "").then(pl.concat_list("text")))["text"]
    # PropertyValues repeat a lot: each different text is split once.
    different = texts["text"].drop_nulls().unique()
    parts = pl.DataFrame(
        {"text": different, "parts": [_split(text, column.separator, known) for text in different]},
        {"text": pl.String, "parts": pl.List(pl.String)},
    )
    return texts.join(parts, on="text", how="left", maintain_order="left")["parts"]


def _collapse_spaces(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\s+", " ").str.strip_chars()
