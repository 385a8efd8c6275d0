"""The order of a view, and windows of it."""

import pytest

from panoptic_data.catalogue import field_counts, registry
from panoptic_data.catalogue.execute import index_of, run_view, window
from panoptic_data.views.model import Condition, Level, Sort, View
from tests import plain_views, synthetic
from tests.panoptic_data.catalogue.posters import asking, shown
from tests.synthetic import sha1

PLAIN = plain_views.ReferenceCorpus()


ALL = Condition("status", "in", ["ok", "unreadable", "missing"])


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    return registry.load(PLAIN.write(tmp_path_factory.mktemp("plain") / "p"))


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ((Sort("path", True),), ["grey", "red", "blue"]),
        ((Sort("name"),), ["blue", "red", "grey"]),
        ((Sort("taken_at"),), ["red", "grey", "blue"]),
        ((Sort("taken_at", True),), ["grey", "red", "blue"]),
        ((Sort("height"), Sort("width", True)), ["red", "blue", "grey"]),
        ((Sort("height", True), Sort("width")), ["grey", "blue", "red"]),
        ((Sort("pixels", True),), ["blue", "grey", "red"]),
        ((Sort("size"),), ["red", "grey", "blue"]),
        ((Sort("format"),), ["red", "grey", "blue"]),
        ((Sort("copies", True),), ["red", "blue", "grey"]),
        ((Sort("colour"),), ["grey", "red", "blue"]),
        ((Sort("added"),), ["blue", "red", "grey"]),
        ((Sort("similarity", True),), ["blue", "red", "grey"]),
    ],
)
def test_each_sort_orders_as_it_says_and_what_has_no_value_comes_last(opened, sort, names):
    assert shown(opened, View(sort=sort)) == names


def test_a_window_holds_plain_values(opened):
    current = registry.get(opened, fresh=True)
    assert window(current, run_view(current, View()), 1, 1) == [
        {
            "sha1": sha1("red"),
            "name": "B red.jpg",
            "place": "posters/1930/B red.jpg",
            "width": 100,
            "height": 50,
            "format": "JPEG",
            "taken_at": "1930-05-01T00:00:00",
            "copies": 2,
            "size": 10,
            "colour": "#ff0000",
            "status": "ok",
            "camera": None,
            "frames": None,
            "added": "2026-01-02T03:04:05Z",
        }
    ]


def test_a_damaged_image_has_its_place_in_a_window(opened):
    current = registry.get(opened, fresh=True)
    (row,) = window(current, run_view(current, asking("status", ["unreadable"])), 0, 9)
    assert (row["place"], row["width"], row["status"]) == (
        "postcards/broken.jpg",
        None,
        "unreadable",
    )


def test_an_empty_project_shows_nothing(tmp_path):
    project = synthetic.project(tmp_path / "p")
    current = registry.get(project)
    assert len(run_view(current, View(sort=(Sort("name"), Sort("colour"))))) == 0
    assert field_counts.folders(current) == {}
    assert field_counts.formats(current) == {}
    assert field_counts.histogram(current, "width") == ([], [])
    assert current.date_range() is None
    assert window(current, run_view(current, View()), 0, 10) == []
    assert shown(project, asking("path", "a").with_condition("selection", [sha1("a")])) == []


def test_a_view_is_computed_once(opened):
    current = registry.get(opened, fresh=True)
    assert run_view(current, asking("path", "red")) is run_view(current, asking("path", "red"))


def test_an_image_is_found_in_an_order_nearest_to_an_index(opened):
    current = registry.get(opened, fresh=True)
    result = run_view(current, View())
    assert [index_of(current, result, sha1(name)) for name in ("blue", "red", "grey")] == [0, 1, 2]
    assert index_of(current, result, sha1("gone")) is None
    assert index_of(current, result, "nonsense") is None
    # Its two files are in two groups of a view of files.
    by_folder = View(group=(Level("folder"),), mode="file")
    files = run_view(current, by_folder)
    red = [
        index
        for index, row in enumerate(files.rows.tolist())
        if current.sha1s([row]) == [sha1("red")]
    ]
    assert len(red) == 2
    assert [index_of(current, files, sha1("red"), near=index) for index in red] == red


def test_equal_places_stand_in_one_order_in_every_mode(current):
    """Two files whose places differ in case only."""
    for mode, descending in (("file", False), ("file", True)):
        result = run_view(current, View((ALL,), (Sort("path", descending),), mode=mode))
        paths = current.corpus.files["place"].gather(result.files).to_list()
        same = [path for path in paths if path.lower() == "posters/1930/same.jpg"]
        assert same == sorted(same, reverse=descending)
        assert len(same) == 2


def test_an_image_without_a_file_stays_last(current):
    for sort in (Sort("path"), Sort("path", True), Sort("name"), Sort("name", True)):
        result = run_view(current, View((ALL,), (sort,)))
        assert set(current.sha1s(result.rows[-2:])) == {sha1("a orphan"), sha1("b orphan")}
