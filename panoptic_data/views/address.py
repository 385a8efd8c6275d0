"""A view's JSON object as short text that is safe in an address, and back.

The object becomes lists without names, then compressed JSON, then base64. Pure. Not here: what the
object means, and whether it is a view (``model``).
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from panoptic_data.errors import InvalidView
from panoptic_data.views import json_text
from panoptic_data.views.fields import MAX_DEPTH

__all__ = ["pack", "unpack"]

# An address is a few kilobytes; one that unpacks to more bytes than this was not made here.
MAX_UNPACKED = 64 * 2**20

_CONDITION = ("field", "op", "value")
_SORT = ("field", "descending")
_LEVEL = ("field", "by", "order", "descending")


def pack(view: Mapping[str, Any]) -> str:
    """Return the JSON object of a view as text; :func:`unpack` reads an equal view."""
    packed = zlib.compress(json_text.canonical(_shortened(view)).encode(), 9)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def unpack(text: str) -> dict[str, Any]:
    """Return the JSON object that was packed. Raises InvalidView where there is none."""
    match json_text.parse(_decompressed(text)):
        case [version, [*where], [*sort], *rest] if len(rest) <= len(_REST):
            named = {name: read(value) for (name, read, _), value in zip(_REST, rest, strict=False)}
            return {
                "version": version,
                "where": [_long_part(part, 1) for part in where],
                "sort": [_named(key, _SORT) for key in sort],
                **named,
            }
    raise InvalidView("address", "unreadable")


def _shortened(view: Mapping[str, Any]) -> list[Any]:
    """Return lists without names, the end left out where it is default."""
    rest: list[Any] = [
        [_values(level, _LEVEL) for level in view["group"]],
        view["mode"],
        view["show"],
        view.get("compare"),
    ]
    while rest and rest[-1] == _REST[len(rest) - 1][2]:
        rest.pop()
    sort = [_values(key, _SORT) for key in view["sort"]]
    return [view["version"], [_short_part(part) for part in view["where"]], sort, *rest]


def _values(named: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [int(named[name]) if name == "descending" else named[name] for name in names]


def _named(values: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(values, list) or len(values) != len(names):
        raise InvalidView("address", "unreadable")
    named = dict(zip(names, values, strict=True))
    if "descending" in named:
        named["descending"] = bool(named["descending"])
    return named


def _short_part(part: Mapping[str, Any]) -> Any:
    if "field" in part:
        return _values(part, _CONDITION)
    return {
        kind: _short_part(inner) if kind == "not" else [_short_part(child) for child in inner]
        for kind, inner in part.items()
    }


def _long_part(value: Any, depth: int) -> Any:
    if not isinstance(value, Mapping):
        return _named(value, _CONDITION)
    if depth > MAX_DEPTH:
        raise InvalidView("where", "too_deep", most=MAX_DEPTH)
    return {
        kind: [_long_part(child, depth + 1) for child in inner]
        if isinstance(inner, list) and kind != "not"
        else _long_part(inner, depth + 1)
        for kind, inner in value.items()
    }


def _decompressed(text: str) -> str:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        raw = reader.decompress(packed, MAX_UNPACKED)
        if not reader.eof:
            raise InvalidView("address", "unreadable")
        return raw.decode()
    except (binascii.Error, zlib.error, ValueError):
        raise InvalidView("address", "unreadable") from None


def _levels(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise InvalidView("address", "unreadable")
    return [_named(level, _LEVEL) for level in value]


def _unchanged(value: Any) -> Any:
    return value


# What follows the order: the name, how it is read, and the default that is left out at the end.
_REST: tuple[tuple[str, Callable[[Any], Any], Any], ...] = (
    ("group", _levels, []),
    ("mode", _unchanged, "image"),
    ("show", _unchanged, ["grid"]),
    ("compare", _unchanged, None),
)
