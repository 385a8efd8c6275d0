"""Explore: all images of a view, filtered, ordered, and one of them large beside its properties.

Not here: the line above (``widgets.search_line``), the left panel (``widgets.facet_panel``), how a
view is drawn (``screens.displays``), the properties of one image (``screens.image_panel``), pages
with nothing on them (``widgets.empty_states``).
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.facets import facets, open_sections
from app.screens import displays, image_panel
from app.session import state
from app.widgets import compare_encoders, empty_states, facet_panel, property_facets, view_context
from app.widgets.search_line import line, search
from app.widgets.view_context import Shown
from panoptic_data.catalogue import snapshot

__all__ = ["show"]

_LEFT_TEXTS = ("encoder", "more", "fewer", "from", "to", "year", "seek")


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    corpus = snapshot.get(project)
    st.session_state["version"] = corpus.version
    if not len(corpus):
        empty_states.empty(project)
        return
    now = view_context.of(project, corpus)
    with st.container(key="explore", gap=None):
        line(now)
        _notices(now)
        with st.container(key="body", horizontal=True, gap=None, wrap=False):
            with st.container(key="left"):
                _left(now)
            if _shows_any(now):
                _stage(now)
            else:
                _without_images(now)


def _shows_any(now: Shown) -> bool:
    """Whether there is an image to show, here or under the encoder it is compared with."""
    if now.found is None or len(now.found):
        return now.found is not None
    compared = compare_encoders.of(now)
    other = None if compared is None else compared.other.found
    return other is not None and bool(len(other))


def _notices(now: Shown) -> None:
    problem = state.problem()
    if problem is not None:
        empty_states.notice(state.say("explore.broken_view", problem=problem))
    if st.session_state.get("mode") == "meaning" and now.reader is None:
        empty_states.clip_waits(now.encoders, on_back=lambda: search("", "path", now))


def _left(now: Shown) -> None:
    opened = open_sections(facet_panel.OPEN_FIRST)
    facets(
        sections=facet_panel.sections(now.corpus, now.view, now.encoders, now.encoder, opened)
        if now.problem is None
        else (),
        language=state.language(),
        texts={
            **{name: state.say(f"explore.{name}") for name in _LEFT_TEXTS},
            "more_images": state.say("suggest.link_tag"),
        },
        on_change=lambda field, chosen: _filter(field, chosen, now),
        on_choose=state.choose_encoder,
        on_seek=property_facets.seek,
        position=now.corpus.annotations.position,
    )


def _filter(field: str, chosen: Any, now: Shown) -> None:
    """Change one condition to what the browser asks."""
    state.show(facet_panel.changed(state.view(), field, chosen, now.encoder))


@st.fragment
def _stage(now: Shown) -> None:
    """Show the pictures and the panel of the current one; moves redraw only these."""
    with st.container(key="stage", horizontal=True, gap=None, wrap=False):
        current = displays.show(now)
        with st.container(key="right"):
            image_panel.panel(now.project, now.corpus, current, now.encoder)


def _without_images(now: Shown) -> None:
    with st.container(key="pictures_none"):
        if now.problem is not None:
            empty_states.failed(now.problem, now.view)
        elif not now.view.where:
            empty_states.none_readable(now.corpus)
        else:
            empty_states.nothing_found(now.corpus, now.view)
