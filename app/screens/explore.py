"""Explore: all images of a view, filtered, ordered, and one of them large beside its properties.

Not here: the line above (``widgets.line``), what stands in the left panel (``widgets.filters``),
how a view is drawn (``screens.displays``), the properties of one image (``screens.image``),
pages with nothing on them (``widgets.states``).
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.facets import facets, open_sections
from app.screens import displays, image
from app.session import state
from app.widgets import comparing, filters, property_filters, shown, states
from app.widgets.line import line, search
from app.widgets.shown import Shown
from panoptic_data.catalogue import snapshot

__all__ = ["show"]

_LEFT_TEXTS = ("encoder", "more", "fewer", "from", "to", "year", "seek")


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        states.no_project()
        return
    corpus = snapshot.get(project)
    st.session_state["version"] = corpus.version
    if not len(corpus):
        states.empty(project)
        return
    now = shown.of(project, corpus)
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
    compared = comparing.of(now)
    other = None if compared is None else compared.other.found
    return other is not None and bool(len(other))


def _notices(now: Shown) -> None:
    problem = state.problem()
    if problem is not None:
        states.notice(state.say("explore.broken_view", problem=problem))
    if st.session_state.get("mode") == "meaning" and now.reader is None:
        states.clip_waits(now.encoders, on_back=lambda: search("", "path", now))


def _left(now: Shown) -> None:
    opened = open_sections(filters.OPEN_FIRST)
    facets(
        sections=filters.sections(now.corpus, now.view, now.encoders, now.encoder, opened)
        if now.problem is None
        else (),
        language=state.language(),
        texts={
            **{name: state.say(f"explore.{name}") for name in _LEFT_TEXTS},
            "more_images": state.say("suggest.link_tag"),
        },
        on_change=lambda field, chosen: _filter(field, chosen, now),
        on_choose=state.choose_encoder,
        on_seek=property_filters.seek,
        position=now.corpus.annotations.position,
    )


def _filter(field: str, chosen: Any, now: Shown) -> None:
    """Change one condition to what the browser asks."""
    state.show(filters.changed(state.view(), field, chosen, now.encoder))


@st.fragment
def _stage(now: Shown) -> None:
    """Show the pictures and the panel of the current one; moves redraw only these."""
    with st.container(key="stage", horizontal=True, gap=None, wrap=False):
        current = displays.show(now)
        with st.container(key="right"):
            image.panel(now.project, now.corpus, current, now.encoder)


def _without_images(now: Shown) -> None:
    with st.container(key="pictures_none"):
        if now.problem is not None:
            states.failed(now.problem, now.view)
        elif not now.view.where:
            states.none_readable(now.corpus)
        else:
            states.nothing_found(now.corpus, now.view)
