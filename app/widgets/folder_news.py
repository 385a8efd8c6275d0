"""What is new in the folders on the disk, said quietly on every page, and which process it.

Not here: looking for it (``services.folder_watch``), the table of folders (``folders``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from app.services import folder_watch, jobs
from app.services.folder_watch import FoldersState
from app.session import state
from app.session.callbacks import uninterrupted
from panoptic_data.ingest import sources, watch
from panoptic_data.ingest.news import FolderNews
from panoptic_data.storage.project import Project

__all__ = ["show_automatic", "show_line", "watching_note"]


def show_line(project: Project, folders: FoldersState) -> None:
    """Say what is new in the folders, and offer to process it; nothing where nothing is new."""
    automatic = {source.name for source in sources.listing(project) if source.is_automatic}
    names = [news.source for news in folders.waiting]
    is_left = not automatic.issuperset(names)
    texts = list(_sentences(folders, is_left=is_left))
    if not texts:
        return
    text = escape(" · ".join(texts))
    st.html(f'<div class="work news" role="status" title="{text}">{text}</div>')
    if is_left and st.button(_text("process"), key="process_news", type="tertiary"):
        jobs.start_processing(project, sources=names)
        st.toast(state.text("pipeline.started"))


def show_automatic(project: Project) -> None:
    """Let a person say which folders are processed by themselves."""
    listing = sources.listing(project)
    if not listing:
        return
    names = [source.name for source in listing if source.is_automatic]
    # Named by what is stored: whoever changes it elsewhere, the page shows it.
    key = f"automatic {' '.join(names)}"
    st.pills(
        _text("automatic"),
        [source.name for source in listing],
        selection_mode="multi",
        default=names,
        key=key,
        help=_text("automatic_help"),
        on_change=uninterrupted(_set_automatic),
        args=(project, key),
    )


def watching_note(project: Project, source: str) -> str | None:
    """Return in a sentence how a folder is watched, where that is not within seconds."""
    mode = folder_watch.current(project).modes.get(source)
    return _text(f"mode_{mode}") if mode in (watch.POLLED, watch.LIMIT) else None


def _set_automatic(project: Project, key: str) -> None:
    chosen = st.session_state[key]
    for source in sources.listing(project):
        sources.set_automatic(project, source.name, source.name in chosen)


def _sentences(folders: FoldersState, *, is_left: bool) -> Iterator[str]:
    waiting = folders.waiting
    if waiting:
        yield _summary(waiting)
        if not is_left:
            yield _text("soon")
    for news in folders.news:
        if news.is_away or news.withheld:
            yield _text("away" if news.is_away else "withheld", source=news.source)


def _summary(waiting: Sequence[FolderNews]) -> str:
    files = ", ".join(_counts(waiting))
    if len(waiting) == 1:
        return _text("in_one", files=files, source=waiting[0].source)
    return _text("in_several", files=files, count=len(waiting))


def _counts(waiting: Sequence[FolderNews]) -> Iterator[str]:
    for kind in ("new", "changed", "vanished"):
        count = sum(getattr(news, kind) for news in waiting)
        if count:
            plural = "one" if count == 1 else "other"
            yield _text(f"{kind}_{plural}", count=state.number(count))


def _text(key: str, /, **params: object) -> str:
    return state.text(f"watch.{key}", **params)
