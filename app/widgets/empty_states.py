"""Pages without images: why there are none, and what to do next.

Not here: damaged images and placeholders, which the gallery draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.services import jobs
from app.session import state
from app.session.callbacks import uninterrupted
from app.widgets.filter_chips import part_label
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import PanopticError, weights_cause
from panoptic_data.provenance import runs
from panoptic_data.storage.project import default_root

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = [
    "empty_project",
    "no_project",
    "no_results",
    "none_readable",
    "notice",
    "text_search_unavailable",
    "view_failed",
]


def no_project() -> None:
    """Say how a project is made."""
    with st.container(key="state"):
        _heading(
            "folder_off", state.text("explore.no_project"), state.text("explore.no_project_help")
        )
        st.code(f"panoptic up FOLDER --project {default_root()}", language="bash")


def empty_project(project: Project) -> None:
    """Offer to add a folder, or say that the first images are on their way."""
    with st.container(key="state"):
        if project.version:
            _heading("image", state.text("explore.nothing_at_version"), None)
            return
        if runs.current(project) is not None:
            _heading(
                "hourglass_empty",
                state.text("explore.nothing_yet"),
                state.text("explore.nothing_yet_help"),
            )
            st.html('<div class="waiting">' + "<i></i>" * 10 + "</div>")
            return
        _heading(
            "add_photo_alternate", state.text("explore.nothing"), state.text("explore.nothing_help")
        )
        _add_folder(project)
        st.caption(state.text("explore.folder_command"))
        st.code(f"panoptic up FOLDER --project {project.root}", language="bash")


def none_readable(corpus: Catalogue) -> None:
    """Say that there are files, and none that shows a picture."""
    count = state.number(len(corpus))
    with st.container(key="state"):
        _heading(
            "broken_image",
            state.text("explore.none_readable"),
            state.text("explore.none_readable_help", count=count),
        )


def no_results(corpus: Catalogue, view: View) -> None:
    """Say which condition to drop, and what each would bring back."""
    with st.container(key="state"):
        filters = " · ".join(part_label(part) for part in view.where)
        _heading("search_off", state.text("explore.nothing_found"), filters)
        for index, part in enumerate(view.where):
            without = replace(view, where=(*view.where[:index], *view.where[index + 1 :]))
            count = len(run_view(corpus, without))
            if not count or not without.where:
                continue
            text = state.text("explore.drop", filter=part_label(part), count=state.number(count))
            st.button(
                text, key=f"drop_{index}", on_click=uninterrupted(state.show), args=(without,)
            )
        unfiltered = replace(view, where=())
        st.button(
            state.text("explore.drop_all", count=state.number(len(run_view(corpus, unfiltered)))),
            key="drop_all",
            on_click=uninterrupted(state.show),
            args=(unfiltered,),
        )


def view_failed(problem: PanopticError, view: View) -> None:
    """Say why a view cannot be shown, and offer the one without what cannot be asked."""
    text = state.text("explore.failed_view", problem=problem.message(state.language()))
    with st.container(key="state"):
        _heading("error", text, None)
        st.button(
            state.text("explore.clear"),
            key="drop_all",
            on_click=uninterrupted(state.show),
            args=(replace(view, where=()),),
        )


def notice(text: str) -> None:
    """Say one thing above the pictures."""
    with st.container(key="notice"):
        st.html(f'<p role="status">{escape(text)}</p>')


def text_search_unavailable(encoders: list[state.Encoder], on_back: Callable[[], None]) -> None:
    """Say why searching by meaning waits, how to get it, and what still works."""
    waiting = next(
        (encoder for encoder in encoders if not encoder.is_ready and encoder.cause), None
    )
    why = (
        state.text("explore.clip_cause", cause=weights_cause(waiting.cause or "", state.language()))
        if waiting
        else state.text("explore.clip_none")
    )
    with st.container(key="notice", horizontal=True, vertical_alignment="center"):
        how = state.text("explore.clip_how")
        title, still = state.text("explore.clip_title"), state.text("explore.clip_still")
        st.markdown(f"**{title}.** {why}. {how} {still}")
        st.button(state.text("explore.clip_back"), key="clip_back", on_click=uninterrupted(on_back))


def _heading(icon: str, title: str, help_text: str | None) -> None:
    paragraph = f"<p>{escape(help_text)}</p>" if help_text else ""
    st.html(
        f'<div class="heading"><span class="glyph" aria-hidden="true">{icon}</span>'
        f"<h1>{escape(title)}</h1>{paragraph}</div>"
    )


def _add_folder(project: Project) -> None:
    with st.form("add_folder", border=False):
        folder = st.text_input(
            state.text("explore.folder_field"), placeholder="/home/…/photographs"
        )
        if not st.form_submit_button(state.text("explore.folder_add"), type="primary"):
            return
    if not folder.strip():
        return
    # lancedb (2 to 5 s) is loaded by now.
    from panoptic_data.ingest import source_changes

    try:
        source_changes.add(project, Path(folder.strip()).expanduser())
    except PanopticError as error:
        st.error(error.message(state.language()))
        return
    jobs.start_processing(project)
    st.rerun()
