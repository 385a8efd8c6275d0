"""The button by which embedded keywords become tags, until a property of that name is there.

Not here: making them (``panoptic_data.exchange.keywords``), where it stands (``screens``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.services import identity
from app.session import state
from panoptic_data.exchange import keywords
from panoptic_data.exchange.columns import properties_by_name
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["keyword_offer"]


def keyword_offer(project: Project, corpus: Catalogue) -> None:
    """Draw the button where there is something to make; in a corpus version nothing is made."""
    name = state.text("keywords.property")
    is_there = name_key(name) in properties_by_name(corpus.annotations)
    images, different = keywords.count(corpus)
    if project.version or is_there or not images:
        return
    label = state.text("keywords.button", count=different, shown=state.number(different))
    shown = state.number(images)
    help_text = state.text("keywords.help", property=name, count=images, shown=shown)
    if st.button(label, key="make_tags", type="tertiary", help=help_text):
        keywords.make_tags(project, name, identity.of_session())
        st.rerun(scope="app")
