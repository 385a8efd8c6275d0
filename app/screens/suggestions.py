"""The page where images are suggested for a tag, and what is answered teaches the next ones.

Not here: drawing it (``components.suggest``), which images are suggested (``suggesting``).
"""

from __future__ import annotations

import streamlit as st

from app.api.properties import view_of
from app.components.suggest import suggest
from app.session import navigation, state, url_state
from app.widgets import empty_states
from panoptic_data.annotations.store import annotations_of
from panoptic_data.messages import keys
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["PAGE", "begin", "show", "within"]

PAGE = "suggest"
# What the component says itself, of the section `suggest` of the catalogue.
TEXTS = sorted(key.partition(".")[2] for key in keys("en") if key.startswith("suggest.ui_"))
# The pages that are offered where something is missing.
LEADS_TO = (navigation.GALLERY, "pipeline")


def begin(tag: str) -> None:
    """Go to the page, for a tag."""
    url_state.write({state.TAG: tag})
    navigation.to(PAGE)


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    known = state.encoders(project)
    chosen = state.encoder(known)
    suggest(
        language=state.language(),
        tag=st.query_params.get(state.TAG) or None,
        view=within(state.view()),
        encoders=[(one.slug, one.name) for one in known if one.is_ready],
        encoder=chosen.slug if chosen else None,
        texts={
            **{name.removeprefix("ui_"): state.say(f"suggest.{name}") for name in TEXTS},
            "by_words": state.say("classes.link"),
            "by_words_title": state.say("classes.link_help"),
        },
        on_tag=lambda tag: url_state.write({state.TAG: tag}),
        on_encoder=state.choose_encoder,
        on_show=lambda tag: _explore(project, tag),
        on_sort=_sort,
        on_leave=lambda page: navigation.to(page if page in LEADS_TO else navigation.GALLERY),
    )


def _sort(property: str) -> None:
    from app.screens import sort_by_words

    sort_by_words.begin(property)


def within(view: View) -> str | None:
    """Return the address of what a view selects; None where that is everything."""
    return model.to_address(View(where=view.where)) if view.where else None


def _explore(project: Project, tag: str) -> None:
    """Show the images of a tag outside the tab, which keeps its view."""
    known = annotations_of(project).state()
    one = known.tags.get(tag)
    property = known.properties.get(one.property) if one else None
    if one is None or property is None:
        return
    state.open_tab(None, view_of(property, [tag]))
    navigation.to(navigation.GALLERY)
