"""Tabs: the open views at the left of the top bar, each saved as the person changes it.

Not here: their markup (``components.tabs``), the table behind them
(``panoptic_data.views.saved``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.tabs import Tab, TabAction, tab_strip
from app.session import navigation, state
from app.session.texts import section_texts
from app.widgets import filter_chips
from panoptic_data.errors import PanopticError
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.views import model, saved, stored_selections
from panoptic_data.views.model import Clause, Condition, View

if TYPE_CHECKING:
    from app.components.frame import Selection
    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.storage.project import Project
    from panoptic_data.views.saved import SavedView

__all__ = ["default_name", "open_new", "open_selection", "save_pending", "save_soon", "tabs"]

# A tab is written at most once in so many seconds.
WRITE_EVERY = 2.0
PARTS_NAMED = 3
LONGEST_NAME = 40
LAST_DRAWN = "tabs.seen"
# Presses that show a view, and so leave a page that shows none.
TO_VIEW = ("open", "new", "reopen", "duplicate")

_log = logging.getLogger(__name__)


def tabs(project: Project) -> None:
    """Show the strip."""
    _save_changes(project)
    views = saved.list_views(project)
    current = next((saved_view for saved_view in views if saved_view.id == state.tab()), None)
    tab_strip(
        # A view that is shown has its tab, also where it was closed elsewhere.
        opened=[
            _tab(saved_view, current)
            for saved_view in views
            if saved_view.is_open or saved_view is current
        ],
        others=[
            _tab(saved_view, current)
            for saved_view in views
            if not (saved_view.is_open or saved_view is current)
        ],
        current=current.id if current is not None else None,
        address=_address(current),
        texts=section_texts("tabs", "ui_"),
        on_act=lambda act: _act(project, act),
    )


def open_new(project: Project, view: View, name: str | None = None) -> None:
    """Save a view and show it in a tab of its own, after the others."""
    project.require_now()
    save_pending(project)
    view = stored_selections.shorten(project, view)
    opened = saved.save(project, name or partial(default_name, view), view, saved.LAST)
    _show(opened)
    navigation.to_view()


def open_selection(project: Project, chosen: Selection) -> None:
    """Save the selected images as a view and show it in a tab of its own."""
    if not chosen.is_all:
        open_new(project, View().with_condition("selection", list(chosen.sha1s)))
        return
    view = state.view()
    if chosen.excepted:
        excepted = Condition("selection", "in", list(chosen.excepted))
        view = replace(view, where=(*view.where, Clause("not", (excepted,))))
    open_new(project, view)


def default_name(view: View, names: Collection[str]) -> str:
    """Name a view by its filters, ``posters · 1930s``, or by a free number."""
    filters = " · ".join(_short_label(part) for part in view.where[:PARTS_NAMED])
    if filters:
        return filters if len(filters) <= LONGEST_NAME else filters[: LONGEST_NAME - 1] + "…"
    number = 2
    while state.text("tabs.numbered", number=number) in names:
        number += 1
    return state.text("tabs.numbered", number=number)


def _short_label(part: Condition | Clause) -> str:
    if not isinstance(part, Condition):
        return filter_chips.part_label(part)
    value = part.value
    match part.field, part.op:
        case ("folder", "in"):
            return _first_and_count([folder.rpartition("/")[2] for folder in value])
        case ("format", "in"):
            return _first_and_count(value)
        case ("text", _):
            return str(value["text"])
        case (field, "contains") if field in ("path", "name", "camera", *TEXTS, KEYWORDS):
            return str(value)
        case ("taken_at", "between"):
            return _years_label(value) or filter_chips.part_label(part)
    return filter_chips.part_label(part)


def _first_and_count(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{values[0]} +{len(values) - 1}"


def _years_label(ends: Sequence[str | None]) -> str | None:
    """Return whole years and decades in short; None where they are not whole."""
    first, last = ((end or "")[:4] for end in ends)
    is_whole = ends[0] in (first, f"{first}-01-01") and ends[1] in (last, f"{last}-12-31")
    if not (is_whole and first.isdecimal() and last.isdecimal()):
        return None
    if first == last:
        return first
    if first.endswith("0") and int(last) - int(first) == 9:
        return state.text("tabs.decade", year=first)
    return f"{first}-{last}"


def _tab(saved_view: SavedView, current: SavedView | None) -> Tab:
    if saved_view.problem is not None:
        problem = saved_view.problem.message(state.language())
        return Tab(
            saved_view.id, saved_view.name, state.text("tabs.unreadable", problem=problem), False
        )
    # The current view may not be written to the table yet.
    view = state.view() if saved_view is current else saved_view.view or View()
    filters = " · ".join(map(filter_chips.part_label, view.where))
    return Tab(
        saved_view.id,
        saved_view.name,
        f"{saved_view.name}\n{filters}" if filters else saved_view.name,
    )


def _address(current: SavedView | None) -> str:
    """Return the view as the address should hold it: a short one is written out."""
    if current is None or current.view is None:
        return ""
    return model.to_address(state.view()) or state.ALL


def _act(project: Project, act: TabAction) -> None:
    """Carry out what was pressed on the strip; runs before the page is drawn again."""
    if project.version:
        _act_at_version(project, act)
        return
    acts: dict[str, Callable[[Project, TabAction], Any]] = {
        "open": lambda project, act: _open(project, act.id),
        "new": lambda project, _: open_new(project, state.view()),
        "rename": lambda project, act: saved.rename(project, act.id or "", act.name),
        "move": lambda project, act: saved.reorder(project, list(act.ids)),
        "close": lambda project, act: saved.close(project, act.id or ""),
        "reopen": _reopen,
        "duplicate": _duplicate,
        "delete": lambda project, act: saved.remove(project, act.id or ""),
        "restore": lambda project, act: saved.restore(project, act.id or "", act.position),
    }
    try:
        _save_changes(project)
        save_pending(project)
        acts[act.what](project, act)
        if act.goes:
            _open(project, act.then)
        if act.what in TO_VIEW:
            navigation.to_view()
    except (PanopticError, OSError) as error:
        problem = error.message(state.language()) if isinstance(error, PanopticError) else error
        st.toast(state.text("tabs.failed", problem=problem))


def _act_at_version(project: Project, act: TabAction) -> None:
    """Show another saved view: at a corpus version none is changed."""
    if act.what not in ("open", "reopen"):
        st.toast(state.text("annotate.at_version"))
        return
    _open(project, act.id)
    navigation.to_view()


def _open(project: Project, id: str | None) -> None:
    saved_view = saved.get(project, id) if id is not None else None
    if saved_view is None:
        state.open_tab(None, View())
        return
    _show(saved_view)


def _reopen(project: Project, act: TabAction) -> None:
    saved_view = saved.reopen(project, act.id or "")
    if saved_view is not None:
        _show(saved_view)


def _duplicate(project: Project, act: TabAction) -> None:
    saved_view = saved.get(project, act.id or "")
    if saved_view is None:
        return
    copied = saved.duplicate(project, saved_view.id, state.text("tabs.copy", name=saved_view.name))
    if copied is not None:
        _show(copied)


def _show(saved_view: SavedView) -> None:
    # For a view that cannot be read the address names the tab alone; the page says why.
    state.open_tab(saved_view.id, saved_view.view)


def _save_changes(project: Project) -> None:
    """Save the tab's view as the person has changed it since this page was last drawn.

    Also by the browser's Back; not by opening a link, which may be older than what is saved.
    """
    current = (state.tab(), state.view())
    if project.version:
        return
    former = st.session_state.get(LAST_DRAWN, current)
    st.session_state[LAST_DRAWN] = current
    if current[0] is None or former[0] != current[0] or former[1] == current[1]:
        return
    saved_view = saved.get(project, current[0])
    if saved_view is not None and saved_view.view is not None:
        save_soon(project, current[0], current[1])


# Views to be written: (project folder, tab) → view; and when each was written last.
_pending: dict[tuple[ProjectFolder, str], View] = {}
_written_at: dict[tuple[ProjectFolder, str], float] = {}
_lock = threading.RLock()


def save_soon(project: Project, tab: str, view: View) -> None:
    """Write a tab's view soon: at once, or two seconds after it was last written."""
    key = (project.folder, tab)
    with _lock:
        is_scheduled = key in _pending
        _pending[key] = view
        wait = max(0.0, _written_at.get(key, -WRITE_EVERY) + WRITE_EVERY - time.monotonic())
    if not is_scheduled:
        # No daemon: a server that stops waits for it.
        threading.Timer(wait, _write, (project, tab)).start()


def save_pending(project: Project) -> None:
    """Write pending views, before the table is read or changed by a press."""
    with _lock:
        for folder, tab in [*_pending]:
            if folder == project.folder:
                _write(project, tab)


def _write(project: Project, tab: str) -> None:
    key = (project.folder, tab)
    with _lock:
        view = _pending.pop(key, None)
        if view is None:
            return
        _written_at[key] = time.monotonic()
        try:
            saved.update(project, tab, view)
        except (PanopticError, OSError):
            _log.warning("The view of tab %s could not be written.", tab, exc_info=True)
