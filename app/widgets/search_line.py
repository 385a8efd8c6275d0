"""The line above the images: search field, filters, order, groups, and how images are displayed.

Not here: its markup (``components.searchline``), what pressing and typing does
(``widgets.search_actions``), the panel of filters (``widgets.facet_panel``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.gallery import CAPTIONS
from app.components.searchline import (
    SIMILARITY_TEXTS,
    Box,
    ChangedLabel,
    Choice,
    Limit,
    searchline,
)
from app.session import state
from app.session.texts import section_texts
from app.widgets import (
    compare_encoders,
    filter_builder,
    filter_chips,
    frozen_view,
    search_actions,
    search_terms,
)
from app.widgets.grouping_choices import grouping_choices
from app.widgets.property_facets import visible_properties
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue import facets, similarity
from panoptic_data.errors import PanopticError
from panoptic_data.search import typed_text
from panoptic_data.views import model
from panoptic_data.views.fields import SORTS

if TYPE_CHECKING:
    from app.widgets.view_context import ViewContext
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = ["search_line"]

_SORTS = tuple(field for field in SORTS if field != "similarity")
_TEXTS = (
    "filters",
    "clear",
    "remove",
    "sort",
    "direction",
    "left",
    "right",
    "shape_fit",
    "shape_crop",
    "shape_rows",
    "captions",
    "captions_title",
    "size",
    "waiting",
    "arrange",
    "arrange_title",
    "groups",
    "order",
    "copies",
    "files",
    "files_title",
    "add_level",
    "add_key",
    "remove_line",
    "level",
    "level_order",
    "by",
    "by_value",
    "by_size",
    "key",
    "displays",
    "split",
)
_FIND_TEXTS = (
    "picture",
    "offer",
    "fetch",
    "leave",
    "not_brought",
    "terms",
    "remove",
    "seen_by_title",
    "compare",
    "compare_none",
    "compare_title",
    "scope",
    "most_at",
    "no_spread",
    *SIMILARITY_TEXTS,
)
# The displays and their icons, in the order of the buttons.
_DISPLAYS = {
    "grid": "grid_view",
    "table": "table_rows",
    "chart": "bar_chart",
    "map": "scatter_plot",
}
# So many characters of the filters are written out in the choice of scope.
_SCOPE_LENGTH = 32


def search_line(context: ViewContext) -> None:
    """Draw the line; what is pressed on it changes the view of the address."""
    view = context.view
    text, problem, column = search_actions.text_in_field(view)
    sort = view.sort[0] if view.sort else search_actions.default_sort(view)
    search = search_terms.get_search(view)
    compared = view.compare if compare_encoders.run_comparison(context) is not None else None
    scopes = _scopes(view)
    searchline(
        text=text,
        box=_box(context),
        count=_count(context),
        chips=filter_chips.chips_of(typed_text.emptied(view)),
        terms=search_terms.term_chips(view),
        limit=_limit(context),
        encoders=_encoders(context),
        encoder=None if search is None else search.encoder,
        comparable=compare_encoders.choices(context),
        compare=compared,
        scopes=scopes,
        scope=_scope(view) if scopes else None,
        loading=None if context.loading is None else _loading_text(context.loading),
        version=context.corpus.version,
        sort=sort.field,
        descending=sort.descending,
        sorts=_sorts(context.corpus, view),
        arrange=_arrangement(context),
        captions=_captions(context.corpus),
        show=view.show if compared is None else ("grid",),
        displays=[
            Choice(name, state.text(f"explore.display_{name}"), icon)
            for name, icon in _DISPLAYS.items()
        ],
        problem=problem,
        column=column,
        turn=_next_turn(),
        language=state.language(),
        texts={
            "build": state.text("builder.open"),
            "hold": state.text("hold.hold"),
            **{name: state.text(f"explore.{name}") for name in _TEXTS},
            **{f"find_{name}": state.text(f"find.{name}") for name in _FIND_TEXTS},
            **section_texts("searchbox", "ui_"),
        },
        on_search=lambda text, choice: search_actions.submit(text, choice, context),
        on_sort=search_actions.sort_by,
        on_remove=lambda chip: state.show(filter_chips.without_chip(state.view(), chip)),
        on_clear=search_actions.clear,
        on_add=lambda text: search_actions.add_terms(text, context),
        on_term=_remove_term,
        on_limit=_set_limit,
        on_encoder=lambda slug: search_actions.choose_encoder(slug, context),
        on_compare=compare_encoders.compare_with,
        on_scope=search_actions.choose_scope,
        on_arrange=_arrange,
        on_show=lambda names: search_actions.change_view({"show": list(names), "compare": None}),
        on_filters=filter_builder.request_dialog,
        hold=frozen_view.is_on(),
        changed=_changed(context),
        on_hold=frozen_view.set_frozen,
        on_refresh=frozen_view.refresh,
    )
    # Draws nothing until it is opened; an unfinished draft survives a redrawing of the page.
    filter_builder.open_dialog(context.corpus, view, state.show)


def _remove_term(index: int) -> None:
    search_actions.show(search_terms.without_term(state.view(), index))


def _set_limit(limit: Any) -> None:
    least = search_terms.read_limit(limit)
    search_actions.show(search_terms.with_limit(state.view(), least))


def _arrange(arrangement: Mapping[str, Any]) -> None:
    parts = {name: arrangement[name] for name in ("sort", "group", "mode") if name in arrangement}
    search_actions.change_view(parts)


def _scopes(view: View) -> list[Choice]:
    """Return where a search can look: within the filters, those of before, or everywhere."""
    search_actions.remember_filters(view)
    filters = search_actions.remembered_filters()
    if search_terms.get_search(view) is None or not filters:
        return []
    text = ", ".join(filter_chips.part_label(part) for part in filters)
    text = text if len(text) <= _SCOPE_LENGTH else f"{text[: _SCOPE_LENGTH - 1]}…"
    within = "find.in_filters" if search_terms.other_filters(view) else "find.in_before"
    return [
        Choice("view", state.text(within, filters=text)),
        Choice("corpus", state.text("find.in_corpus")),
    ]


def _scope(view: View) -> str:
    return "view" if search_terms.other_filters(view) else "corpus"


def _encoders(context: ViewContext) -> list[Choice]:
    """Return the encoders that can rank a search, where there are several."""
    ready = [encoder for encoder in context.encoders if encoder.is_ready]
    if len(ready) < 2:
        return []
    return [
        Choice(encoder.slug, state.text("find.seen_by", encoder=_encoder_label(encoder)))
        for encoder in ready
    ]


def _encoder_label(encoder: state.Encoder) -> str:
    if encoder.reads_text:
        return encoder.name
    return state.text("find.pictures_only", encoder=encoder.name)


def _limit(context: ViewContext) -> Limit | None:
    search, result = search_terms.get_search(context.view), context.result
    if search is None or result is None:
        return search_terms.describe_limit(context.view)
    level = None
    if search.is_limited and search.count is None:
        # What the view was run for is known; an image that lost its vector has no scale.
        with suppress(PanopticError):
            level = similarity.level(context.corpus, search)
    return search_terms.describe_limit(context.view, level=level, shown=result.images)


def _box(context: ViewContext) -> Box:
    encoders = search_actions.search_encoders(context)
    return Box(
        view=model.to_address(context.view),
        words=encoders.words,
        pictures=encoders.pictures,
        encoder=context.encoder.slug if context.encoder else None,
        loading=_loading_text(context.text_encoder) if context.text_encoder else "",
    )


def _loading_text(encoder: state.Encoder) -> str:
    return state.text("searchbox.loading", encoder=encoder.name)


def _next_turn() -> int:
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    turn: int = st.session_state["turn"]
    return turn


def _sorts(corpus: Catalogue, view: View) -> list[Choice]:
    ranked = [] if search_terms.get_search(view) is None else ["similarity"]
    return [
        *(Choice(field, state.text(f"explore.sort_{field}")) for field in (*ranked, *_SORTS)),
        *(
            Choice(field, state.text("explore.sort_property", name=property.name))
            for field, property in visible_properties(corpus)
        ),
    ]


def _captions(corpus: Catalogue) -> list[Choice]:
    return [
        *(Choice(name, state.text(f"explore.caption_{name}")) for name in CAPTIONS),
        *(Choice(field, property.name) for field, property in visible_properties(corpus)),
    ]


def _count(context: ViewContext) -> str:
    corpus = context.corpus.corpus
    is_ok = corpus.statuses == 0
    if context.view.condition(EXCLUDED) is None and facets.excluded(context.corpus):
        is_ok = is_ok & ~context.corpus.column(EXCLUDED).filled
    by_file = context.view.mode == "file"
    total = int(is_ok[corpus.file_row].sum() if by_file else is_ok.sum())
    if context.loading is not None:
        return _loading_text(context.loading)
    count = 0 if context.result is None else context.result.images
    if not context.view.where:
        key = "explore.count_files" if by_file else "explore.count_all"
        return state.text(key, count=total, total=state.number(total))
    return state.text("explore.count", shown=state.number(count), total=state.number(total))


def _changed(context: ViewContext) -> ChangedLabel | None:
    """Describe what a frozen view would show differently if it were run again."""
    changes = context.changes
    if changes is None or not (changes.count or changes.is_rearranged):
        return None
    if not changes.count:
        return ChangedLabel(state.text("hold.moved"), state.text("hold.moved_title"))
    gone = state.text("hold.gone", count=changes.count - changes.new) if changes.gone.any() else ""
    new = state.text("hold.new", count=changes.new) if changes.new else ""
    text = ", ".join(filter(None, (gone, new)))
    label = state.text("hold.changed", count=changes.count, total=state.number(changes.count))
    return ChangedLabel(label, state.text("hold.changed_title", what=text))


def _arrangement(context: ViewContext) -> dict[str, Any]:
    """Return the sort keys and groups of the view, and what they can be, as JSON."""
    view = context.view
    return {
        "sorts": [asdict(choice) for choice in _sorts(context.corpus, view)],
        "levels": grouping_choices(context.corpus, context.encoders),
        "sort": [asdict(key) for key in view.sort],
        "group": [asdict(level) for level in view.group],
        "mode": view.mode,
    }
