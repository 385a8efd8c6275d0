"""Changes of values: set, add, remove, copy, convert, take out of the corpus.

Every function takes a state and returns changes (a frame with the columns of
``log.CHANGE_SCHEMA``) that have not been written: ``store.commit`` does that. What would
change nothing is left out. Not here: what values look like (``values``), the tags themselves
(``tags``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from panoptic_data.annotations import properties, tags, values
from panoptic_data.annotations.log import ACCEPTED, ANSWER_PREFIX, CHANGE_SCHEMA, Change, as_frame
from panoptic_data.annotations.properties import EXCLUDED, Property
from panoptic_data.annotations.state import State
from panoptic_data.errors import InvalidProperty, InvalidTag

__all__ = [
    "add_tags",
    "assign",
    "assign_by_name",
    "convert",
    "copy_values",
    "exclude",
    "merge_tags",
    "remove_tags",
    "set_value",
    "tag_by_name",
]

# What can hold a name; and what becomes of the values that are there: tags are added to them,
# they are replaced, or kept where there are any.
NAMING = ("tags", "tag", "text", "path")
WAYS = ("add", "set", "fill")


def set_value(state: State, property: str, targets: Iterable[str], value: Any) -> pl.DataFrame:
    """Give images (or files) a value of a property; None takes it away.

    ``value`` is what ``values.canonical`` reads; of a property of tags an id, or a list of ids.
    Raises InvalidProperty, InvalidTag, InvalidValue.
    """
    text = _text(state, _known(state, property), value)
    chosen = _unique(targets)
    return assign(
        state,
        property,
        pl.DataFrame({"target": chosen}).with_columns(value=pl.lit(text, dtype=pl.String)),
    )


def assign(state: State, property: str, given: pl.DataFrame) -> pl.DataFrame:
    """Give each target its own value: ``given`` has target and value, canonical texts.

    A property of several tags takes JSON lists of ids. Values are not checked here.
    """
    kind = state.target_kind(property)
    one = state.properties.get(property)
    before = _texts(state, property, given["target"], bool(one and one.holds_several))
    both = given.select("target", new="value").join(
        before, on="target", how="left", maintain_order="left"
    )
    changed = both.filter(~pl.col("new").eq_missing(pl.col("old")))
    return _changes(changed, kind, property, "set")


def add_tags(
    state: State, property: str, targets: Iterable[str], ids: Iterable[str]
) -> pl.DataFrame:
    """Add tags to what images or files have; a property of one tag takes the last in its place."""
    return _tagged(state, property, targets, ids, "add")


def remove_tags(
    state: State, property: str, targets: Iterable[str], ids: Iterable[str]
) -> pl.DataFrame:
    """Take tags away from images or files that have them."""
    return _tagged(state, property, targets, ids, "remove")


def exclude(state: State, sha1s: Iterable[str], excluded: bool = True) -> pl.DataFrame:
    """Take images out of the corpus, or back into it."""
    given = pl.DataFrame({"target": _unique(sha1s)}).with_columns(
        value=pl.lit("true" if excluded else None, dtype=pl.String)
    )
    return assign(state, EXCLUDED, given)


def copy_values(
    state: State, source: str, targets: Iterable[str], properties: Iterable[str]
) -> pl.DataFrame:
    """Give targets the values that one of them has, of some properties."""
    parts = [pl.DataFrame(schema=CHANGE_SCHEMA)]
    chosen = [one for one in _unique(targets) if one != source]
    for property in properties:
        several = _known(state, property).holds_several
        held = _texts(state, property, pl.Series([source]), several)
        value = held["old"][0] if held.height else None
        given = pl.DataFrame({"target": chosen}, schema={"target": pl.String}).with_columns(
            value=pl.lit(value, dtype=pl.String)
        )
        parts.append(assign(state, property, given))
    return pl.concat(parts)


def tag_by_name(
    state: State, property: str, given: pl.DataFrame, *, add: bool = True
) -> pl.DataFrame:
    """Tag targets by names: ``given`` has target and name; tags that are not there are made.

    Names are compared without regard to case. With ``add`` what a target has stays (of a
    property of one tag it is replaced).
    """
    one = _with_tags(state, property)
    names = given["name"].unique(maintain_order=True)
    ids, made = tags.find_or_create(state.tags, property, names)
    named = given.select("target", new=pl.col("name").replace_strict(ids, return_dtype=pl.String))
    if one.holds_several and add:
        held = state.values(property).select("target", new="value")
        fresh = named.unique(maintain_order=True).join(held, on=["target", "new"], how="anti")
        found = _changes(
            fresh.with_columns(old=pl.lit(None, pl.String)), one.target, property, "add"
        )
    elif one.holds_several:
        lists = named.unique().group_by("target", maintain_order=True).agg("new")
        found = assign(state, property, lists.select("target", value=_listed("new")))
    else:
        last = named.unique("target", keep="last", maintain_order=True)
        found = assign(state, property, last.rename({"new": "value"}))
    return pl.concat([as_frame(made), found])


def assign_by_name(
    state: State, property: str, given: pl.DataFrame, way: str = "set"
) -> pl.DataFrame:
    """Give targets names as values: ``given`` has target and name, several a target maybe.

    Of a property that holds one value the first name counts. ``way`` is one of ``WAYS``.
    Raises InvalidProperty, InvalidTag.
    """
    one = _known(state, property)
    if one.type not in NAMING:
        raise InvalidProperty("holds_no_names", name=one.name)
    if not one.holds_several:
        given = given.unique("target", keep="first", maintain_order=True)
    if way == "fill":
        given = given.join(state.values(property).select("target"), on="target", how="anti")
    if one.has_tags:
        return tag_by_name(state, property, given, add=way != "set")
    texts = {name: values.canonical(one.type, name) for name in given["name"].unique()}
    value = pl.col("name").replace_strict(texts, return_dtype=pl.String)
    return assign(state, property, given.select("target", value=value))


def merge_tags(state: State, keep: str, others: Sequence[str]) -> pl.DataFrame:
    """Put one tag in place of others: on images, above their children, below their parents."""
    if keep not in state.tags:
        raise InvalidTag("unknown", name=keep)
    kept = state.tags[keep]
    property = _with_tags(state, kept.property)
    gone = [state.tags[id] for id in others if id in state.tags and id != keep]
    ids = [one.id for one in gone]
    held = state.values(property.id).filter(pl.col("value").is_in(ids))
    targets = held["target"].unique(maintain_order=True)
    parts = [add_tags(state, property.id, targets, [keep])]
    if property.holds_several:
        parts.append(remove_tags(state, property.id, targets, ids))
    parts.append(_answers_moved(state, property.id, keep, ids))
    parts.append(as_frame(_relinked(state, keep, gone)))
    parts += [as_frame(tags.update(state.tags, one.id, deleted=True)) for one in gone]
    return pl.concat(parts)


def convert(state: State, property: str, type: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes that give a property another type, and the values that are lost.

    What is lost has the columns target and value (as people read it). Tags become text by
    their names, text becomes tags by its values.
    """
    one = _known(state, property)
    if type not in values.TYPES:
        raise InvalidProperty("type", name=type, known=", ".join(values.TYPES))
    changes = [as_frame(properties.update(state.properties, property, type=type, options={}))]
    if one.has_tags and type in ("tag", "tags"):
        after, lost = _as_few_tags(state, one, type)
    elif type in ("tag", "tags"):
        after, made = _as_tags(state, one, type)
        changes.append(as_frame(made))
        lost = after.filter(pl.col("new").is_null()).select("target", "value")
    else:
        before = _readable(state, one)
        distinct = before["value"].unique()
        table = {text: values.convert(_plain_type(one), type, text) for text in distinct}
        new = pl.col("value").replace_strict(table, return_dtype=pl.String)
        after = before.with_columns(new=new)
        lost = after.filter(pl.col("new").is_null()).select("target", "value")
    old = _texts(state, property, after["target"], one.holds_several)
    rows = after.select("target", "new").join(old, on="target", how="left")
    changes.append(_changes(rows, one.target, property, "set"))
    return pl.concat(changes), lost


