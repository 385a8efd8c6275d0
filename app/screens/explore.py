"""Explore: all images of a view, filtered, ordered, and one of them large beside its properties.

Not here: what stands in the left panel (``widgets.filters``), the properties of one image
(``screens.image``), pages with nothing on them (``widgets.states``).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import state
from app.components.facets import facets, open_sections
from app.components.gallery import At, Opened, gallery, told_at
from app.components.searchline import Choice, searchline
from app.screens import image
from app.widgets import chips, filters, states
from panoptic_data import catalogue, views
from panoptic_data.errors import PanopticError
from panoptic_data.views import Sort, View

if TYPE_CHECKING:
    from panoptic_data.catalogue import Catalogue, Found
    from panoptic_data.project import Project

__all__ = ["show"]

_SORTS = tuple(field for field in views.SORTS if field != "similarity")
_RANKED = ("similar", "text")
_LINE_TEXTS = (
    "mode",
    "filters",
    "clear",
    "remove",
    "sort",
    "direction",
    "left",
    "right",
    "crop",
    "captions",
    "size",
    "waiting",
)
_GALLERY_TEXTS = (
    "select",
    "back",
    "previous",
    "next",
    "image",
    "outside",
    "place",
    "cannot_show",
    "no_rows",
    "retry",
)


@dataclass(frozen=True)
class _Shown:
    """What one run of the page shows."""

    project: Project
    corpus: Catalogue
    view: View
    found: Found | None
    problem: PanopticError | None
    encoders: list[state.Encoder]
    encoder: state.Encoder | None


def show() -> None:
    """Draw the page."""
    project = state.project()
    if project is None:
        states.no_project()
        return
    corpus = catalogue.get(project)
    st.session_state["version"] = corpus.version
    if not len(corpus):
        states.empty(project)
        return
    shown = _shown(project, corpus)
    with st.container(key="explore", gap=None):
        _line(shown)
        _notices(shown)
        with st.container(key="body", horizontal=True, gap=None, wrap=False):
            with st.container(key="left"):
                _left(shown)
            if shown.found is not None and len(shown.found):
                _stage(shown)
            else:
                _without_images(shown)


def _shown(project: Project, corpus: Catalogue) -> _Shown:
    view = state.view()
    encoders = state.encoders(project)
    found: Found | None = None
    problem: PanopticError | None = None
    try:
        found = corpus.run(view)
    except PanopticError as error:
        problem = error
    return _Shown(project, corpus, view, found, problem, encoders, state.encoder(encoders))


def _line(shown: _Shown) -> None:
    view = shown.view
    meaning, path = view.condition("text"), view.condition("path")
    is_meaning = st.session_state.get("mode") == "meaning" or meaning is not None
    sort = view.sort[0] if view.sort else _first_sort(view)
    searchline(
        text=meaning.value["text"] if meaning else path.value if path else "",
        mode="meaning" if is_meaning else "path",
        modes=_modes(),
        count=_count(shown),
        chips=chips.chips(_without_words(view)),
        sort=sort.field,
        descending=sort.descending,
        sorts=_sorts(view),
        turn=_turn(),
        language=state.language(),
        texts={name: state.say(f"explore.{name}") for name in _LINE_TEXTS},
        on_search=lambda text, mode: _search(text, mode, shown),
        on_sort=lambda field, descending: _sort(field, descending),
        on_remove=lambda chip: state.show(chips.drop(state.view(), chip)),
        on_clear=lambda: state.show(replace(state.view(), where=())),
    )


def _without_words(view: View) -> View:
    """Return the view without what stands in the search field."""
    return view.without("path").without("text")


def _turn() -> int:
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    turn: int = st.session_state["turn"]
    return turn


def _modes() -> list[Choice]:
    return [
        Choice("path", state.say("explore.mode_path"), state.say("explore.search")),
        Choice("meaning", state.say("explore.mode_meaning"), state.say("explore.search_meaning")),
    ]


def _first_sort(view: View) -> Sort:
    is_ranked = any(view.condition(field) for field in _RANKED)
    return Sort("similarity", True) if is_ranked else Sort("path")


def _sorts(view: View) -> list[Choice]:
    ranked = ["similarity"] if any(view.condition(field) for field in _RANKED) else []
    return [Choice(field, state.say(f"explore.sort_{field}")) for field in (*ranked, *_SORTS)]


def _count(shown: _Shown) -> str:
    total = int((shown.corpus.frame["status"] == "ok").sum())
    count = 0 if shown.found is None else len(shown.found)
    if not shown.view.where:
        return state.say("explore.count_all", count=total, total=state.number(total))
    return state.say("explore.count", shown=state.number(count), total=state.number(total))


def _search(text: str, mode: str, shown: _Shown) -> None:
    view = _without_words(state.view())
    st.session_state["mode"] = mode
    reader = _reader(shown)
    if text and mode == "path":
        view = view.with_condition("path", text)
    elif text and reader is not None:
        view = view.with_condition("text", {"encoder": reader.slug, "text": text}).sorted_by()
    elif mode == "meaning" and reader is not None:
        _warm(shown.project, reader.slug)
    state.show(view)


def _warm(project: Project, slug: str) -> None:
    """Load the model while the person types: torch and its weights take 5 to 15 s, once."""
    from panoptic_data import search

    def load() -> None:
        # Whatever goes wrong is told when the person has typed and asks.
        with suppress(PanopticError):
            search.by_text(project, "image", slug, k=1)

    Thread(target=load, daemon=True).start()


def _sort(field: str, descending: bool) -> None:
    view = state.view()
    chosen = Sort(field, descending)
    state.show(view.sorted_by(*(() if chosen == _first_sort(view) else (chosen,))))


def _reader(shown: _Shown) -> state.Encoder | None:
    """Return the encoder that can be asked in words: the chosen one, or another that is ready."""
    if shown.encoder is not None and shown.encoder.reads_text:
        return shown.encoder
    return next((one for one in shown.encoders if one.is_ready and one.reads_text), None)


def _notices(shown: _Shown) -> None:
    problem = state.problem()
    if problem is not None:
        states.notice(state.say("explore.broken_view", problem=problem))
    if st.session_state.get("mode") == "meaning" and _reader(shown) is None:
        states.clip_waits(shown.encoders, on_back=lambda: _search("", "path", shown))


def _left(shown: _Shown) -> None:
    opened = open_sections(filters.OPEN_FIRST)
    facets(
        sections=filters.sections(shown.corpus, shown.view, shown.encoders, shown.encoder, opened)
        if shown.problem is None
        else (),
        language=state.language(),
        texts={name: state.say(f"explore.{name}") for name in _LEFT_TEXTS},
        on_change=lambda field, chosen: _filter(field, chosen, shown),
        on_choose=state.choose_encoder,
    )


_LEFT_TEXTS = ("encoder", "more", "fewer", "from", "to", "year")


def _filter(field: str, chosen: Any, shown: _Shown) -> None:
    """Change one condition to what the browser asks, read as strictly as an address."""
    value = filters.condition_value(field, chosen, shown.encoder)
    view = state.view()
    if value is None:
        state.show(view.without(field))
        return
    state.show(views.from_json(views.to_json(view.with_condition(field, value))))


@st.fragment
def _stage(shown: _Shown) -> None:
    """Show the gallery and the panel of its current image; moves redraw only these."""
    found = shown.found
    assert found is not None
    with st.container(key="stage", horizontal=True, gap=None, wrap=False):
        with st.container(key="pictures"):
            at = gallery(
                project=str(shown.project.root),
                view=views.to_address(shown.view),
                version=shown.corpus.version,
                total=len(found),
                opened=_opened(shown),
                current=_current(shown, told_at()),
                language=state.language(),
                texts={
                    "label": state.say("explore.gallery"),
                    **{name: state.say(f"explore.{name}") for name in _GALLERY_TEXTS},
                },
                on_move=_move,
            )
        with st.container(key="right"):
            image.panel(shown.project, shown.corpus, _current(shown, at), shown.encoder)


def _move(at: At) -> None:
    state.open_image(at.sha1 if at.opened else None)


def _current(shown: _Shown, at: At | None) -> str | None:
    """Return the image whose properties are shown: the open one, else where the person is."""
    opened = state.opened()
    if opened is not None:
        return opened
    if at is not None and len(shown.corpus.rows_of([at.sha1])):
        return at.sha1
    assert shown.found is not None
    return next(iter(shown.corpus.sha1s(shown.found.rows[:1])), None)


def _opened(shown: _Shown) -> Opened | None:
    sha1 = state.opened()
    if sha1 is None:
        return None
    rows = shown.corpus.rows_of([sha1])
    if not len(rows):
        return Opened(sha1, "", None, True)
    assert shown.found is not None
    row = shown.corpus.frame.row(int(rows[0]), named=True)
    name = row["place"].rpartition("/")[2]
    return Opened(sha1, name, shown.corpus.index_of(shown.found, sha1), row["width"] is None)


def _without_images(shown: _Shown) -> None:
    with st.container(key="pictures_none"):
        if shown.problem is not None:
            states.failed(shown.problem, shown.view)
        elif not shown.view.where:
            states.none_readable(shown.corpus)
        else:
            states.nothing_found(shown.corpus, shown.view)
