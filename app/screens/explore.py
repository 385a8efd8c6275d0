"""Explore: all images of a view, filtered, ordered, and one of them large beside its properties.

Not here: the line above (``widgets.search_line``), the left panel (``widgets.facet_panel``), how a
view is drawn (``screens.displays``), the properties of one image (``screens.image_panel``), pages
with nothing on them (``widgets.empty_states``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.components.facets import facets, open_sections
from app.screens import displays, image_panel
from app.screens.page import needs_project
from app.services import text_models
from app.session import state
from app.widgets import (
    compare_encoders,
    empty_states,
    facet_order,
    facet_panel,
    multilingual_offer,
    property_facets,
    view_context,
)
from app.widgets.search_actions import submit, waiting_words
from app.widgets.search_line import search_line
from app.widgets.unavailable import guarded
from app.widgets.view_context import ViewContext
from panoptic_data.catalogue import registry
from panoptic_data.storage.project import Project
from panoptic_data.views.model import View

__all__ = ["show"]

_LEFT_TEXTS = ("encoder", "more", "fewer", "from", "to", "year", "seek", "facet_order")


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    corpus = registry.get(project)
    st.session_state["version"] = corpus.version
    if not len(corpus):
        empty_states.empty_project(project)
        return
    context = view_context.run_view(project, corpus)
    with st.container(key="explore", gap=None):
        search_line(context)
        _notices(context)
        with st.container(key="body", horizontal=True, gap=None, wrap=False):
            with st.container(key="left"):
                _left(context)
            if _shows_any(context):
                _stage(context)
            else:
                _without_images(context)
    if context.text_encoder is not None:
        # Whoever searches by meaning later need not wait for the model.
        text_models.load_soon(project, context.text_encoder.slug)


def _shows_any(context: ViewContext) -> bool:
    """Whether there is an image to show, here or under the encoder it is compared with."""
    if context.result is None or len(context.result):
        return context.result is not None
    compared = compare_encoders.run_comparison(context)
    other = None if compared is None else compared.other.result
    return other is not None and bool(len(other))


def _notices(context: ViewContext) -> None:
    problem = state.problem()
    if problem is not None:
        empty_states.notice(state.text("explore.broken_view", problem=problem))
    if context.result is not None and context.result.is_unclear:
        empty_states.unclear(context.corpus, context.view)
    multilingual_offer.offer_for_search(context.project, context.view)
    words = waiting_words()
    if words is not None:
        empty_states.text_search_unavailable(
            context.project, context.encoders, on_back=lambda: submit(words, "names", context)
        )


def _left(context: ViewContext) -> None:
    opened = open_sections(facet_panel.OPEN_FIRST)
    # What a search finds is not known while its model is being loaded.
    view = context.view if context.loading is None else View(mode=context.view.mode)
    facets(
        sections=facet_panel.sections(
            context.corpus, view, context.encoders, context.encoder, opened
        )
        if context.problem is None
        else (),
        language=state.language(),
        texts={
            **{name: state.text(f"explore.{name}") for name in _LEFT_TEXTS},
            "more_images": state.text("suggest.link_tag"),
            "why_of": state.text("lineage.why_of"),
        },
        on_change=lambda field, chosen: _filter(field, chosen, context),
        on_choose=_choose,
        on_seek=property_facets.search_section,
        position=context.corpus.annotations.position,
    )


def _choose(id: str) -> None:
    """Take the order of a section's values, or the encoder of its clusters."""
    if not facet_order.choose(id):
        state.choose_encoder(id)


def _filter(field: str, chosen: Any, context: ViewContext) -> None:
    """Change one condition to what the browser asks."""
    state.show(facet_panel.with_choice(state.view(), field, chosen, context.encoder))


@st.fragment
@guarded
def _stage(context: ViewContext) -> None:
    """Show the pictures and the panel of the current one; moves redraw only these."""
    with st.container(key="stage", horizontal=True, gap=None, wrap=False):
        current = displays.show(context)
        with st.container(key="right"):
            image_panel.panel(context.project, context.corpus, current, context.encoder)


def _without_images(context: ViewContext) -> None:
    with st.container(key="pictures_none"):
        if context.loading is not None:
            empty_states.model_loading(context.project, context.loading)
        elif context.problem is not None:
            empty_states.view_failed(context.problem, context.view)
        elif not context.view.where:
            empty_states.none_readable(context.corpus)
        else:
            empty_states.no_results(context.corpus, context.view, by_meaning=_by_meaning(context))


def _by_meaning(context: ViewContext) -> tuple[str, Callable[[], None]] | None:
    """Return the words that no name contains, and what searches for their meaning."""
    path = context.view.condition("path")
    if path is None or context.text_encoder is None:
        return None
    return path.value, lambda: submit(path.value, "meaning", context)
