"""What a view can ask of an image: each field, its operators, what their values look like.

Here: the list that is published (``FIELDS``, ``SORTS``, ``LEVELS``) and the checks of single
values. Not here: the view as a whole (``views``), which images a condition selects
(``conditions``), how they are grouped (``groups``).

Properties that people define are fields too, called ``p:<type>:<id>``: the type in the name lets
a view be checked without the project, and a view of a property that has changed its type says so.

Operators that deny (``!=``, ``not in``, ``does not contain``) select whatever their positive
twin does not, what has no value included; the others never select what has no value.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from panoptic_data.errors import InvalidExpression
from panoptic_data.media.colour import HUES
from panoptic_data.views import search_expression

__all__ = [
    "ENCODER",
    "FIELDS",
    "LEVELS",
    "MODES",
    "PERIODS",
    "SHOWN",
    "SORTS",
    "STATUSES",
    "Field",
    "Operator",
    "is_property",
    "is_slug",
    "is_sort",
    "property_field",
    "property_of",
]

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
    "camera",
    "colour",
    "copies",
    "similarity",
)
MODES = ("image", "file")
SHOWN = ("grid", "table", "chart", "map")
PERIODS = ("century", "decade", "year", "month", "week", "day")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_KEY = re.compile(r"[0-9a-f]{20}")
# Slugs are part of table names; anything else never reaches the database.
_SLUG = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_LONGEST_PATTERN = 1_000

Problem = Callable[[Any], str | None]


@dataclass(frozen=True)
class Operator:
    """One thing to ask of a field. ``value`` is a JSON Schema of the value that it takes."""

    name: str
    value: Mapping[str, Any]
    problem: Problem


@dataclass(frozen=True)
class Field:
    """One thing that a condition can ask about; the first operator is what a press asks."""

    name: str
    kind: str
    operators: tuple[Operator, ...]

    @property
    def op(self) -> str:
        """The operator that panels and the map use."""
        return self.operators[0].name

    def operator(self, name: Any) -> Operator | None:
        """Return the operator of that name."""
        return next((one for one in self.operators if one.name == name), None)


def _texts(value: Any) -> str | None:
    is_texts = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
    return None if is_texts else "texts"


def _literal(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "text"


def _pattern(value: Any) -> str | None:
    if _literal(value) or len(value) > _LONGEST_PATTERN:
        return "pattern"
    try:
        with warnings.catch_warnings():
            # Python means to read "[[a]" otherwise one day; what searches is not Python's.
            warnings.simplefilter("ignore")
            re.compile(value)
    except (re.error, RecursionError, OverflowError):
        return "pattern"
    return None


def _nothing(value: Any) -> str | None:
    return None if value is None else "nothing"


def _statuses(value: Any) -> str | None:
    return _texts(value) or (None if set(value) <= set(STATUSES) else "status")


def _sha1s(value: Any) -> str | None:
    if not isinstance(value, list):
        return "sha1s"
    are_sha1s = all(isinstance(one, str) and _SHA1.fullmatch(one) for one in value)
    return None if are_sha1s else "sha1s"


def _chosen(value: Any) -> str | None:
    """Images by their names, or a selection that is kept with the project (``selections``)."""
    if not isinstance(value, Mapping):
        return _sha1s(value)
    key, count = value.get("key"), value.get("count")
    is_kept = isinstance(key, str) and bool(_KEY.fullmatch(key)) and len(value) == 2
    is_count = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    return None if is_kept and is_count else "sha1s"


def _pair(value: Any, is_end: Callable[[Any], bool]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and any(one is not None for one in value)
        and all(one is None or is_end(one) for one in value)
    )


def _range(value: Any) -> str | None:
    return None if _pair(value, _is_number) else "range"


def _number(value: Any) -> str | None:
    return None if _is_number(value) else "number"


def _dates(value: Any) -> str | None:
    return None if _pair(value, _is_date) else "dates"


def _date(value: Any) -> str | None:
    return None if _is_date(value) else "date"


def _near(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("colour"), str):
        return "colour"
    distance = value.get("distance", 1)
    is_right = _COLOUR.fullmatch(value["colour"]) and _is_number(distance) and distance >= 0
    return None if is_right else "colour"


def _hue(value: Any) -> str | None:
    return None if isinstance(value, str) and value in HUES else "hue"


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


def _like(value: Any) -> str | None:
    if not _has_encoder(value):
        return "encoder"
    if not _is_query(value.get("query")):
        return "query"
    if not _is_among(value.get("threshold"), -1, 1):
        return "threshold"
    if not _is_among(value.get("percentile"), 0, 100):
        return "percentile"
    if {"threshold", "percentile"} <= set(value):
        return "limits"
    count = value.get("count", 1)
    return None if _is_whole(count) and count >= 1 else "count"


def _is_query(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(search_expression.parse(value))
    except InvalidExpression:
        return False


def _is_among(value: Any, low: float, high: float) -> bool:
    """Whether a limit is between two numbers, or not given."""
    return value is None or (_is_number(value) and low <= value <= high)


def _duplicate(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not set(value) <= {"groups", "kinds"} or not value:
        return "duplicate"
    return next((problem for problem in map(_texts, value.values()) if problem), None)


def _has_encoder(value: Any) -> bool:
    return isinstance(value, Mapping) and is_slug(value.get("encoder"))


def is_slug(value: Any) -> bool:
    """Whether a value can be the name of an encoder's tables."""
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return is_real and math.isfinite(value)
    except OverflowError:
        return False


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


