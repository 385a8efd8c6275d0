"""The Plotly figure of a chart: positions, names under bars, colours."""

from datetime import date

import numpy as np
import pytest

from app.session import state
from app.widgets import chart_figure
from app.widgets.chart_figure import Drawing, figure, height, level_name
from panoptic_data.catalogue.charts import Chart
from panoptic_data.views.model import Level


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "en")


def drawing(level, categories, names=None, *, kind="bars", series=(), counts=None, dark=False):
    levels = (level, Level("format")) if series else (level,)
    columns = max(1, len(series))
    if counts is None:
        counts = [[row + 1] * columns for row in range(len(categories))]
    created = Chart(levels, list(categories), list(series), np.array(counts))
    names = [str(value) for value in categories] if names is None else names
    return Drawing(created, None, kind, names, list(series), "Images", dark)


def test_bars_stand_upright_unless_names_are_long():
    short = figure(drawing(Level("format"), ["PNG", "JPEG"]))
    [trace] = short["data"]
    assert (trace["type"], trace["orientation"]) == ("bar", "v")
    assert (trace["x"].tolist(), trace["y"].tolist()) == ([0, 1], [1, 2])
    long = drawing(Level("folder"), ["a" * 13, "b"])
    [trace] = figure(long)["data"]
    assert (trace["orientation"], trace["x"].tolist()) == ("h", [1, 2])
    assert figure(long)["layout"]["yaxis"]["autorange"] == "reversed"


def test_a_tall_chart_is_as_high_as_its_bars():
    few = drawing(Level("folder"), [f"folder number {n}" for n in range(3)])
    many = drawing(Level("folder"), [f"folder number {n}" for n in range(40)])
    assert (height(few), height(many)) == ("stretch", 40 * 20 + 80)


def test_what_has_no_date_stands_apart_from_the_years():
    years = drawing(Level("taken_at", "year"), ["1930", "1931", None], ["1930", "1931", "no date"])
    axis = figure(years)["layout"]["xaxis"]
    assert axis["tickvals"] == [0.0, 1.0, 3.0]
    assert axis["ticktext"] == ["1930", "1931", "no date"]


def test_empty_bins_leave_a_gap_and_edges_are_written_where_bins_begin():
    bins = drawing(Level("width", 100), [[0, 100], [300, 400]], ["0 to 100", "300 to 400"])
    created = figure(bins)
    assert created["data"][0]["x"].tolist() == [0, 3]
    assert created["layout"]["xaxis"]["tickvals"] == [-0.5, 2.5]
    assert created["layout"]["xaxis"]["ticktext"] == ["0", "300"]


def test_a_line_stands_on_the_first_days_of_its_periods():
    years = drawing(Level("taken_at", "year"), ["1930", "1932"], kind="lines")
    [trace] = figure(years)["data"]
    assert trace["mode"] == "lines+markers"
    assert trace["x"].tolist() == [date(year, 1, 1).toordinal() for year in (1930, 1932)]
    assert figure(years)["layout"]["dragmode"] == "select"


def test_only_so_many_names_are_written_as_fit():
    years = [str(year) for year in range(1800, 1900)]
    axis = figure(drawing(Level("taken_at", "year"), years))["layout"]["xaxis"]
    assert axis["ticktext"] == [str(year) for year in range(1800, 1900, 10)]


def test_text_holds_no_markup_and_no_placeholder():
    trace = figure(drawing(Level("format"), ["PNG"], series=["<b>%{x}"]))["data"][0]
    assert trace["hovertemplate"].startswith("%{hovertext}<br>&lt;b>% {x}: %{y:,d}")


def test_bars_of_colours_have_their_own_colour():
    colours = figure(drawing(Level("colour"), ["red", None]))["data"][0]["marker"]["color"]
    assert colours == [chart_figure._HUES["red"], chart_figure._OTHER_COLOURS[False]]


@pytest.mark.parametrize(
    ("level", "name"),
    [(Level("format"), "Format"), (Level("taken_at", "decade"), "Date taken, decade")],
)
def test_an_axis_names_the_field_and_the_period(level, name):
    assert level_name(None, level).casefold() == name.casefold()
