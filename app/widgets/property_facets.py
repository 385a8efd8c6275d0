"""The left panel's sections of properties: their values, counted under the current view.

Only open sections are counted. Not here: the counts (``panoptic_data.catalogue.facets``), sections
of metadata (``widgets.facet_panel``), markup (``components.facets``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from app.components.facets import Histogram, Item, Section
from app.services import group_labels
from app.session import state
from app.widgets import facet_order
from app.widgets.date_histogram import bars_by_month
from panoptic_data.annotations import ratings, tags
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue import facets
from panoptic_data.catalogue.facets import ValueCounts
from panoptic_data.catalogue.spelling import folded
from panoptic_data.views import model
from panoptic_data.views.fields import FIELDS, WHO_FIELDS, is_property, property_field
from panoptic_data.views.model import Level, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = [
    "annotation_sections",
    "is_chosen_by_value",
    "search_section",
    "sections",
    "stars_range",
    "stars_text",
    "visible_properties",
    "with_values",
]

BARS = 26
# So many tags are sent to the browser; others are found by searching.
MOST_TAGS = 300
# From so many values on there is a search field.
MANY = 12
# Of a graph, so many ways that lead to one tag are drawn.
MOST_PATHS = 4
_RANGES = ("number", "date")
# The most stars first, then what is rejected.
STARS_LISTED = (*range(ratings.MOST, -1, -1), ratings.REJECTED)
# What was searched among tags, by the field.
_SEARCHED = "facets.sought"


def visible_properties(corpus: Catalogue) -> list[tuple[str, Property]]:
    """Return the properties that are not hidden and their fields, in their order."""
    properties = (
        property for property in corpus.annotations.live_properties if not property.hidden
    )
    return [(property_field(property.type, property.id), property) for property in properties]


def is_chosen_by_value(field: str) -> bool:
    """Whether a press in the panel chooses single values of a field."""
    is_listed = is_property(field) and FIELDS[field].kind not in _RANGES
    return is_listed or field in (*WHO_FIELDS, EXCLUDED)


def with_values(view: View, field: str, chosen: Sequence[Any] | None) -> View:
    """Return the view with other values chosen, read as strictly as an address."""
    return model.from_json(model.to_json(facets.choose(view, field, chosen or ())))


def search_section(field: str, text: str) -> None:
    """Search in a section: tags by their names, in a text what it contains."""
    if FIELDS[field].kind == "tags":
        st.session_state[_SEARCHED] = {**st.session_state.get(_SEARCHED, {}), field: text}
        return
    view, sought = state.view().without(field), text.strip()
    searched = view.with_condition(field, sought) if sought else view
    state.show(model.from_json(model.to_json(searched)))


def sections(corpus: Catalogue, view: View, opened: Collection[str]) -> list[Section]:
    """Return a section for each property that is not hidden."""
    listed = []
    for field, property in visible_properties(corpus):
        make = _MAKERS[FIELDS[field].kind]
        listed.append(make(corpus, view, field, property, field in opened))
    return listed


def annotation_sections(corpus: Catalogue, view: View, opened: Collection[str]) -> list[Section]:
    """Return who annotated, and how many images are out of the corpus, where there are any."""
    listed = []
    if any(
        corpus.annotations.property_values(property.id).frame().height
        for _, property in visible_properties(corpus)
    ):
        listed += [_people(corpus, view, field, field in opened) for field in WHO_FIELDS]
    count = facets.excluded(corpus)
    chosen = facets.chosen(view, EXCLUDED)
    if count or chosen:
        label = state.text("explore.excluded_note", count=count, total=state.number(count))
        title = state.text("explore.excluded_hide" if chosen else "explore.excluded_show")
        items = [Item("true", label, count, title=title)]
        listed.append(Section(EXCLUDED, "note", label, True, selected=chosen, items=items))
    return listed


def _tags(corpus: Catalogue, view: View, field: str, property: Property, is_open: bool) -> Section:
    tags_of_property = corpus.annotations.tags_of(property.id)
    chosen = facets.chosen(view, field)
    sought = st.session_state.get(_SEARCHED, {}).get(field, "")
    items: list[Item] = []
    hint = None
    if is_open:
        counted = facets.tags(corpus, view, field)
        by_order = facet_order.ordered(
            field,
            [Item(tag.id, tag.name, counted.counts[tag.id]) for tag in tags_of_property],
            first="own",
        )
        by_id = {tag.id: tag for tag in tags_of_property}
        in_order = [by_id[str(item.id)] for item in by_order]
        items, more = _tag_items(in_order, counted, chosen, sought)
        hint = (
            state.text("explore.more_tags", count=more, more=state.number(more)) if more else None
        )
    return Section(
        field,
        "tags",
        property.name,
        is_open,
        selected=chosen,
        items=items,
        hint=hint,
        choices=facet_order.choices(field, "own") if len(items) > 1 else (),
        sought=sought if len(tags_of_property) >= MANY else None,
    )


def _tag_items(
    listed: Sequence[Tag], counted: ValueCounts, chosen: Sequence[Any], sought: str
) -> tuple[list[Item], int]:
    """Return the tags to draw, in their order, and how many are left out."""
    by_id = {tag.id: tag for tag in listed}
    matching = _matching_tags(listed, sought)
    if not sought.strip():
        matching = [tag for tag in matching if counted.counts[tag.id]]
    often = sorted(matching, key=lambda tag: -counted.counts[tag.id])[:MOST_TAGS]
    shown = {tag.id for tag in often} | by_id.keys() & {*chosen}
    shown |= tags.ancestors(by_id, shown) & by_id.keys()
    items = [
        Item(
            tag.id,
            tag.name,
            counted.counts[tag.id],
            title=" › ".join(by_id[id].name for id in path),
            colour=tag.colour,
            path="/".join(path),
        )
        for tag in listed
        if tag.id in shown
        for path in _paths(by_id, tag)
    ]
    items = _in_tree(items)
    none = Item(None, state.text("explore.no_value"), counted.empty)
    is_none_shown = (counted.empty and not sought.strip()) or None in chosen
    return [*items, *([none] if is_none_shown else [])], len(matching) - len(often)


def _matching_tags(listed: Sequence[Tag], sought: str) -> list[Tag]:
    """Return the tags whose names hold a text, in any case."""
    if not sought.strip():
        return list(listed)
    [text] = folded(pl.Series([" ".join(sought.split())])).to_list()
    names = folded(pl.Series([tag.name for tag in listed], dtype=pl.String))
    indices = names.str.contains(text, literal=True).arg_true().to_list()
    return [listed[index] for index in indices]


def _paths(by_id: Mapping[str, Tag], tag: Tag) -> list[list[str]]:
    """Return the ways that lead from the top to a tag, as ids."""
    paths: list[list[str]] = []
    waiting = [[tag.id]]
    while waiting and len(paths) < MOST_PATHS:
        path = waiting.pop(0)
        parents = [parent for parent in by_id[path[0]].parents if parent in by_id]
        if not parents:
            paths.append(path)
        waiting += [[parent, *path] for parent in parents]
    return paths


def _in_tree(items: list[Item]) -> list[Item]:
    """Put tags right below those above them, each level in the order of the tags."""
    position = {item.path: number for number, item in enumerate(items)}
    last = len(items)

    def key(item: Item) -> list[int]:
        parts = (item.path or "").split("/")
        ups = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
        return [position.get(up, last) for up in ups]

    return sorted(items, key=key)


def _values(
    corpus: Catalogue, view: View, field: str, property: Property, is_open: bool
) -> Section:
    """Return a section of single values: texts, truths, colours, images."""
    kind = FIELDS[field].kind
    chosen = facets.chosen(view, field)
    items: list[Item] = []
    hint = None
    if is_open:
        by_name = kind == "text" and facet_order.of(field) == "name"
        counted = facets.values(corpus, view, field, by_name=by_name)
        items = [_item(corpus, kind, value, count) for value, count in counted.counts.items()]
        if kind == "truth":
            items.sort(key=lambda item: item.id != "true")
        if counted.empty or None in chosen:
            items.append(Item(None, state.text("explore.no_value"), counted.empty))
        if counted.more:
            more = state.number(counted.more)
            hint = state.text("explore.more_values", count=counted.more, more=more)
    contained = view.condition(field) if kind == "text" else None
    sought = contained.value if contained is not None else ""
    return Section(
        field,
        "list",
        property.name,
        is_open,
        selected=chosen,
        items=items,
        hint=hint,
        choices=facet_order.choices(field) if kind == "text" and len(items) > 1 else (),
        sought=sought if kind == "text" else None,
    )


def _item(corpus: Catalogue, kind: str, value: str, count: int) -> Item:
    if kind == "truth":
        return Item(value, state.text(f"groups.truth_{value}"), count)
    if kind == "colour":
        return Item(value, value, count, colour=value)
    if kind == "link":
        rows = corpus.rows_of([value])
        path = corpus.frame["place"][int(rows[0])] if len(rows) else value
        return Item(value, str(path).rpartition("/")[2], count, thumb=value)
    return Item(value, value, count)


def _range(corpus: Catalogue, view: View, field: str, property: Property, is_open: bool) -> Section:
    histogram = Histogram(*facets.numbers(corpus, view, field, BARS)) if is_open else None
    return _ranged(view, field, "range", property, is_open, histogram or Histogram([], []))


def _numbers(
    corpus: Catalogue, view: View, field: str, property: Property, is_open: bool
) -> Section:
    if ratings.is_rating(property):
        stars = _stars(corpus, view, field, property, is_open)
        if stars is not None:
            return stars
    return _range(corpus, view, field, property, is_open)


def _stars(
    corpus: Catalogue, view: View, field: str, property: Property, is_open: bool
) -> Section | None:
    """Return a section of stars and rejected images; None where numbers are something else."""
    condition = view.condition(field)
    low, high = _ends(condition.value) if condition is not None else (1.0, 0.0)
    chosen = [str(value) for value in STARS_LISTED if low <= value <= high]
    items: list[Item] = []
    if is_open:
        counts, edges, is_whole = facets.numbers(corpus, view, field, BARS)
        by_value = {round(low): count for low, count in zip(edges, counts, strict=False)}
        if counts and not (is_whole and set(by_value) <= set(STARS_LISTED)):
            return None
        items = [
            Item(str(value), stars_text(value), by_value.get(value, 0), title=_stars_title(value))
            for value in STARS_LISTED
            if by_value.get(value) or str(value) in chosen
        ]
    return Section(field, "list", property.name, is_open, selected=chosen, items=items)


def stars_text(value: int) -> str:
    """Return stars as they are drawn: ★★★☆☆, or ✕ for what is rejected."""
    if value == ratings.REJECTED:
        return f"✕ {state.text('ratings.rejected')}"
    return "★" * value + "☆" * (ratings.MOST - value)


def _stars_title(value: int) -> str | None:
    if value == ratings.REJECTED:
        return None
    return state.text("ratings.stars", count=value)


def _ends(value: Any) -> tuple[float, float]:
    """Return the ends of a range of numbers, of which one may be open."""
    low, high = value
    return (
        float("-inf") if low is None else float(low),
        float("inf") if high is None else float(high),
    )


def stars_range(field: str, chosen: Any) -> Any:
    """Return the range from the fewest to the most of the stars chosen; all else as it is."""
    is_number = field.startswith(property_field("number", ""))
    is_list = isinstance(chosen, list) and all(isinstance(value, str) for value in chosen)
    if not is_number or not is_list:
        return chosen
    values = [int(value) for value in chosen if value.lstrip("-").isdecimal()]
    return [min(values), max(values)] if values else None


def _dates(corpus: Catalogue, view: View, field: str, property: Property, is_open: bool) -> Section:
    histogram = bars_by_month(facets.months(corpus, view, field)) if is_open else None
    return _ranged(view, field, "dates", property, is_open, histogram)


def _ranged(
    view: View,
    field: str,
    kind: Any,
    property: Property,
    is_open: bool,
    histogram: Histogram | None,
) -> Section:
    condition = view.condition(field)
    selected = condition.value if condition is not None else ()
    return Section(field, kind, property.name, is_open, selected=selected, histogram=histogram)


def _people(corpus: Catalogue, view: View, field: str, is_open: bool) -> Section:
    chosen = facets.chosen(view, field)
    items: list[Item] = []
    if is_open:
        counted = facets.people(corpus, view, field)
        level = Level(field)
        items = [
            Item(name, group_labels.label(level, name, state.language()), count)
            for name, count in counted.counts.items()
        ]
        items = facet_order.ordered(field, items)
        items.append(Item(None, state.text(f"groups.none_{field}"), counted.empty))
    title = state.text(f"explore.{field}")
    orders = facet_order.choices(field) if len(items) > 2 else ()
    return Section(field, "list", title, is_open, selected=chosen, items=items, choices=orders)


_MAKERS: Mapping[str, Callable[[Catalogue, View, str, Property, bool], Section]] = {
    "tags": _tags,
    "text": _values,
    "truth": _values,
    "colour": _values,
    "link": _values,
    "number": _numbers,
    "date": _dates,
}
