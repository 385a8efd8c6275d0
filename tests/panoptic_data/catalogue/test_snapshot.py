"""Views on a corpus, against lists written by hand and plain-Python readings."""

import threading
import time
from datetime import datetime
from fractions import Fraction

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.catalogue import corpus_reader, field_counts, registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.catalogue.polygons import inside
from panoptic_data.errors import NoEmbeddings, TextNotSupported, UnknownImage
from panoptic_data.storage.schema import arrow
from panoptic_data.views.fields import STATUSES
from panoptic_data.views.model import Sort, View
from tests import synthetic
from tests.synthetic import file, image, sha1


@pytest.fixture
def opened(tmp_path):
    project = synthetic.project(tmp_path / "p")
    synthetic.write(
        project,
        "images",
        [
            image("red", width=100, height=50, colour="#ff0000", taken_at=datetime(1930, 5, 1)),
            image("blue", width=300, height=200, format="PNG", colour="#0000ff"),
            image("grey", width=200, height=200, taken_at=datetime(1931, 12, 31, 23, 59, 59)),
            image("gone", width=10, height=10),
        ],
    )
    synthetic.write(
        project,
        "files",
        [
            file("posters/1930/B red.jpg", "red", size=10),
            file("posters/copy of red.jpg", "red", size=10),
            file("postcards/red.jpg", "red", size=10, status="missing"),
            file("posters/1930/a_blue.png", "blue", size=30),
            file("posters/1931/E\u0301te\u0301 (1.c.jpg", "grey", size=20),
            file("postcards/gone.jpg", "gone", size=5, status="missing"),
            file("postcards/broken.jpg", "broken", status="unreadable", reason="truncated"),
            file("postcards/locked.jpg", None, status="unreadable", reason="no_permission"),
            file("postcards/never read.jpg", "never", status="missing"),
        ],
    )
    return project


def shown(project, view):
    current = registry.get(project, fresh=True)
    names = {sha1(name): name for name in ("red", "blue", "grey", "gone", "broken", "never")}
    return [names[one] for one in current.sha1s(run_view(current, view).rows)]


def asking(field, value):
    return View().with_condition(field, value)


def test_readable_images_are_shown_by_path_without_regard_to_case(opened):
    assert shown(opened, View()) == ["blue", "red", "grey"]


def test_damaged_and_missing_images_are_reached_by_their_status(opened):
    assert shown(opened, asking("status", ["unreadable"])) == ["broken"]
    assert shown(opened, asking("status", ["missing"])) == ["gone"]
    assert len(shown(opened, asking("status", list(STATUSES)))) == 5


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("posters", ["blue", "red", "grey"]),
        ("posters/1930", ["blue", "red"]),
        ("posters/193", []),
        ("posters/1931/", ["grey"]),
        ("postcards", []),
    ],
)
def test_a_folder_holds_what_lies_below_it_and_no_missing_copy(opened, folder, names):
    assert shown(opened, asking("folder", [folder])) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("COPY OF", ["red"]),
        ("été", ["grey"]),
        ("e\u0301te\u0301", ["grey"]),
        ("(1", ["grey"]),
        (".jpg", ["red", "grey"]),
        ("a.blue", []),
        ("1930/", ["blue", "red"]),
    ],
)
def test_text_in_a_path_is_literal(opened, text, names):
    assert shown(opened, asking("path", text)) == names


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("format", ["PNG", "GIF"], ["blue"]),
        ("format", ["nonsense"], []),
        ("width", [100, 200], ["red", "grey"]),
        ("width", [None, 100], ["red"]),
        ("height", [51, None], ["blue", "grey"]),
        ("pixels", [40000, 40000], ["grey"]),
        ("size", [10.5, 20], ["grey"]),
        ("taken_at", ["1930-05-01", "1930-05-01"], ["red"]),
        ("taken_at", [None, "1931-12-31"], ["red", "grey"]),
        ("taken_at", ["1931-01-01", "9999-12-31"], ["grey"]),
        ("selection", [sha1("grey"), sha1("unknown"), sha1("red")], ["red", "grey"]),
        ("selection", [], []),
    ],
)
def test_each_condition_selects_what_it_says(opened, field, value, names):
    assert shown(opened, asking(field, value)) == names


def test_all_conditions_must_hold(opened):
    view = asking("folder", ["posters/1930"]).with_condition("width", [200, None])
    assert shown(opened, view) == ["blue"]


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


def test_a_folder_counts_an_image_once_however_many_copies_it_holds(opened):
    current = registry.get(opened, fresh=True)
    assert field_counts.folders(current) == {
        "postcards": 0,
        "posters": 3,
        "posters/1930": 2,
        "posters/1931": 1,
    }


