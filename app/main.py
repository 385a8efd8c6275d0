"""The entry script of every page: theme, navigation and the frame around the screens.

Not here: what a screen shows (``screens``), where the server listens (``serve``).
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.frame import frame
from app.components.lineage import lineage
from app.components.people import people
from app.components.steps import steps
from app.screens import duplicates, overwritten, sort_by_words, suggestions
from app.services import identity
from app.session import navigation, state, url_state
from app.session.callbacks import uninterrupted
from app.session.streamlit_internals import reset_container_stack
from app.widgets import search_terms, version_banner, view_tabs
from app.widgets.run_progress import run_progress
from app.widgets.unavailable import banner, guarded, panel, wait_for_project
from panoptic_data.errors import UnknownVersion
from panoptic_data.messages import LANGUAGES, keys
from panoptic_data.views import model
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit import Page

    from app.components.frame import Selection
    from panoptic_data.storage.project import Project

# What pages and components measure with, and the pages' own style.
STYLES = ("components/shared/ui/scale.css", "style.css")
ICON = Path(__file__).with_name("icon.svg")
KEYS = (
    ("/", "find"),
    ("f", "left"),
    ("i", "right"),
    ("← → ↑ ↓", "move"),
    ("PgUp PgDn", "page"),
    ("Home End", "ends"),
    ("Enter", "open"),
    ("Space", "select"),
    ("Ctrl A", "all"),
    ("Ctrl I", "inverse"),
    ("Ctrl Z", "undo"),
    ("Ctrl ⇧ Z", "redo"),
    ("Esc", "leave"),
    ("+ −", "size"),
    ("t", "captions"),
    ("w", "shape"),
    ("[ ]", "group"),
    ("c C", "fold"),
    ("g", "tick"),
    ("o", "only"),
    ("z", "zoom"),
    ("a", "part"),
    ("h", "hold"),
    ("r", "refresh"),
    ("?", "help"),
)

# Pages that show no view of the images.
WITHOUT_VIEW = (
    duplicates.PAGE.name,
    "export",
    "history",
    "import",
    overwritten.PAGE,
    "pipeline",
    "properties",
    sort_by_words.PAGE.name,
    suggestions.PAGE.name,
    "versions",
)
# Pages that no word at the top leads to, but one on the page that they are named with here.
BELOW = {
    "export": "explore",
    "import": "properties",
    overwritten.PAGE: "pipeline",
    sort_by_words.PAGE.name: "properties",
    suggestions.PAGE.name: "explore",
}


def main() -> None:
    """Draw the page that the address names."""
    reset_container_stack()
    st.set_page_config(
        page_title="Panoptic",
        page_icon=ICON,
        layout="wide",
        menu_items={"About": "Panoptic data"},
    )
    url_state.restore_latest()
    st.html(f"<style>{_accent()}{_style()}</style>")
    project = state.project()
    pages = _pages()
    shown = st.navigation(pages, position="hidden")
    shows_view = shown.url_path not in WITHOUT_VIEW
    if url_state.is_message_stale():
        navigation.stay_on_drawn_page()
    navigation.switch_if_requested(pages, shown, shows_view=shows_view)
    _top(project, pages, shown)
    if project is not None:
        version_banner.banner(project, shown.url_path)
    with st.container(key="page", gap=None):
        _page(project, shown)
    with st.container(key="bottom", horizontal=True, vertical_alignment="center"):
        _bottom(project, shows_view=shows_view)


@guarded
def _page(project: Project | None, shown: Page) -> None:
    problem = state.project_problem() if project is None else None
    if isinstance(problem, UnknownVersion):
        version_banner.unknown(problem, shown.url_path)
        return
    if problem is not None:
        panel(problem)
        wait_for_project(problem.key)
        return
    if project is not None:
        banner(project)
    shown.run()


def _accent() -> str:
    """Give the stylesheet the one colour of the theme that Streamlit tells only components."""
    light, dark = (st.get_option(f"theme.{theme}.primaryColor") for theme in ("light", "dark"))
    return f":root{{--accent:light-dark({light},{dark})}}"


def _style() -> str:
    return "".join((Path(__file__).parent / path).read_text("utf-8") for path in STYLES)


def _pages() -> list[Page]:
    return [
        st.Page(_explore, title=state.text("frame.explore"), url_path="explore", default=True),
        st.Page(_map, title=state.text("frame.map"), url_path="map"),
        st.Page(
            duplicates.show, title=state.text("duplicates.page"), url_path=duplicates.PAGE.name
        ),
        st.Page(_properties, title=state.text("properties.page"), url_path="properties"),
        st.Page(_history, title=state.text("history.title"), url_path="history"),
        st.Page(_versions, title=state.text("corpus_versions.page"), url_path="versions"),
        st.Page(_pipeline, title=state.text("frame.pipeline"), url_path="pipeline"),
        st.Page(_importing, title=state.text("importing.page"), url_path="import"),
        st.Page(_export, title=state.text("exporting.page"), url_path="export"),
        st.Page(suggestions.show, title=state.text("suggest.page"), url_path=suggestions.PAGE.name),
        st.Page(
            sort_by_words.show, title=state.text("classes.page"), url_path=sort_by_words.PAGE.name
        ),
        st.Page(overwritten.show, title=state.text("overwritten.page"), url_path=overwritten.PAGE),
    ]


def _explore() -> None:
    from app.screens import explore

    explore.show()


def _map() -> None:
    from app.screens import image_map as screen

    screen.show()


def _properties() -> None:
    from app.screens import properties

    properties.show()


def _importing() -> None:
    from app.screens import importing

    importing.show()


def _export() -> None:
    from app.screens import export

    export.show()


def _history() -> None:
    from app.screens import history

    history.show()


def _versions() -> None:
    from app.screens import versions

    versions.show()


def _pipeline() -> None:
    from app.screens import pipeline

    pipeline.show()


def _top(project: Project | None, pages: Sequence[Page], shown: Page) -> None:
    with st.container(key="top", horizontal=True, vertical_alignment="center", gap="small"):
        name = project.name if project else "Panoptic"
        st.html(f'<span class="project" title="{escape(name)}">{escape(name)}</span>')
        if project is not None:
            guarded(view_tabs.tabs)(project)
        with st.container(key="pages", horizontal=True, gap=None):
            for page in pages:
                if page.url_path in BELOW:
                    continue
                is_here = page.url_path == BELOW.get(shown.url_path, shown.url_path)
                with st.container(key=f"{'here' if is_here else 'page'}_{page.title}"):
                    st.page_link(page, label=page.title, query_params=state.carried())
        if project is not None:
            people(
                language=state.language(),
                cookie=identity.COOKIE,
                longest=identity.NAME_CHARACTERS,
                texts=_texts("history.people_"),
            )
        _languages()


def _languages() -> None:
    now = state.language()
    st.segmented_control(
        state.text("frame.language"),
        LANGUAGES,
        default=now,
        required=True,
        format_func=str.upper,
        key="languages",
        label_visibility="collapsed",
        on_change=uninterrupted(_speak),
    )


def _speak() -> None:
    state.choose_language(st.session_state["languages"])


@guarded
def _bottom(project: Project | None, *, shows_view: bool) -> None:
    if project is None:
        return
    view = state.view() if shows_view else None
    encoder = state.encoder(state.encoders(project))

    def similar(sha1s: list[str]) -> None:
        if encoder is None or not sha1s:
            return
        _jump(search_terms.similar_to_images(sha1s, encoder.slug))

    texts = (
        *("keys", "close", "clear", "similar", "only", "inverse", "inverse_title"),
        "further",
        *("selected_one", "selected_other", "selected_shown_one", "selected_shown_other"),
    )
    steps(language=state.language(), texts=_texts("history.steps_"))
    lineage()
    frame(
        project=str(project.root),
        project_id=project.id,
        language=state.language(),
        view=None if view is None else model.to_address(view.without_display),
        keys=[(keys, state.text(f"frame.key_{name}")) for keys, name in KEYS],
        can_compare=encoder is not None,
        texts={
            **{name: state.text(f"frame.{name}") for name in texts},
            "save": state.text("tabs.save_selection"),
            "export": state.text("exporting.open_selection"),
            "export_view": state.text("exporting.open_view"),
            **_texts("suggest.link_"),
        },
        on_similar=similar,
        on_only=lambda sha1s: _jump(View().with_condition("selection", sha1s)),
        on_save=lambda chosen: view_tabs.open_selection(project, chosen),
        on_suggest=suggestions.PAGE.open,
        on_export=lambda chosen: _open_export(project, chosen),
    )
    run_progress(project)


def _open_export(project: Project, chosen: Selection) -> None:
    from app.screens import export

    export.open_with(project, chosen)


def _texts(prefix: str) -> dict[str, str]:
    """Return the texts of the catalogue whose keys begin so, without that beginning."""
    return {
        key.removeprefix(prefix): state.text(key) for key in keys("en") if key.startswith(prefix)
    }


def _jump(view: View) -> None:
    """Show something else altogether: outside the tab, which keeps its view."""
    state.open_tab(None, view)


if __name__ == "__main__":
    main()
