"""Orders and groups as values: ``sort:-date,name``, ``group:month(date),-folder(2):size``.

Here: one key of an order, one level of groups. Not here: sorting and grouping rows
(``catalogue.ordering``, ``catalogue.grouping``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from panoptic_data.query.names import FIELD, QUOTED, unquoted
from panoptic_data.query.terms.choices import duplicate_kind, property_id
from panoptic_data.query.terms.numbers import read_number, write_number
from panoptic_data.query.terms.term import (
    Context,
    Span,
    TermError,
    TermValue,
    look_up,
    preferred_name,
    unknown_name,
)
from panoptic_data.query.vocabulary import (
    FIELD_NAMES,
    ORDER_NAMES,
    PERIOD_NAMES,
    SORT_NAMES,
    YIELDING_NAMES,
)
from panoptic_data.text import folded
from panoptic_data.views.fields import FIELDS, LEVELS, PERIODS, SORTS, WHO_FIELDS
from panoptic_data.views.model import Level, Sort

__all__ = ["read_level", "read_sort", "write_level", "write_sort"]

_LEVEL = re.compile(
    rf'(-?)({QUOTED}|{FIELD}|[^()@:"-][^()@:"]*)(?:\((.*)\))?(?::([^():"]+))?', re.DOTALL
)
_SORT_FIELDS = {name: field for name, field in SORT_NAMES.items() if field in SORTS}
_LEVEL_FIELDS = {name: field for name, field in FIELD_NAMES.items() if field in LEVELS}
_DATE_FIELDS = {
    name: field for name, field in _LEVEL_FIELDS.items() if FIELDS[field].kind == "date"
}


def read_sort(value: TermValue, context: Context) -> Sort:
    """Return one key of ``sort:…``. Raises TermError."""
    name = value.text.removeprefix("-")
    field = _read_field(name, value.span, "sort", _SORT_FIELDS, context)
    return Sort(field, value.text.startswith("-"))


def read_level(value: TermValue, context: Context) -> Level:
    """Return one level of ``group:…``. Raises TermError."""
    match = _LEVEL.fullmatch(value.text)
    if match is None:
        raise unknown_name("group", value.text, (), value.span)
    minus, name, inner, order = match.groups()
    field = _read_field(name, value.span, "group", {**_LEVEL_FIELDS, **PERIOD_NAMES}, context)
    if field in PERIODS:
        by, inner, name = field, name, inner or "date"
        field = _read_field(name, value.span, "group", _DATE_FIELDS, context)
    else:
        by = _read_by(field, name, inner, value, context)
    if not LEVELS[field](by):
        raise TermError("by", value.span, text=inner or "", name=unquoted(name))
    order_by = "value" if order is None else look_up(order, value.span, "order", ORDER_NAMES)
    return Level(field, by, order_by, bool(minus))


def _read_field(
    typed: str, span: Span, key: str, meanings: Mapping[str, str], context: Context
) -> str:
    """Return the field that a name stands for: in quotes, a property's name goes first."""
    name = unquoted(typed)
    of_property, of_corpus = context.names.field(name), meanings.get(folded(name))
    is_own_first = name != typed or folded(name) in YIELDING_NAMES
    field = of_property or of_corpus if is_own_first else of_corpus or of_property
    if field is None:
        raise unknown_name(key, name, context.names.closest(name, meanings), span)
    return field


def _read_by(field: str, name: str, inner: str | None, value: TermValue, context: Context) -> Any:
    """Return what a level is made by: what stands in parentheses (``inner``), or the default."""
    if field == "cluster":
        if inner is None and context.encoder is None:
            raise TermError("encoder", value.span, name=name)
        return inner or context.encoder
    if field == "duplicate":
        return duplicate_kind(TermValue(inner or "near", "bare", value.span), context)
    if field in WHO_FIELDS:
        return None if inner is None else property_id(inner, value.span, context)
    if FIELDS[field].kind == "date":
        return look_up(inner or "year", value.span, "group", PERIOD_NAMES)
    if inner is None or (FIELDS[field].kind != "number" and field != "folder"):
        return inner
    return read_number(inner, value.span, field)


def write_sort(sort: Sort, context: Context) -> str:
    """Return a key of the order as a value of ``sort:``."""
    name = preferred_name(sort.field, _SORT_FIELDS, context) or sort.field
    return f"{'-' if sort.descending else ''}{name}"


def write_level(level: Level, context: Context) -> str | None:
    """Return a level of groups as a value of ``group:``."""
    name = preferred_name(level.field, (*_LEVEL_FIELDS, *PERIOD_NAMES), context)
    by, kind = level.by, FIELDS[level.field].kind
    if kind == "date":
        text = f"{by}({name})"
    elif by is None or (level.field == "cluster" and by == context.encoder):
        text = f"{name}"
    elif level.field in WHO_FIELDS:
        text = f"{name}({context.names.reference(by)})"
    else:
        text = f"{name}({write_number(by, level.field) if kind == 'number' else by})"
    return f"{'-' if level.descending else ''}{text}{':size' if level.order == 'size' else ''}"
