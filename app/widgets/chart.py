"""The chart of a view: how many images each of its groups holds, as bars or as a line.

A view without groups is counted by a field that the corpus proposes; the person can choose
another. Not here: the figure (``widgets.chart_figure``), the counts
(``panoptic_data.catalogue.charts``), the names of groups (``services.group_labels``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.components.values import values
from app.services import group_labels
from app.session import state
from app.session.callbacks import uninterrupted
from app.widgets.chart_figure import Drawing, figure, height, level_name
from panoptic_data.catalogue import charts
from panoptic_data.catalogue.charts import Chart
from panoptic_data.views.fields import WHO_FIELDS, property_field
from panoptic_data.views.model import Clause, Condition, Level, View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["chart"]

# Gets the parts to add to the view.
OnPick = Callable[[list[Condition | Clause]], None]


def chart(corpus: Catalogue, view: View, *, on_pick: OnPick, key: str = "chart") -> None:
    """Draw the chart of a view.

    ``on_pick`` gets what a press on a bar, or a drag along a line, asks for, as parts to add to
    the view; it is called before the run that follows.
    """
    with st.container(key=f"{key}_line", horizontal=True, vertical_alignment="center"):
        grouped = view if view.group else view.grouped_by(_choose_level(corpus, key))
        kind = _choose_kind(grouped, key)
    counted = _count(corpus, grouped, kind)
    drawing = _drawing(corpus, counted, kind, grouped)
    plot = f"{key}.{_digest(corpus.version, grouped.key, kind, state.language())}"
    level = level_name(corpus, counted.levels[0])
    st.plotly_chart(
        figure(drawing),
        key=plot,
        height=height(drawing),
        config={"displayModeBar": False, "doubleClick": False},
        on_select=lambda: _pick(plot, counted, on_pick),
        # Streamlit's charts take one of the two: bars are pressed, a line is dragged along.
        selection_mode="box" if kind == "lines" else "points",
        alt=state.text("chart.label", images=drawing.unit, level=level),
    )
    st.caption(" ".join(_notes(drawing)))
    _table_of_values(drawing, plot, on_pick)


def _choose_level(corpus: Catalogue, key: str) -> Level:
    """Let the person choose what to count by; the first proposal is shown at once."""
    proposed = charts.proposed(corpus)
    chosen: Level = st.selectbox(
        state.text("chart.by"),
        proposed,
        format_func=lambda level: level_name(corpus, level),
        key=f"{key}.level.{_digest(*map(str, proposed))}",
        label_visibility="collapsed",
        width=220,
    )
    return chosen


def _choose_kind(view: View, key: str) -> str:
    """Let the person choose "stacked", "bars" or "lines", as far as the groups allow them."""
    kinds = ["stacked", "bars"] if len(view.group) > 1 else ["bars"]
    if charts.is_of_dates(view.group[0]):
        kinds.append("lines")
    if len(kinds) == 1:
        return kinds[0]
    # Each list of kinds is a control of its own; the choice is remembered for all of them.
    remembered, control = f"{key}.kind", f"{key}.kind.{'.'.join(kinds)}"
    former = st.session_state.get(remembered)
    chosen: str = st.segmented_control(
        state.text("chart.kind"),
        kinds,
        default=former if former in kinds else kinds[0],
        required=True,
        format_func=lambda kind: state.text(f"chart.{kind}"),
        key=control,
        label_visibility="collapsed",
        on_change=uninterrupted(
            lambda: st.session_state.update({remembered: st.session_state[control]})
        ),
    )
    return chosen


def _count(corpus: Catalogue, view: View, kind: str) -> Chart:
    """Count; bars in order of time leave room for empty periods, if all of them fit."""
    level = view.group[0]
    is_in_time = level.order == "value" and not level.descending
    if kind == "lines" or (charts.is_of_dates(level) and is_in_time):
        continuous = charts.count(corpus, view, continuous=True)
        if kind == "lines" or len(continuous.categories) <= charts.MAX_CATEGORIES:
            return continuous
    return charts.count(corpus, view)


def _drawing(corpus: Catalogue, counted: Chart, kind: str, view: View) -> Drawing:
    names = [_label(corpus, counted.levels[0], value) for value in counted.categories]
    series = [_label(corpus, counted.levels[1], value) for value in counted.series]
    return Drawing(
        counted,
        corpus,
        kind,
        names + _others(counted.more_categories),
        series + _others(counted.more_series),
        state.text("chart.files" if view.mode == "file" else "chart.images"),
        st.context.theme.type == "dark",
    )


def _label(corpus: Catalogue, level: Level, value: Any) -> str:
    return group_labels.label(level, value, state.language(), str(value), corpus)


def _others(count: int) -> list[str]:
    return [state.text("chart.other", count=count, more=state.number(count))] if count else []


def _notes(drawing: Drawing) -> list[str]:
    """Return what stands under the chart: what a press does, and what is not drawn by itself."""
    counted = drawing.chart
    notes = [state.text("chart.hint_lines" if drawing.kind == "lines" else "chart.hint")]
    if any(map(_is_multivalued, counted.levels)):
        notes.append(state.text("chart.several"))
    more = counted.more_categories
    if more:
        counts = {"shown": state.number(len(counted.categories)), "more": state.number(more)}
        notes.append(state.text("chart.folded", count=more, **counts))
    if drawing.kind == "lines" and None in counted.categories:
        undated = int(counted.counts[counted.categories.index(None)].sum())
        notes.append(state.text("chart.undated", count=undated, more=state.number(undated)))
    return notes


def _is_multivalued(level: Level) -> bool:
    """Whether an image can be in several groups of a level."""
    return level.field in WHO_FIELDS or level.field.startswith(property_field("tags", ""))


def _pick(plot: str, counted: Chart, on_pick: OnPick) -> None:
    points = st.session_state[plot]["selection"]["points"]
    bars = {(int(point["point_index"]), int(point["curve_number"])) for point in points}
    parts = charts.parts(counted, bars)
    if parts:
        on_pick(parts)


def _table_of_values(drawing: Drawing, version: str, on_pick: OnPick) -> None:
    """Offer the counts as a table too, without the empty periods of a line."""
    counted = drawing.chart
    filled = np.flatnonzero(counted.counts.any(axis=1)).tolist()
    last = len(counted.categories)
    values(
        version=version,
        head=[level_name(drawing.corpus, counted.levels[0]), *(drawing.series or [drawing.unit])],
        rows=[(drawing.names[row], counted.counts[row].tolist()) for row in filled],
        pressable=(sum(row < last for row in filled), len(counted.series)),
        language=state.language(),
        texts={name: state.text(f"chart.{name}") for name in ("values", "values_show")},
        on_pick=lambda row, column: on_pick(charts.parts(counted, {(filled[row], column)})),
    )


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()
