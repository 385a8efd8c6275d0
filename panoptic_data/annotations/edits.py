"""Changes of values: set, add, remove, copy, convert, take out of the corpus.

The functions take a state and write nothing: they return changes (columns
``log.CHANGE_SCHEMA``) for ``Store.commit``, without those that would change nothing. Not here:
what values look like (``values``), the tags themselves (``tags``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from panoptic_data.annotations import properties, tags, values
from panoptic_data.annotations.deleted import live_property, live_tag
from panoptic_data.annotations.log import ACCEPTED, ANSWER_PREFIX, CHANGE_SCHEMA, Change, as_frame
from panoptic_data.annotations.properties import EXCLUDED, Property
from panoptic_data.annotations.state import State
from panoptic_data.errors import InvalidProperty, InvalidTag, InvalidValue

__all__ = [
    "add_tags",
    "assign",
    "assign_by_name",
    "convert",
    "copy_values",
    "exclude",
    "give_tags",
    "merge_tags",
    "remove_tags",
    "set_value",
    "tag_by_name",
]

# Types of properties whose values can be names.
NAMING = ("tags", "tag", "text", "path")
# What becomes of values that are there already: tags are added to them, they are replaced, or
# targets that have one are left out.
WAYS = ("add", "set", "fill")


def set_value(state: State, property: str, targets: Iterable[str], value: Any) -> pl.DataFrame:
    """Give images (or files) a value of a property; None takes it away.

    ``value`` is what ``values.canonical`` reads; of a property of tags an id, or a list of ids.
    Raises InvalidProperty, InvalidTag, InvalidValue.
    """
    text = _text(state, live_property(state, property), value)
    return assign(
        state,
        property,
        pl.DataFrame({"target": _unique(targets)}).with_columns(
            value=pl.lit(text, dtype=pl.String)
        ),
    )


def assign(state: State, property: str, assigned: pl.DataFrame) -> pl.DataFrame:
    """Give each target its own value: ``assigned`` has target and value, canonical texts.

    A property of several tags takes JSON lists of ids. Values are not checked here.
    """
    prop = state.properties.get(property)
    before = _texts(state, property, assigned["target"], bool(prop and prop.is_multi_valued))
    compared = assigned.select("target", new="value").join(
        before, on="target", how="left", maintain_order="left"
    )
    changed = compared.filter(~pl.col("new").eq_missing(pl.col("old")))
    return _changes(changed, state.target_kind(property), property, "set")


def add_tags(
    state: State, property: str, targets: Iterable[str], ids: Iterable[str]
) -> pl.DataFrame:
    """Add tags to those of images or files; a property of one tag takes the last instead."""
    return _tagged(state, property, targets, ids, "add")


def remove_tags(
    state: State, property: str, targets: Iterable[str], ids: Iterable[str]
) -> pl.DataFrame:
    """Take tags away from images or files that have them."""
    return _tagged(state, property, targets, ids, "remove")


def exclude(state: State, sha1s: Iterable[str], excluded: bool = True) -> pl.DataFrame:
    """Take images out of the corpus, or back into it."""
    assigned = pl.DataFrame({"target": _unique(sha1s)}).with_columns(
        value=pl.lit("true" if excluded else None, dtype=pl.String)
    )
    return assign(state, EXCLUDED, assigned)


def copy_values(
    state: State, source: str, targets: Iterable[str], properties: Iterable[str]
) -> pl.DataFrame:
    """Give targets the values of some properties that the target ``source`` has."""
    parts = [pl.DataFrame(schema=CHANGE_SCHEMA)]
    others = [target for target in _unique(targets) if target != source]
    for property in properties:
        is_multi_valued = live_property(state, property).is_multi_valued
        texts = _texts(state, property, pl.Series([source]), is_multi_valued)
        value = texts["old"][0] if texts.height else None
        assigned = pl.DataFrame({"target": others}, schema={"target": pl.String}).with_columns(
            value=pl.lit(value, dtype=pl.String)
        )
        parts.append(assign(state, property, assigned))
    return pl.concat(parts)


def tag_by_name(
    state: State, property: str, named: pl.DataFrame, *, add: bool = True
) -> pl.DataFrame:
    """Tag targets by names: ``named`` has target and name; missing tags are created.

    Names are compared without regard to case. With ``add`` a target keeps the tags it has (of a
    property of one tag it is replaced). Raises InvalidProperty, InvalidTag.
    """
    prop = _tag_property(state, property)
    names = named["name"].unique(maintain_order=True)
    ids, creation = tags.find_or_create(state.tags, property, names)
    tagged = named.select("target", new=pl.col("name").replace_strict(ids, return_dtype=pl.String))
    if prop.is_multi_valued and add:
        before = state.values(property).select("target", new="value")
        added = tagged.unique(maintain_order=True).join(before, on=["target", "new"], how="anti")
        changes = _changes(
            added.with_columns(old=pl.lit(None, pl.String)), prop.target, property, "add"
        )
    elif prop.is_multi_valued:
        lists = tagged.unique().group_by("target", maintain_order=True).agg("new")
        changes = assign(state, property, lists.select("target", value=_json_list("new")))
    else:
        last = tagged.unique("target", keep="last", maintain_order=True)
        changes = assign(state, property, last.rename({"new": "value"}))
    return pl.concat([as_frame(creation), changes])


def give_tags(
    state: State,
    property: str,
    targets: Iterable[str],
    ids: Sequence[str],
    names: Iterable[str],
    *,
    add: bool = True,
) -> pl.DataFrame:
    """Give targets the tags of some ids and of some names; missing names are created.

    With ``add`` a target keeps the tags it has; a property of one tag takes the last. Raises
    DeletedTag, InvalidProperty, InvalidTag.
    """
    prop = _tag_property(state, property)
    for id in ids:
        live_tag(state, id, property)
    id_of, creation = tags.find_or_create(state.tags, property, names)
    all_ids = list(dict.fromkeys([*ids, *id_of.values()]))
    if add or not prop.is_multi_valued:
        changes = _with_tags(state, prop, _unique(targets), all_ids, "add")
    else:
        text = json.dumps(sorted(all_ids)) if all_ids else None
        value = pl.lit(text, dtype=pl.String)
        assigned = pl.DataFrame({"target": _unique(targets)}).with_columns(value=value)
        changes = assign(state, property, assigned)
    return pl.concat([as_frame(creation), changes])


def assign_by_name(
    state: State, property: str, named: pl.DataFrame, way: str = "set"
) -> pl.DataFrame:
    """Give targets names as values: ``named`` has target and name, maybe several per target.

    Of a property with one value the first name counts. ``way`` is one of ``WAYS``. Raises
    InvalidProperty, InvalidTag.
    """
    prop = live_property(state, property)
    if prop.type not in NAMING:
        raise InvalidProperty("holds_no_names", name=prop.name)
    if not prop.is_multi_valued:
        named = named.unique("target", keep="first", maintain_order=True)
    if way == "fill":
        named = named.join(state.values(property).select("target"), on="target", how="anti")
    if prop.has_tags:
        return tag_by_name(state, property, named, add=way != "set")
    texts = {name: values.canonical(prop.type, name) for name in named["name"].unique()}
    value = pl.col("name").replace_strict(texts, return_dtype=pl.String)
    return assign(state, property, named.select("target", value=value))


def merge_tags(state: State, keep: str, others: Sequence[str]) -> pl.DataFrame:
    """Replace other tags by one: on images, above their children, below their parents."""
    prop = _tag_property(state, live_tag(state, keep).property)
    merged = [state.tags[id] for id in others if id in state.tags and id != keep]
    ids = [tag.id for tag in merged]
    tagged = state.values(prop.id).filter(pl.col("value").is_in(ids))
    targets = tagged["target"].unique(maintain_order=True)
    parts = [add_tags(state, prop.id, targets, [keep])]
    if prop.is_multi_valued:
        parts.append(remove_tags(state, prop.id, targets, ids))
    parts.append(_merge_answers(state, prop.id, keep, ids))
    parts.append(as_frame(_merge_links(state, keep, merged)))
    parts += [as_frame(tags.update(state.tags, tag.id, deleted=True)) for tag in merged]
    return pl.concat(parts)


def convert(state: State, property: str, type: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes that give a property another type, and the values that are lost.

    The lost values have the columns target and value (as people read it). Tags become text by
    their names, texts become tags of that name.
    """
    prop = live_property(state, property)
    if type not in values.TYPES:
        raise InvalidProperty("type", name=type, known=", ".join(values.TYPES))
    changes = [as_frame(properties.update(state.properties, property, type=type, options={}))]
    if prop.has_tags and type in ("tag", "tags"):
        after, lost = _between_tag_types(state, prop, type)
    elif type in ("tag", "tags"):
        after, creation = _texts_to_tags(state, prop, type)
        changes.append(as_frame(creation))
        lost = after.filter(pl.col("new").is_null()).select("target", "value")
    else:
        before = _readable(state, prop)
        readable_type = "text" if prop.has_tags else prop.type
        distinct = before["value"].unique()
        new_texts = {text: values.convert(readable_type, type, text) for text in distinct}
        new = pl.col("value").replace_strict(new_texts, return_dtype=pl.String)
        after = before.with_columns(new=new)
        lost = after.filter(pl.col("new").is_null()).select("target", "value")
    old = _texts(state, property, after["target"], prop.is_multi_valued)
    rows = after.select("target", "new").join(old, on="target", how="left")
    changes.append(_changes(rows, prop.target, property, "set"))
    return pl.concat(changes), lost


