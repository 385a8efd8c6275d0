"""The exports of a project, the newest first: how far each is, what came of it, what to do next.

Everything is read from what their processes write. Not here: starting one (``screens.export``).
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from urllib.parse import quote

import streamlit as st

from app.services import export_jobs
from app.services.export_jobs import ExportJob
from app.session import state
from app.widgets.html_table import bar, moment
from app.widgets.unavailable import guarded
from panoptic_data.exchange.exports.report import FILE
from panoptic_data.storage.project import Project

__all__ = ["show"]

REFRESH_SECONDS = 1.0
_AGAIN = {"interrupted": "go_on", "failed": "again", "stopped": "again"}


def show(project: Project) -> None:
    """Draw the list; while one is at work it is drawn again each second."""
    is_at_work = any(job.is_at_work for job in export_jobs.jobs_of(project.now))
    every = REFRESH_SECONDS if is_at_work else None
    st.fragment(guarded(_list), run_every=every)(project.now, is_at_work)


def _list(project: Project, was_at_work: bool) -> None:
    jobs = export_jobs.jobs_of(project)
    st.html(f"<h2>{escape(_text('exports'))}</h2>")
    if not jobs:
        st.html(f'<p class="none">{escape(_text("none"))}</p>')
    for job in jobs:
        with st.container(key=f"export_job_{job.id}", gap=None):
            st.html(_described(job))
            with st.container(key=f"export_do_{job.id}", horizontal=True, gap="small"):
                _buttons(project, job)
    if was_at_work and not any(job.is_at_work for job in jobs):
        # Ended: nothing changes by itself any more.
        st.rerun()


def _described(job: ExportJob) -> str:
    """Return what was exported where, and how far it is, as markup."""
    target = job.request.target or job.zip_name
    started = moment(datetime.fromisoformat(job.started_at))
    lines = [
        f"<b>{escape(_text(f'format_{job.request.format}'))}</b>"
        f' <small title="{escape(target)}">{escape(target)}</small>',
        f"<span>{escape(started)} · {_state(job)}</span>",
    ]
    notes = [_text(name, count=n, shown=state.number(n)) for name, n in _notes(job) if n]
    lines += [f"<span>{escape(note)}</span>" for note in notes]
    if job.is_unclear:
        lines.append(f"<span>{escape(state.text('like.unclear'))}</span>")
    if job.problems:
        items = "".join(f"<li>{escape(line)}</li>" for line in job.problems)
        lines.append(f"<ul>{items}</ul>")
        if job.problem_count > len(job.problems):
            lines.append(f"<span>{escape(_text('all_problems', file=FILE))}</span>")
    return f'<div class="job {job.phase}" role="status">{"".join(lines)}</div>'


def _notes(job: ExportJob) -> tuple[tuple[str, int], ...]:
    return ("kept", job.kept), ("copies", job.copies), ("problems", job.problem_count)


def _state(job: ExportJob) -> str:
    """Return how far an export is, or how it ended, as markup."""
    if job.is_at_work:
        text = _text(f"phase_{job.phase}")
        if job.total:
            done, total = state.number(job.done), state.number(job.total)
            text = f"{text} {_text('done_of', done=done, total=total)}"
        return f"{bar(job.done, job.total)} {escape(text)}"
    if job.phase != "done":
        error = f" {job.error}" if job.error else ""
        return escape(f"{_text(f'phase_{job.phase}')}{error}")
    kind = "rows_files" if job.by_file else "rows_images"
    text = _text(kind, count=job.rows, shown=state.number(job.rows))
    return escape(f"{text}, {state.file_size(job.size)}" if job.size else text)


def _buttons(project: Project, job: ExportJob) -> None:
    if job.is_at_work:
        if st.button(_text("stop"), key=f"export_stop_{job.id}", type="tertiary"):
            export_jobs.stop(project, job.id)
        return
    if job.phase == "done" and job.request.target is None:
        address = f"/exports/{job.id}/{quote(job.zip_name)}"
        st.html(f'<a class="export" href="{address}" download>{escape(_text("download"))}</a>')
    again = _AGAIN.get(job.phase)
    if again is not None and st.button(_text(again), key=f"export_again_{job.id}", type="tertiary"):
        export_jobs.resume(project, job)
        st.rerun()
    if st.button(
        _text("remove"),
        key=f"export_remove_{job.id}",
        type="tertiary",
        help=_text("remove_help"),
    ):
        export_jobs.remove(project, job.id)
        st.rerun()


def _text(key: str, **params: object) -> str:
    return state.text(f"exporting.{key}", **params)
