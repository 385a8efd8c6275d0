"""The left panel's sections of what files say of themselves: captions, keywords, rights and such.

Only where any image has such a text, and counted only while a section is open. Not here: the counts
(``panoptic_data.catalogue.facets``), values that people noted (``property_facets``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from app.components.facets import Histogram, Item, Section
from app.session import state
from app.widgets import facet_order
from app.widgets.date_histogram import bars_by_month
from panoptic_data.catalogue import facets
from panoptic_data.media.embedded_texts import KEYWORD_SEPARATOR, KEYWORDS, TEXTS

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = ["LISTED", "fields_with_values", "sections"]

LISTED = (KEYWORDS, *TEXTS)
"""Fields that are chosen by their values."""
_DIGITISED = "digitised_at"


def fields_with_values(corpus: Catalogue) -> list[str]:
    """Return the fields that any image has a value of, in order: texts, then the date."""
    frame = corpus.frame
    return [field for field in (*LISTED, _DIGITISED) if frame[field].null_count() < frame.height]


def sections(corpus: Catalogue, view: View, opened: Collection[str]) -> list[Section]:
    """Return a section for each field that any image has a value of."""
    return [
        _dates(corpus, view, field in opened)
        if field == _DIGITISED
        else _values(corpus, view, field, field in opened)
        for field in fields_with_values(corpus)
    ]


def _values(corpus: Catalogue, view: View, field: str, is_open: bool) -> Section:
    chosen = facets.chosen(view, field)
    items: list[Item] = []
    hint = None
    if is_open:
        counted = facets.described(corpus, view, field, by_name=facet_order.of(field) == "name")
        items = [Item(value, _label(value), count) for value, count in counted.counts.items()]
        if counted.empty or None in chosen:
            items.append(Item(None, state.text("explore.no_value"), counted.empty))
        if counted.more:
            more = state.number(counted.more)
            hint = state.text("explore.more_values", count=counted.more, more=more)
    contained = view.condition(field)
    return Section(
        field,
        "list",
        _title(field),
        is_open,
        selected=chosen,
        items=items,
        hint=hint,
        choices=facet_order.choices(field) if len(items) > 1 else (),
        sought=str(contained.value) if contained is not None else "",
    )


def _dates(corpus: Catalogue, view: View, is_open: bool) -> Section:
    counts = facets.months(corpus, view, _DIGITISED) if is_open else {}
    histogram = bars_by_month(counts) if is_open else Histogram([], [])
    condition = view.condition(_DIGITISED)
    selected = condition.value if condition is not None else ()
    return Section(
        _DIGITISED, "dates", _title(_DIGITISED), is_open, selected=selected, histogram=histogram
    )


def _label(value: str) -> str:
    return " › ".join(value.split(KEYWORD_SEPARATOR))


def _title(field: str) -> str:
    name = state.text(f"explore.field_{field}")
    return name[:1].upper() + name[1:]
