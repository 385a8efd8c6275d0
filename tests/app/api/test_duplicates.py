"""Groups of duplicates over HTTP: real tables, the application's own routes."""

import re

import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.duplicates import routes
from panoptic_data.annotations import properties, tags
from panoptic_data.storage.schema import arrow
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests import synthetic
from tests.app.api.duplicate_groups import (
    EXACT,
    GREY,
    LARGE,
    LEFT,
    NEAR,
    OTHER,
    RIGHT,
    SMALL,
    create_note,
    create_project,
    open_groups,
    set_texts,
)


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def note(store):
    return create_note(store)


def test_what_is_open_is_listed_by_kind_with_what_would_leave(ask_groups):
    answer = ask_groups("groups", kind="near")
    counted = {kind["kind"]: (kind["groups"], kind["leaving"]) for kind in answer["kinds"]}
    assert list(counted) == ["exact", "near", "semantic:clip-x"]
    assert counted == {"exact": (1, 0), "near": (2, 3), "semantic:clip-x": (1, 1)}
    assert answer["kinds"][0]["bytes"] == 2 * 1005
    assert answer["kinds"][1]["distances"] == [[4.0, 1], [8.0, 2]]
    assert (answer["total"], answer["found"]) == (2, 4)
    assert [group["sha1s"] for group in answer["groups"]] == [[LARGE, SMALL, GREY], [LEFT, RIGHT]]
    assert open_groups(ask_groups, order="folder") == [NEAR, OTHER]
    assert open_groups(ask_groups, order="alike", start="1") == [OTHER]
    assert ask_groups("groups", kind="near", at=f"near:x,{OTHER}")["at"] == 1
    ask_groups("groups", 400, order="other")


def test_duplicates_that_were_never_looked_for_are_not_said_to_be_none(tmp_path):
    opened = synthetic.project(tmp_path / "other")
    with TestClient(Starlette(routes=routes(opened))) as client:
        answer = client.get("/clearing/groups", params={"kind": "near"}).json()
        assert (answer["found"], answer["kinds"], answer["groups"]) == (None, [], [])
        # Nothing was found: there is no table of them either.
        synthetic.write(opened, "stages", [{"stage": "duplicates"}])
        assert client.get("/clearing/groups").json()["found"] == 0


def test_two_images_are_outlined_where_they_show_the_same(ask_groups, project):
    # SMALL is the middle: LARGE is cut from it, GREY is its mirror image in other colours.
    database = project.database()
    matrices = {SMALL: None, LARGE: [0.5, 0, 0.25, 0, 0.5, 0.25], GREY: [-1, 0, 1, 0, 1, 0]}
    edits = {SMALL: None, LARGE: ["part"], GREY: ["mirrored", "recoloured"]}
    rows = database.read("duplicates").to_pylist()
    rows = [row for row in rows if row["sha1"] in edits and row["group"] == NEAR]
    assert ask_groups("beside", group=NEAR, left=SMALL, right=LARGE) == {
        "left": None,
        "right": None,
    }
    for row in rows:
        row |= {"centre": SMALL, "edits": edits[row["sha1"]], "matrix": matrices[row["sha1"]]}
    database.upsert("duplicates", pa.Table.from_pylist(rows, schema=arrow("duplicates")))
    answer = ask_groups("beside", group=NEAR, left=SMALL, right=LARGE)
    assert answer["right"]["edits"] == "part of the other"
    assert answer["left"]["edits"] == "the other is a part of it"
    corners = [[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]]
    assert sorted(answer["left"]["outline"]) == corners
    assert sorted(answer["right"]["outline"]) == [[0, 0], [0, 1], [1, 0], [1, 1]]
    # Of two that are beside the middle it follows from both.
    answer = ask_groups("beside", group=NEAR, left=LARGE, right=GREY)
    assert answer["right"]["edits"] == "mirrored, other colours, the other is a part of it"
    assert sorted(answer["right"]["outline"]) == corners
    assert ask_groups("beside", group=OTHER, left=LARGE, right=GREY)["right"] is None


def test_only_what_the_view_shows_is_compared(ask_groups):
    folder = View(where=(Condition("folder", "in", ["s/a"]),))
    answer = ask_groups("groups", kind="near", view=model.to_address(folder))
    assert [group["group"] for group in answer["groups"]] == [NEAR]
    few = View(where=(Condition("selection", "in", [SMALL, GREY]),))
    answer = ask_groups("group", group=NEAR, view=model.to_address(few))
    assert [member["sha1"] for member in answer["members"]] == [SMALL, GREY]


def test_a_group_says_who_stays_why_and_what_it_takes_over(ask_groups, post, store, note):
    set_texts(store, note, large="own", small="other", grey="own")
    theme, changes = properties.create(store.state().properties, "Theme", "tags")
    store.commit(changes, "property")
    war, changes = tags.create(store.state().tags, theme.id, "War")
    store.commit(changes, "tag")
    set_texts(store, theme.id, grey=[war.id])
    answer = ask_groups("group", group=NEAR)
    assert [member["sha1"] for member in answer["members"]] == [LARGE, SMALL, GREY]
    assert [member["annotated"] for member in answer["members"]] == [1, 1, 2]
    assert answer["reason"] == "The largest"
    assert [(item["property"], item["values"]) for item in answer["given"]] == [("Theme", ["War"])]
    [lost] = answer["lost"]
    assert (lost["property"], lost["own"], lost["values"]) == ("Note", ["own"], ["other"])
    by_values = ask_groups("group", group=NEAR, first="annotated")
    assert by_values["members"][0]["sha1"] == GREY
    assert by_values["reason"] == "The one with the most values"
    other = post("/clearing/preview", {"keeper": SMALL, "out": [GREY]})
    assert other["lost"][0]["own"] == ["other"]
    ask_groups("group", 404, group="near:0")
    ask_groups("group", 404, group="none")


def test_copies_of_one_file_are_listed_with_their_places_and_never_leave(ask_groups, client, post):
    answer = ask_groups("group", group=EXACT)
    files = {file["path"].partition("/pictures/")[2]: file["isKept"] for file in answer["files"]}
    assert files == {"s/a/alone.jpg": True, "s/b/x.jpg": False, "s/b/y.jpg": False}
    assert [file["isCopy"] for file in answer["files"]] == [False, True, True]
    text = client.get("/clearing/copies.csv").text
    assert re.search(r"s/a/alone\.jpg,\S*s/b/x\.jpg,1005", text)
    assert post("/clearing/plan", {"kind": "exact"})["groups"] == 0
