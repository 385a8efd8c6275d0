"""Bring in what people noted elsewhere: from a file to a plan, from a plan to one batch.

    table = imports.read("labels.csv")
    plan = imports.plan(project, table)  # what would happen; nothing is written
    plan = imports.altered(project, plan, columns={"year": {"type": "date"}})
    batch = imports.apply(project, plan)  # one batch: undone as one

Where two rows tell of one image, the first that says something holds, save that tags are put
together. Cells without text change nothing. Not here: reading files (``import_files``), which
image a row is about (``import_matching``), what a value looks like (``values``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations import edits, properties, tags, values
from panoptic_data.annotations.log import Batch, Change, as_frame
from panoptic_data.annotations.store import get as annotations_of
from panoptic_data.errors import InvalidImport, InvalidTag, InvalidValue
from panoptic_data.exchange.matching import WAYS, Found, Matching, find, folders, proposed
from panoptic_data.exchange.tables import (
    NewTag,
    Place,
    Table,
    read,
    read_tags,
    split,
    tag_columns,
    tags_of,
)

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.store import State
    from panoptic_data.storage.project import Project

__all__ = [
    "EXISTING",
    "WAYS",
    "Column",
    "Found",
    "Matching",
    "NewTag",
    "Plan",
    "Reading",
    "Table",
    "altered",
    "apply",
    "apply_tags",
    "find",
    "folders",
    "missing",
    "plan",
    "proposed",
    "read",
    "read_tags",
    "summary",
    "tag_columns",
    "tags_of",
]

# What becomes of values that are there: replaced, kept, or all goes into new properties.
EXISTING = ("replace", "keep", "new")
SEPARATORS = (",", ";", "|")
Progress = Callable[[int, int], None]
# Types are found out on so many rows from all over, then tried on all.
_SAMPLED = 20_000
_LISTED = 20
_EXAMPLES = 3
_ALTERABLE = frozenset(("name", "type", "target", "take", "separator", "folder"))
_TAGGED = ("tag", "tags")


def _silent(_done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Column:
    """How one column of a table becomes a property.

    ``source`` is its name in the table, ``name`` the property's; ``property`` is the id of the
    one that exists, None for a new one. ``separator`` parts the tags of a cell.
    """

    source: str
    name: str
    type: str
    target: str = "image"
    take: bool = True
    separator: str = ","
    folder: str | None = None
    property: str | None = None


@dataclass(frozen=True)
class Reading:
    """What one column gives: ``values`` has target and value, canonical texts.

    Of tags ``value`` is a tag's name, one row each. ``unreadable`` has line and value,
    ``repeated`` counts the rows that another row of the same image went before.
    """

    column: Column
    values: pl.DataFrame
    unreadable: pl.DataFrame
    repeated: int = 0
    new_tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an import would do. ``columns`` are all of the table's, ``readings`` those taken."""

    table: Table
    found: Found
    columns: tuple[Column, ...]
    readings: tuple[Reading, ...]
    existing: str = "replace"
    target: str = "image"
    choices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # How far the annotations had come.
    position: int = 0


def plan(
    project: Project,
    table: Table,
    matching: Matching | None = None,
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    existing: str = "replace",
    target: str = "image",
) -> Plan:
    """Return what importing a table would do; nothing is written.

    ``columns`` says what is not to be as proposed: ``{"year": {"type": "date"}, "note":
    {"take": False}}``; what can be said is name, type, target, take, separator, folder.
    ``target`` is that of new properties. Raises InvalidImport.
    """
    found = find(project, table, matching or proposed(project, table))
    return _planned(project, table, found, columns or {}, existing, target)


def altered(
    project: Project,
    before: Plan,
    matching: Matching | None = None,
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    existing: str | None = None,
    target: str | None = None,
) -> Plan:
    """Return a plan with other choices; those made before hold, rows are not looked up again.

    Columns that are to be as before are not read again either.
    """
    is_same = matching is None or matching == before.found.matching
    found = before.found if is_same else find(project, before.table, matching or Matching("path"))
    choices = {name: dict(parts) for name, parts in before.choices.items()}
    for name, parts in (columns or {}).items():
        choices[name] = {**choices.get(name, {}), **parts}
    existing, target = existing or before.existing, target or before.target
    return _planned(project, before.table, found, choices, existing, target, before)


