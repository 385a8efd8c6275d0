"""The page where groups of duplicates are cleared, one by one or many at once.

Not here: drawing it (``components.duplicates``), which groups are open (``deduplicating``).
"""

from __future__ import annotations

import streamlit as st

from app.components.duplicates import duplicates
from app.session import navigation, state, url_state
from app.widgets import empty_states
from panoptic_data.catalogue import snapshot
from panoptic_data.messages import keys
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["GROUP", "PAGE", "begin", "show"]

PAGE = "duplicates"
# The part of the address that names the group to begin with.
GROUP = "group"
# What the component says itself, of the section `duplicates` of the catalogue.
TEXTS = sorted(key.partition(".")[2] for key in keys("en") if key.startswith("duplicates.ui_"))
# The pages that are offered where something is missing.
LEADS_TO = (navigation.GALLERY, "pipeline")


def begin(group: str) -> None:
    """Go to the page, to a group."""
    url_state.write({GROUP: group})
    navigation.to(PAGE)


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    duplicates(
        language=state.language(),
        view=_within(state.view()),
        group=st.query_params.get(GROUP) or None,
        version=_version(project),
        encoders={one.slug: one.name for one in state.encoders(project)},
        texts={name.removeprefix("ui_"): state.say(f"duplicates.{name}") for name in TEXTS},
        on_show=_explore,
        on_leave=lambda page: navigation.to(page if page in LEADS_TO else navigation.GALLERY),
    )


def _version(project: Project) -> str:
    """Say which images and groups there are: whatever people say of them leaves it as it is."""
    known = snapshot.get(project).versions
    return " ".join(str(known.get(name, 0)) for name in ("files", "images", "duplicates"))


def _within(view: View) -> str | None:
    """Return the address of what a view selects; None where that is everything."""
    return model.to_address(View(where=view.where)) if view.where else None


def _explore(group: str) -> None:
    """Show the images of a group outside the tab, which keeps its view."""
    url_state.write({GROUP: None})
    state.open_tab(None, View().with_condition("duplicate", {"groups": [group]}))
    navigation.to(navigation.GALLERY)
