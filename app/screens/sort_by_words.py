"""The page where images are sorted into the tags of a property by the tags' words.

Not here: drawing it (``components.classes``), which image goes where (``suggesting``).
"""

from __future__ import annotations

import streamlit as st

from app.components.classes import classes
from app.screens import suggestions
from app.session import navigation, state, url_state
from app.widgets import empty_states
from panoptic_data.encoders.spec import parse
from panoptic_data.messages import keys

__all__ = ["PAGE", "begin", "show"]

PAGE = "classes"
# What the component says itself; what it shares with the other page of suggestions is there.
TEXTS = [key for key in keys("en") if key.startswith(("classes.ui_", "suggest.ui_"))]
# The pages that are offered where something is missing.
LEADS_TO = (navigation.GALLERY, "pipeline", "properties")


def begin(property: str) -> None:
    """Go to the page, for a property."""
    url_state.write({state.PROPERTY: property})
    navigation.to(PAGE)


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    known = state.encoders(project)
    readers = [one for one in known if one.is_ready and one.reads_text]
    chosen = state.encoder(readers)
    classes(
        language=state.language(),
        property=st.query_params.get(state.PROPERTY) or None,
        view=suggestions.within(state.view()),
        encoders=[(one.slug, one.name) for one in readers],
        encoder=chosen.slug if chosen else None,
        waiting=[one.name for one in known if not one.is_ready and _may_read(one.text)],
        texts={
            # Of two texts of one name the page's own is said.
            **{key.partition(".ui_")[2]: state.say(key) for key in sorted(TEXTS, reverse=True)},
            "template_first": state.say("prompt.plain"),
        },
        on_property=lambda property: url_state.write({state.PROPERTY: property}),
        on_encoder=state.choose_encoder,
        on_leave=lambda page: navigation.to(page if page in LEADS_TO else navigation.GALLERY),
    )


def _may_read(text: str) -> bool:
    # What waits for its weights has not said yet whether it reads.
    return parse(text).family == "clip"
