"""The filters of a view as a tree that can be edited: conditions, negations, groups of them.

The draft lives in the browser until it is applied. Not here: fields and operators, counting,
checking (``widgets.filter_builder``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import streamlit as st

from app.components.assets import component
from app.components.facets import Item

__all__ = [
    "Answer",
    "Clusters",
    "Draft",
    "Field",
    "Hue",
    "Item",
    "Operator",
    "Property",
    "builder",
    "drafted",
]


@dataclass(frozen=True)
class Operator:
    """One operator of a field; ``editor`` is what its value is typed or chosen with."""

    name: str
    label: str
    editor: str


@dataclass(frozen=True)
class Field:
    """One field in words. ``scale`` is the unit that its numbers are typed in.

    ``heading`` is the one above it in the list of fields.
    """

    name: str
    label: str
    operators: Sequence[Operator]
    scale: float = 1
    unit: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Property:
    """A property whose annotations can be filtered by author."""

    id: str
    label: str


@dataclass(frozen=True)
class Clusters:
    """The clusters of one encoder."""

    encoder: str
    label: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Hue:
    """A named colour and a sample of it."""

    id: str
    label: str
    colour: str


@dataclass(frozen=True)
class Draft:
    """An unfinished edit: ``where`` as a JSON list of parts, and the browser's number of it."""

    turn: int
    where: Any


@dataclass(frozen=True)
class Answer:
    """The result of checking a draft.

    ``problems`` are sentences by the index of a condition among all of the draft, in reading
    order; ``problem`` is what is wrong with the draft as a whole.
    """

    turn: int
    count: str = ""
    problem: str = ""
    problems: Mapping[int, str] = field(default_factory=dict)


def builder(
    *,
    where: Sequence[Mapping[str, Any]],
    fields: Sequence[Field],
    choices: Mapping[str, Sequence[Item]],
    clusters: Sequence[Clusters],
    properties: Sequence[Property],
    hues: Sequence[Hue],
    answer: Answer,
    language: str,
    texts: Mapping[str, str],
    on_apply: Callable[[Any], None],
    on_cancel: Callable[[], None],
    key: str = "builder",
) -> None:
    """Show the tree of ``where``; later runs change its ``answer``, not the draft.

    ``choices`` are the values to choose from, by the name of the field; those with a ``path`` are
    a tree. A condition with a ``label`` is shown as these words and cannot be edited.
    ``on_apply`` gets the edited tree, in the form of ``where``.
    """
    component("builder")(
        key=key,
        data={
            "where": list(where),
            "fields": [asdict(item) for item in fields],
            "choices": {name: [asdict(item) for item in items] for name, items in choices.items()},
            "clusters": [asdict(item) for item in clusters],
            "properties": [asdict(item) for item in properties],
            "hues": [asdict(item) for item in hues],
            "answer": asdict(answer),
            "language": language,
            "texts": dict(texts),
        },
        states={"draft": lambda: None},
        presses={"apply": on_apply, "cancel": lambda _: on_cancel()},
    )


def drafted(key: str = "builder") -> Draft | None:
    """Return the draft, or None before anything was changed."""
    value = st.session_state.get(key, {}).get("draft")
    return None if value is None else Draft(int(value["turn"]), value["where"])
