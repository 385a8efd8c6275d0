"""The left panel: folders, clusters and properties with their counts; a press filters.

Not here: counting (``widgets.facet_panel``), what a value does to the view (the page).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from app.components.assets import component

__all__ = ["Histogram", "Item", "Section", "facets", "open_sections"]


@dataclass(frozen=True)
class Item:
    """One value that can be chosen; its ``id`` is None for having no value.

    ``thumb`` is the sha1 of an image that represents it, ``colour`` its own colour if it has one.
    """

    id: str | int | None
    label: str
    count: int
    thumb: str | None = None
    title: str | None = None
    colour: str | None = None
    # In a tree of tags: the ids from the top down to it, separated by "/".
    path: str | None = None
    # The group whose lineage it can be asked for (``tracing.trace.trace_group``).
    why: str | None = None


@dataclass(frozen=True)
class Histogram:
    """Counts (n) between edges (n + 1); edges of dates are ISO days."""

    counts: Sequence[int]
    edges: Sequence[float] | Sequence[str]
    # Whether each bar is one whole number.
    whole: bool = False


@dataclass(frozen=True)
class Section:
    """One part of the panel. ``selected`` holds chosen values, or the two ends of a range.

    ``scale`` is the unit that a range is written in, e.g. 1,000,000 for megapixels. ``sought``
    is the text of its search field, None where it has none. A ``note`` is a single line to press.
    """

    field: str
    kind: Literal["tree", "list", "range", "dates", "tags", "note"]
    title: str
    open: bool
    selected: Sequence[Any] = ()
    items: Sequence[Item] = ()
    histogram: Histogram | None = None
    scale: float = 1
    hint: str | None = None
    choices: Sequence[Mapping[str, Any]] = ()
    sought: str | None = None


def facets(
    *,
    sections: Sequence[Section],
    language: str,
    texts: Mapping[str, str],
    on_change: Callable[[str, Any], None],
    on_choose: Callable[[str], None],
    on_seek: Callable[[str, str], None],
    position: int = 0,
    key: str = "facets",
) -> None:
    """Show the panel. ``on_change`` gets a field and what is chosen in it now (None: nothing).

    ``on_choose`` gets the ``id`` of one of a section's ``choices``, ``on_seek`` a field and what
    is searched in it. ``position`` is that of the annotations that were counted: when there are
    later ones, the page is run again.
    """

    def changed(value: Any) -> None:
        on_change(str(value["field"]), value["value"] or None)

    def sought(value: Any) -> None:
        on_seek(str(value["field"]), str(value["text"]))

    component("facets")(
        key=key,
        data={
            "sections": [asdict(section) for section in sections],
            "position": position,
            "language": language,
            "texts": dict(texts),
        },
        presses={
            "change": changed,
            "choose": lambda chosen: on_choose(str(chosen)),
            "seek": sought,
            "annotated": lambda _: None,
        },
        states={"open": lambda: None},
    )


def open_sections(default: Sequence[str], key: str = "facets") -> frozenset[str]:
    """Return the fields of the sections that are open, so that only these are counted."""
    value = st.session_state.get(key, {}).get("open")
    return frozenset(default if value is None else map(str, value))
