"""The published JSON Schema of views: ``docs/view.schema.json``.

Not here: reading a view from JSON and what is wrong with it (``model``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from panoptic_data.annotations.values import TYPES
from panoptic_data.views.fields import DISPLAYS, FIELDS, LEVELS, MODES, SORTS, Field, property_field
from panoptic_data.views.model import ORDERS, VERSION
from panoptic_data.views.operators import ENCODER

__all__ = ["schema"]


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what :func:`model.from_json` reads."""
    condition = [
        {
            "type": "object",
            "properties": {
                "field": name,
                "op": {"const": operator.name},
                "value": dict(operator.value),
            },
            "required": ["field", "op"]
            if operator.value == {"type": "null"}
            else ["field", "op", "value"],
        }
        for name, field in _named_fields()
        for operator in field.operators
    ]
    part = {"$ref": "#/$defs/part"}
    many = {"type": "array", "items": part, "minItems": 1}
    flag = {"type": "boolean", "default": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "View",
        "description": "Which images, in which order and groups. All of where must hold.",
        "type": "object",
        "properties": {
            "version": {"const": VERSION},
            "where": {"type": "array", "items": part, "default": []},
            "sort": _array(
                {"field": _names(SORTS), "descending": flag},
                ["field"],
            ),
            "group": _array(
                {
                    "field": _names(LEVELS),
                    "by": {"type": ["string", "number", "null"], "default": None},
                    "order": {"enum": list(ORDERS), "default": "value"},
                    "descending": flag,
                },
                ["field"],
            ),
            "mode": {"enum": list(MODES), "default": "image"},
            "show": {
                "type": "array",
                "items": {"enum": list(DISPLAYS)},
                "minItems": 1,
                "maxItems": 2,
                "default": ["grid"],
            },
            "compare": {
                "description": "another encoder, under which the search is shown again beside",
                "anyOf": [dict(ENCODER), {"type": "null"}],
                "default": None,
            },
        },
        "required": ["version"],
        "additionalProperties": False,
        "$defs": {
            "part": {
                "anyOf": [
                    *condition,
                    *(_single_key(kind, many) for kind in ("all", "any")),
                    _single_key("not", part),
                ]
            }
        },
    }


def _named_fields() -> Iterator[tuple[dict[str, Any], Field]]:
    """Yield each field with the schema of its name: one name, or those of a type's properties."""
    yield from (({"const": field.name}, field) for field in FIELDS.values())
    for type in TYPES:
        pattern = property_field(type, "[0-9a-z]+")
        yield {"type": "string", "pattern": f"^{pattern}$"}, FIELDS[property_field(type, "id")]


def _names(fields: Iterable[str]) -> dict[str, Any]:
    pattern = property_field(f"({'|'.join(TYPES)})", "[0-9a-z]+")
    return {"anyOf": [{"enum": list(fields)}, {"type": "string", "pattern": f"^{pattern}$"}]}


def _array(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    item = {"type": "object", "properties": dict(properties), "required": required}
    return {"type": "array", "items": item, "default": []}


def _single_key(kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {kind: dict(value)},
        "required": [kind],
        "additionalProperties": False,
    }
