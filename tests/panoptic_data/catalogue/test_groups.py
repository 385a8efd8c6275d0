"""Groups as parts of views, and their ends where time ends."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panoptic_data.catalogue import groups, periods, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.fields import LEVELS, MODES, PERIODS
from panoptic_data.views.model import Clause, Condition, Level, View, from_json, to_json
from tests import plain_views
from tests.plain_views import KINDS, period

PLAIN = plain_views.ReferenceCorpus()
ALL = Condition("status", "in", ["ok", "unreadable", "missing"])
BY = {
    "folder": (None, 1, 2, 3),
    "taken_at": PERIODS,
    "added": PERIODS,
    "digitised_at": PERIODS,
    "cluster": ("visual",),
    "duplicate": KINDS,
    "width": (None, 7, 0.1, 250.5),
    "size": (None, 1, 1e9),
    "pixels": (None, 1e-7),
}
EVERY_LEVEL = [Level(field, by) for field in LEVELS for by in BY.get(field, (None,))]
WHERE = (
    (),
    (ALL, Clause("any", (Condition("path", "contains", "1"), Condition("width", ">", 90)))),
)
shared = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    return registry.load(PLAIN.write(tmp_path_factory.mktemp("plain") / "p"))


def units(result):
    return result.rows if result.files is None else result.files


def opened(view, result, index):
    """The view that a group of it opens: with what each group around it asks for as well."""
    parts = [groups.condition(level, value) for level, value in result.groups.path(index)]
    narrowed = replace(view, where=(*view.where, *parts), group=())
    # What a group asks for can be written down and read back like any other view.
    assert from_json(to_json(narrowed)) == narrowed
    return narrowed


def held(result, index):
    start, count = int(result.groups.start[index]), int(result.groups.count[index])
    return set(units(result)[start : start + count].tolist())


def copied(current, row):
    """Whether an image has files in more than one folder."""
    chosen = current.corpus.file_folder[current.corpus.file_row == row]
    return len(set(chosen.tolist())) > 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("level", EVERY_LEVEL, ids=lambda level: f"{level.field} {level.by}")
def test_a_group_opens_as_a_view_of_what_it_holds(current, level, mode):
    for where in WHERE:
        view = View(where, group=(level,), mode=mode)
        result = run_view(current, view)
        assert len(result.groups)
        for index in range(len(result.groups)):
            shown = set(units(run_view(current, opened(view, result, index))).tolist())
            more = shown - held(result, index)
            assert held(result, index) <= shown
            is_elsewhere = level.field == "folder" and mode == "image"
            assert not more or (is_elsewhere and all(copied(current, row) for row in more))


@shared
@given(
    st.lists(
        st.sampled_from([level for level in EVERY_LEVEL if level.field != "folder"]),
        min_size=2,
        max_size=3,
    ),
    st.sampled_from(MODES),
    st.sampled_from(["value", "size"]),
    st.booleans(),
)
def test_a_group_in_groups_opens_with_all_of_them(current, levels, mode, order, descending):
    levels = tuple(replace(level, order=order, descending=descending) for level in levels)
    view = View((ALL,), group=levels, mode=mode)
    result = run_view(current, view)
    for index in range(0, len(result.groups), 3):
        shown = run_view(current, opened(view, result, index))
        assert set(units(shown).tolist()) == held(result, index)


def test_a_folder_that_is_less_deep_than_the_level_opens_without_what_is_below(current):
    view = View((ALL,), group=(Level("folder", 2),), mode="file")
    result = run_view(current, view)
    for value, part in (
        ("posters", Condition("folder", "in", ["posters/."])),
        ("posters/1930", Condition("folder", "in", ["posters/1930"])),
    ):
        assert groups.condition(view.group[0], value) == part
        index = result.groups.values.index(value)
        shown = run_view(current, View((ALL, part), mode="file"))
        assert len(shown) == int(result.groups.count[index]) > 0


@pytest.mark.parametrize("by", PERIODS)
@given(day=st.dates() | st.sampled_from([date.min, date.max]))
def test_a_period_is_all_its_days_and_no_other(by, day):
    days = pl.Series([day], dtype=pl.Datetime("us"))
    name = periods.name(by, int(periods.numbers(days, by, None)[0]))
    first, last = groups._period_ends(by, name)
    assert name == period(day, by)
    assert first <= day <= last
    assert period(first, by) == period(last, by) == name
    if first > date.min:
        assert period(first - timedelta(days=1), by) != name
    if last < date.max:
        assert period(last + timedelta(days=1), by) != name
