"""What is out of date on the page Pipeline: why, what making it anew costs, and a button that does.

Not here: finding that out (``panoptic_data.vectors.outdated``), the table of stages
(``screens.pipeline``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.session import state
from panoptic_data.provenance import costs
from panoptic_data.vectors import outdated

if TYPE_CHECKING:
    from panoptic_data.vectors.outdated import Outdated

__all__ = ["show"]


def show(
    late: Sequence[Outdated],
    encoders: Mapping[str, str],
    *,
    is_running: bool,
    on_recompute: Callable[[tuple[str, ...]], None],
) -> None:
    """Draw a line for each stage of which nothing before it is out of date; nothing without any.

    ``encoders`` are names by slug; ``on_recompute`` gets the names of the stages to make anew.
    """
    first = [stage for stage in late if stage.is_first]
    if not first:
        return
    st.html(f"<h2>{escape(_text('outdated'))}</h2>")
    with st.container(key="outdated", gap=None):
        for stage in first:
            _line(stage, encoders, is_running=is_running, on_recompute=on_recompute)


def _line(
    stage: Outdated,
    encoders: Mapping[str, str],
    *,
    is_running: bool,
    on_recompute: Callable[[tuple[str, ...]], None],
) -> None:
    name = _label(stage.name, encoders)
    key = stage.name.replace("/", "-")
    with st.container(key=f"outdated_{key}", horizontal=True, vertical_alignment="center"):
        st.html(
            f"<p><b>{escape(name)}</b> {escape(outdated.reason(stage, state.language()))}"
            f"<small>{escape(_cost(stage, encoders))}</small></p>"
        )
        if st.button(
            _text("recompute"),
            key=f"recompute_{stage.name}",
            help=_text("recompute_help", stage=name),
            disabled=is_running,
        ):
            on_recompute((stage.name,))


def _cost(stage: Outdated, encoders: Mapping[str, str]) -> str:
    labels = {name: _label(name, encoders) for name in (stage.name, *stage.after)}
    cost = _text("recompute_cost", cost=costs.text(stage.cost, state.language(), labels))
    if not stage.after:
        return cost
    after = ", ".join(labels[name] for name in stage.after)
    return f"{_text('followed_by', stages=after)} · {cost}"


def _label(name: str, encoders: Mapping[str, str]) -> str:
    kind, _, slug = name.partition("/")
    label = _text(f"kind_{kind}")
    return f"{label} ({encoders.get(slug, slug)})" if slug else label


def _text(name: str, /, **params: object) -> str:
    return state.text(f"pipeline.{name}", **params)
