"""A view: which images, in which order, as one JSON value that an address can hold.

Here: the value, its checks, and its two written forms (JSON and address). Not here: running
it (``catalogue``), or what a page shows around it. ``FIELDS`` is the published list of what
can be asked; a release that adds a field keeps the version number, one that changes the
meaning of a field raises it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from panoptic_data.errors import InvalidView

__all__ = [
    "FIELDS",
    "SORTS",
    "STATUSES",
    "VERSION",
    "Condition",
    "Field",
    "Sort",
    "View",
    "from_address",
    "from_json",
    "to_address",
    "to_json",
]

VERSION = 1
STATUSES = ("ok", "unreadable", "missing")
SORTS = (
    "path",
    "name",
    "taken_at",
    "added",
    "width",
    "height",
    "pixels",
    "size",
    "format",
    "colour",
    "copies",
    "similarity",
)
# An address is a few kilobytes; what unpacks to more than this was not written by us.
UNPACKED_AT_MOST = 64 * 2**20
_SHA1 = re.compile(r"[0-9a-f]{40}")
# Slugs are part of table names; anything else never reaches the database.
_SLUG = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(frozen=True)
class Field:
    """One thing that a condition can ask. ``value`` says the shape of the value in words."""

    name: str
    op: str
    value: str
    problem: Callable[[Any], str | None]


@dataclass(frozen=True)
class Condition:
    """One condition: ``value`` is a JSON value, of the shape that ``FIELDS`` gives."""

    field: str
    op: str
    value: Any

    def __hash__(self) -> int:
        return hash(_canonical(_condition_json(self)))


@dataclass(frozen=True)
class Sort:
    """One key of the order; ``field`` is one of ``SORTS``."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class View:
    """All conditions must hold. Without a sort: by similarity where asked for, else by path.

    Without a condition on ``status``, readable images only.
    """

    where: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()

    @property
    def key(self) -> str:
        """A text that is equal for equal views."""
        return _canonical(to_json(self))

    def condition(self, field: str) -> Condition | None:
        """Return the first condition on a field."""
        return next((one for one in self.where if one.field == field), None)

    def with_condition(self, field: str, value: Any) -> View:
        """Return the view with its conditions on ``field`` replaced by this one."""
        added = Condition(field, FIELDS[field].op, value)
        kept = tuple(one for one in self.where if one.field != field)
        return View((*kept, added), self.sort)

    def without(self, field: str) -> View:
        """Return the view without its conditions on a field."""
        return View(tuple(one for one in self.where if one.field != field), self.sort)

    def sorted_by(self, *sort: Sort) -> View:
        """Return the view in another order."""
        return View(self.where, sort)


def to_json(view: View) -> dict[str, Any]:
    """Return the view as a JSON object; :func:`from_json` reads it back equal."""
    return {
        "version": VERSION,
        "where": [_condition_json(one) for one in view.where],
        "sort": [{"field": one.field, "descending": one.descending} for one in view.sort],
    }


def from_json(value: Any) -> View:
    """Read a view from a JSON value or text. Raises InvalidView, which names the field."""
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, Mapping):
        raise InvalidView("view", "not_an_object")
    if value.get("version") != VERSION:
        raise InvalidView("version", "version", found=value.get("version"), known=VERSION)
    where = _list_of(value, "where")
    sort = _list_of(value, "sort")
    return View(tuple(map(_condition, where)), tuple(map(_sort, sort)))


def to_address(view: View) -> str:
    """Return the view as short text that is safe in an address; ``""`` for the default view."""
    if view == View():
        return ""
    where = [[one.field, one.op, one.value] for one in view.where]
    sort = [[one.field, int(one.descending)] for one in view.sort]
    packed = zlib.compress(_canonical([VERSION, where, sort]).encode(), 9)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def from_address(text: str) -> View:
    """Read a view from :func:`to_address`. Raises InvalidView."""
    if not text:
        return View()
    match _parsed(_unpacked(text)):
        case [version, [*where], [*sort]]:
            return from_json(
                {
                    "version": version,
                    "where": [_named(one, ("field", "op", "value")) for one in where],
                    "sort": [_named(one, ("field", "descending")) for one in sort],
                }
            )
    raise InvalidView("address", "unreadable")


def _condition_json(condition: Condition) -> dict[str, Any]:
    return {"field": condition.field, "op": condition.op, "value": condition.value}


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidView("view", "not_json") from None


def _unpacked(text: str) -> str:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        raw = reader.decompress(packed, UNPACKED_AT_MOST)
        if not reader.eof:
            raise InvalidView("address", "unreadable")
        return raw.decode()
    except (binascii.Error, zlib.error, ValueError):
        raise InvalidView("address", "unreadable") from None


