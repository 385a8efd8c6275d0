"""The chart of a view: how many images each of its groups holds, as bars or as a line.

A view without groups is counted by what its corpus can best be counted by, which is for the
person to change. Not here: the counts (``panoptic_data.catalogue.charts``), the names of groups
(``services.group_labels``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.components.values import values
from app.services import group_labels
from app.session import state
from app.session.callbacks import uninterrupted
from app.widgets.filter_chips import SCALES
from panoptic_data.catalogue import charts
from panoptic_data.catalogue.charts import Chart
from panoptic_data.catalogue.grouping import condition
from panoptic_data.views.fields import FIELDS, is_property, property_field
from panoptic_data.views.model import Clause, Condition, Level, View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["chart"]

# One colour of the light theme and one of the dark for each series, those of the map.
_COLOURS = (
    ("#3b6fb6", "#7aa7e8"),
    ("#d97a1f", "#f0a35a"),
    ("#3f8f4a", "#76c47e"),
    ("#c23b4b", "#ee7b88"),
    ("#7d58b0", "#b295e0"),
    ("#8a6242", "#c39b7b"),
    ("#c9569f", "#ee94cc"),
    ("#21919b", "#5fc6cf"),
    ("#98901c", "#cfc650"),
    ("#5b6b7f", "#9dadc2"),
    ("#1d3f78", "#b4cdf3"),
    ("#8f4a06", "#f7cd9f"),
)
_REST = ("#b5b5b5", "#6b6b6b")
# Bars of colours have the colour that they count.
_HUES = {
    "black": "#1e1e1e",
    "grey": "#8c8c8c",
    "white": "#f4f4f4",
    "red": "#c0392b",
    "orange": "#dd7f2a",
    "yellow": "#e3c331",
    "green": "#4b9a4a",
    "cyan": "#3fb1b5",
    "blue": "#3a6fc4",
    "purple": "#7d51a8",
    "pink": "#dd86ab",
}
# Names as long as this lie beside bars, not under them.
_LONG = 12
_LONGEST = 36
_BAR = 20
_FITTING = 24
# Roughly what fits under bars, in characters.
_ACROSS = 96
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)


@dataclass(frozen=True)
class _Drawing:
    """What one drawing needs: the counts, their names, and how."""

    chart: Chart
    corpus: Catalogue
    kind: str
    names: list[str]
    series: list[str]
    unit: str
    is_dark: bool

    @property
    def is_lying(self) -> bool:
        """Whether bars lie, so that long names can be read."""
        level = self.chart.levels[0]
        is_text = FIELDS[level.field].kind not in ("number", "date")
        return self.kind != "lines" and is_text and max(map(len, self.names), default=0) > _LONG


def chart(
    corpus: Catalogue,
    view: View,
    *,
    on_pick: Callable[[list[Condition | Clause]], None],
    key: str = "chart",
) -> None:
    """Draw the chart of a view.

    ``on_pick`` gets what a press on a bar, or a drag along a line, asks for, as parts to add to
    the view; it is called before the run that follows.
    """
    with st.container(key=f"{key}_line", horizontal=True, vertical_alignment="center"):
        grouped = view if view.group else view.grouped_by(_level(corpus, key))
        kind = _kind(grouped, key)
    counted = _counted(corpus, grouped, kind)
    drawing = _drawing(corpus, counted, kind, grouped)
    plot = f"{key}.{_digest(corpus.version, grouped.key, kind, state.language())}"
    st.plotly_chart(
        {"data": _traces(drawing), "layout": _layout(drawing)},
        key=plot,
        height=_height(drawing),
        config={"displayModeBar": False, "doubleClick": False},
        on_select=lambda: _pick(plot, counted, on_pick),
        # Streamlit's charts take one of the two: bars are pressed, a line is dragged along.
        selection_mode="box" if kind == "lines" else "points",
        alt=state.say("chart.label", images=drawing.unit, level=_name(corpus, counted.levels[0])),
    )
    st.caption(" ".join(_notes(drawing)))
    _values(drawing, plot, on_pick)


def _level(corpus: Catalogue, key: str) -> Level:
    """Let the person choose what to count by; the first proposal is shown at once."""
    proposed = charts.proposed(corpus)
    chosen: Level = st.selectbox(
        state.say("chart.by"),
        proposed,
        format_func=lambda level: _name(corpus, level),
        key=f"{key}.level.{_digest(*map(str, proposed))}",
        label_visibility="collapsed",
        width=220,
    )
    return chosen


def _kind(view: View, key: str) -> str:
    kinds = ["stacked", "bars"] if len(view.group) > 1 else ["bars"]
    if charts.is_of_dates(view.group[0]):
        kinds.append("lines")
    if len(kinds) == 1:
        return kinds[0]
    # Each choice of kinds is a control of its own; what was wished outlives them.
    wished, control = f"{key}.kind", f"{key}.kind.{'.'.join(kinds)}"
    kept = st.session_state.get(wished)
    chosen: str = st.segmented_control(
        state.say("chart.kind"),
        kinds,
        default=kept if kept in kinds else kinds[0],
        required=True,
        format_func=lambda kind: state.say(f"chart.{kind}"),
        key=control,
        label_visibility="collapsed",
        on_change=uninterrupted(
            lambda: st.session_state.update({wished: st.session_state[control]})
        ),
    )
    return chosen


def _counted(corpus: Catalogue, view: View, kind: str) -> Chart:
    """Count; bars in order of time leave room for empty periods, if all of them fit."""
    level = view.group[0]
    is_in_time = level.order == "value" and not level.descending
    if kind == "lines" or (charts.is_of_dates(level) and is_in_time):
        through = charts.count(corpus, view, continuous=True)
        if kind == "lines" or len(through.categories) <= charts.MOST_CATEGORIES:
            return through
    return charts.count(corpus, view)


def _drawing(corpus: Catalogue, counted: Chart, kind: str, view: View) -> _Drawing:
    names = [_label(corpus, counted.levels[0], value) for value in counted.categories]
    series = [_label(corpus, counted.levels[1], value) for value in counted.series]
    return _Drawing(
        counted,
        corpus,
        kind,
        names + _rest(counted.more_categories),
        series + _rest(counted.more_series),
        state.say("chart.files" if view.mode == "file" else "chart.images"),
        st.context.theme.type == "dark",
    )


def _rest(count: int) -> list[str]:
    return [state.say("chart.other", count=count, more=state.number(count))] if count else []


def _label(corpus: Catalogue, level: Level, value: Any) -> str:
    return group_labels.label(level, value, state.language(), str(value), corpus)


def _name(corpus: Catalogue, level: Level) -> str:
    """Return what an axis is called."""
    is_ours = is_property(level.field)
    name = corpus.property(level.field).name if is_ours else state.say(f"chart.level_{level.field}")
    if not charts.is_of_dates(level):
        return name
    return state.say("chart.level", level=name, period=state.say(f"chart.period_{level.by}"))


def _traces(drawing: _Drawing) -> list[dict[str, Any]]:
    counts = drawing.chart.counts
    columns = range(counts.shape[1])
    draw = _line if drawing.kind == "lines" else _bars
    return [draw(drawing, column) for column in columns]


def _bars(drawing: _Drawing, column: int) -> dict[str, Any]:
    along, across = ("y", "x") if drawing.is_lying else ("x", "y")
    counts = drawing.chart.counts[:, column]
    is_of_hues = FIELDS[drawing.chart.levels[-1].field].kind == "colour"
    return {
        "type": "bar",
        "orientation": "h" if drawing.is_lying else "v",
        along: np.array(_places(drawing)),
        across: counts,
        "marker": {
            "color": _hues(drawing) or _colour(drawing, column),
            # Black bars have an edge on a black page, as white ones have on a white page.
            "line": {"width": int(is_of_hues), "color": "#888888"},
        },
        **_said(drawing, column, across, len(counts)),
    }


def _line(drawing: _Drawing, column: int) -> dict[str, Any]:
    days = _places(drawing)
    colour = _colour(drawing, column)
    return {
        "type": "scatter",
        # Only points can be selected.
        "mode": "lines+markers",
        "x": np.array(days),
        "y": drawing.chart.counts[: len(days), column],
        "line": {"width": 1.5, "color": colour},
        "marker": {"size": 4, "color": colour},
        **_said(drawing, column, "y", len(days)),
    }


def _places(drawing: _Drawing) -> list[int]:
    """Return where along the axis each category stands."""
    if drawing.kind == "lines":
        return _days(drawing.chart)
    count = len(drawing.names)
    bins = [one for one in drawing.chart.categories if isinstance(one, list)]
    # Empty bins leave a gap, as long as bars stay wide enough to be seen.
    places = [round(low / (high - low)) for low, high in bins]
    if not places or places != sorted(places) or places[-1] - places[0] > charts.MOST_CATEGORIES:
        # Beside the last year stands what has none: a gap keeps it out of time.
        dated = _dated(drawing)
        return [place + (place >= dated) for place in range(count)]
    return places + [places[-1] + 2 + more for more in range(count - len(places))]


def _dated(drawing: _Drawing) -> int:
    """Return how many bars are in order of time, before one of what has no date; else all."""
    values, level = drawing.chart.categories, drawing.chart.levels[0]
    is_last = bool(values) and values[-1] is None and len(values) > 1
    is_in_time = charts.is_of_dates(level) and level.order == "value" and not drawing.is_lying
    return len(values) - 1 if is_last and is_in_time else len(drawing.names)


def _days(counted: Chart) -> list[int]:
    """Return the day on which each period of a line begins."""
    level = counted.levels[0]
    begins = (condition(level, value) for value in counted.categories if value is not None)
    return [
        date.fromisoformat(one.value[0]).toordinal() for one in begins if isinstance(one, Condition)
    ]


def _said(drawing: _Drawing, column: int, axis: str, length: int) -> dict[str, Any]:
    series = drawing.series[column] if drawing.series else drawing.unit
    return {
        "name": _short(series, drawing.chart.levels[-1]),
        "hovertext": drawing.names[:length],
        "hovertemplate": f"%{{hovertext}}<br>{_plain(series)}: %{{{axis}:,d}}<extra></extra>",
    }


def _plain(text: str) -> str:
    """Return a text in which the drawing library finds no markup and no place to fill."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")