def test_folder_counts_follow_the_other_conditions_only(opened):
    current = registry.get(opened, fresh=True)
    view = asking("format", ["PNG"]).with_condition("folder", ["posters/1931"])
    assert field_counts.folders(current, view)["posters"] == 1
    assert field_counts.formats(current, view) == {"JPEG": 1}
    assert field_counts.formats(current) == {"JPEG": 2, "PNG": 1}


def test_histogram_and_dates_tell_the_range(opened):
    current = registry.get(opened, fresh=True)
    assert field_counts.histogram(current, "width", bins=2) == ([1, 2], [100.0, 200.0, 300.0])
    assert current.date_range() == (datetime(1930, 5, 1), datetime(1931, 12, 31, 23, 59, 59))


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


def with_map(project):
    names = ("red", "blue", "grey")
    spots = {"red": (0.0, 0.0), "blue": (1.0, 0.0), "grey": (5.0, 5.0)}
    numbers = {"red": 1, "blue": 1, "grey": -1}
    synthetic.write(
        project,
        "projection__visual",
        [{"sha1": sha1(n), "x": spots[n][0], "y": spots[n][1]} for n in names],
    )
    synthetic.write(
        project, "clusters__visual", [{"sha1": sha1(n), "cluster": numbers[n]} for n in names]
    )
    info = {"key": "0:1", "level": 0, "number": 1, "size": 2, "medoid": sha1("red"), "main": True}
    synthetic.write(project, "cluster_info__visual", [info, {**info, "key": "1:1", "main": False}])
    return project


def test_clusters_and_regions_select_by_encoder(opened):
    with_map(opened)
    square = [[-1, -1], [2, -1], [2, 1], [-1, 1]]
    assert shown(opened, asking("cluster", {"encoder": "visual", "numbers": [1]})) == [
        "blue",
        "red",
    ]
    assert shown(opened, asking("cluster", {"encoder": "visual", "numbers": [-1]})) == ["grey"]
    assert shown(opened, asking("region", {"encoder": "visual", "polygon": square})) == [
        "blue",
        "red",
    ]
    current = registry.get(opened, fresh=True)
    assert field_counts.clusters(current, "visual") == {1: 2, -1: 1}
    assert current.cluster_info("visual").to_dicts() == [
        {"number": 1, "size": 2, "medoid": sha1("red")}
    ]
    assert current.encoders == ("visual",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cluster", {"encoder": "clip", "numbers": [1]}),
        ("region", {"encoder": "clip", "polygon": [[0, 0], [1, 0], [1, 1]]}),
    ],
)
def test_an_encoder_without_vectors_is_said(opened, field, value):
    with pytest.raises(NoEmbeddings):
        shown(opened, asking(field, value))


def test_duplicates_are_shown_by_kind_and_by_group(opened):
    synthetic.write(
        opened,
        "duplicates",
        [
            {"member": "1", "group": "near:x", "kind": "near", "sha1": sha1("red")},
            {"member": "2", "group": "near:x", "kind": "near", "sha1": sha1("grey")},
            {"member": "3", "group": "exact:y", "kind": "exact", "sha1": sha1("blue")},
            {"member": "4", "group": "exact:z", "kind": "exact", "sha1": sha1("elsewhere")},
        ],
    )
    assert shown(opened, asking("duplicate", {"kinds": ["near"]})) == ["red", "grey"]
    assert shown(opened, asking("duplicate", {"groups": ["exact:y"]})) == ["blue"]


def test_it_follows_the_tables_within_a_second(opened):
    before = registry.get(opened)
    synthetic.write(opened, "images", [image("new")])
    synthetic.write(opened, "files", [file("posters/new.jpg", "new")])
    deadline = time.monotonic() + 10
    while registry.get(opened) is before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(run_view(registry.get(opened), View())) == 4
    assert len(run_view(before, View())) == 3


def test_nothing_is_read_again_while_nothing_changes(opened):
    first = registry.get(opened, fresh=True)
    assert registry.get(opened, fresh=True) is first
    with_map(opened)
    second = registry.get(opened, fresh=True)
    assert second.version != first.version
    assert second.corpus is first.corpus


def test_a_view_is_computed_once(opened):
    current = registry.get(opened, fresh=True)
    assert run_view(current, asking("path", "red")) is run_view(current, asking("path", "red"))


def test_many_threads_read_one_catalogue(opened):
    with_map(opened)
    views = [
        View(),
        asking("path", "red"),
        asking("cluster", {"encoder": "visual", "numbers": [1]}),
    ]
    answers: list[tuple[int, list[str]]] = []

    def ask(number):
        for _ in range(20):
            answers.append((number % 3, shown(opened, views[number % 3])))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {0: ["blue", "red", "grey"], 1: ["red"], 2: ["blue", "red"]}
    assert len(answers) == 120
    assert all(expected[number] == names for number, names in answers)