def _tagged(
    state: State, property: str, targets: Iterable[str], ids: Iterable[str], op: str
) -> pl.DataFrame:
    prop = _tag_property(state, property)
    tag_ids = list(dict.fromkeys(ids))
    for id in tag_ids:
        # Taking away what was deleted meanwhile does no harm.
        if op == "add" or id not in state.tags:
            live_tag(state, id, property)
    return _with_tags(state, prop, _unique(targets), tag_ids, op)


def _with_tags(
    state: State, prop: Property, unique_targets: pl.Series, tag_ids: list[str], op: str
) -> pl.DataFrame:
    property = prop.id
    if not prop.is_multi_valued and op == "add":
        values = pl.DataFrame({"target": unique_targets}).with_columns(
            value=pl.lit(tag_ids[-1] if tag_ids else None, dtype=pl.String)
        )
        return assign(state, property, values)
    before = state.property_values(property).take(unique_targets).select("target", new="value")
    if not prop.is_multi_valued:
        removed = before.filter(pl.col("new").is_in(tag_ids)).select("target", old="new")
        rows = removed.with_columns(new=pl.lit(None, pl.String))
        return _changes(rows, prop.target, property, "set")
    pairs = pl.DataFrame({"target": unique_targets}, schema={"target": pl.String}).join(
        pl.DataFrame({"new": tag_ids}, schema={"new": pl.String}), how="cross"
    )
    how = "anti" if op == "add" else "semi"
    rows = pairs.join(before, on=["target", "new"], how=how, maintain_order="left")  # type: ignore[arg-type]
    return _changes(rows.with_columns(old=pl.lit(None, pl.String)), prop.target, property, op)