def _short(text: str, level: Level | None = None) -> str:
    if len(text) <= _LONGEST:
        return _plain(text)
    # The end of a folder says more than its beginning.
    is_folder = level is not None and level.field == "folder"
    return _plain(f"…{text[1 - _LONGEST :]}" if is_folder else f"{text[: _LONGEST - 1]}…")


def _hues(drawing: _Drawing) -> list[str] | None:
    level = drawing.chart.levels[0]
    if drawing.series or FIELDS[level.field].kind != "colour":
        return None
    rest = _REST[drawing.is_dark]
    own = (_own(drawing, level, value) for value in drawing.chart.categories)
    return [colour or rest for colour in own]


def _colour(drawing: _Drawing, column: int) -> str:
    if not drawing.series:
        return _of_theme(drawing, "primaryColor")
    if column >= len(drawing.chart.series):
        return _REST[drawing.is_dark]
    own = _own(drawing, drawing.chart.levels[1], drawing.chart.series[column])
    return own or _COLOURS[column % len(_COLOURS)][drawing.is_dark]


def _own(drawing: _Drawing, level: Level, value: Any) -> str | None:
    """Return the colour that a value has by itself: a colour, a tag that was given one."""
    kind = FIELDS[level.field].kind
    if kind == "tags":
        tag = drawing.corpus.annotations.tags.get(value)
        return tag.colour if tag else None
    if kind != "colour" or value is None:
        return None
    return str(value) if is_property(level.field) else _HUES[value]


