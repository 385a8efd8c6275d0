"""The filters of a view in words short enough for a chip, and the names of fields.

Not here: the order and groups of a view, which are no filters.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.components.searchline import Chip
from app.session import state
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue.similarity import term_label
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.views import search_expression
from panoptic_data.views.fields import FIELDS, WHO_FIELDS, is_property, property_field, property_of
from panoptic_data.views.model import Clause, Condition, View, part_key

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State

__all__ = ["SCALES", "chips_of", "field_name", "operator_name", "part_label", "without_chip"]

# The unit in which the numbers of each field are displayed and typed.
SCALES: Mapping[str, float] = {
    "pixels": 1e6,
    "size": 1e6,
    "width": 1,
    "height": 1,
    "copies": 1,
    "frames": 1,
}
_CHIP_LENGTH = 40
_SHA1 = re.compile(r"([0-9a-f]{6})[0-9a-f]{34}")
_GROUPED_FROM = 10_000


def chips_of(view: View) -> list[Chip]:
    """Return one chip per part of ``where``, in the view's order."""
    annotations = _annotations()
    return [Chip(_id(part), part_label(part, annotations)) for part in view.where]


def without_chip(view: View, chip: str) -> View:
    """Return the view without the part that a chip stands for."""
    return replace(view, where=tuple(part for part in view.where if _id(part) != chip))


def part_label(part: Condition | Clause, annotations: State | None = None) -> str:
    """Describe one filter of a view in a few words.

    ``annotations`` has the names of properties and tags; those of the session's project if None.
    """
    if isinstance(part, Condition):
        return _condition_label(part, annotations)
    if part.kind == "not":
        return state.text("explore.chip_not", part=part_label(part.parts[0], annotations))
    inner = [_bracketed(part, annotations) for part in part.parts]
    return _shortened(f" {state.text(f'explore.chip_{part.kind}')} ".join(inner), _CHIP_LENGTH * 2)


def field_name(field: str, annotations: State | None = None) -> str:
    """Return the name of a field, as it is written within a sentence; a property's own name.

    It says so where a property was deleted, or has another type than the field names.
    """
    id = property_of(field)
    if id is None:
        return state.text(f"explore.field_{field}")
    annotations = annotations or _annotations()
    property = annotations.properties.get(id) if annotations else None
    if property is None:
        return state.text("explore.chip_no_property")
    if property.deleted:
        return state.text("explore.chip_deleted", name=property.name)
    is_same = property_field(property.type, id) == field
    return property.name if is_same else state.text("explore.chip_other_type", name=property.name)


def operator_name(op: str) -> str:
    """Return an operator in words, or as its sign where it has a common one."""
    return _SIGNS[op] if op in _SIGNS else state.text(f"explore.op_{op.replace(' ', '_')}")


def _annotations() -> State | None:
    """Return the properties and tags of this session's project."""
    project = state.project()
    return annotations_of(project).state() if project else None


def _id(part: Condition | Clause) -> str:
    return hashlib.sha1(part_key(part).encode()).hexdigest()[:12]


def _bracketed(part: Condition | Clause, annotations: State | None) -> str:
    is_many = isinstance(part, Clause) and part.kind != "not" and len(part.parts) > 1
    label = part_label(part, annotations)
    return f"({label})" if is_many else label


def _condition_label(condition: Condition, annotations: State | None) -> str:
    if is_property(condition.field):
        return _property_label(condition, annotations or _annotations())
    if condition.field in WHO_FIELDS:
        return _who(condition, annotations)
    if condition.field == "excluded":
        return state.text(f"explore.chip_excluded_{'yes' if condition.value else 'no'}")
    if condition.op != FIELDS[condition.field].op:
        value = _plain_value(condition)
        phrase = f"{field_name(condition.field)} {operator_name(condition.op)}"
        return f"{phrase} {value}" if value else phrase
    write = _LABELS.get(condition.field)
    value = _shortened(str(condition.value)) if write is None else write(condition.value)
    return (
        value
        if write in _COMPLETE_LABELS
        else state.text(f"explore.chip_{condition.field}", value=value)
    )


def _property_label(condition: Condition, annotations: State | None) -> str:
    """Describe a condition on a property, tags by their names."""
    field, op, value = condition.field, condition.op, condition.value
    name, kind = field_name(field, annotations), FIELDS[condition.field].kind
    if value is None:
        return f"{name} {operator_name(op)}"
    if kind == "text":
        return f"{name} {operator_name(op)} “{_shortened(value)}”"
    if op == "between":
        ends = [None if end is None else _end(kind, end) for end in value]
        return f"{name} {_between(ends)}"
    if kind in ("number", "date"):
        return f"{name} {operator_name(op)} {_end(kind, value)}"
    if op in ("in", "is"):
        return state.text("explore.chip_value", name=name, value=_values(condition, annotations))
    return f"{name} {operator_name(op)} {_values(condition, annotations)}"


def _end(kind: str, value: Any) -> str:
    # Small numbers are often years, which are written without a separator of thousands.
    is_short = kind == "number" and value == int(value) and abs(value) < _GROUPED_FROM
    if is_short:
        return str(int(value))
    return _number(value) if kind == "number" else str(value)


def _values(condition: Condition, annotations: State | None) -> str:
    kind, value = FIELDS[condition.field].kind, condition.value
    if kind == "truth":
        return state.text(f"groups.truth_{'true' if value else 'false'}")
    if kind == "link":
        return _selection(value)
    if kind == "tags":
        return _and_more([_tag(id, annotations) for id in value])
    return state.text(f"groups.hue_{value}") if condition.op == "is" else _near(value)