def missing(plan: Plan) -> pl.DataFrame:
    """Return the rows of which nothing is imported: row, line, key and why.

    To those that found nothing come files that were never read, where values belong to images.
    """
    missed = plan.found.missed
    if all(one.column.target == "file" for one in plan.readings):
        return missed
    unread = plan.found.rows.filter(pl.col("sha1").is_null()).select("row")
    told = unread.with_columns(
        key=_key(plan, unread["row"]),
        why=pl.lit("unread"),
        line=plan.table.lines.gather(unread["row"]),
    )
    return pl.concat([missed, told.select(missed.columns)]).sort("row")


def summary(plan: Plan, listed: int = _LISTED) -> dict[str, Any]:
    """Return a plan in numbers and first examples, fit for JSON."""
    missed = missing(plan)
    counts = missed["why"].value_counts()
    return {
        "file": plan.table.name,
        "rows": len(plan.table.lines),
        "matching": vars(plan.found.matching),
        "matched": len(plan.table.lines) - missed.height,
        "images": plan.found.rows["sha1"].n_unique() - int(plan.found.rows["sha1"].has_nulls()),
        "missed": {
            "count": missed.height,
            "why": dict(counts.iter_rows()),
            "first": missed.head(listed).select("line", "key", "why").to_dicts(),
        },
        "overlong": list(plan.table.overlong[:listed]),
        "existing": plan.existing,
        "columns": [_told(plan, column, listed) for column in plan.columns],
    }


def apply(
    project: Project, plan: Plan, author: str | None = None, progress: Progress | None = None
) -> Batch:
    """Carry out a plan as one batch: properties, tags and values, all of it or nothing.

    Properties and tags are found by name, whatever was made since the plan; what is there
    already is not written again. Raises WriteConflict.
    """
    report = progress or _silent
    store = annotations_of(project)
    state = store.state(fresh=True)
    parts = []
    for done, reading in enumerate(plan.readings):
        report(done, len(plan.readings))
        if reading.values.is_empty():
            continue
        state, changes = _carried_out(state, reading, plan)
        parts += changes
    frame = pl.concat([as_frame([]), *parts])
    batch = store.commit(frame, "import", about=plan.table.name, author=author)
    report(len(plan.readings), len(plan.readings))
    return batch


def apply_tags(
    project: Project,
    property: str,
    new: Sequence[NewTag],
    author: str | None = None,
    about: str | None = None,
) -> Batch:
    """Put tags and their places in the tree into a property of tags, as one batch.

    ``property`` is its name; it is made where there is none. Tags that are there get the
    colours and parents they lack. Raises InvalidTag for a cycle, InvalidValue for a colour.
    """
    store = annotations_of(project)
    state = store.state(fresh=True)
    one = _by_name(state).get(property.strip().casefold())
    changes: list[Change] = []
    if one is None:
        one, changes = properties.created(state.properties, property, "tags")
        state = _with_property(state, one)
    if not one.has_tags:
        raise InvalidImport("other_type", about or property, name=one.name, type=one.type)
    _, made = _planted(state, one.id, new, strict=True)
    return store.commit([*changes, *made], "import", about=about or property, author=author)


def _planned(
    project: Project,
    table: Table,
    found: Found,
    choices: Mapping[str, Mapping[str, Any]],
    existing: str,
    target: str,
    before: Plan | None = None,
) -> Plan:
    state = annotations_of(project).state(fresh=True)
    _check(table, choices, existing)
    columns = _columns(state, table, found, choices, existing, target)
    is_same = before is not None and before.found is found and before.position == state.position
    known = {one.column: one for one in before.readings} if before and is_same else {}
    readings = [known.get(one) or _reading(state, table, found, one) for one in columns if one.take]
    return Plan(table, found, columns, tuple(readings), existing, target, choices, state.position)


def _check(table: Table, choices: Mapping[str, Mapping[str, Any]], existing: str) -> None:
    if existing not in EXISTING:
        raise InvalidImport("existing", table.name, name=existing, known=", ".join(EXISTING))
    for name, parts in choices.items():
        if name not in table.frame.columns:
            raise InvalidImport("no_column", table.name, column=name)
        for part in set(parts) - _ALTERABLE:
            raise InvalidImport("part", table.name, name=part)
        type = parts.get("type")
        if type is not None and type not in values.TYPES:
            known = ", ".join(values.TYPES)
            raise InvalidImport("type", table.name, name=type, known=known)
        if parts.get("target", "image") not in properties.TARGETS:
            raise InvalidImport("target", table.name, name=parts["target"])