def _of_theme(drawing: _Drawing, name: str) -> str:
    return str(st.get_option(f"theme.{'dark' if drawing.is_dark else 'light'}.{name}"))


def _layout(drawing: _Drawing) -> dict[str, Any]:
    values, texts = _ticks(drawing)
    quiet, loud = (_of_theme(drawing, name) for name in ("grayTextColor", "textColor"))
    written = {"color": quiet, "size": 11}
    named = {
        "title": {"text": _name(drawing.corpus, drawing.chart.levels[0]), "font": written},
        "tickfont": written,
        "tickmode": "array",
        "tickvals": values,
        "ticktext": texts,
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
    }
    counted = {
        "title": {"text": drawing.unit, "font": written},
        "tickfont": written,
        "rangemode": "tozero",
        "tickformat": ",d",
        "automargin": True,
        "showgrid": True,
        "fixedrange": True,
        # Between whole numbers there is nothing to count.
        "dtick": 1 if _highest(drawing) < 8 else None,
    }
    if drawing.is_lying:
        named |= {"autorange": "reversed"}
        counted |= {"side": "top"}
    return {
        "xaxis": counted if drawing.is_lying else named,
        "yaxis": named if drawing.is_lying else counted,
        "barmode": "stack" if drawing.kind == "stacked" else "group",
        "bargap": 0.06 if FIELDS[drawing.chart.levels[0].field].kind == "number" else 0.2,
        "showlegend": bool(drawing.series),
        "legend": {
            "traceorder": "normal",
            "title": {"text": _series_name(drawing), "font": written},
            "font": {"color": loud, "size": 12},
        },
        "hoverlabel": {"font": {"color": loud, "size": 12}},
        "separators": ",\u202f" if state.language() == "fr" else ".,",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "dragmode": "select" if drawing.kind == "lines" else "pan",
        "selectdirection": "h",
        "hovermode": "closest",
    }


def _series_name(drawing: _Drawing) -> str:
    return _name(drawing.corpus, drawing.chart.levels[1]) if drawing.series else ""