def _tag(id: str, annotations: State | None) -> str:
    tag = annotations.tags.get(id) if annotations else None
    if tag is None:
        return state.text("explore.chip_no_tag")
    return state.text("explore.chip_deleted", name=tag.name) if tag.deleted else tag.name


def _who(condition: Condition, annotations: State | None) -> str:
    value, field = condition.value, condition.field
    if value is None:
        return state.text(f"explore.chip_{field}_{condition.op.replace(' ', '_')}")
    names = value[WHO_FIELDS[field]]
    if field == "proposed":
        names = [state.text(f"lineage.proposed_by_{name}") for name in names]
    text = state.text(f"explore.chip_{field}", value=_and_more(names))
    if "property" in value:
        annotations = annotations or _annotations()
        property = annotations.properties.get(value["property"]) if annotations else None
        name = property.name if property else state.text("explore.chip_no_property")
        text = state.text("explore.chip_value", name=name, value=text)
    return state.text("explore.chip_not", part=text) if condition.op == "not in" else text


def _and_more(values: Sequence[str]) -> str:
    first = _shortened(values[0])
    if len(values) == 1:
        return first
    return state.text("explore.chip_several", first=first, count=len(values) - 1)


def _folders(value: list[str]) -> str:
    return _and_more([_folder(folder) for folder in value])


def _folder(folder: str) -> str:
    name = folder.removesuffix("/.").rpartition("/")[2]
    return state.text("explore.folder_itself", name=name) if folder.endswith("/.") else name


def _clusters(value: Mapping[str, Any]) -> str:
    # Images in no cluster and images without a vector are shown as the same.
    numbers = sorted(max(number, -1) for number in value["numbers"])
    names = [str(number) if number >= 0 else state.text("explore.chip_none") for number in numbers]
    return _and_more(list(dict.fromkeys(names)))


def _statuses(value: list[str]) -> str:
    return _and_more([state.text(f"explore.status_{status}") for status in value])


def _range(field: str) -> Callable[[list[float | None]], str]:
    def write(value: list[float | None]) -> str:
        return _between([None if end is None else _number(end / SCALES[field]) for end in value])

    return write


def _between(ends: Sequence[str | None]) -> str:
    low, high = ends
    if low is None:
        return state.text("explore.at_most", high=high)
    if high is None:
        return state.text("explore.at_least", low=low)
    return state.text("explore.between", low=low, high=high)


def _number(value: float) -> str:
    text = state.number(value) if value == int(value) else f"{value:.4g}"
    return text.replace(".", ",") if state.language() == "fr" else text


def _similar(value: Mapping[str, Any]) -> str:
    threshold = f"{value['threshold']:.2f}"
    return state.text("explore.chip_similar", count=len(value["sha1s"]), threshold=threshold)


def _like(value: Mapping[str, Any]) -> str:
    """Return a search as it was typed, images by the first digits of their sha1."""
    text = _shortened(_SHA1.sub(r"\1…", value["query"]))
    count = value.get("count")
    if count is not None:
        text = f"{text}, {state.text('find.most', count=count, total=state.number(count))}"
    if value.get("threshold") is not None:
        return state.text("explore.chip_from", value=text, least=_number(value["threshold"]))
    if value.get("percentile") is not None:
        least = f"{_number(value['percentile'])} %"
        return state.text("explore.chip_from", value=text, least=least)
    return text


def _selection(value: list[str] | Mapping[str, Any]) -> str:
    count = value["count"] if isinstance(value, Mapping) else len(value)
    return state.text("explore.chip_selection", count=count, total=state.number(count))


def _parts(value: list[str]) -> str:
    """Return which images, or parts of them, it is shared with, by few digits of their sha1."""
    terms = (term for picture in value for term in search_expression.parse(picture).terms)
    labels = [term_label(term, state.language()) for term in terms]
    return state.text("explore.chip_part", value=_and_more(labels))


def _fixed_label(field: str) -> Callable[[Any], str]:
    return lambda _: state.text(f"explore.chip_{field}")


def _plain_value(condition: Condition) -> str:
    """Describe the value of an operator that the panel of filters does not set."""
    field, value = condition.field, condition.value
    if value is None:
        return ""
    if field in SCALES:
        return _number(value / SCALES[field])
    if field == "colour":
        return state.text(f"groups.hue_{value}")
    if condition.op == "not in" and field in _LABELS:
        return _LABELS[field](value)
    if isinstance(value, int | float):
        return _number(value)
    return _shortened(str(value)) if FIELDS[field].kind == "date" else f"“{_shortened(str(value))}”"


def _shortened(text: str, most: int = _CHIP_LENGTH) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _near(value: Mapping[str, Any]) -> str:
    return str(value["colour"])


# Operators that need no words in any language.
_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}


_region, _duplicate = _fixed_label("region"), _fixed_label("duplicate")
_LABELS: Mapping[str, Callable[[Any], str]] = {
    "folder": _folders,
    "cluster": _clusters,
    "format": _and_more,
    "status": _statuses,
    "width": _range("width"),
    "height": _range("height"),
    "pixels": _range("pixels"),
    "size": _range("size"),
    "taken_at": _between,
    "digitised_at": _between,
    **dict.fromkeys((*TEXTS, KEYWORDS), _shortened),
    "path": _shortened,
    "name": _shortened,
    "camera": _shortened,
    "copies": _range("copies"),
    "frames": _range("frames"),
    "added": _between,
    "colour": _near,
    "text": lambda value: _shortened(value["text"]),
    "like": _like,
    "similar": _similar,
    "selection": _selection,
    "region": _region,
    "duplicate": _duplicate,
    "part": _parts,
}
# Labels that need no name of a field before them.
_COMPLETE_LABELS: frozenset[Callable[[Any], str]] = frozenset(
    {_similar, _selection, _region, _duplicate, _parts}
)