def crossings(x, y, polygon):
    """Even-odd rule as a textbook says it, one point at a time, in exact fractions."""
    odd = False
    for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + Fraction((y - y1) * (x2 - x1), y2 - y1):
            odd = not odd
    return odd


# Whole numbers on a small grid: half of the points lie on an edge or at a corner's height.
coordinates = st.integers(-6, 6)
points = st.tuples(coordinates, coordinates)


@given(st.lists(points, max_size=30), st.lists(points, min_size=3, max_size=12))
def test_points_in_a_polygon_as_in_a_plain_reading(spots, polygon):
    x = np.array([one[0] for one in spots], dtype=np.float32)
    y = np.array([one[1] for one in spots], dtype=np.float32)
    expected = [crossings(a, b, polygon) for a, b in spots]
    assert inside(x, y, polygon).tolist() == expected


def test_a_star_that_crosses_itself_is_hollow_and_unplaced_points_are_outside():
    turns = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    star = [[float(np.cos(a)), float(np.sin(a))] for a in turns]
    x = np.array([0.0, 0.0, np.nan], dtype=np.float32)
    y = np.array([0.0, 0.8, np.nan], dtype=np.float32)
    assert inside(x, y, star).tolist() == [False, True, False]


def test_rows_of_finds_rows_in_the_order_asked(opened):
    current = registry.get(opened, fresh=True)
    rows = current.rows_of([sha1("grey"), "nonsense", sha1("blue")])
    assert current.sha1s(rows) == [sha1("grey"), sha1("blue")]
    assert isinstance(current.frame, pl.DataFrame)


def test_a_corpus_that_is_slow_to_read_is_kept_and_read_back_equal(opened, monkeypatch):
    monkeypatch.setattr(corpus_reader, "CACHE_ABOVE_SECONDS", -1.0)
    first = registry.load(opened)
    (kept,) = (opened.root / "cache").iterdir()
    again = registry.load(opened)
    assert again.frame.equals(first.frame)
    assert again.corpus.files.equals(first.corpus.files)
    assert field_counts.folders(again) == field_counts.folders(first)
    synthetic.write(opened, "images", [image("new")])
    synthetic.write(opened, "files", [file("posters/new.jpg", "new")])
    assert len(run_view(registry.load(opened), View())) == 4
    assert not kept.exists()


def test_what_was_kept_and_is_damaged_is_read_anew(opened, monkeypatch):
    monkeypatch.setattr(corpus_reader, "CACHE_ABOVE_SECONDS", -1.0)
    registry.load(opened)
    (kept,) = (opened.root / "cache").iterdir()
    (kept / "files.arrow").write_bytes(b"ARROW1 and then nothing")
    assert len(run_view(registry.load(opened), View())) == 3


def with_vectors(project):
    vectors = {"red": (1.0, 0.0), "blue": (0.8, 0.6), "grey": (0.0, 1.0), "gone": (1.0, 0.0)}
    rows = [
        {"sha1": sha1(name), "vector": vector, "run": "r"}
        for name, vector in sorted(vectors.items(), key=lambda pair: sha1(pair[0]))
    ]
    schema = arrow("embeddings__visual", 2)
    project.database().append("embeddings__visual", pa.Table.from_pylist(rows, schema=schema))
    return project


def similar_to(*names, threshold):
    value = {"encoder": "visual", "sha1s": [sha1(n) for n in names], "threshold": threshold}
    return asking("similar", value)


def test_similar_images_come_nearest_first_down_to_the_threshold(opened):
    with_vectors(opened)
    view = similar_to("red", threshold=-1)
    assert shown(opened, view) == ["blue", "grey"]
    assert shown(opened, similar_to("red", threshold=0.7)) == ["blue"]
    assert shown(opened, view.sorted_by(Sort("similarity"))) == ["grey", "blue"]
    assert shown(opened, view.with_condition("format", ["JPEG"])) == ["grey"]
    current = registry.get(opened, fresh=True)
    rows = window(current, run_view(current, view), 0, 9)
    assert [row["similarity"] for row in rows] == pytest.approx([0.8, 0.0], abs=1e-3)


def test_what_cannot_be_compared_is_said(opened):
    with pytest.raises(NoEmbeddings):
        shown(opened, similar_to("red", threshold=0.5))
    with_vectors(opened)
    with pytest.raises(UnknownImage):
        shown(opened, similar_to("broken", threshold=0.5))


def test_words_are_refused_by_an_encoder_that_reads_none(opened):
    with_vectors(opened)
    row = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False, "dim": 2}
    synthetic.write(opened, "encoders", [row])
    with pytest.raises(TextNotSupported):
        shown(opened, asking("text", {"encoder": "visual", "text": "a dress"}))
