"""What a view asks, condition by condition, in words short enough for a chip.

Not here: the order of the view, which is no condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app import state
from app.components.searchline import Chip
from panoptic_data.views import Condition, View

__all__ = ["SCALES", "chips", "label"]

# The unit in which each number is written and typed.
SCALES: Mapping[str, float] = {"pixels": 1e6, "size": 1e6, "width": 1, "height": 1}
_SHORT = 40


def chips(view: View) -> list[Chip]:
    """Return one chip per condition, in the view's order; its ``id`` is the field."""
    return [Chip(condition.field, label(condition)) for condition in view.where]


def label(condition: Condition) -> str:
    """Say one condition in a few words."""
    write = _LABELS.get(condition.field)
    value = _short(str(condition.value)) if write is None else write(condition.value)
    return value if write in _WHOLE else state.say(f"explore.chip_{condition.field}", value=value)


def _several(values: Sequence[str]) -> str:
    first = _short(values[0])
    if len(values) == 1:
        return first
    return state.say("explore.chip_several", first=first, count=len(values) - 1)


def _folders(value: list[str]) -> str:
    return _several([folder.rpartition("/")[2] for folder in value])


def _clusters(value: Mapping[str, Any]) -> str:
    return _several([str(number) for number in value["numbers"]])


def _statuses(value: list[str]) -> str:
    return _several([state.say(f"explore.status_{status}") for status in value])


def _range(field: str) -> Callable[[list[float | None]], str]:
    def write(value: list[float | None]) -> str:
        return _between([None if end is None else _figure(end / SCALES[field]) for end in value])

    return write


def _between(ends: Sequence[str | None]) -> str:
    low, high = ends
    if low is None:
        return state.say("explore.at_most", high=high)
    if high is None:
        return state.say("explore.at_least", low=low)
    return state.say("explore.between", low=low, high=high)


def _figure(value: float) -> str:
    text = state.number(value) if value == int(value) else f"{value:.4g}"
    return text.replace(".", ",") if state.language() == "fr" else text


def _similar(value: Mapping[str, Any]) -> str:
    threshold = f"{value['threshold']:.2f}"
    return state.say("explore.chip_similar", count=len(value["sha1s"]), threshold=threshold)


def _selection(value: list[str]) -> str:
    return state.say("explore.chip_selection", count=len(value))


def _constant(field: str) -> Callable[[Any], str]:
    return lambda _: state.say(f"explore.chip_{field}")


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


_region, _duplicate = _constant("region"), _constant("duplicate")
_LABELS: Mapping[str, Callable[[Any], str]] = {
    "folder": _folders,
    "cluster": _clusters,
    "format": _several,
    "status": _statuses,
    "width": _range("width"),
    "height": _range("height"),
    "pixels": _range("pixels"),
    "size": _range("size"),
    "taken_at": _between,
    "path": _short,
    "text": lambda value: _short(value["text"]),
    "similar": _similar,
    "selection": _selection,
    "region": _region,
    "duplicate": _duplicate,
}
# These say all by themselves.
_WHOLE = frozenset({_similar, _selection, _region, _duplicate})
