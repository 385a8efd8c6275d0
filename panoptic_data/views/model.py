"""A view as data: which images, in which order and groups, and how they are shown.

Here: the value, and reading it from JSON with its checks. Not here: what can be asked of each
field (``fields``), how an address packs a view (``address``), the published schema
(``json_schema``), running a view (``catalogue.execute``). A release that adds a field or a part
keeps ``VERSION``, one that changes the meaning of something raises it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from panoptic_data.errors import InvalidView
from panoptic_data.views import address, json_text
from panoptic_data.views.checks import is_slug
from panoptic_data.views.fields import (
    DISPLAYS,
    FIELDS,
    LEVELS,
    MAX_DEPTH,
    MODES,
    SORTS,
    is_sort,
)

__all__ = [
    "VERSION",
    "Clause",
    "Condition",
    "Level",
    "Sort",
    "View",
    "conditions",
    "from_address",
    "from_json",
    "part_key",
    "to_address",
    "to_json",
]

VERSION = 1
CLAUSES = ("all", "any", "not")
ORDERS = ("value", "size")


@dataclass(frozen=True)
class Condition:
    """One condition: ``value`` is a JSON value, of the shape that ``FIELDS`` gives."""

    field: str
    op: str
    value: Any = None

    def __hash__(self) -> int:
        return hash(json_text.canonical(_part_to_json(self)))


@dataclass(frozen=True)
class Clause:
    """Conditions taken together: ``kind`` is "all" or "any" of them, or "not" (one part)."""

    kind: str
    parts: tuple[Condition | Clause, ...]


@dataclass(frozen=True)
class Sort:
    """One key of the order; ``field`` is one of ``SORTS``."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Level:
    """One level of groups: ``by`` is what ``fields.LEVELS`` takes for the field.

    A period of a date, the width of a number's bins, the depth of folders, the encoder of
    clusters, the kind of duplicates; None where there is nothing to choose. ``order`` is that
    of the groups: by "value" or by "size". What has no value comes last.
    """

    field: str
    by: Any = None
    order: str = "value"
    descending: bool = False


@dataclass(frozen=True)
class View:
    """All of ``where`` must hold. Without a sort: by similarity where asked for, else by path.

    Without any condition on ``status``, readable images only. ``mode`` "file" shows each file,
    "image" shows identical files once. ``show`` says how: one display, or two side by side.
    ``compare`` is another encoder, under which the first search is shown again beside.
    """

    where: tuple[Condition | Clause, ...] = ()
    sort: tuple[Sort, ...] = ()
    group: tuple[Level, ...] = ()
    mode: str = "image"
    show: tuple[str, ...] = ("grid",)
    compare: str | None = None

    @property
    def key(self) -> str:
        """A text that is equal for views that show the same in the same order and groups."""
        return json_text.canonical(to_json(self.without_display))

    @property
    def without_display(self) -> View:
        """The view as far as it says which images there are, without how they are shown."""
        return replace(self, show=("grid",), compare=None)

    def condition(self, field: str) -> Condition | None:
        """Return the first condition with the default operator of a field, not a nested one."""
        op = FIELDS[field].op
        matches = (part for part in self._top_level() if (part.field, part.op) == (field, op))
        return next(matches, None)

    def with_condition(self, field: str, value: Any) -> View:
        """Return the view with the condition of :meth:`condition` replaced, or added."""
        added = Condition(field, FIELDS[field].op, value)
        return replace(self, where=(*self.without(field).where, added))

    def without(self, field: str) -> View:
        """Return the view without conditions with the default operator of a field."""
        op = FIELDS[field].op
        kept = (
            part
            for part in self.where
            if not (isinstance(part, Condition) and (part.field, part.op) == (field, op))
        )
        return replace(self, where=tuple(kept))

    def sorted_by(self, *sort: Sort) -> View:
        """Return the view in another order."""
        return replace(self, sort=sort)

    def grouped_by(self, *group: Level) -> View:
        """Return the view in other groups."""
        return replace(self, group=group)

    def _top_level(self) -> Iterator[Condition]:
        return (part for part in self.where if isinstance(part, Condition))


def part_key(part: Condition | Clause) -> str:
    """Return a text that is equal for equal parts."""
    return json_text.canonical(_part_to_json(part))


def conditions(view: View) -> Iterator[Condition]:
    """Yield every condition of a view, nested ones too."""
    waiting: list[Condition | Clause] = [*reversed(view.where)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Condition):
            yield part
        else:
            waiting += reversed(part.parts)


