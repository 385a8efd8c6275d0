"""Tags as values of terms: ``theme:war,peace``, ``theme:war+peace``, ``tag:war``, ``theme:#id``.

Here: tags of one property, and ``tag:``, which means tags of any property. Not here: finding tags
by their names (``query.names``).
"""

from __future__ import annotations

from collections.abc import Sequence

from panoptic_data.query.names import ProjectNames, id_of, quoted, similar_names
from panoptic_data.query.terms.term import (
    Context,
    Part,
    Term,
    TermError,
    TermValue,
    any_of,
    emptiness,
    negated,
    require_sign,
    unknown_name,
)
from panoptic_data.query.terms.texts import write_text
from panoptic_data.query.vocabulary import ANY_WORDS, NONE_WORDS
from panoptic_data.text import folded
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Clause, Condition

__all__ = ["read_any_tag", "read_tags", "write_tags"]


def read_tags(term: Term, context: Context) -> list[Part]:
    """Return the conditions on tags of one property: with "," one of them, with "+" all of them."""
    require_sign(term, ":", "=")
    listed: list[str] = []
    parts: list[Part] = []
    for group in _joined(term.values):
        empty = None if group[0].joins_next else emptiness(term, group[0])
        if empty is not None:
            parts.append(empty)
            continue
        ids = [id for value in group for id in _tag_ids(term.field, value, context)]
        if group[0].joins_next:
            parts.append(_all_of(term.field, ids))
        else:
            listed += ids
    return [Condition(term.field, "in", listed), *parts] if listed else parts


def _all_of(field: str, ids: Sequence[str]) -> Part:
    if FIELDS[field].operator("all of"):
        return Condition(field, "all of", ids)
    # An image has one tag of such a property, but that tag can be below several others.
    return Clause("all", tuple(Condition(field, "in", [id]) for id in ids))


def _joined(values: Sequence[TermValue]) -> list[list[TermValue]]:
    """Return values in groups: those with "+" between them are together."""
    groups: list[list[TermValue]] = []
    is_joined = False
    for value in values:
        if is_joined:
            groups[-1].append(value)
        else:
            groups.append([value])
        is_joined = value.joins_next
    return groups


def _tag_ids(field: str, value: TermValue, context: Context) -> Sequence[str]:
    """Return the ids of the tags of a name; a bare ``#id`` is that id, deleted or not."""
    id = id_of(value.text) if value.kind == "bare" else None
    ids = [id] if id else context.names.tags(field, value.text)
    if ids:
        return ids
    raise _unknown_tag(value, [field], context)


def read_any_tag(term: Term, context: Context) -> Part:
    """Return the part that ``tag:…`` means: tags of that name, of whichever property."""
    require_sign(term, ":", "=")
    groups = [[_any_property(value, context) for value in group] for group in _joined(term.values)]
    parts = [group[0] if len(group) == 1 else Clause("all", tuple(group)) for group in groups]
    return any_of([alternative for part in parts for alternative in _alternatives(part)])


def _any_property(value: TermValue, context: Context) -> Part:
    """Return the part that selects tags of a name, of any property; "none" is none of them all."""
    fields = context.names.tag_fields
    word = folded(value.text) if value.kind == "bare" and fields else ""
    if word in (*NONE_WORDS, *ANY_WORDS):
        has_tag = any_of([Condition(field, "is not empty") for field in fields])
        return has_tag if word in ANY_WORDS else negated(has_tag)
    ids_by_field = [(field, context.names.tags(field, value.text)) for field in fields]
    conditions = [Condition(field, "in", ids) for field, ids in ids_by_field if ids]
    if not conditions:
        raise _unknown_tag(value, fields, context)
    return any_of(conditions)


def _unknown_tag(value: TermValue, fields: Sequence[str], context: Context) -> TermError:
    names = (tag.name for field in fields for tag in context.names.tags_of(field))
    return unknown_name("tag", value.text, similar_names(value.text, names), value.span)


def _alternatives(part: Part) -> Sequence[Part]:
    return part.parts if isinstance(part, Clause) and part.kind == "any" else (part,)


def write_tags(condition: Condition, names: ProjectNames) -> str:
    """Return the values of a condition on tags: by their names, or as ``#id``."""
    field, ids = condition.field, condition.value
    tag_names = [names.tag_name(field, id) for id in ids]
    pairs = zip(ids, tag_names, strict=True)
    texts = [f"#{id}" if name is None else _write_name(name) for id, name in pairs]
    if condition.op == "all of":
        return "+".join(texts) if len(texts) > 1 else f"{texts[0]}+"
    return ",".join(texts)


def _write_name(name: str) -> str:
    return quoted(name) if "+" in name or name.startswith("#") else write_text(name)
