"""Charts of a small corpus, against plain-Python readings of the rows that were written."""

from collections import Counter
from datetime import datetime, timedelta
from time import strftime

import numpy as np
import pytest

from panoptic_data.catalogue import charts, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.groups import condition
from panoptic_data.views.model import Clause, Condition, Level, View
from tests import synthetic
from tests.synthetic import file, image

IMAGES = 400
FOLDERS = 17


def taken(number):
    """Every seventh image has no date; none was taken between July 1931 and May 1932."""
    if number % 7 == 0:
        return None
    first = datetime(1930, 11, 3) if number % 3 else datetime(1932, 6, 1)
    return first + timedelta(days=number % 220)


def folder(number):
    # Squares fall unevenly: large folders and small ones.
    return f"s/f{number * number % FOLDERS:02}"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    project = synthetic.project(tmp_path_factory.mktemp("charts") / "p")
    synthetic.write(
        project,
        "images",
        [image(str(n), taken_at=taken(n), width=100 + n) for n in range(IMAGES)],
    )
    synthetic.write(project, "files", [file(f"{folder(n)}/{n}.jpg", str(n)) for n in range(IMAGES)])
    return registry.get(project, fresh=True)


def month(number):
    at = taken(number)
    return at and at.strftime("%Y-%m")


def rows(chart):
    return dict(zip(chart.categories, chart.counts.tolist(), strict=True))


def test_bars_count_the_values_of_one_level_in_the_views_order(corpus):
    chart = charts.count(corpus, View().grouped_by(Level("taken_at", "month", descending=True)))
    counted = Counter(map(month, range(IMAGES)))
    known = sorted((name for name in counted if name), reverse=True)
    assert chart.categories == [*known, None]
    assert rows(chart) == {name: [count] for name, count in counted.items()}
    assert (chart.series, chart.more_categories, chart.more_series) == ([], 0, 0)


def test_line_of_months_has_the_empty_ones_too_in_order_of_time(corpus):
    level = Level("taken_at", "month", "size", True)
    chart = charts.count(corpus, View().grouped_by(level), continuous=True)
    counted = Counter(map(month, range(IMAGES)))
    first, last = min(filter(None, counted)), max(filter(None, counted))
    through = [
        f"{year}-{number:02}"
        for year in range(1930, 1934)
        for number in range(1, 13)
        if first <= f"{year}-{number:02}" <= last
    ]
    assert chart.categories == [*through, None]
    assert rows(chart) == {name: [counted[name]] for name in [*through, None]}
    assert rows(chart)["1931-12"] == [0]


@pytest.mark.parametrize(
    ("by", "name"), [("week", "%G-W%V"), ("day", "%Y-%m-%d"), ("year", "%Y"), ("decade", "%Y")]
)
def test_every_period_from_the_first_to_the_last_is_there_once(corpus, by, name):
    chart = charts.count(corpus, View().grouped_by(Level("taken_at", by)), continuous=True)
    known = [at.date() for at in map(taken, range(IMAGES)) if at]
    days = [min(known) + timedelta(days=n) for n in range((max(known) - min(known)).days + 1)]
    through = [strftime(name, day.timetuple()) for day in days]
    if by == "decade":
        through = [f"{text[:3]}0" for text in through]
    assert chart.categories == [*dict.fromkeys(through), None]
    assert int(chart.counts.sum()) == IMAGES


def test_line_through_centuries_of_days_says_only_those_beside_images(tmp_path):
    project = synthetic.project(tmp_path / "p")
    at = [datetime(1500, 1, 1), datetime(1900, 1, 1), datetime(1900, 1, 3)]
    synthetic.write(project, "images", [image(str(n), taken_at=day) for n, day in enumerate(at)])
    synthetic.write(project, "files", [file(f"s/{n}.jpg", str(n)) for n in range(3)])
    view = View().grouped_by(Level("taken_at", "day"))
    chart = charts.count(registry.get(project, fresh=True), view, continuous=True)
    assert rows(chart) == {
        "1500-01-01": [1],
        "1500-01-02": [0],
        "1899-12-31": [0],
        "1900-01-01": [1],
        "1900-01-02": [0],
        "1900-01-03": [1],
    }


def test_second_level_makes_series(corpus):
    chart = charts.count(corpus, View().grouped_by(Level("taken_at", "year"), Level("folder")))
    pairs = Counter((month(n) and month(n)[:4], folder(n)) for n in range(IMAGES))
    assert chart.series == sorted({folder(n) for n in range(IMAGES)})
    assert rows(chart) == {
        year: [pairs[year, name] for name in chart.series] for year in chart.categories
    }


