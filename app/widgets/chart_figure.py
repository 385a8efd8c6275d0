"""The Plotly figure of a chart: traces, axes, colours, and what fits under bars.

Everything is computed from one :class:`Drawing`. Not here: the controls of the chart and what a
press does (``widgets.chart``), the counts (``panoptic_data.catalogue.charts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.session import state
from app.widgets.filter_chips import SCALES
from panoptic_data.catalogue import charts
from panoptic_data.catalogue.charts import Chart
from panoptic_data.catalogue.groups import condition
from panoptic_data.views.fields import FIELDS, is_property
from panoptic_data.views.model import Condition, Level

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["Drawing", "figure", "height", "level_name"]

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
# The same of all categories or series that are not drawn by themselves.
_OTHER_COLOURS = ("#b5b5b5", "#6b6b6b")
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
# Names longer than this, in characters, stand beside horizontal bars, not under vertical ones.
_LONG_NAME = 12
_LONGEST_NAME = 36
# The height of a horizontal bar in pixels, and how many of them fit without scrolling.
_BAR_HEIGHT = 20
_BARS_THAT_FIT = 24
# Roughly how many characters fit under vertical bars.
_AXIS_LENGTH = 96
# Every so many names are written where not all fit; months in whole parts or multiples of a year.
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)


@dataclass(frozen=True)
class Drawing:
    """What a figure is drawn from: the counts, their names, and how.

    ``names`` are those of the categories (rows of ``chart.counts``), ``series`` of its columns;
    the last of each may stand for all others. ``kind`` is "stacked", "bars" or "lines".
    """

    chart: Chart
    corpus: Catalogue
    kind: str
    names: list[str]
    series: list[str]
    unit: str
    is_dark: bool

    @property
    def is_horizontal(self) -> bool:
        """Whether bars are horizontal, so that long names can be read."""
        level = self.chart.levels[0]
        is_text = FIELDS[level.field].kind not in ("number", "date")
        longest = max(map(len, self.names), default=0)
        return self.kind != "lines" and is_text and longest > _LONG_NAME


def figure(drawing: Drawing) -> dict[str, Any]:
    """Return the figure as Plotly reads it: ``data`` and ``layout``."""
    draw = _line if drawing.kind == "lines" else _bars
    columns = range(drawing.chart.counts.shape[1])
    return {"data": [draw(drawing, column) for column in columns], "layout": _layout(drawing)}


def height(drawing: Drawing) -> Any:
    """Return the height in pixels, or "stretch" where everything fits."""
    count = len(drawing.names)
    is_tall = drawing.is_horizontal and count > _BARS_THAT_FIT
    return count * _BAR_HEIGHT + 80 if is_tall else "stretch"


def level_name(corpus: Catalogue, level: Level) -> str:
    """Return the title of an axis."""
    if is_property(level.field):
        name = corpus.property(level.field).name
    else:
        name = state.text(f"chart.level_{level.field}")
    if not charts.is_of_dates(level):
        return name
    return state.text("chart.level", level=name, period=state.text(f"chart.period_{level.by}"))


def _bars(drawing: Drawing, column: int) -> dict[str, Any]:
    along, across = ("y", "x") if drawing.is_horizontal else ("x", "y")
    counts = drawing.chart.counts[:, column]
    is_of_hues = FIELDS[drawing.chart.levels[-1].field].kind == "colour"
    return {
        "type": "bar",
        "orientation": "h" if drawing.is_horizontal else "v",
        along: np.array(_positions(drawing)),
        across: counts,
        "marker": {
            "color": _bar_colours(drawing) or _series_colour(drawing, column),
            # Black bars have an edge on a black page, as white ones have on a white page.
            "line": {"width": int(is_of_hues), "color": "#888888"},
        },
        **_hover(drawing, column, across, len(counts)),
    }


def _line(drawing: Drawing, column: int) -> dict[str, Any]:
    days = _positions(drawing)
    colour = _series_colour(drawing, column)
    return {
        "type": "scatter",
        # Only points can be selected.
        "mode": "lines+markers",
        "x": np.array(days),
        "y": drawing.chart.counts[: len(days), column],
        "line": {"width": 1.5, "color": colour},
        "marker": {"size": 4, "color": colour},
        **_hover(drawing, column, "y", len(days)),
    }


def _positions(drawing: Drawing) -> list[int]:
    """Return the position of each category on its axis: an index, or a day for lines."""
    if drawing.kind == "lines":
        return _first_days(drawing.chart)
    count = len(drawing.names)
    bins = [value for value in drawing.chart.categories if isinstance(value, list)]
    # Empty bins leave a gap, as long as bars stay wide enough to be seen.
    positions = [round(low / (high - low)) for low, high in bins]
    is_ordered = bool(positions) and positions == sorted(positions)
    if not is_ordered or positions[-1] - positions[0] > charts.MAX_CATEGORIES:
        # A gap parts the last period from what has no date.
        dated = _dated_count(drawing)
        return [index + (index >= dated) for index in range(count)]
    return positions + [positions[-1] + 2 + more for more in range(count - len(positions))]


def _dated_count(drawing: Drawing) -> int:
    """Return how many bars are in order of time, before one of what has no date; else all."""
    values, level = drawing.chart.categories, drawing.chart.levels[0]
    ends_undated = len(values) > 1 and values[-1] is None
    is_by_value = level.order == "value" and not drawing.is_horizontal
    is_in_time = charts.is_of_dates(level) and is_by_value
    return len(values) - 1 if ends_undated and is_in_time else len(drawing.names)


def _first_days(chart: Chart) -> list[int]:
    """Return the first day of each period of a line, as a proleptic ordinal."""
    level = chart.levels[0]
    parts = (condition(level, value) for value in chart.categories if value is not None)
    return [
        date.fromisoformat(part.value[0]).toordinal()
        for part in parts
        if isinstance(part, Condition)
    ]


def _hover(drawing: Drawing, column: int, axis: str, length: int) -> dict[str, Any]:
    series = drawing.series[column] if drawing.series else drawing.unit
    return {
        "name": _shortened(series, drawing.chart.levels[-1]),
        "hovertext": drawing.names[:length],
        "hovertemplate": f"%{{hovertext}}<br>{_escaped(series)}: %{{{axis}:,d}}<extra></extra>",
    }


def _escaped(text: str) -> str:
    """Return a text in which Plotly finds no markup and no placeholder."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")


