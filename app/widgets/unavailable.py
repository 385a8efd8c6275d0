"""What a page says where what is stored is gone, replaced or damaged: which table, which command.

Not here: finding it out (``panoptic_data.storage``, ``panoptic_data.integrity``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import ParamSpec

import streamlit as st

from app.components.pulse import pulse
from app.services.storage_problems import log_problem, missing_tables
from app.session import state
from panoptic_data.errors import DataUnavailable, TableDamaged, TableMissing
from panoptic_data.storage.project import Project

__all__ = ["banner", "guarded", "panel", "wait_for_project"]

_Parameters = ParamSpec("_Parameters")


def guarded(draw: Callable[_Parameters, object]) -> Callable[_Parameters, None]:
    """Return a drawing that says so, in its place, where what it shows is out of reach."""

    @wraps(draw)
    def wrapper(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except DataUnavailable as error:
            panel(error)

    return wrapper


def panel(error: DataUnavailable) -> None:
    """Say what is out of reach and what to do, in place of what would be shown."""
    is_of_table = isinstance(error, TableMissing | TableDamaged)
    title = escape(state.text(f"frame.unavailable{'_table' if is_of_table else ''}"))
    text = escape(error.message(state.language()))
    st.html(
        '<div class="heading" role="alert"><span class="glyph" aria-hidden="true">'
        f"database_off</span><h1>{title}</h1><p>{text}</p></div>"
    )


def banner(project: Project) -> None:
    """Say above the page what is broken and what still works, if anything is."""
    texts = _problems(project)
    if texts:
        with st.container(key="notice_storage"):
            st.html("".join(f'<p role="status">{escape(text)}</p>' for text in texts))


def _problems(project: Project) -> list[str]:
    missing = missing_tables(project)
    texts = [error.message(state.language()) for error in missing]
    problem = log_problem(project)
    if problem is not None:
        names = [error.params["table"] for error in missing]
        is_listed = isinstance(problem, TableMissing) and problem.params["table"] in names
        texts += [] if is_listed else [problem.message(state.language())]
        texts.append(state.text("frame.read_only"))
    return texts


@st.fragment
def wait_for_project(drawn: str) -> None:
    """Draw the page again once the project is there; ``drawn`` is the problem that is shown."""
    problem = state.project_problem()
    key = "" if problem is None else problem.key
    pulse(drawn)
    if key != drawn:
        st.rerun(scope="app")