def _columns(
    state: State,
    table: Table,
    found: Found,
    choices: Mapping[str, Mapping[str, Any]],
    existing: str,
    target: str,
) -> tuple[Column, ...]:
    known = {} if existing == "new" else _by_name(state)
    taken = set(_by_name(state)) if existing == "new" else set()
    columns = []
    for source in table.frame.columns:
        if source in (found.matching.column, table.path, table.sha1):
            continue
        choice = choices.get(source, {})
        one = _column(table, source, choice, known, target)
        if one.take:
            name = _untaken(one.name, taken)
            taken.add(name.casefold())
            one = replace(one, name=name, property=one.property if name == one.name else None)
        columns.append(one)
    return tuple(columns)


def _column(
    table: Table,
    source: str,
    choice: Mapping[str, Any],
    known: Mapping[str, Property],
    target: str,
) -> Column:
    series = table.frame[source]
    place = table.places.get(source, Place())
    name = " ".join(str(choice.get("name", source)).split())[: properties.LONGEST_NAME] or source
    there = known.get(name.casefold())
    take = choice.get("take", not _is_idle(source, series))
    said = choice.get("type")
    if there is not None:
        if take and said not in (None, there.type):
            raise InvalidImport("other_type", table.name, name=there.name, type=there.type)
        separator = choice.get("separator") or _separator(series)
        return Column(
            source, there.name, there.type, there.target, take, separator, there.folder, there.id
        )
    type, separator = said or table.types.get(source), _separator(series)
    if type is None:
        type, separator = _guessed(series, source) if take else ("text", ",")
    return Column(
        source,
        name,
        type,
        choice.get("target") or place.target or target,
        take,
        choice.get("separator") or separator,
        choice.get("folder") or place.folder,
    )


def _is_idle(source: str, series: pl.Series) -> bool:
    """Whether a column tells nothing: it is empty, or numbers rows and has no name."""
    if _filled(series).is_empty():
        return True
    return source.startswith(("column ", "Unnamed:")) and _kind(series) == "number"


def _kind(series: pl.Series) -> str:
    return values.infer(_filled(series).cast(pl.String, strict=False).head(_SAMPLED).to_list())


def _filled(series: pl.Series) -> pl.Series:
    some = series.drop_nulls()
    if some.dtype == pl.String:
        return some.filter(some.str.strip_chars() != "")
    return some


