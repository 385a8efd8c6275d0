"""The progress of the current run, at the bottom right of every page: stage, rate, time left.

Everything is read from the table ``runs``, so it holds whoever started the run. Not here: past
runs (``screens.pipeline``), progress in a terminal (``commands.progress``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from app.api import state_digest
from app.components.pulse import pulse as watch
from app.services import jobs
from app.session import navigation, state
from app.widgets import folder_news, frozen_view
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage.project import Project

__all__ = ["Step", "current_step", "run_progress", "time_left"]

# A rate measured over less than this, in seconds, is not steady.
RATE_SECONDS = 4.0
STAGES = (
    "files",
    "images",
    "embeddings",
    "vector_index",
    "neighbours",
    "projection",
    "clusters",
    "duplicates",
    "shared_parts",
    "annotations",
)


@dataclass(frozen=True)
class Step:
    """The current stage: its name in the catalogue of texts, and how many of its items are done."""

    stage: str
    done: int
    total: int


@st.fragment
def run_progress(project: Project) -> None:
    """Show the current run, and draw the page again when its images change."""
    if navigation.stay_on_drawn_page():
        # The message names another page than the one that is drawn: draw that one whole.
        st.rerun(scope="app")
    if project.version:
        # Whatever runs changes nothing here.
        return
    try:
        digest = state_digest.read(project)
    except DataUnavailable as error:
        # The page says what is out of reach; here only whether that is news.
        watch(error.key)
        _redraw_on_news_of(error.key)
        return
    with st.container(key="work", horizontal=True, vertical_alignment="center", gap="small"):
        if digest.running is not None:
            _show_running(project, digest.running)
        else:
            _show_failed(project, digest.last)
            folder_news.show_line(project, digest.folders)
    watch(digest.digest)
    _redraw_on_news_of(None)
    _redraw_page(digest.version)


def current_step(progress: Mapping[str, Mapping[str, int]]) -> Step:
    """Return the first unfinished stage, summed over sources and encoders."""
    summed = {stage: _sum(progress, stage) for stage in STAGES}
    begun = {stage: (done, total) for stage, (done, total) in summed.items() if total}
    if not begun:
        return Step("starting", 0, 0)
    unfinished = [stage for stage, (done, total) in begun.items() if done < total]
    stage = unfinished[0] if unfinished else list(begun)[-1]
    return Step(stage, *begun[stage])


def time_left(seconds: float) -> str:
    """Return a duration in words: ``1 min 30 s``."""
    rounded = max(1, round(seconds))
    if rounded < 60:
        return state.text("frame.seconds", count=rounded)
    if rounded < 3600:
        # Ten seconds are as fine as a guess gets.
        minutes, rest = divmod(round(rounded, -1), 60)
        return state.text("frame.minutes", minutes=minutes, seconds=rest)
    return state.text("frame.hours", hours=rounded // 3600, minutes=rounded % 3600 // 60)


def _sum(progress: Mapping[str, Mapping[str, int]], stage: str) -> tuple[int, int]:
    parts = [part for key, part in progress.items() if key.partition("/")[0] == stage]
    return sum(part["done"] for part in parts), sum(part["total"] for part in parts)


def _show_running(project: Project, running: Mapping[str, Any]) -> None:
    step = current_step(json.loads(running["progress"] or "{}"))
    share = step.done / step.total if step.total else 0
    parts = [f"<b>{escape(state.text(f'frame.work_{step.stage}'))}</b>"]
    if step.total:
        done, total = state.number(step.done), state.number(step.total)
        parts.append(escape(state.text("frame.work_of", done=done, total=total)))
    parts += [escape(text) for text in _pace(running["run"], step)]
    st.html(
        f'<div class="work" role="status">{" · ".join(parts)}'
        f'<span class="bar"><i style="width:{share:.1%}"></i></span></div>'
    )
    if st.button(state.text("frame.work_stop"), key="stop_work", type="tertiary"):
        jobs.stop_processing(project)
        st.toast(state.text("frame.work_stopping"))


def _pace(run: str, step: Step) -> list[str]:
    """Return rate and time left, measured from when this session first saw the stage."""
    first_seen = st.session_state.setdefault("pace", {})
    start, start_done = first_seen.setdefault((run, step.stage), (time.monotonic(), step.done))
    seconds, done = time.monotonic() - start, step.done - start_done
    if seconds < RATE_SECONDS or done <= 0:
        return []
    left = time_left((step.total - step.done) * seconds / done)
    texts = [state.text("frame.work_left", time=left)]
    if step.stage in ("images", "embeddings"):
        texts.insert(0, state.text("frame.work_rate", rate=state.number(done / seconds)))
    return texts


def _show_failed(project: Project, last: Mapping[str, Any] | None) -> None:
    st.session_state.pop("pace", None)
    if last is None or last["outcome"] != "failed":
        return
    when = f"{last['started_at']:%Y-%m-%d %H:%M}"
    error = (last["error"] or "").partition("\n")[0]
    text = escape(state.text("frame.work_failed_since", when=when, error=error))
    st.html(f'<div class="work failed" role="status" title="{text}">{text}</div>')
    if st.button(state.text("frame.work_again"), key="again", type="tertiary"):
        jobs.start_processing(project, retry=True)


def _redraw_on_news_of(problem: str | None) -> None:
    """Run the page again where what is stored went out of reach, or came back, since."""
    before = st.session_state.get("unavailable")
    st.session_state["unavailable"] = problem
    if before != problem:
        st.rerun()


def _redraw_page(version: str) -> None:
    """Run the page again when there is something new to show, and only then."""
    is_released = frozen_view.release_idle()
    drawn = st.session_state.get("version")
    st.session_state["version"] = version
    if is_released or drawn not in (None, version):
        st.rerun()
