"""The folders of a project: their files, adding one, and what to do about one that is not there.

Not here: comparing folders with the tables (``panoptic_data.ingest``), files with problems
(``screens.pipeline``).
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from app.services import jobs
from app.session import navigation, state
from app.widgets import folder_news
from app.widgets.html_table import Cell, moment, table
from app.widgets.unavailable import guarded
from panoptic_data.duplicates import overwritten
from panoptic_data.errors import FolderLooksMoved, PanopticError
from panoptic_data.ingest import source_changes, sources
from panoptic_data.ingest.sources import Source
from panoptic_data.messages import translate
from panoptic_data.provenance import overview
from panoptic_data.provenance.overview import SourceSummary
from panoptic_data.storage.project import Project

__all__ = ["add_folder", "show"]

REFRESH_SECONDS = 2.0
# In the session's state: the path of a folder that may be a source that was moved.
MOVED = "folder_that_may_have_moved"


def show(project: Project) -> None:
    """Draw the table of folders, questions about those that are not there, and the form."""
    st.html(f"<h2>{escape(_pipeline_text('folders'))}</h2>")
    _counts(project)
    if project.version:
        return
    for source in sources.listing(project):
        _question(project, source)
    if not project.version:
        _overwritten(project)
        folder_news.show_automatic(project)
    with (
        st.form("add_folder", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        path = st.text_input(
            _pipeline_text("add_folder"),
            placeholder=_pipeline_text("add_placeholder"),
            help=_pipeline_text("add_help"),
        )
        is_added = st.form_submit_button(_pipeline_text("add"), icon=":material/create_new_folder:")
    if is_added and not path.strip():
        st.error(_pipeline_text("add_empty"))
    elif is_added:
        _add(project, path)
    _moved_question(project)


def add_folder(project: Project, path: str, *, is_new: bool = False) -> Source | None:
    """Register a folder as typed and process it; None where it cannot be, which is then shown.

    A folder that seems to be a source that was moved is asked about by the page (:func:`show`).
    """
    folder = Path(path.strip().strip("\"'")).expanduser()
    st.session_state.pop(MOVED, None)
    try:
        source = source_changes.add(project, folder, is_new=is_new)
    except FolderLooksMoved:
        st.session_state[MOVED] = str(folder.resolve())
        return None
    except PanopticError as error:
        st.error(error.message(state.language()))
        return None
    jobs.process_next(project)
    return source


@st.fragment(run_every=REFRESH_SECONDS)
@guarded
def _counts(project: Project) -> None:
    listed = overview.source_summaries(project)
    if not listed:
        st.html(f'<p class="none">{escape(_pipeline_text("no_folders"))}</p>')
        return
    headings: list[str | Cell] = [
        _pipeline_text("folder"),
        Cell(_pipeline_text("images"), _pipeline_text("folder_images_title"), "figure"),
        Cell(_pipeline_text("files"), _text("ui_files_title"), "figure"),
    ]
    st.html(
        table(headings, [_row(project, folder) for folder in listed], _pipeline_text("folders"))
    )


def _row(project: Project, folder: SourceSummary) -> list[Cell]:
    rest = [
        f"{state.number(count)} {_text(f'ui_{key}')}"
        for key, count in (
            ("away_files", folder.away),
            ("missing", folder.missing),
            ("unreadable", folder.unreadable),
            ("purged", folder.purged),
        )
        if count
    ]
    rest += filter(None, [folder_news.watching_note(project, folder.name)])
    mark = f' <span class="stale">{escape(_text("ui_is_away"))}</span>' if folder.is_away else ""
    notes = f"<small>{escape(' · '.join(rest))}</small>" if rest else ""
    label = f"{escape(folder.name)}{mark}<small>{escape(folder.uri)}</small>{notes}"
    added = _pipeline_text("added_on", when=moment(folder.added_at))
    return [
        Cell(label, added, "place", is_markup=True),
        Cell(state.number(folder.images), kind="figure"),
        Cell(state.number(folder.ok + folder.unreadable), kind="figure"),
    ]


def _question(project: Project, source: Source) -> None:
    noted = source.presence
    if noted.is_away:
        with st.container(key=f"away_{source.name}", gap="small"):
            st.html(f'<p class="note">{escape(_text("ui_away", name=source.name))}</p>')
            _relink_form(project, source)
    elif noted.vanished and noted.accepted < noted.vanished:
        counts = {"count": state.number(noted.vanished), "known": state.number(noted.known)}
        text = _text("ui_vanished", name=source.name, path=source.root, **counts)
        with st.container(key=f"vanished_{source.name}", gap="small"):
            st.html(f'<p class="note">{escape(text)}</p>')
            label = _text("ui_accept", count=counts["count"])
            if st.button(label, key=f"accept_{source.name}", icon=":material/check:"):
                sources.accept_missing(project, source.name)
                jobs.process_next(project)
                st.rerun()


def _overwritten(project: Project) -> None:
    count = len(overwritten.offers(project))
    if count:
        st.button(
            state.text("overwritten.review", count=count),
            key="review_overwritten",
            icon=":material/compare:",
            on_click=navigation.to,
            args=("overwritten",),
        )


def _relink_form(project: Project, source: Source) -> None:
    with (
        st.form(f"relink_{source.name}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        path = st.text_input(_text("ui_now_at"), placeholder=str(source.root))
        is_sent = st.form_submit_button(_text("ui_relink"), icon=":material/drive_file_move:")
    if is_sent and path.strip():
        _relink(project, source.name, path)


def _relink(project: Project, name: str, path: str) -> None:
    folder = Path(path.strip().strip("\"'")).expanduser().resolve()
    (source,) = sources.select(project, [name])
    compared = source_changes.compare(project, source, folder)
    if folder.is_dir() and compared.sampled and not compared.is_same:
        counts = {
            "present": state.number(compared.present),
            "sampled": state.number(compared.sampled),
        }
        st.error(_text("compared", name=name, path=folder, **counts))
        return
    try:
        source_changes.relink(project, name, folder)
    except PanopticError as error:
        st.error(error.message(state.language()))
        return
    jobs.process_next(project)
    st.rerun()


def _add(project: Project, path: str) -> None:
    source = add_folder(project, path)
    if source is not None:
        st.success(_pipeline_text("added", name=source.name))


def _moved_question(project: Project) -> None:
    path = st.session_state.get(MOVED)
    moved = source_changes.moved_source(project, Path(path)) if path else None
    if path is None or moved is None:
        return
    with st.container(key="moved_question", gap="small"):
        text = _text("ui_moved", path=path, name=moved.name, old=moved.root)
        st.html(f'<p class="note">{escape(text)}</p>')
        with st.container(horizontal=True, gap="small"):
            is_moved = st.button(
                _text("ui_is_moved", name=moved.name), key="is_moved", type="primary"
            )
            is_other = st.button(_text("ui_is_other"), key="is_other")
    if is_moved:
        st.session_state.pop(MOVED, None)
        _relink(project, moved.name, path)
    if is_other and add_folder(project, path, is_new=True) is not None:
        st.rerun()


def _text(key: str, /, **params: object) -> str:
    return translate(f"sources.{key}", state.language(), **params)


def _pipeline_text(key: str, /, **params: object) -> str:
    return state.text(f"pipeline.{key}", **params)
