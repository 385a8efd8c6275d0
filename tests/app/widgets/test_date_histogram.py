"""Dates as bars that fit a narrow panel."""

import pytest

from app.widgets.date_histogram import BARS, bars_by_month


def month(year, number=1):
    """Return a month as counts name it: months since year 0."""
    return year * 12 + number - 1


@pytest.mark.parametrize(
    ("first", "last", "edges"),
    [
        (month(2020, 1), month(2020, 3), ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]),
        (month(1930, 5), month(1933, 2), [f"{year}-01-01" for year in range(1930, 1935)]),
        (month(1900), month(1949), [f"{year}-01-01" for year in range(1900, 1960, 10)]),
        (month(1500), month(1999), [f"{year}-01-01" for year in range(1500, 2001, 100)]),
    ],
)
def test_bars_are_months_years_decades_or_centuries(first, last, edges):
    histogram = bars_by_month({(first, first): 3, (last, last): 2})
    assert histogram.edges == edges
    assert (histogram.counts[0], histogram.counts[-1]) == (3, 2)
    assert sum(histogram.counts) == 5
    assert len(histogram.counts) == len(edges) - 1 < BARS


def test_nothing_has_no_bars_and_impossible_years_stay_days():
    assert bars_by_month({}).counts == []
    assert bars_by_month({(month(0), month(0)): 1}).edges[0] == "0001-01-01"


def test_a_date_of_which_but_the_year_is_known_is_in_no_month():
    known, year = month(1958, 6), (month(1958, 1), month(1958, 12))
    histogram = bars_by_month({(known, known): 2, year: 3})
    assert (histogram.edges, histogram.counts) == (["1958-01-01", "1959-01-01"], [5])
    # A decade counts in each of its years.
    decade = (month(1950), month(1959, 12))
    histogram = bars_by_month({year: 3, decade: 1})
    assert histogram.counts == [1] * 8 + [4, 1]
