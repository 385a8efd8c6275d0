"""Dates that are not known to the day: filtered by what they may mean, sorted, grouped, counted."""

import pytest

from panoptic_data import annotate, create_property, parse_view
from panoptic_data.catalogue import facets, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.model import Condition, Level, Sort, View
from tests import synthetic

MADE = {
    "decade": "193X",
    "span": "1928/1931",
    "maybe": "1935?",
    "open": "../1900",
    "since": "1950/..",
    "day": "1934-05-06",
    "year": "1936",
    "none": None,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    project = synthetic.project(tmp_path_factory.mktemp("dates") / "project")
    synthetic.write(project, "images", [synthetic.image(name) for name in MADE])
    synthetic.write(project, "files", [synthetic.file(f"s/{name}.jpg", name) for name in MADE])
    prop = create_property(project, "Made", "date")
    annotate(project, prop, {synthetic.sha1(name): text for name, text in MADE.items() if text})
    return registry.load(project), f"p:date:{prop.id}"


def shown(corpus, view):
    names = {synthetic.sha1(name): name for name in MADE}
    return [names[sha1] for sha1 in corpus.sha1s(run_view(corpus, view).rows)]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("between", ["1930-01-01", "1930-12-31"], {"decade", "span"}),
        ("between", ["1934-05-06", "1934-05-06"], {"decade", "day"}),
        ("between", ["1935-02-01", "1935-02-02"], {"decade", "maybe"}),
        ("between", [None, "1850-01-01"], {"open"}),
        ("between", ["2020-01-01", None], {"since"}),
        ("<", "1929-01-01", {"open", "span"}),
        (">", "1938-01-01", {"decade", "since"}),
        ("<=", "1930-01-01", {"open", "span", "decade"}),
        (">=", "1939-12-31", {"decade", "since"}),
        ("=", "1934-05-06", {"decade", "day"}),
    ],
)
def test_a_date_that_may_be_in_a_range_is_in_it(corpus, op, value, expected):
    catalogue, field = corpus
    assert set(shown(catalogue, View(where=(Condition(field, op, value),)))) == expected


def test_what_has_none_is_empty(corpus):
    catalogue, field = corpus
    assert shown(catalogue, View(where=(Condition(field, "is empty"),))) == ["none"]


def test_they_sort_group_and_count_by_where_they_begin(corpus):
    catalogue, field = corpus
    order = ["open", "span", "decade", "day", "maybe", "year", "since", "none"]
    assert shown(catalogue, View(sort=(Sort(field),))) == order
    groups = run_view(catalogue, View(group=(Level(field, "decade"),))).groups
    assert dict(zip(groups.values, groups.count.tolist(), strict=True)) == {
        "1900": 1, "1920": 1, "1930": 4, "1950": 1, None: 1,
    }  # fmt: skip
    counted = facets.months(catalogue, View(), field)
    assert sum(counted.values()) == 7
    years = {(first // 12, last // 12) for first, last in counted}
    assert {
        (1930, 1939),
        (1900, 1900),
        (1928, 1931),
        (1935, 1935),
        (1936, 1936),
        (1934, 1934),
    } < years
    by_month = run_view(catalogue, View(group=(Level(field, "month"),))).groups.values
    assert {"1936", "1935", "1934-05"} <= set(by_month)
    assert "1936-01" not in by_month


def test_a_year_is_found_by_each_of_its_months(corpus):
    catalogue, field = corpus
    view = View(where=(Condition(field, "between", ["1936-05-01", "1936-05-31"]),))
    assert shown(catalogue, view) == ["decade", "year"]
    view = View(where=(Condition(field, "between", ["1937-01-01", "1937-01-31"]),))
    assert shown(catalogue, view) == ["decade"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("made:193X", {"decade", "span", "maybe", "day", "year"}),
        ("made:1930/1935", {"decade", "span", "maybe", "day"}),
        ("made:~1934-06", {"decade"}),
        ("made:1935?", {"decade", "maybe"}),
        ("made:1951/..", {"since"}),
    ],
)
def test_a_query_takes_dates_as_they_are_noted(corpus, query, expected):
    catalogue, _ = corpus
    view = parse_view(catalogue.project, query)
    assert set(shown(catalogue, view)) == expected