def _named(values: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(values, list) or len(values) != len(names):
        raise InvalidView("address", "unreadable")
    named = dict(zip(names, values, strict=True))
    if "descending" in named:
        named["descending"] = bool(named["descending"])
    return named


def _list_of(value: Mapping[str, Any], name: str) -> list[Any]:
    items = value.get(name, [])
    if not isinstance(items, list):
        raise InvalidView(name, "not_a_list")
    return items


def _condition(value: Any) -> Condition:
    if not isinstance(value, Mapping) or not isinstance(value.get("field"), str):
        raise InvalidView("where", "no_field")
    name = value["field"]
    field = FIELDS.get(name)
    if field is None:
        raise InvalidView(name, "unknown_field", known=", ".join(FIELDS))
    if value.get("op") != field.op:
        raise InvalidView(name, "op", expected=field.op)
    problem = field.problem(value.get("value"))
    if problem is not None:
        raise InvalidView(name, problem)
    return Condition(name, field.op, value["value"])


def _sort(value: Any) -> Sort:
    if not isinstance(value, Mapping) or value.get("field") not in SORTS:
        raise InvalidView("sort", "sort", known=", ".join(SORTS))
    descending = value.get("descending", False)
    if not isinstance(descending, bool):
        raise InvalidView("sort", "descending")
    return Sort(value["field"], descending)


def _texts(value: Any) -> str | None:
    is_texts = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
    return None if is_texts else "texts"


def _literal(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "text"


def _statuses(value: Any) -> str | None:
    return _texts(value) or (None if set(value) <= set(STATUSES) else "status")


def _sha1s(value: Any) -> str | None:
    if not isinstance(value, list):
        return "sha1s"
    are_sha1s = all(isinstance(one, str) and _SHA1.fullmatch(one) for one in value)
    return None if are_sha1s else "sha1s"


def _pair(value: Any, is_end: Callable[[Any], bool]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and any(one is not None for one in value)
        and all(one is None or is_end(one) for one in value)
    )


def _range(value: Any) -> str | None:
    return None if _pair(value, _is_number) else "range"


def _dates(value: Any) -> str | None:
    return None if _pair(value, _is_date) else "dates"


def _cluster(value: Any) -> str | None:
    if not _has_encoder(value):
        return "encoder"
    numbers = value.get("numbers")
    is_right = isinstance(numbers, list) and numbers and all(map(_is_whole, numbers))
    return None if is_right else "numbers"


def _region(value: Any) -> str | None:
    if not _has_encoder(value):
        return "encoder"
    polygon = value.get("polygon")
    is_polygon = isinstance(polygon, list) and len(polygon) >= 3 and all(map(_is_point, polygon))
    return None if is_polygon else "polygon"


def _similar(value: Any) -> str | None:
    if not _has_encoder(value):
        return "encoder"
    if _sha1s(value.get("sha1s")) or not value["sha1s"]:
        return "sha1s"
    threshold = value.get("threshold")
    return None if _is_number(threshold) and -1 <= threshold <= 1 else "threshold"


def _meaning(value: Any) -> str | None:
    if not _has_encoder(value):
        return "encoder"
    if _literal(value.get("text")):
        return "text"
    count = value.get("count", 1)
    return None if _is_whole(count) and count >= 1 else "count"


def _duplicate(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not set(value) <= {"groups", "kinds"} or not value:
        return "duplicate"
    return next((problem for problem in map(_texts, value.values()) if problem), None)


def _has_encoder(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("encoder"), str)
        and _SLUG.fullmatch(value["encoder"]) is not None
    )


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_date(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _fields(fields: Iterable[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}


FIELDS: Mapping[str, Field] = _fields(
    (
        Field("folder", "in", '["source/sub/folder", …], with all below', _texts),
        Field("path", "contains", "literal text, in any case", _literal),
        Field("cluster", "in", '{"encoder": slug, "numbers": [n, …]}', _cluster),
        Field("format", "in", '["JPEG", …]', _texts),
        Field("width", "between", "[from or null, to or null], pixels, ends included", _range),
        Field("height", "between", "[from or null, to or null], pixels, ends included", _range),
        Field("pixels", "between", "[from or null, to or null], ends included", _range),
        Field("size", "between", "[from or null, to or null], bytes, ends included", _range),
        Field("taken_at", "between", '["1930-01-01" or null, "1939-12-31" or null]', _dates),
        Field("region", "inside", '{"encoder": slug, "polygon": [[x, y], …]}', _region),
        Field("similar", "at least", '{"encoder": slug, "sha1s": […], "threshold": 0.7}', _similar),
        Field("text", "means", '{"encoder": slug, "text": words, "count": 500}', _meaning),
        Field("selection", "in", "[sha1, …]", _sha1s),
        Field("duplicate", "in", '{"kinds": ["near", …]} or {"groups": [id, …]}', _duplicate),
        Field("status", "in", '["ok", "unreadable", "missing"]', _statuses),
    )
)