def _is_width(value: Any) -> bool:
    return value is None or (_is_number(value) and value > 0)


def _is_depth(value: Any) -> bool:
    return value is None or (_is_whole(value) and value >= 1)


_NULL = {"type": "null"}
_TEXT = {"type": "string", "minLength": 1}
_LIST_OF_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_NUMBER = {"type": "number"}
_DATE = {"type": "string", "format": "date"}
ENCODER = {"type": "string", "pattern": f"^{_SLUG.pattern}$"}
_SHA1_LIST = {"type": "array", "items": {"type": "string", "pattern": f"^{_SHA1.pattern}$"}}


def _ends(of: Mapping[str, Any]) -> dict[str, Any]:
    end = {"anyOf": [of, _NULL]}
    return {
        "description": "from, to; both included; one may be null",
        "type": "array",
        "items": end,
        "minItems": 2,
        "maxItems": 2,
    }


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Any:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


_EMPTY = (
    Operator("is empty", _NULL, _nothing),
    Operator("is not empty", _NULL, _nothing),
)
_COMPARED = ("=", "!=", "<", "<=", ">", ">=")
_NUMBERS = (
    Operator("between", _ends(_NUMBER), _range),
    *(Operator(sign, _NUMBER, _number) for sign in _COMPARED),
    *_EMPTY,
)
_DAYS = (
    Operator("between", _ends(_DATE), _dates),
    *(Operator(sign, _DATE, _date) for sign in _COMPARED),
    *_EMPTY,
)
_WORDS = (
    Operator("contains", {**_TEXT, "description": "literal text, in any case"}, _literal),
    Operator("does not contain", _TEXT, _literal),
    Operator("begins with", _TEXT, _literal),
    Operator("matches", {**_TEXT, "description": "regular expression, in any case"}, _pattern),
    Operator("=", _TEXT, _literal),
    Operator("!=", _TEXT, _literal),
)


def _in(schema: Mapping[str, Any], problem: Problem) -> tuple[Operator, ...]:
    return (Operator("in", schema, problem), Operator("not in", schema, problem))