def _tagged(
    state: State, property: str, targets: Iterable[str], ids: Iterable[str], op: str
) -> pl.DataFrame:
    one = _with_tags(state, property)
    wanted = list(dict.fromkeys(ids))
    for id in wanted:
        if id not in state.tags or state.tags[id].property != property:
            raise InvalidTag("unknown", name=id)
    chosen = _unique(targets)
    if not one.holds_several and op == "add":
        return set_value(state, property, chosen, wanted[-1] if wanted else None)
    held = state.property_values(property).take(chosen).select("target", new="value")
    if not one.holds_several:
        bare = held.filter(pl.col("new").is_in(wanted)).select("target", old="new")
        rows = bare.with_columns(new=pl.lit(None, pl.String))
        return _changes(rows, one.target, property, "set")
    pairs = pl.DataFrame({"target": chosen}, schema={"target": pl.String}).join(
        pl.DataFrame({"new": wanted}, schema={"new": pl.String}), how="cross"
    )
    how = "anti" if op == "add" else "semi"
    rows = pairs.join(held, on=["target", "new"], how=how, maintain_order="left")  # type: ignore[arg-type]
    return _changes(rows.with_columns(old=pl.lit(None, pl.String)), one.target, property, op)


def _answers_moved(state: State, property: str, keep: str, gone: Sequence[str]) -> pl.DataFrame:
    """Say of one tag what was answered of all: yes before no, and no refusal of what has it."""
    answered = [state.values(ANSWER_PREFIX + id).select("target", "value") for id in (keep, *gone)]
    given = pl.concat(answered).sort("value", descending=True)
    given = given.unique("target", keep="first", maintain_order=True)
    held = state.values(property).filter(pl.col("value").is_in([keep, *gone]))
    is_held = pl.col("target").is_in(held["target"].implode())
    value = pl.when((pl.col("value") == ACCEPTED) | ~is_held).then("value")
    return assign(state, ANSWER_PREFIX + keep, given.with_columns(value))


