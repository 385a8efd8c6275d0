"""The offer of an encoder that reads many languages, where people search in another than English.

Not here: which encoder that is (``panoptic_data.encoders``), adding one (``encoder_changes``).
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st

from app.services import jobs
from app.session import state
from app.session.callbacks import uninterrupted
from app.widgets import search_terms
from panoptic_data import encoders
from panoptic_data.encoders import MULTILINGUAL
from panoptic_data.search.languages import is_not_english

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["offer", "offer_for_search"]

_PACKAGE = "transformers"
_REFUSED = "multilingual_refused"


def offer_for_search(project: Project, view: View) -> None:
    """Offer it where a view searches for words that most encoders do not read.

    That is where the page or the words are not in English. Once refused, no more in this session.
    """
    search = search_terms.get_search(view)
    if search is None or st.session_state.get(_REFUSED) or not _is_missing(project):
        return
    words = [term.value for term in search.expression.terms if term.kind == "text"]
    if words and (state.language() != "en" or any(map(is_not_english, words))):
        offer(project, can_refuse=True)


def offer(project: Project, *, can_refuse: bool = False) -> None:
    """Say what it is for, with one press that adds it; nothing where the project has one."""
    if not _is_missing(project):
        return
    spec = encoders.parse(MULTILINGUAL)
    text = state.text("find.multilingual", size=state.file_size((spec.megabytes or 0) * 1_000_000))
    with st.container(key="notice_multilingual", horizontal=True, vertical_alignment="center"):
        st.markdown(text if find_spec(_PACKAGE) else f"{text} {_package_text()}")
        st.button(
            state.text("find.multilingual_add"),
            key="multilingual_add",
            on_click=uninterrupted(_add),
            args=(project,),
        )
        if can_refuse:
            st.button(
                state.text("find.multilingual_refuse"),
                key="multilingual_refuse",
                on_click=uninterrupted(_refuse),
            )


def _is_missing(project: Project) -> bool:
    is_there = any(encoders.parse(text).is_multilingual for text in project.encoders)
    return not is_there and not project.version


def _package_text() -> str:
    return state.text("find.multilingual_package", package=_PACKAGE)


def _add(project: Project) -> None:
    # lancedb (2 to 5 s) is loaded by now.
    from panoptic_data.vectors import encoder_changes

    added = encoder_changes.add(project, MULTILINGUAL, first=True)
    jobs.start_processing(added.project)
    st.toast(state.text("find.multilingual_added"))


def _refuse() -> None:
    st.session_state[_REFUSED] = True