def _guessed(series: pl.Series, name: str) -> tuple[str, str]:
    """Return the type of a column and what parts its tags."""
    if series.dtype.is_nested():
        return "tags", ","
    if series.dtype == pl.Boolean:
        return "checkbox", ","
    if series.dtype.is_temporal():
        return "date", ","
    filled = _filled(series)
    step = max(1, len(filled) // _SAMPLED)
    texts = filled.gather_every(step).cast(pl.String, strict=False)
    separator = _separator(texts)
    shown = texts.str.replace_all(separator, ",", literal=True) if separator != "," else texts
    type = values.infer(shown.to_list(), name)
    if type == "text" and separator != ",":
        type = values.infer(texts.to_list(), name)
    if type not in (*_TAGGED, "text") and values.canonical_series(type, filled)[1].any():
        return "text", ","
    return type, separator


def _separator(series: pl.Series) -> str:
    """Return what parts the tags of a column: the commonest of , ; |."""
    if series.dtype != pl.String:
        return ","
    counts = {one: int(series.str.contains(one, literal=True).sum()) for one in SEPARATORS}
    return max(SEPARATORS, key=lambda one: counts[one])


def _reading(state: State, table: Table, found: Found, column: Column) -> Reading:
    series = table.frame[column.source]
    cells = _targets(found, column.target).with_columns(
        value=series.gather(_targets(found, column.target)["row"])
    )
    if column.type in _TAGGED:
        return _read_tags(state, table, column, cells)
    texts, bad = values.canonical_series(column.type, _stripped(cells["value"]))
    unreadable = _lines(table, cells.filter(bad))
    given = cells.select("target").with_columns(value=texts).drop_nulls("value")
    once = given.unique("target", keep="first", maintain_order=True)
    return Reading(column, once, unreadable, _contradicted(given, once))


def _stripped(series: pl.Series) -> pl.Series:
    return series.str.strip_chars() if series.dtype == pl.String else series


def _targets(found: Found, target: str) -> pl.DataFrame:
    """Return row and target: images, or files (all copies where a row means the image)."""
    if target == "image":
        return found.rows.select("row", target="sha1").drop_nulls("target")
    alone = found.rows.drop_nulls("file_id").select("row", target="file_id")
    copies = (
        found.rows.filter(pl.col("file_id").is_null())
        .select("row", "sha1")
        .join(found.files.drop_nulls("sha1"), on="sha1", how="inner")
        .select("row", target="file_id")
    )
    return pl.concat([alone, copies]).sort("row", maintain_order=True)


def _lines(table: Table, cells: pl.DataFrame) -> pl.DataFrame:
    return cells.select(
        line=table.lines.gather(cells["row"]), value=cells["value"].cast(pl.String, strict=False)
    )


def _contradicted(given: pl.DataFrame, once: pl.DataFrame) -> int:
    """Count the rows that say of an image what an earlier row says otherwise."""
    both = given.join(once, on="target", how="inner", suffix="_first")
    return both.filter(pl.col("value") != pl.col("value_first")).height


def _read_tags(state: State, table: Table, column: Column, cells: pl.DataFrame) -> Reading:
    parted = cells.with_columns(value=_names(column, cells["value"])).explode("value")
    named = parted.drop_nulls("value")
    is_long = pl.col("value").str.len_chars() > tags.LONGEST_NAME
    unreadable = _lines(table, named.filter(is_long))
    given = named.filter(~is_long).select(
        "target", "value", folded=pl.col("value").str.to_lowercase()
    )
    repeated = 0
    if column.type == "tag":
        once = given.unique("target", keep="first", maintain_order=True)
        repeated = _contradicted(given, once)
    else:
        once = given.unique(["target", "folded"], keep="first", maintain_order=True)
    told = once["value"].unique(maintain_order=True)
    known = tags.named(state.tags, column.property) if column.property else {}
    fresh: dict[str, str] = {}
    for name in told:
        fresh.setdefault(name.casefold(), name)
    new = tuple(name for key, name in fresh.items() if key not in known)
    return Reading(column, once.select("target", "value"), unreadable, repeated, new)


def _names(column: Column, series: pl.Series) -> pl.Series:
    """Return each cell's names of tags as a list."""
    if series.dtype.is_nested():
        lists = series.cast(pl.List(pl.String)).list.eval(_spaced(pl.element()))
        return lists.list.eval(pl.element().filter(pl.element() != "")).list.drop_nulls()
    texts = series.cast(pl.String, strict=False)
    if column.type == "tag":
        whole = texts.to_frame("t").select(_spaced(pl.col("t"))).to_series()
        return whole.to_frame("t").select(pl.when(pl.col("t") != "").then(pl.concat_list("t")))["t"]
    known = texts.drop_nulls().unique()
    parts = [split(text, column.separator) for text in known]
    table = pl.DataFrame(
        {"t": known, "parts": parts}, {"t": pl.String, "parts": pl.List(pl.String)}
    )
    cells = texts.to_frame("t").join(table, on="t", how="left", maintain_order="left")
    return cells["parts"]


def _spaced(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def _key(plan: Plan, rows: pl.Series) -> pl.Series:
    """Return what the rows say to find their image by."""
    column = plan.found.matching.column
    if column is None:
        return (rows + 1).cast(pl.String)
    return plan.table.frame[column].gather(rows).cast(pl.String, strict=False)


def _told(plan: Plan, column: Column, listed: int) -> dict[str, Any]:
    examples = _filled(plan.table.frame[column.source]).head(_EXAMPLES).to_list()
    told: dict[str, Any] = {
        **vars(column),
        "is_new": column.property is None,
        "examples": [one if isinstance(one, list) else str(one).strip() for one in examples],
    }
    reading = next((one for one in plan.readings if one.column == column), None)
    if reading is None:
        return told
    return told | {
        "read": _read_first(reading),
        "values": reading.values.height,
        "targets": reading.values["target"].n_unique(),
        "repeated": reading.repeated,
        "new_tags": {"count": len(reading.new_tags), "first": list(reading.new_tags[:listed])},
        "unreadable": {
            "count": reading.unreadable.height,
            "first": reading.unreadable.head(listed).to_dicts(),
        },
    }


def _read_first(reading: Reading) -> list[list[str]]:
    """Return the first different values, as they were read; tags of one target together."""
    told = reading.values.head(_SAMPLED)
    if reading.column.type != "tags":
        return [[value] for value in told["value"].unique(maintain_order=True).head(_EXAMPLES)]
    first = told["target"].unique(maintain_order=True).head(_EXAMPLES)
    return [told.filter(pl.col("target") == one)["value"].to_list() for one in first]


def _carried_out(state: State, reading: Reading, plan: Plan) -> tuple[State, list[pl.DataFrame]]:
    """Return the state with a column's property, and the changes that import it."""
    one, changes = _property(state, reading.column, plan.existing)
    state = _with_property(state, one)
    given = reading.values
    if plan.existing == "keep":
        held = state.values(one.id).select("target")
        given = given.join(held, on="target", how="anti", maintain_order="left")
    if one.has_tags:
        told = [NewTag(name) for name in given["value"].unique(maintain_order=True)]
        trees = plan.table.tags.get(reading.column.source, ())
        state, made = _planted(state, one.id, [*trees, *told])
        changes += made
        given = _with_ids(state, one, given)
    return state, [as_frame(changes), edits.assign(state, one.id, given)]


def _property(state: State, column: Column, existing: str) -> tuple[Property, list[Change]]:
    """Return the property of a column, made where it is not there."""
    known = _by_name(state)
    there = known.get(column.name.casefold()) if existing != "new" else None
    if there is not None and (there.type, there.target) == (column.type, column.target):
        return there, []
    return properties.created(
        state.properties,
        _untaken(column.name, known),
        column.type,
        target=column.target,
        folder=column.folder,
    )


def _with_property(state: State, one: Property) -> State:
    return replace(state, properties={**state.properties, one.id: one})


def _by_name(state: State) -> dict[str, Property]:
    return {one.name.casefold(): one for one in state.shown}


def _untaken(name: str, taken: Iterable[str]) -> str:
    """Return a name, with a number behind it where it is taken."""
    known, chosen, number = frozenset(taken), name, 2
    while chosen.casefold() in known:
        chosen = f"{name} ({number})"
        number += 1
    return chosen


def _planted(
    state: State, property: str, new: Sequence[NewTag], *, strict: bool = False
) -> tuple[State, list[Change]]:
    """Return the state with tags of these names, and the changes that make them.

    A link that would close a cycle is left out, as is a colour that is none; ``strict`` says
    so instead.
    """
    own = {id: one for id, one in state.tags.items() if one.property == property}
    names = tags.named(own, property)
    changes: list[Change] = []
    last = max(own.values(), key=lambda one: one.place, default=None)
    for name in [*(one.name for one in new), *(it for one in new for it in one.parents)]:
        spelled = " ".join(name.split())
        if spelled.casefold() in names:
            continue
        # Only the last tag is told of: looking through all of them for each would take long.
        last, made = tags.created({last.id: last} if last else {}, property, spelled)
        names[spelled.casefold()] = own[last.id] = last
        changes += made
    for one in new:
        changes += _furnished(own, names, one, strict)
    return replace(state, tags={**state.tags, **own}), changes


def _furnished(
    own: dict[str, tags.Tag], names: Mapping[str, tags.Tag], new: NewTag, strict: bool
) -> list[Change]:
    """Return the changes that give a tag the colour and the parents it lacks."""
    id = names[" ".join(new.name.split()).casefold()].id
    changes: list[Change] = []
    colour = _colour(new.colour, strict)
    if colour is not None and own[id].colour is None:
        changes += tags.altered(own, id, colour=colour)
        own[id] = replace(own[id], colour=colour)
    for parent in new.parents:
        above = names[" ".join(parent.split()).casefold()].id
        try:
            link = tags.linked(own, id, above)
        except InvalidTag:
            if strict:
                raise
            continue
        if link:
            own[id] = tags.with_parent(own[id], above)
            changes += link
    return changes


def _colour(text: str | None, strict: bool) -> str | None:
    try:
        return values.canonical("colour", text)
    except InvalidValue:
        if strict:
            raise
        return None


def _with_ids(state: State, one: Property, given: pl.DataFrame) -> pl.DataFrame:
    """Return target and value with tags' ids: one, or a JSON list."""
    names = tags.named(state.tags, one.id)
    told = given["value"].unique()
    ids = {name: names[" ".join(name.split()).casefold()].id for name in told}
    named = given.with_columns(
        pl.col("value").replace_strict(ids, return_dtype=pl.String) if ids else pl.col("value")
    )
    if not one.holds_several:
        return named
    lists = named.group_by("target", maintain_order=True).agg(pl.col("value").unique().sort())
    texts = [json.dumps(some) for some in lists["value"].to_list()]
    return lists.select("target", value=pl.Series(texts, dtype=pl.String))