def _relinked(state: State, keep: str, gone: Sequence[tags.Tag]) -> list[Any]:
    """Return the links that the kept tag inherits, none that would close a cycle."""
    known = dict(state.tags)
    ids = {one.id for one in gone}
    links = [(keep, parent) for one in gone for parent in one.parents]
    links += [(child, keep) for one in gone for child in tags.children(state.tags).get(one.id, [])]
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


def _as_tags(state: State, one: Property, type: str) -> tuple[pl.DataFrame, list[Change]]:
    """Return texts as tags (target, value, new): of several tags a comma parts the names."""
    rows = _readable(state, one)
    texts = rows["value"].unique(maintain_order=True).to_list()
    parted = {text: text.split(",") if type == "tags" else [text] for text in texts}
    named = {text: [name.strip() for name in some if name.strip()] for text, some in parted.items()}
    every = dict.fromkeys(name for some in named.values() for name in some)
    ids, made = tags.find_or_create(state.tags, one.id, every)
    new = {}
    for text, some in named.items():
        found = list(dict.fromkeys(ids[name] for name in some))
        new[text] = json.dumps(found) if type == "tags" else next(iter(found), None)
    chosen = pl.col("value").replace_strict(new, return_dtype=pl.String)
    return rows.with_columns(new=chosen), made


def _as_few_tags(state: State, one: Property, type: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return one tag as a list of one, or several as the first of them; the others are lost."""
    place = {id: number for number, id in enumerate(state.tags)}
    order = pl.col("value").replace_strict(place, default=len(place), return_dtype=pl.Int64)
    held = state.values(one.id).select("target", "value").sort(order, maintain_order=True)
    first = held.unique("target", keep="first", maintain_order=True)
    if type == "tags":
        texts = [json.dumps([id]) for id in first["value"]]
        return first.with_columns(new=pl.Series(texts, dtype=pl.String)), held.clear()
    names = {id: tag.name for id, tag in state.tags.items()}
    others = held.join(first, on=["target", "value"], how="anti")
    lost = others.with_columns(
        pl.col("value").replace_strict(names, default=None, return_dtype=pl.String)
    )
    return first.with_columns(new=pl.col("value")), lost


def _readable(state: State, one: Property) -> pl.DataFrame:
    """Return a property's values as people read them: target, value; tags by their names."""
    held = state.values(one.id).select("target", "value")
    if not one.has_tags:
        return held
    tags_of = pl.DataFrame(
        [(id, tag.name, place) for place, (id, tag) in enumerate(state.tags.items())],
        {"id": pl.String, "name": pl.String, "place": pl.Int64},
        orient="row",
    )
    # In the order of the tags, whatever the order in which they were put on.
    named = held.join(tags_of, left_on="value", right_on="id").sort("place")
    named = named.select("target", value="name")
    return named.group_by("target", maintain_order=True).agg(pl.col("value").str.join(", "))


def _plain_type(one: Property) -> str:
    return "text" if one.has_tags else one.type


def _text(state: State, one: Property, value: Any) -> str | None:
    if not one.has_tags:
        return values.canonical(one.type, value)
    ids = [value] if isinstance(value, str) else list(value or ())
    for id in ids:
        if id not in state.tags or state.tags[id].property != one.id:
            raise InvalidTag("unknown", name=str(id))
    if not ids:
        return None
    return json.dumps(sorted(set(ids))) if one.holds_several else ids[-1]


def _texts(state: State, property: str, targets: pl.Series, several: bool) -> pl.DataFrame:
    """Return what cells hold now as one text each: target, old; those without are left out."""
    held = state.property_values(property).take(targets)
    if not several:
        return held.select("target", old="value")
    lists = held.group_by("target").agg("value")
    return lists.select("target", old=_listed("value"))


def _listed(name: str) -> pl.Expr:
    """Return lists of ids as the texts that ``json.dumps`` makes of them, in order."""
    return pl.format('["{}"]', pl.col(name).list.sort().list.join('", "'))


def _known(state: State, property: str) -> Property:
    one = state.properties.get(property)
    if one is None:
        raise InvalidProperty("unknown", name=property)
    return one


def _with_tags(state: State, property: str) -> Property:
    one = _known(state, property)
    if not one.has_tags:
        raise InvalidProperty("holds_no_tags", name=one.name)
    return one


def _unique(targets: Iterable[str]) -> pl.Series:
    return pl.Series("target", list(targets), dtype=pl.String).unique(maintain_order=True)


def _changes(rows: pl.DataFrame, kind: str, property: str, op: str) -> pl.DataFrame:
    """Return rows of target, old, new as changes."""
    return rows.select(
        kind=pl.lit(kind),
        target="target",
        property=pl.lit(property),
        op=pl.lit(op),
        old="old",
        new="new",
    )