_FOLDERS = {
    **_LIST_OF_TEXTS,
    "description": "source/sub/folder, with all below it; source/sub/. is that folder alone",
}
_STATUS_LIST = {**_LIST_OF_TEXTS, "items": {"enum": list(STATUSES)}}
_CLUSTERS = _object(
    {
        "encoder": ENCODER,
        "numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
    }
)
_POLYGON = {
    "type": "array",
    "minItems": 3,
    "items": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
}
_DUPLICATES = {
    "type": "object",
    "properties": {"kinds": _LIST_OF_TEXTS, "groups": _LIST_OF_TEXTS},
    "additionalProperties": False,
    "minProperties": 1,
}
_SIMILARITY = _object(
    {
        "encoder": ENCODER,
        "sha1s": {**_SHA1_LIST, "minItems": 1},
        "threshold": {"type": "number", "minimum": -1, "maximum": 1},
    }
)
_KEPT = _object(
    {
        "key": {"type": "string", "pattern": f"^{_KEY.pattern}$"},
        "count": {"type": "integer", "minimum": 0},
    }
)
_CHOSEN = {"anyOf": [_SHA1_LIST, {**_KEPT, "description": "a selection kept with the project"}]}
_MEANING = _object(
    {"encoder": ENCODER, "text": _TEXT}, {"count": {"type": "integer", "minimum": 1}}
)
_LIKE = _object(
    {
        "encoder": ENCODER,
        "query": {**_TEXT, "description": 'words and pictures: 2*"golden retriever" - fruit'},
    },
    {
        "threshold": {"type": "number", "minimum": -1, "maximum": 1, "description": "cosine"},
        "percentile": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "description": "of the encoder's scale, in place of a threshold",
        },
        "count": {
            "type": "integer",
            "minimum": 1,
            "description": "the most alike of what all else selects",
        },
    },
)
_NEAR = _object(
    {"colour": {"type": "string", "pattern": f"^{_COLOUR.pattern}$"}},
    {"distance": {"type": "number", "minimum": 0, "description": "CIE76, 25 when left out"}},
)


_BY = _object({"authors": _LIST_OF_TEXTS}, {"property": {"type": "string", "minLength": 1}})


def _truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else "truth"