def _shortened(text: str, level: Level | None = None) -> str:
    if len(text) <= _LONGEST_NAME:
        return _escaped(text)
    # The end of a folder's path says more than its beginning.
    is_folder = level is not None and level.field == "folder"
    return _escaped(
        f"…{text[1 - _LONGEST_NAME :]}" if is_folder else f"{text[: _LONGEST_NAME - 1]}…"
    )


def _bar_colours(drawing: Drawing) -> list[str] | None:
    """Return a colour for each bar where the bars count colours and there are no series."""
    level = drawing.chart.levels[0]
    if drawing.series or FIELDS[level.field].kind != "colour":
        return None
    other = _OTHER_COLOURS[drawing.is_dark]
    return [_own_colour(drawing, level, value) or other for value in drawing.chart.categories]


def _series_colour(drawing: Drawing, column: int) -> str:
    if not drawing.series:
        return _theme_colour(drawing, "primaryColor")
    if column >= len(drawing.chart.series):
        return _OTHER_COLOURS[drawing.is_dark]
    own = _own_colour(drawing, drawing.chart.levels[1], drawing.chart.series[column])
    return own or _COLOURS[column % len(_COLOURS)][drawing.is_dark]


def _own_colour(drawing: Drawing, level: Level, value: Any) -> str | None:
    """Return the colour that a value has by itself: a colour, a tag that was given one."""
    kind = FIELDS[level.field].kind
    if kind == "tags":
        tag = drawing.corpus.annotations.tags.get(value)
        return tag.colour if tag else None
    if kind != "colour" or value is None:
        return None
    return str(value) if is_property(level.field) else _HUES[value]


def _theme_colour(drawing: Drawing, name: str) -> str:
    return str(st.get_option(f"theme.{'dark' if drawing.is_dark else 'light'}.{name}"))