def _merge_answers(state: State, property: str, keep: str, merged: Sequence[str]) -> pl.DataFrame:
    """Give one tag the answers of all: yes before no, and no refusal where an image has it."""
    ids = [keep, *merged]
    answers = pl.concat([state.values(ANSWER_PREFIX + id).select("target", "value") for id in ids])
    answers = answers.sort("value", descending=True)
    answers = answers.unique("target", keep="first", maintain_order=True)
    tagged = state.values(property).filter(pl.col("value").is_in(ids))
    is_tagged = pl.col("target").is_in(tagged["target"].implode())
    value = pl.when((pl.col("value") == ACCEPTED) | ~is_tagged).then("value")
    return assign(state, ANSWER_PREFIX + keep, answers.with_columns(value))


def _merge_links(state: State, keep: str, merged: Sequence[tags.Tag]) -> list[Change]:
    """Return the links that the kept tag inherits, without those that would close a cycle."""
    known = dict(state.tags)
    ids = {tag.id for tag in merged}
    children = tags.children(state.tags)
    links = [(keep, parent) for tag in merged for parent in tag.parents]
    links += [(child, keep) for tag in merged for child in children.get(tag.id, [])]
    changes = []
    for child, parent in links:
        if child in ids or parent in ids or child == parent:
            continue
        try:
            new = tags.link(known, child, parent)
        except InvalidTag:
            continue
        if new:
            changes += new
            known[child] = tags.with_parent(known[child], parent)
    return changes


