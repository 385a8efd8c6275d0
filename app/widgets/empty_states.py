"""Pages without images: why there are none, and what to do next.

Not here: damaged images and placeholders, which the gallery draws.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.services import jobs, text_models
from app.session import state
from app.session.callbacks import uninterrupted
from app.widgets import search_terms
from app.widgets.filter_chips import part_label
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import PanopticError, weights_cause
from panoptic_data.provenance import runs
from panoptic_data.search import typed_text
from panoptic_data.storage.project import default_root
from panoptic_data.vectors import in_making

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = [
    "empty_project",
    "images_seen",
    "model_loading",
    "no_project",
    "no_results",
    "none_readable",
    "notice",
    "text_search_unavailable",
    "unclear",
    "view_failed",
]

# Seconds between two looks at a run that has no image yet.
LOOK_SECONDS = 1.0
# In the place of pictures that are on their way.
_SKELETON = '<div class="waiting">' + "<i></i>" * 10 + "</div>"


def no_project() -> None:
    """Say how a project is made."""
    with st.container(key="state"):
        _heading(
            "folder_off", state.text("explore.no_project"), state.text("explore.no_project_help")
        )
        st.code(f"panoptic up FOLDER --project {default_root()}", language="bash")


def empty_project(project: Project) -> None:
    """Say that the first images are on their way, or what to do so that there are any."""
    # lancedb (2 to 5 s) is loaded by now.
    from panoptic_data.ingest import sources

    with st.container(key="state"):
        if project.version:
            _heading("image", state.text("explore.nothing_at_version"), None)
            return
        listing = sources.listing(project)
        if listing:
            _nothing_yet(project, [source.name for source in listing])
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


def no_results(
    corpus: Catalogue, view: View, by_meaning: tuple[str, Callable[[], None]] | None = None
) -> None:
    """Say which condition to drop, and what each would bring back.

    ``by_meaning``: words that are in no name, and what searches for their meaning instead.
    """
    with st.container(key="state"):
        filters = " · ".join(part_label(part) for part in view.where)
        _heading("search_off", state.text("explore.nothing_found"), filters)
        if by_meaning is not None:
            words, search = by_meaning
            label = state.text("searchbox.by_meaning", words=words)
            st.button(label, key="by_meaning", type="primary", on_click=uninterrupted(search))
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


def model_loading(project: Project, encoder: state.Encoder) -> None:
    """Say which model a search waits for; the page is drawn again once it is loaded."""
    with st.container(key="state"):
        _heading(
            "hourglass_empty",
            state.text("searchbox.loading_title", encoder=encoder.name),
            state.text("searchbox.loading_help"),
        )
        st.html(_SKELETON)
        _await_model(project, encoder.slug)


@st.fragment(run_every=LOOK_SECONDS)
def _await_model(project: Project, slug: str) -> None:
    if text_models.wait(project, slug, 0):
        st.rerun()


def unclear(corpus: Catalogue, view: View) -> None:
    """Say that nothing is really like what is searched for, and which names have its words."""
    words = search_terms.plain_words(view)
    named = typed_text.emptied(view).with_condition("path", words) if words else None
    count = len(run_view(corpus, named)) if named is not None else 0
    if named is None or not count:
        notice(state.text("find.unclear"))
        return
    with st.container(key="notice", horizontal=True, vertical_alignment="center"):
        st.html(f'<p role="status">{escape(state.text("find.unclear"))}</p>')
        label = state.text(
            "searchbox.by_names", count=count, total=state.number(count), words=words
        )
        st.button(label, key="by_names", on_click=uninterrupted(state.show), args=(named,))


def view_failed(problem: PanopticError, view: View) -> None:
    """Say why a view cannot be shown, and offer the one without what cannot be asked.

    What is only being made is no failure: the page is drawn again as it comes.
    """
    message = problem.message(state.language())
    with st.container(key="state"):
        if in_making.is_awaited(problem):
            _heading("hourglass_empty", state.text("explore.in_making"), message)
        else:
            _heading("error", state.text("explore.failed_view", problem=message), None)
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


def text_search_unavailable(
    project: Project, encoders: list[state.Encoder], on_back: Callable[[], None]
) -> None:
    """Say why searching by meaning waits, how to get it, and what still works."""
    waiting = next(
        (encoder for encoder in encoders if not encoder.is_ready and encoder.cause), None
    )
    if waiting is None and not encoders and jobs.is_processing(project):
        notice(state.text("explore.text_in_making"))
        return
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


@st.fragment(run_every=LOOK_SECONDS)
def _nothing_yet(project: Project, names: Sequence[str]) -> None:
    """Follow the run until there are images, which draw the page again; without one, offer it."""
    if jobs.is_processing(project):
        _coming(project)
    else:
        _nothing_in(project, names)


def _coming(project: Project) -> None:
    running = runs.current(project)
    seen = images_seen(json.loads(running["progress"] or "{}") if running else {})
    key = "nothing_yet_help" if not seen else "nothing_yet_seen"
    _heading(
        "hourglass_empty",
        state.text("explore.nothing_yet"),
        state.text(f"explore.{key}", count=state.number(seen)),
    )
    st.html(_SKELETON)


def images_seen(progress: Mapping[str, Mapping[str, int]]) -> int:
    """Return how many files a run has seen so far, by its progress."""
    return sum(step["total"] for key, step in progress.items() if key.startswith("images/"))


def _nothing_in(project: Project, names: Sequence[str]) -> None:
    """Say that there is no image in the folders of a project, and offer to read them."""
    _heading(
        "image",
        state.text("explore.nothing_read"),
        state.text("explore.nothing_read_help", names=", ".join(names)),
    )
    if st.button(state.text("explore.read_folders"), key="read_folders", type="primary"):
        jobs.start_processing(project)
        st.rerun()


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
    from panoptic_data.ingest import source_changes

    try:
        source_changes.add(project, Path(folder.strip()).expanduser())
    except PanopticError as error:
        st.error(error.message(state.language()))
        return
    jobs.start_processing(project)
    st.rerun()