def to_json(view: View) -> dict[str, Any]:
    """Return the view as a JSON object; :func:`from_json` reads it back equal."""
    # Left out where nothing is compared: earlier releases know no such part.
    compared = {} if view.compare is None else {"compare": view.compare}
    return {
        "version": VERSION,
        "where": [_part_to_json(part) for part in view.where],
        "sort": [{"field": sort.field, "descending": sort.descending} for sort in view.sort],
        "group": [
            {
                "field": level.field,
                "by": level.by,
                "order": level.order,
                "descending": level.descending,
            }
            for level in view.group
        ],
        "mode": view.mode,
        "show": list(view.show),
        **compared,
    }


def from_json(value: Any) -> View:
    """Read a view from a JSON value or text. Raises InvalidView, which names the field.

    Parts that are left out are as in ``View()``.
    """
    if isinstance(value, str):
        value = json_text.parse(value)
    if not isinstance(value, Mapping):
        raise InvalidView("view", "not_an_object")
    if value.get("version") != VERSION:
        raise InvalidView("version", "version", found=value.get("version"), known=VERSION)
    unknown = set(value) - {"version", "where", "sort", "group", "mode", "show", "compare"}
    if unknown:
        raise InvalidView(str(min(unknown, key=str)), "unknown_part")
    return View(
        tuple(_part(part, 1) for part in _list_of(value, "where")),
        tuple(map(_sort, _list_of(value, "sort"))),
        tuple(map(_level, _list_of(value, "group"))),
        _mode(value.get("mode", "image")),
        _show(value.get("show", ["grid"])),
        _compare(value.get("compare")),
    )


def to_address(view: View) -> str:
    """Return the view as short text that is safe in an address; ``""`` for the default view."""
    return "" if view == View() else address.pack(to_json(view))


def from_address(text: str) -> View:
    """Read a view from :func:`to_address`. Raises InvalidView."""
    return from_json(address.unpack(text)) if text else View()


def _part_to_json(part: Condition | Clause) -> dict[str, Any]:
    if isinstance(part, Condition):
        return {"field": part.field, "op": part.op, "value": part.value}
    parts = [_part_to_json(child) for child in part.parts]
    return {part.kind: parts[0] if part.kind == "not" else parts}


def _list_of(value: Mapping[str, Any], name: str) -> list[Any]:
    items = value.get(name, [])
    if not isinstance(items, list):
        raise InvalidView(name, "not_a_list")
    return items


def _part(value: Any, depth: int) -> Condition | Clause:
    if depth > MAX_DEPTH:
        raise InvalidView("where", "too_deep", most=MAX_DEPTH)
    if not isinstance(value, Mapping):
        raise InvalidView("where", "no_field")
    kind = next((child for child in CLAUSES if child in value), None)
    if kind is None:
        return _condition(value)
    inner = [value["not"]] if kind == "not" else value[kind]
    if len(value) > 1 or not isinstance(inner, list) or not inner:
        raise InvalidView(kind, "clause")
    return Clause(kind, tuple(_part(child, depth + 1) for child in inner))


def _condition(value: Mapping[str, Any]) -> Condition:
    name = value.get("field")
    if not isinstance(name, str):
        raise InvalidView("where", "no_field")
    field = FIELDS.get(name)
    if field is None:
        raise InvalidView(name, "unknown_field", known=", ".join(FIELDS))
    operator = field.operator(value.get("op"))
    if operator is None:
        expected = "”, “".join(known.name for known in field.operators)
        raise InvalidView(name, "op", expected=expected)
    problem = operator.check(value.get("value"))
    if problem is not None:
        raise InvalidView(name, problem)
    return Condition(name, operator.name, value.get("value"))


def _sort(value: Any) -> Sort:
    if not isinstance(value, Mapping) or not is_sort(value.get("field")):
        raise InvalidView("sort", "sort", known=", ".join(SORTS))
    return Sort(value["field"], _flag("sort", value))


def _level(value: Any) -> Level:
    field = value.get("field") if isinstance(value, Mapping) else None
    if not isinstance(field, str) or field not in LEVELS:
        raise InvalidView("group", "group", known=", ".join(LEVELS))
    by, order = value.get("by"), value.get("order", "value")
    if not LEVELS[field](by):
        raise InvalidView("group", "by", level=field)
    if order not in ORDERS:
        raise InvalidView("group", "order")
    return Level(field, by, order, _flag("group", value))


def _flag(part: str, value: Mapping[str, Any]) -> bool:
    descending = value.get("descending", False)
    if not isinstance(descending, bool):
        raise InvalidView(part, "descending")
    return descending


def _mode(value: Any) -> str:
    if value not in MODES:
        raise InvalidView("mode", "mode")
    return str(value)


def _show(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and 1 <= len(value) <= 2
    if not is_list or not all(display in DISPLAYS for display in value):
        raise InvalidView("show", "show", known=", ".join(DISPLAYS))
    return tuple(value)


def _compare(value: Any) -> str | None:
    if value is not None and not is_slug(value):
        raise InvalidView("compare", "encoder")
    return None if value is None else str(value)
