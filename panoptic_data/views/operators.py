"""Operators of conditions: what each takes, as a check and as a JSON Schema.

Here: the operators that fields of one kind share. Not here: which field has which (``fields``),
the checks themselves (``checks``), which images an operator selects (``catalogue.filters``).

Operators that negate (``!=``, ``not in``, ``does not contain``) select whatever their positive
twin does not, images without a value included; the others never select images without a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from panoptic_data.annotations.values import PROPOSERS
from panoptic_data.media.colour import HUES
from panoptic_data.views.checks import (
    COLOUR,
    KEY,
    SHA1,
    SLUG,
    STATUSES,
    Check,
    check_authors,
    check_boolean,
    check_clusters,
    check_date,
    check_date_range,
    check_duplicates,
    check_hue,
    check_like,
    check_meaning,
    check_near_colour,
    check_nothing,
    check_number,
    check_number_range,
    check_parts,
    check_pattern,
    check_proposers,
    check_region,
    check_selection,
    check_sha1s,
    check_similar,
    check_statuses,
    check_text,
    check_texts,
)

__all__ = [
    "AUTHORS",
    "BOOLEAN",
    "CLUSTERS",
    "COLOURS",
    "DATES",
    "DUPLICATES",
    "EMPTINESS",
    "ENCODER",
    "FOLDERS",
    "FORMATS",
    "IMAGES",
    "LIKE",
    "MEANING",
    "NUMBERS",
    "PARTS",
    "PROPOSED",
    "REGION",
    "SELECTION",
    "SIMILAR",
    "STATUS_LIST",
    "TAGS",
    "TAG_SETS",
    "TEXTS",
    "Operator",
]

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operator:
    """One way to compare a field. ``value`` is a JSON Schema of the value that it takes.

    ``check`` returns the key of what is wrong with a value, or None.
    """

    name: str
    value: Schema
    check: Check


def _membership(schema: Schema, check: Check) -> tuple[Operator, ...]:
    return (Operator("in", schema, check), Operator("not in", schema, check))


def _range_of(end: Schema) -> Schema:
    return {
        "description": "from, to; both included; one may be null",
        "type": "array",
        "items": {"anyOf": [end, _NULL]},
        "minItems": 2,
        "maxItems": 2,
    }


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


_NULL = {"type": "null"}
_TEXT = {"type": "string", "minLength": 1}
_LIST_OF_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_NUMBER = {"type": "number"}
_DATE = {"type": "string", "format": "date"}
_COUNT = {"type": "integer", "minimum": 1}
_COSINE = {"type": "number", "minimum": -1, "maximum": 1}
ENCODER = {"type": "string", "pattern": f"^{SLUG.pattern}$"}
_SHA1_LIST = {"type": "array", "items": {"type": "string", "pattern": f"^{SHA1.pattern}$"}}
_SHA1_LIST_FILLED = {**_SHA1_LIST, "minItems": 1}
_TAG_IDS = {**_LIST_OF_TEXTS, "description": "ids of tags"}
_TAG_IDS_ABOVE = {**_TAG_IDS, "description": "ids of tags, or of tags above them"}
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")

EMPTINESS = (
    Operator("is empty", _NULL, check_nothing),
    Operator("is not empty", _NULL, check_nothing),
)
BOOLEAN = (Operator("is", {"type": "boolean"}, check_boolean),)
NUMBERS = (
    Operator("between", _range_of(_NUMBER), check_number_range),
    *(Operator(sign, _NUMBER, check_number) for sign in _COMPARISONS),
    *EMPTINESS,
)
DATES = (
    Operator("between", _range_of(_DATE), check_date_range),
    *(Operator(sign, _DATE, check_date) for sign in _COMPARISONS),
    *EMPTINESS,
)
TEXTS = (
    Operator("contains", {**_TEXT, "description": "literal text, in any case"}, check_text),
    Operator("does not contain", _TEXT, check_text),
    Operator("begins with", _TEXT, check_text),
    Operator("matches", {**_TEXT, "description": "regular expression, in any case"}, check_pattern),
    Operator("=", _TEXT, check_text),
    Operator("!=", _TEXT, check_text),
)
COLOURS = (
    Operator(
        "near",
        _object(
            {"colour": {"type": "string", "pattern": f"^{COLOUR.pattern}$"}},
            {
                "distance": {
                    "type": "number",
                    "minimum": 0,
                    "description": "CIE76, 25 when left out",
                }
            },
        ),
        check_near_colour,
    ),
    Operator("is", {"enum": list(HUES)}, check_hue),
    *EMPTINESS,
)
IMAGES = (*_membership(_SHA1_LIST_FILLED, check_sha1s), *EMPTINESS)
TAGS = (*_membership(_TAG_IDS_ABOVE, check_texts), *EMPTINESS)
TAG_SETS = (
    *_membership(_TAG_IDS_ABOVE, check_texts),
    Operator("all of", _TAG_IDS, check_texts),
    *EMPTINESS,
)
FOLDERS = _membership(
    {
        **_LIST_OF_TEXTS,
        "description": "source/sub/folder, with all below it; source/sub/. is that folder alone",
    },
    check_texts,
)
FORMATS = (*_membership(_LIST_OF_TEXTS, check_texts), *EMPTINESS)
STATUS_LIST = _membership({**_LIST_OF_TEXTS, "items": {"enum": list(STATUSES)}}, check_statuses)
CLUSTERS = _membership(
    _object(
        {
            "encoder": ENCODER,
            "numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        }
    ),
    check_clusters,
)
DUPLICATES = _membership(
    {
        "type": "object",
        "properties": {"kinds": _LIST_OF_TEXTS, "groups": _LIST_OF_TEXTS},
        "additionalProperties": False,
        "minProperties": 1,
    },
    check_duplicates,
)
PARTS = _membership(
    {
        **_LIST_OF_TEXTS,
        "description": "image:SHA1, or crop:SHA1@left,top,width,height in parts of 1",
    },
    check_parts,
)
AUTHORS = (
    *_membership(
        _object({"authors": _LIST_OF_TEXTS}, {"property": {"type": "string", "minLength": 1}}),
        check_authors,
    ),
    *EMPTINESS,
)
PROPOSED = (
    *_membership(
        _object(
            {"proposers": {"type": "array", "items": {"enum": list(PROPOSERS)}}},
            {"property": {"type": "string", "minLength": 1}},
        ),
        check_proposers,
    ),
    *EMPTINESS,
)
SELECTION = _membership(
    {
        "anyOf": [
            _SHA1_LIST,
            {
                **_object(
                    {
                        "key": {"type": "string", "pattern": f"^{KEY.pattern}$"},
                        "count": {"type": "integer", "minimum": 0},
                    }
                ),
                "description": "a selection kept with the project",
            },
        ]
    },
    check_selection,
)
REGION = (
    Operator(
        "inside",
        _object(
            {
                "encoder": ENCODER,
                "polygon": {
                    "type": "array",
                    "minItems": 3,
                    "items": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
                },
            }
        ),
        check_region,
    ),
)
SIMILAR = (
    Operator(
        "at least",
        _object({"encoder": ENCODER, "sha1s": _SHA1_LIST_FILLED, "threshold": _COSINE}),
        check_similar,
    ),
)
MEANING = (
    Operator(
        "means", _object({"encoder": ENCODER, "text": _TEXT}, {"count": _COUNT}), check_meaning
    ),
)
LIKE = (
    Operator(
        "at least",
        _object(
            {
                "encoder": ENCODER,
                "query": {
                    **_TEXT,
                    "description": 'words and pictures: 2*"golden retriever" - fruit',
                },
            },
            {
                "threshold": {**_COSINE, "description": "cosine"},
                "percentile": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 100,
                    "description": "of the encoder's scale, in place of a threshold",
                },
                "count": {**_COUNT, "description": "the most alike of what all else selects"},
            },
        ),
        check_like,
    ),
)