def test_series_beyond_the_largest_are_added_up_in_one_column(corpus):
    chart = charts.count(corpus, View().grouped_by(Level("width", 20), Level("width", 20)))
    shown = charts.MAX_SERIES
    assert (len(chart.series), chart.more_series) == (shown, 20 - shown)
    assert chart.series[0] == [100, 120]
    assert np.array_equal(chart.counts[:shown, :-1], 20 * np.eye(shown, dtype=int))
    assert chart.counts[:, -1].tolist() == [0] * shown + [20] * chart.more_series


def test_series_by_size_come_in_order_of_size(corpus):
    level = Level("folder", None, "size", True)
    chart = charts.count(corpus, View().grouped_by(Level("format"), level))
    of_folder = Counter(map(folder, range(IMAGES)))
    assert chart.counts.tolist() == [sorted(of_folder.values(), reverse=True)]
    assert [of_folder[name] for name in chart.series] == chart.counts[0].tolist()


def test_categories_beyond_the_largest_are_added_up_in_one_row(corpus):
    view = View((Condition("width", "<", 495),)).grouped_by(Level("width", 1))
    chart = charts.count(corpus, view)
    assert len(chart.categories) == charts.MAX_CATEGORIES
    assert chart.more_categories == 395 - charts.MAX_CATEGORIES
    assert chart.counts.tolist() == [[1]] * charts.MAX_CATEGORIES + [[chart.more_categories]]


def test_view_without_groups_cannot_be_counted(corpus):
    with pytest.raises(ValueError, match="groups"):
        charts.count(corpus, View())


PRESSES = [
    (Level("taken_at", "month"), slice(2, 5)),
    (Level("taken_at", "month"), [0, 3]),
    (Level("taken_at", "year", "size"), [0, 1, 2]),
    (Level("taken_at", "year"), [0, 3]),
    (Level("width", 50), slice(1, 4)),
    (Level("width", 50), [0, 2]),
    (Level("folder"), [1, 2]),
    (Level("format"), [0]),
]


@pytest.mark.parametrize(("level", "chosen"), PRESSES, ids=str)
def test_pressing_bars_asks_for_just_the_images_that_they_count(corpus, level, chosen):
    chart = charts.count(corpus, View().grouped_by(level))
    places = np.arange(len(chart.categories))[chosen].tolist()
    conditions = charts.parts(chart, [(place, 0) for place in places])
    assert len(run_view(corpus, View(tuple(conditions)))) == int(chart.counts[places].sum())


def test_neighbouring_periods_are_asked_for_as_one(corpus):
    chart = charts.count(corpus, View().grouped_by(Level("taken_at", "month")))
    assert charts.parts(chart, [(1, 0), (2, 0)]) == [
        Condition("taken_at", "between", ["1930-12-01", "1931-01-31"])
    ]
    assert isinstance(charts.parts(chart, [(0, 0), (2, 0)])[0], Clause)


def test_part_of_a_bar_asks_for_both_of_its_values(corpus):
    view = View().grouped_by(Level("taken_at", "year"), Level("folder"))
    chart = charts.count(corpus, view)
    conditions = charts.parts(chart, [(1, 2)])
    assert conditions == [
        condition(view.group[0], chart.categories[1]),
        condition(view.group[1], chart.series[2]),
    ]
    assert len(run_view(corpus, View(tuple(conditions)))) == chart.counts[1, 2]
    assert len(charts.parts(chart, [(1, 2), (1, 3)])) == 1


def test_what_is_added_up_asks_for_nothing(corpus):
    chart = charts.count(corpus, View().grouped_by(Level("width", 1)))
    assert charts.parts(chart, [(len(chart.categories), 0)]) == []


def test_dates_are_proposed_first_unless_hardly_any_image_has_one(corpus, tmp_path):
    assert charts.proposed(corpus)[:2] == [Level("taken_at", "month"), Level("taken_at", "decade")]
    project = synthetic.project(tmp_path / "p")
    dated = [image("0", taken_at=datetime(1930, 1, 1)), *(image(str(n)) for n in range(1, 11))]
    synthetic.write(project, "images", dated)
    synthetic.write(project, "files", [file(f"s/{n}.jpg", str(n)) for n in range(11)])
    levels = charts.proposed(registry.get(project, fresh=True))
    assert levels[0].field == "folder"
    assert levels[-1].field == "taken_at"


def test_without_dates_none_are_proposed(tmp_path):
    project = synthetic.project(tmp_path / "p")
    synthetic.write(project, "images", [image("a")])
    synthetic.write(project, "files", [file("s/a.jpg", "a")])
    levels = charts.proposed(registry.get(project, fresh=True))
    assert [level.field for level in levels] == ["folder", "format", "colour"]
