"""The parameters of stages as a form: what is set is out of date until it is made anew.

Not here: which there are, and what they may be (``panoptic_data.provenance.parameters``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.session import state
from panoptic_data.errors import UsageError
from panoptic_data.provenance import parameters
from panoptic_data.storage.project import open_project, set_parameters

if TYPE_CHECKING:
    from panoptic_data.provenance.parameters import Parameter
    from panoptic_data.storage.project import Project

__all__ = ["show"]


def show(project: Project) -> None:
    """Draw the form in a popover; what is saved is written to the project's settings."""
    with st.popover(_text("form"), icon=":material/tune:", help=_text("form_help")):
        # As it is now: other windows and commands set parameters, too.
        now = open_project(project.root)
        with st.form("stage_parameters", border=False):
            values = {
                name: _field(now, parameter) for name, parameter in parameters.PARAMETERS.items()
            }
            if st.form_submit_button(_text("save")):
                _save(now, values)


def _field(project: Project, parameter: Parameter) -> parameters.Value | None:
    name = parameter.name.replace(".", "_")
    label = f"{state.text(f'pipeline.kind_{parameter.kind}')}: {_text(f'name_{name}')}"
    about = _text(f"about_{name}")
    value = parameters.value_of(project, parameter.name)
    if parameter.choices:
        index = parameter.choices.index(value) if value in parameter.choices else None
        chosen: str | None = st.selectbox(label, parameter.choices, index=index, help=about)
        return chosen
    if parameter.is_whole:
        ends = int(parameter.least), int(parameter.most)
        whole: int | None = st.number_input(label, *ends, value, 1, help=about)
        return whole
    share = (float(parameter.least), float(parameter.most), float(value), 0.05)
    number: float = st.number_input(label, *share, help=about)
    return number


def _save(project: Project, values: dict[str, parameters.Value | None]) -> None:
    changes = {
        name: value for name, value in values.items() if value != parameters.value_of(project, name)
    }
    if not changes:
        st.toast(_text("none_changed"))
        return
    try:
        chosen = parameters.changed(project, changes)
    except UsageError as error:
        st.error(error.message(state.language()))
        return
    saved = set_parameters(project, chosen)
    st.toast(_text("saved"))
    if "clusters.method" not in changes and _method(saved) != _method(project):
        st.toast(_text("saved_kmeans"))
    st.rerun()


def _method(project: Project) -> object:
    return parameters.value_of(project, "clusters.method")


def _text(name: str, /) -> str:
    return state.text(f"parameters.{name}")
