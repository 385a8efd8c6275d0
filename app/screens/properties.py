"""The page Properties: where properties are defined and their tags put in order.

Not here: its markup (``components.properties``), reading and writing definitions
(``api.properties``).
"""

from __future__ import annotations

import streamlit as st

from app.api.properties import view_of
from app.components.properties import property_editor
from app.screens import sort_by_words
from app.screens.page import needs_project, open_in_gallery
from app.services import identity
from app.session import navigation, state
from app.session.texts import section_texts
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations.values import COLOURS, TYPES
from panoptic_data.catalogue import registry
from panoptic_data.exchange import keywords
from panoptic_data.exchange.columns import properties_by_name
from panoptic_data.storage.project import Project
from panoptic_data.text import name_key

__all__ = ["show"]


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    _offer_keywords(project)
    property_editor(
        language=state.language(),
        types=TYPES,
        colours=COLOURS,
        texts={
            **section_texts("properties", "ui_", "type_"),
            **{name: state.text(f"importing.{name}") for name in ("import", "import_tags")},
            "more_images": state.text("suggest.link_tag"),
            "sort_by_words": state.text("classes.link"),
            "sort_by_words_help": state.text("classes.link_help"),
        },
        on_explore=lambda id, tags: _show_tags(project, id, tags),
        on_import=lambda: navigation.to("import"),
        on_sort=sort_by_words.PAGE.open,
    )


def _offer_keywords(project: Project) -> None:
    """Offer to make tags of embedded keywords, until a property of that name has tags."""
    images, different = keywords.count(registry.get(project))
    name = state.text("keywords.property")
    prop = properties_by_name(annotations_of(project).state()).get(name_key(name))
    if not images or prop is not None or project.version:
        return
    counted = {"keywords": state.number(different), "images": state.number(images)}
    help_text = state.text("keywords.help", property=name, **counted)
    if st.button(state.text("keywords.button", keywords=counted["keywords"]), help=help_text):
        keywords.make_tags(project, name, identity.of_session())
        st.rerun()


def _show_tags(project: Project, id: str, tags: list[str]) -> None:
    """Show the images of a property's tags in the gallery."""
    property = annotations_of(project).state().properties.get(id)
    if property is not None:
        open_in_gallery(view_of(property, tags))