def _by(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not set(value) <= {"authors", "property"}:
        return "authors"
    if "property" in value and _literal(value["property"]):
        return "authors"
    return "authors" if _texts(value.get("authors")) else None


def _fields(fields: Iterable[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}


# Properties' fields by the type of their values.
_PROPERTY = re.compile(r"p:([a-z]+):([0-9a-z]{1,40})")
_IDS = {**_LIST_OF_TEXTS, "description": "ids of tags"}
_TRUTH = Operator("is", {"type": "boolean"}, lambda value: _truth(value))
_OF_TYPE: Mapping[str, tuple[str, tuple[Operator, ...]]] = {
    "text": ("text", (*_WORDS, *_EMPTY)),
    "url": ("text", (*_WORDS, *_EMPTY)),
    "path": ("text", (*_WORDS, *_EMPTY)),
    "number": ("number", _NUMBERS),
    "date": ("date", _DAYS),
    "checkbox": ("truth", (_TRUTH, *_EMPTY)),
    "colour": (
        "colour",
        (Operator("near", _NEAR, _near), Operator("is", {"enum": list(HUES)}, _hue), *_EMPTY),
    ),
    "image": ("link", (*_in({**_SHA1_LIST, "minItems": 1}, _sha1s), *_EMPTY)),
    "tag": (
        "tags",
        (*_in({**_IDS, "description": "ids of tags, or of tags above them"}, _texts), *_EMPTY),
    ),
    "tags": (
        "tags",
        (
            *_in({**_IDS, "description": "ids of tags, or of tags above them"}, _texts),
            Operator("all of", _IDS, _texts),
            *_EMPTY,
        ),
    ),
}


class _Fields(dict[str, Field]):
    """Fields by name: lists those of every corpus, and answers for properties as well."""

    def __missing__(self, name: str) -> Field:
        made = _PROPERTY.fullmatch(name) if isinstance(name, str) else None
        if made is None or made[1] not in _OF_TYPE:
            raise KeyError(name)
        return Field(name, *_OF_TYPE[made[1]])

    def get(self, name: Any, default: Any = None) -> Any:
        """Return a field, or ``default`` where none is called so."""
        try:
            return self[name]
        except (KeyError, TypeError):
            return default

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None


def property_field(type: str, id: str) -> str:
    """Return the name of a property's field."""
    return f"p:{type}:{id}"


def property_of(field: str) -> str | None:
    """Return the id of the property whose field it is; None for other fields."""
    made = _PROPERTY.fullmatch(field)
    return made[2] if made else None


FIELDS: Mapping[str, Field] = _Fields(
    _fields(
        (
            Field("folder", "choice", _in(_FOLDERS, _texts)),
            Field("path", "text", _WORDS),
            Field("name", "text", _WORDS),
            Field("cluster", "choice", _in(_CLUSTERS, _cluster)),
            Field("format", "choice", (*_in(_LIST_OF_TEXTS, _texts), *_EMPTY)),
            Field("width", "number", _NUMBERS),
            Field("height", "number", _NUMBERS),
            Field("pixels", "number", _NUMBERS),
            Field("size", "number", _NUMBERS),
            Field("copies", "number", _NUMBERS),
            Field("frames", "number", _NUMBERS),
            Field("taken_at", "date", _DAYS),
            Field("added", "date", _DAYS),
            Field("camera", "text", (*_WORDS, *_EMPTY)),
            Field(
                "colour",
                "colour",
                (
                    Operator("near", _NEAR, _near),
                    Operator("is", {"enum": list(HUES)}, _hue),
                    *_EMPTY,
                ),
            ),
            Field(
                "region",
                "map",
                (
                    Operator(
                        "inside",
                        _object({"encoder": ENCODER, "polygon": _POLYGON}),
                        _region,
                    ),
                ),
            ),
            Field("like", "likeness", (Operator("at least", _LIKE, _like),)),
            Field("similar", "likeness", (Operator("at least", _SIMILARITY, _similar),)),
            Field("text", "likeness", (Operator("means", _MEANING, _meaning),)),
            Field("selection", "choice", _in(_CHOSEN, _chosen)),
            Field("duplicate", "choice", _in(_DUPLICATES, _duplicate)),
            Field("status", "choice", _in(_STATUS_LIST, _statuses)),
            Field(
                "excluded", "truth", (Operator("is", {"type": "boolean"}, lambda it: _truth(it)),)
            ),
            Field("author", "choice", (*_in(_BY, _by), *_EMPTY)),
        )
    )
)

# What a level of groups can be made by, and whether a ``by`` is one that it takes.
_is_period = PERIODS.__contains__
_LEVELS: Mapping[str, Callable[[Any], bool]] = {
    "folder": _is_depth,
    "format": lambda by: by is None,
    "status": lambda by: by is None,
    "camera": lambda by: by is None,
    "colour": lambda by: by is None,
    "taken_at": lambda by: isinstance(by, str) and _is_period(by),
    "added": lambda by: isinstance(by, str) and _is_period(by),
    "width": _is_width,
    "height": _is_width,
    "pixels": _is_width,
    "size": _is_width,
    "copies": _is_width,
    "cluster": is_slug,
    "duplicate": lambda by: isinstance(by, str) and bool(by),
    "excluded": lambda by: by is None,
    "author": lambda by: by is None or isinstance(by, str),
}
_LEVEL_OF_KIND: Mapping[str, Callable[[Any], bool]] = {
    "number": _is_width,
    "date": lambda by: isinstance(by, str) and _is_period(by),
}


class _Levels(dict[str, Callable[[Any], bool]]):
    """Checks of levels by field: those of every corpus, and of properties as well."""

    def __missing__(self, field: str) -> Callable[[Any], bool]:
        kind = FIELDS[field].kind if property_of(field) else ""
        if not kind:
            raise KeyError(field)
        return _LEVEL_OF_KIND.get(kind, lambda by: by is None)

    def __contains__(self, field: object) -> bool:
        return super().__contains__(field) or (isinstance(field, str) and is_property(field))


LEVELS: Mapping[str, Callable[[Any], bool]] = _Levels(_LEVELS)


def is_property(field: str) -> bool:
    """Whether a field is that of a property."""
    return property_of(field) is not None and field in FIELDS


def is_sort(field: Any) -> bool:
    """Whether a view can be ordered by a field."""
    return field in SORTS or (isinstance(field, str) and is_property(field))
