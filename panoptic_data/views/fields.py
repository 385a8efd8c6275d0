"""What a view can filter, sort and group by: the fields of images.

Here: the published lists (``FIELDS``, ``SORTS``, ``LEVELS``). Not here: what an operator takes
(``operators``), the view as a whole (``model``), which images a condition selects
(``catalogue.filters``), how they are grouped (``catalogue.grouping``).

Properties that people define are fields too, called ``p:<type>:<id>``: with the type in its name a
view can be checked without the project, and a view of a property whose type has changed is known
to be outdated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.views import operators
from panoptic_data.views.checks import (
    PERIODS,
    STATUSES,
    is_bin_width,
    is_folder_depth,
    is_period,
    is_slug,
)
from panoptic_data.views.operators import EMPTINESS, Operator

__all__ = [
    "DISPLAYS",
    "FIELDS",
    "LEVELS",
    "MAX_DEPTH",
    "MODES",
    "PERIODS",
    "SORTS",
    "STATUSES",
    "WHO_FIELDS",
    "Field",
    "is_property",
    "is_sort",
    "property_field",
    "property_of",
]

SORTS = (
    "path",
    "name",
    "taken_at",
    "digitised_at",
    "added",
    "width",
    "height",
    "pixels",
    "size",
    "format",
    "camera",
    "colour",
    "copies",
    *TEXTS,
    "similarity",
)
MODES = ("image", "file")
DISPLAYS = ("grid", "table", "chart", "map")
# How deeply clauses may nest: deeper than anyone builds, shallower than what recursion can bear.
MAX_DEPTH = 20
WHO_FIELDS: Mapping[str, str] = {"author": "authors", "proposed": "proposers"}
"""Fields of who set or proposed a value, and under which name a condition lists who is meant."""
_PROPERTY = re.compile(r"p:([a-z]+):([0-9a-z]{1,40})")


@dataclass(frozen=True)
class Field:
    """One field of images. ``kind`` is that of its values; the first operator is the default."""

    name: str
    kind: str
    operators: tuple[Operator, ...]

    @property
    def op(self) -> str:
        """The operator that panels and the map use."""
        return self.operators[0].name

    def operator(self, name: Any) -> Operator | None:
        """Return the operator of that name."""
        return next((operator for operator in self.operators if operator.name == name), None)


# The kind and the operators of properties, by the type of their values.
_OF_TYPE: Mapping[str, tuple[str, tuple[Operator, ...]]] = {
    "text": ("text", (*operators.TEXTS, *EMPTINESS)),
    "url": ("text", (*operators.TEXTS, *EMPTINESS)),
    "path": ("text", (*operators.TEXTS, *EMPTINESS)),
    "number": ("number", operators.NUMBERS),
    "date": ("date", operators.DATES),
    "checkbox": ("truth", (*operators.BOOLEAN, *EMPTINESS)),
    "colour": ("colour", operators.COLOURS),
    "image": ("link", operators.IMAGES),
    "tag": ("tags", operators.TAGS),
    "tags": ("tags", operators.TAG_SETS),
}


class _Fields(dict[str, Field]):
    """Fields by name: iterates over those of every corpus, and finds properties' as well."""

    def __missing__(self, name: str) -> Field:
        match = _PROPERTY.fullmatch(name) if isinstance(name, str) else None
        if match is None or match[1] not in _OF_TYPE:
            raise KeyError(name)
        return Field(name, *_OF_TYPE[match[1]])

    def get(self, name: Any, default: Any = None) -> Any:
        """Return a field, or ``default`` where no field has that name."""
        try:
            return self[name]
        except (KeyError, TypeError):
            return default

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None


_FIELDS = (
    Field("folder", "choice", operators.FOLDERS),
    Field("path", "text", operators.TEXTS),
    Field("name", "text", operators.TEXTS),
    Field("cluster", "choice", operators.CLUSTERS),
    Field("format", "choice", operators.FORMATS),
    Field("width", "number", operators.NUMBERS),
    Field("height", "number", operators.NUMBERS),
    Field("pixels", "number", operators.NUMBERS),
    Field("size", "number", operators.NUMBERS),
    Field("copies", "number", operators.NUMBERS),
    Field("frames", "number", operators.NUMBERS),
    Field("taken_at", "date", operators.DATES),
    Field("digitised_at", "date", operators.DATES),
    Field("added", "date", operators.DATES),
    Field("camera", "text", (*operators.TEXTS, *EMPTINESS)),
    *(Field(name, "text", (*operators.TEXTS, *EMPTINESS)) for name in (*TEXTS, KEYWORDS)),
    Field("colour", "colour", operators.COLOURS),
    Field("region", "map", operators.REGION),
    Field("like", "likeness", operators.LIKE),
    Field("similar", "likeness", operators.SIMILAR),
    Field("text", "likeness", operators.MEANING),
    Field("selection", "choice", operators.SELECTION),
    Field("duplicate", "choice", operators.DUPLICATES),
    Field("part", "likeness", operators.PARTS),
    Field("status", "choice", operators.STATUS_LIST),
    Field("excluded", "truth", operators.BOOLEAN),
    Field("author", "choice", operators.AUTHORS),
    Field("proposed", "choice", operators.PROPOSED),
)
FIELDS: Mapping[str, Field] = _Fields({field.name: field for field in _FIELDS})


def property_field(type: str, id: str) -> str:
    """Return the name of a property's field."""
    return f"p:{type}:{id}"


def property_of(field: str) -> str | None:
    """Return the id of the property whose field it is; None for other fields."""
    match = _PROPERTY.fullmatch(field)
    return match[2] if match else None


def is_property(field: str) -> bool:
    """Whether a field is that of a property."""
    return property_of(field) is not None and field in FIELDS


def is_sort(field: Any) -> bool:
    """Whether a view can be sorted by a field."""
    return field in SORTS or (isinstance(field, str) and is_property(field))


def _is_none(by: Any) -> bool:
    return by is None


_LEVELS: Mapping[str, Callable[[Any], bool]] = {
    "folder": is_folder_depth,
    "format": _is_none,
    "status": _is_none,
    "camera": _is_none,
    "colour": _is_none,
    "taken_at": is_period,
    "digitised_at": is_period,
    **dict.fromkeys((*TEXTS, KEYWORDS), _is_none),
    "added": is_period,
    "width": is_bin_width,
    "height": is_bin_width,
    "pixels": is_bin_width,
    "size": is_bin_width,
    "copies": is_bin_width,
    "cluster": is_slug,
    "duplicate": lambda by: isinstance(by, str) and bool(by),
    "excluded": _is_none,
    "author": lambda by: by is None or isinstance(by, str),
    "proposed": lambda by: by is None or isinstance(by, str),
}
_LEVEL_OF_KIND: Mapping[str, Callable[[Any], bool]] = {
    "number": is_bin_width,
    "date": is_period,
}


class _Levels(dict[str, Callable[[Any], bool]]):
    """Checks of levels by field: those of every corpus, and of properties as well."""

    def __missing__(self, field: str) -> Callable[[Any], bool]:
        kind = FIELDS[field].kind if property_of(field) else ""
        if not kind:
            raise KeyError(field)
        return _LEVEL_OF_KIND.get(kind, _is_none)

    def __contains__(self, field: object) -> bool:
        return super().__contains__(field) or (isinstance(field, str) and is_property(field))


# The fields that images can be grouped by, each with a check of ``Level.by``.
LEVELS: Mapping[str, Callable[[Any], bool]] = _Levels(_LEVELS)
