"""What takes space on the disk, by kind, encoder and corpus version, and what can be freed.

Measured when it is opened. Not here: measuring (``storage.disk_use``), freeing
(``integrity.clean``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import streamlit as st

from app.session import state
from app.widgets.html_table import Cell, table
from panoptic_data.integrity import clean
from panoptic_data.integrity.clean import Freeable
from panoptic_data.storage.disk_use import DiskUse, by_kind, disk_use
from panoptic_data.storage.project import Project
from panoptic_data.versions import delete
from panoptic_data.versions.record import CorpusVersion

__all__ = ["show"]

# Versions that are listed by name.
LISTED = 12

Beginning = Callable[[str, Callable[[], Any]], Callable[[], None]]
"""Returns what begins, when it is pressed, what may take long; its kind says how it is reported."""

Rows = list[Sequence[str | Cell]]


def show(project: Project, versions: Sequence[CorpusVersion], beginning: Beginning) -> None:
    """Draw the section; nothing is measured while it is closed."""
    section = st.expander(_text("title"), key="disk_use", on_change="rerun")
    if not section.open:
        return
    with section:
        uses = disk_use(project)
        st.html(f"<p>{escape(_text('total', size=_size(use.bytes for use in uses)))}</p>")
        st.html(table(_headings("what"), _kinds(uses), _text("title")))
        if versions:
            _versions(project, versions)
        _freeing(project, beginning)


def _kinds(uses: Sequence[DiskUse]) -> Rows:
    rows: Rows = []
    for kind, total in by_kind(uses).items():
        rows.append([_text(f"kind_{kind}"), Cell(state.file_size(total), kind="figure")])
        of_encoders = [use for use in uses if use.kind == kind and use.encoder]
        for slug in dict.fromkeys(use.encoder for use in of_encoders):
            size = _size(use.bytes for use in of_encoders if use.encoder == slug)
            rows.append([Cell(slug or "", kind="below"), Cell(size, kind="figure below")])
    return rows


def _versions(project: Project, versions: Sequence[CorpusVersion]) -> None:
    """List the versions that alone keep something, the largest first."""
    sizes = delete.sizes_alone(project, versions)
    kept = sorted(
        ((sizes[version.id], version) for version in versions if sizes[version.id]),
        key=lambda item: -item[0],
    )
    rows: Rows = [
        [version.name, Cell(state.file_size(size), kind="figure")]
        for size, version in kept[:LISTED]
    ]
    rest = len(versions) - len(rows)
    if rows:
        st.html(table(_headings("version"), rows, _text("version")))
    if rest:
        name = "none_alone" if not kept else "others_alone"
        size = _size(size for size, _ in kept[LISTED:])
        text = _text(name, count=rest, shown=state.number(rest), size=size)
        st.html(f'<p class="none">{escape(text)}</p>')


def _freeing(project: Project, beginning: Beginning) -> None:
    items = clean.freeable(project)
    if not items:
        st.html(f'<p class="none">{escape(_text("nothing"))}</p>')
        return
    size = _size(item.bytes for item in items)
    st.html(f"<p>{escape(_text('freeable', size=size))}</p>")
    st.html(table(_headings("what"), _of_kinds(items), _text("freeable_what")))
    if project.version:
        return
    help_text = _text("free_help")
    st.button(
        _text("free_do", size=size),
        key="free",
        icon=":material/mop:",
        help=help_text,
        on_click=beginning("cleaned", lambda: clean.clean(project)),
    )


def _of_kinds(items: Sequence[Freeable]) -> Rows:
    """Return a row for each kind: what it is and its size; on hover what would go, by name."""
    rows: Rows = []
    for kind in dict.fromkeys(item.kind for item in items):
        part = [item for item in items if item.kind == kind]
        names = ", ".join(item.name for item in part)
        size = Cell(_size(item.bytes for item in part), kind="figure")
        rows.append([Cell(_text(f"freed_{kind}"), title=names), size])
    return rows


def _headings(first: str) -> list[str | Cell]:
    return [_text(first), Cell(_text("size"), kind="figure")]


def _size(sizes: Iterable[int]) -> str:
    return state.file_size(sum(sizes))


def _text(name: str, /, **params: object) -> str:
    return state.text(f"clean.{name}", **params)
