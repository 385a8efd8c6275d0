"""What each condition of a view selects, against lists written by hand."""

import pytest

from panoptic_data.errors import NoEmbeddings
from panoptic_data.views.fields import STATUSES
from panoptic_data.views.model import View
from tests import synthetic
from tests.panoptic_data.catalogue.posters import asking, shown, with_map
from tests.synthetic import sha1


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