def _layout(drawing: Drawing) -> dict[str, Any]:
    positions, texts = _ticks(drawing)
    quiet, strong = (_theme_colour(drawing, name) for name in ("grayTextColor", "textColor"))
    font = {"color": quiet, "size": 11}
    series = level_name(drawing.corpus, drawing.chart.levels[1]) if drawing.series else ""
    name_axis = {
        "title": {"text": level_name(drawing.corpus, drawing.chart.levels[0]), "font": font},
        "tickfont": font,
        "tickmode": "array",
        "tickvals": positions,
        "ticktext": texts,
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
    }
    count_axis = {
        "title": {"text": drawing.unit, "font": font},
        "tickfont": font,
        "rangemode": "tozero",
        "tickformat": ",d",
        "automargin": True,
        "showgrid": True,
        "fixedrange": True,
        # Between whole numbers there is nothing to count.
        "dtick": 1 if _highest_count(drawing) < 8 else None,
    }
    if drawing.is_horizontal:
        name_axis |= {"autorange": "reversed"}
        count_axis |= {"side": "top"}
    return {
        "xaxis": count_axis if drawing.is_horizontal else name_axis,
        "yaxis": name_axis if drawing.is_horizontal else count_axis,
        "barmode": "stack" if drawing.kind == "stacked" else "group",
        "bargap": 0.06 if FIELDS[drawing.chart.levels[0].field].kind == "number" else 0.2,
        "showlegend": bool(drawing.series),
        "legend": {
            "traceorder": "normal",
            "title": {"text": series, "font": font},
            "font": {"color": strong, "size": 12},
        },
        "hoverlabel": {"font": {"color": strong, "size": 12}},
        "separators": ",\u202f" if state.language() == "fr" else ".,",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "dragmode": "select" if drawing.kind == "lines" else "pan",
        "selectdirection": "h",
        "hovermode": "closest",
    }


def _highest_count(drawing: Drawing) -> int:
    drawn = drawing.chart.counts[: len(_positions(drawing))]
    return int((drawn.sum(axis=1) if drawing.kind == "stacked" else drawn).max(initial=0))


def _ticks(drawing: Drawing) -> tuple[list[float], list[str]]:
    """Return the positions of names and the names: all beside bars, as many as fit under them."""
    positions = [float(position) for position in _positions(drawing)]
    level = drawing.chart.levels[0]
    names = [_shortened(name, level) for name in drawing.names[: len(positions)]]
    values = drawing.chart.categories
    if not drawing.is_horizontal and values and isinstance(values[0], list):
        return _bin_edges(drawing, positions, names)
    if drawing.is_horizontal:
        return positions, names
    dated = len(positions) if drawing.kind == "lines" else _dated_count(drawing)
    ticks, texts = _every_nth(drawing, positions[:dated], names[:dated])
    rest = names[dated:]
    # The last period gives its name up where it would touch that of what has no date.
    character = len(positions) / _AXIS_LENGTH
    while rest and ticks:
        half_lengths = (len(rest[0]) + len(texts[-1]) + 2) / 2
        if positions[dated] - ticks[-1] >= half_lengths * character:
            break
        ticks, texts = ticks[:-1], texts[:-1]
    return ticks + positions[dated:], texts + rest


def _bin_edges(
    drawing: Drawing, positions: list[float], names: list[str]
) -> tuple[list[float], list[str]]:
    """Return the lower edge of each bin, where it begins; what is no bin keeps its name."""
    scale = SCALES.get(drawing.chart.levels[0].field, 1)
    bins = [value for value in drawing.chart.categories if isinstance(value, list)]
    edges = [_number(low / scale) for low, _ in bins]
    ticks, texts = _every_nth(drawing, [x - 0.5 for x in positions[: len(bins)]], edges)
    return ticks + positions[len(bins) :], texts + names[len(bins) :]


def _every_nth(
    drawing: Drawing, positions: list[float], names: list[str]
) -> tuple[list[float], list[str]]:
    """Return every nth name, so many that they fit beside each other."""
    fitting = max(2, _AXIS_LENGTH // (max(map(len, names), default=0) + 2))
    steps = _MONTH_STEPS if drawing.chart.levels[0].by == "month" else _STEPS
    step = next((step for step in steps if len(names) / step <= fitting), len(names))
    return positions[::step], names[::step]


def _number(value: float) -> str:
    if value == int(value):
        return state.number(value)
    return f"{value:.4g}".replace(".", "," if state.language() == "fr" else ".")