def _texts_to_tags(state: State, prop: Property, type: str) -> tuple[pl.DataFrame, list[Change]]:
    """Return texts as tags (target, value, new) and what creates those; commas part several."""
    rows = _readable(state, prop)
    texts = rows["value"].unique(maintain_order=True).to_list()
    parts = {text: text.split(",") if type == "tags" else [text] for text in texts}
    names = {
        text: [part.strip() for part in split if part.strip()] for text, split in parts.items()
    }
    all_names = dict.fromkeys(name for tag_names in names.values() for name in tag_names)
    ids, creation = tags.find_or_create(state.tags, prop.id, all_names)
    new_values = {}
    for text, tag_names in names.items():
        tag_ids = list(dict.fromkeys(ids[name] for name in tag_names))
        new_values[text] = json.dumps(tag_ids) if type == "tags" else next(iter(tag_ids), None)
    new = pl.col("value").replace_strict(new_values, return_dtype=pl.String)
    return rows.with_columns(new=new), creation


def _names(parts: Iterable[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]


def _between_tag_types(
    state: State, prop: Property, type: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return one tag as a list of one, or several as the first of them; the others are lost."""
    rank = {id: number for number, id in enumerate(state.tags)}
    order = pl.col("value").replace_strict(rank, default=len(rank), return_dtype=pl.Int64)
    before = state.values(prop.id).select("target", "value").sort(order, maintain_order=True)
    first = before.unique("target", keep="first", maintain_order=True)
    if type == "tags":
        texts = [json.dumps([id]) for id in first["value"]]
        return first.with_columns(new=pl.Series(texts, dtype=pl.String)), before.clear()
    names = {id: tag.name for id, tag in state.tags.items()}
    others = before.join(first, on=["target", "value"], how="anti")
    lost = others.with_columns(
        pl.col("value").replace_strict(names, default=None, return_dtype=pl.String)
    )
    return first.with_columns(new=pl.col("value")), lost


def _readable(state: State, prop: Property) -> pl.DataFrame:
    """Return a property's values as people read them: target, value; tags by their names."""
    held = state.values(prop.id).select("target", "value")
    if not prop.has_tags:
        return held
    names = pl.DataFrame(
        [(id, tag.name, rank) for rank, (id, tag) in enumerate(state.tags.items())],
        {"id": pl.String, "name": pl.String, "rank": pl.Int64},
        orient="row",
    )
    # In the order of the tags, whatever the order in which they were added.
    named = held.join(names, left_on="value", right_on="id").sort("rank")
    named = named.select("target", value="name")
    return named.group_by("target", maintain_order=True).agg(pl.col("value").str.join(", "))


def _text(state: State, prop: Property, value: Any) -> str | None:
    """Return the canonical text of a value, the ids of tags checked."""
    if not prop.has_tags:
        return values.canonical(prop.type, value)
    if value is not None and (isinstance(value, bytes) or not isinstance(value, Iterable)):
        raise InvalidValue(prop.type, str(value))
    ids = [value] if isinstance(value, str) else list(value or ())
    for id in ids:
        live_tag(state, id, prop.id)
    if not ids:
        return None
    return json.dumps(sorted(set(ids))) if prop.is_multi_valued else ids[-1]


def _texts(state: State, property: str, targets: pl.Series, is_multi_valued: bool) -> pl.DataFrame:
    """Return the values of targets as one text each: target, old; those without are left out."""
    held = state.property_values(property).take(targets)
    if not is_multi_valued:
        return held.select("target", old="value")
    lists = held.group_by("target").agg("value")
    return lists.select("target", old=_json_list("value"))


def _json_list(name: str) -> pl.Expr:
    """Return lists of ids as the texts that ``json.dumps`` makes of them, in order."""
    return pl.format('["{}"]', pl.col(name).list.sort().list.join('", "'))


def _tag_property(state: State, property: str) -> Property:
    prop = live_property(state, property)
    if not prop.has_tags:
        raise InvalidProperty("holds_no_tags", name=prop.name)
    return prop


def _unique(targets: Iterable[str]) -> pl.Series:
    return pl.Series("target", list(targets), dtype=pl.String).unique(maintain_order=True)


def _changes(rows: pl.DataFrame, kind: str, property: str, op: str) -> pl.DataFrame:
    """Return rows of target, old, new as changes (``log.CHANGE_SCHEMA``)."""
    return rows.select(
        kind=pl.lit(kind),
        target="target",
        property=pl.lit(property),
        op=pl.lit(op),
        old="old",
        new="new",
    )