def _highest(drawing: _Drawing) -> int:
    drawn = drawing.chart.counts[: len(_places(drawing))]
    return int((drawn.sum(axis=1) if drawing.kind == "stacked" else drawn).max(initial=0))


def _ticks(drawing: _Drawing) -> tuple[list[float], list[str]]:
    """Return where names stand, and them: all beside bars, as many as fit under them."""
    places = [float(place) for place in _places(drawing)]
    level = drawing.chart.levels[0]
    names = [_short(name, level) for name in drawing.names[: len(places)]]
    values = drawing.chart.categories
    if not drawing.is_lying and values and isinstance(values[0], list):
        return _edges(drawing, places, names)
    if drawing.is_lying:
        return places, names
    dated = len(places) if drawing.kind == "lines" else _dated(drawing)
    at, said = _fitting(drawing, places[:dated], names[:dated])
    rest = names[dated:]
    # The last of time gives its name up where it would touch that of what has no date.
    sign = len(places) / _ACROSS
    while rest and at and places[dated] - at[-1] < (len(rest[0]) + len(said[-1]) + 2) / 2 * sign:
        at, said = at[:-1], said[:-1]
    return at + places[dated:], said + rest


def _edges(
    drawing: _Drawing, places: list[float], names: list[str]
) -> tuple[list[float], list[str]]:
    """Return the lower end of each bin, where it begins; what is none keeps its name."""
    scale = SCALES.get(drawing.chart.levels[0].field, 1)
    bins = [one for one in drawing.chart.categories if isinstance(one, list)]
    begins = [_figure(low / scale) for low, _ in bins]
    at, said = _fitting(drawing, [place - 0.5 for place in places[: len(bins)]], begins)
    return at + places[len(bins) :], said + names[len(bins) :]


def _fitting(
    drawing: _Drawing, places: list[float], names: list[str]
) -> tuple[list[float], list[str]]:
    fitting = max(2, _ACROSS // (max(map(len, names), default=0) + 2))
    steps = _MONTHS if drawing.chart.levels[0].by == "month" else _STEPS
    step = next((one for one in steps if len(names) / one <= fitting), len(names))
    return places[::step], names[::step]


def _figure(value: float) -> str:
    if value == int(value):
        return state.number(value)
    return f"{value:.4g}".replace(".", "," if state.language() == "fr" else ".")


def _height(drawing: _Drawing) -> Any:
    count = len(drawing.names)
    return count * _BAR + 80 if drawing.is_lying and count > _FITTING else "stretch"


def _notes(drawing: _Drawing) -> list[str]:
    """Return what stands under the chart: what a press does, and what is not drawn one by one."""
    counted = drawing.chart
    notes = [state.say("chart.hint_lines" if drawing.kind == "lines" else "chart.hint")]
    if any(map(_holds_several, counted.levels)):
        notes.append(state.say("chart.several"))
    more = counted.more_categories
    if more:
        values = {"shown": state.number(len(counted.categories)), "more": state.number(more)}
        notes.append(state.say("chart.folded", count=more, **values))
    if drawing.kind == "lines" and None in counted.categories:
        undated = int(counted.counts[counted.categories.index(None)].sum())
        notes.append(state.say("chart.undated", count=undated, more=state.number(undated)))
    return notes


def _holds_several(level: Level) -> bool:
    return level.field == "author" or level.field.startswith(property_field("tags", ""))


def _pick(plot: str, counted: Chart, on_pick: Callable[[list[Condition | Clause]], None]) -> None:
    points = st.session_state[plot]["selection"]["points"]
    bars = {(int(one["point_index"]), int(one["curve_number"])) for one in points}
    asked = charts.parts(counted, bars)
    if asked:
        on_pick(asked)


def _values(
    drawing: _Drawing, version: str, on_pick: Callable[[list[Condition | Clause]], None]
) -> None:
    """Offer what is drawn as a table too; nothing is where a line runs along the bottom."""
    counted = drawing.chart
    filled = np.flatnonzero(counted.counts.any(axis=1)).tolist()
    last = len(counted.categories)
    values(
        version=version,
        head=[_name(drawing.corpus, counted.levels[0]), *(drawing.series or [drawing.unit])],
        rows=[(drawing.names[row], counted.counts[row].tolist()) for row in filled],
        pressable=(sum(row < last for row in filled), len(counted.series)),
        language=state.language(),
        texts={name: state.say(f"chart.{name}") for name in ("values", "values_show")},
        on_pick=lambda row, column: on_pick(charts.parts(counted, {(filled[row], column)})),
    )


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()
