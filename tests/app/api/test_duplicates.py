"""Duplicates over HTTP: real tables, the application's own routes."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.duplicates import routes
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests import synthetic

# Three images of one picture, two of another that are alike to one, one that is in three places.
NAMES = ("large", "small", "grey", "left", "right", "alone")
LARGE, SMALL, GREY, LEFT, RIGHT, ALONE = map(synthetic.sha1, NAMES)
NEAR, OTHER = f"near:{min(LARGE, SMALL, GREY)}", f"near:{min(LEFT, RIGHT)}"
ALIKE = f"semantic:clip-x:{min(LARGE, LEFT)}"
EXACT = f"exact:{ALONE}"
# Nanoseconds.
MINUTE = 60 * 10**9


def member(group, sha1, distance=0.0, place=None):
    kind = group.rpartition(":")[0]
    return {
        "member": f"{group}/{place or sha1}",
        "group": group,
        "kind": kind,
        "sha1": sha1,
        "file_id": place,
        "distance": distance,
    }


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    wide = {"large": 400, "small": 100, "grey": 100}
    synthetic.write(
        opened, "images", [synthetic.image(name, width=wide.get(name, 48)) for name in NAMES]
    )
    files = [
        synthetic.file(f"s/a/{name}.jpg", name, mtime_ns=at * MINUTE, size=1000 + at)
        for at, name in enumerate(NAMES)
    ]
    files += [
        synthetic.file(f"s/b/{name}.jpg", "alone", mtime_ns=9 * MINUTE, size=1005) for name in "xy"
    ]
    files[3]["path"], files[3]["folder"] = "b/left.jpg", "b"
    synthetic.write(opened, "files", files)
    rows = [member(NEAR, LARGE), member(NEAR, SMALL, 2), member(NEAR, GREY, 4)]
    rows += [member(OTHER, LEFT, 8), member(OTHER, RIGHT, 8)]
    rows += [member(ALIKE, LARGE, 0.04), member(ALIKE, LEFT, 0.04)]
    rows += [member(EXACT, ALONE, 0.0, one) for one in ("1", "2", "3")]
    synthetic.write(opened, "duplicates", rows)
    return opened


@pytest.fixture
def ask(client):
    def asked(path, status=200, **query):
        answer = client.get(f"/clearing/{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    return asked


@pytest.fixture
def note(store):
    """A property of texts."""
    one, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    return one.id


def say(store, property, **values):
    named = dict(zip(NAMES, (LARGE, SMALL, GREY, LEFT, RIGHT, ALONE), strict=True))
    for name, value in values.items():
        store.commit(edits.set_value(store.state(), property, [named[name]], value), "set")


def of(store, property):
    return dict(store.state(fresh=True).values(property).select("target", "value").iter_rows())


def outside(store):
    return set(store.state(fresh=True).excluded.frame()["target"])


def open_groups(ask, kind="near", **query):
    return [one["group"] for one in ask("groups", kind=kind, **query)["groups"]]


def test_what_is_open_is_listed_by_kind_with_what_would_leave(ask):
    told = ask("groups", kind="near")
    counted = {one["kind"]: (one["groups"], one["leaving"]) for one in told["kinds"]}
    assert list(counted) == ["exact", "near", "semantic:clip-x"]
    assert counted == {"exact": (1, 0), "near": (2, 3), "semantic:clip-x": (1, 1)}
    assert told["kinds"][0]["bytes"] == 2 * 1005
    assert told["kinds"][1]["distances"] == [[4.0, 1], [8.0, 2]]
    assert (told["total"], told["found"]) == (2, 4)
    assert [one["sha1s"] for one in told["groups"]] == [[LARGE, SMALL, GREY], [LEFT, RIGHT]]
    assert open_groups(ask, order="folder") == [NEAR, OTHER]
    assert open_groups(ask, order="alike", start="1") == [OTHER]
    assert ask("groups", kind="near", at=f"near:x,{OTHER}")["at"] == 1
    ask("groups", 400, order="other")


def test_duplicates_that_were_never_looked_for_are_not_said_to_be_none(tmp_path):
    opened = synthetic.project(tmp_path / "other")
    with TestClient(Starlette(routes=routes(opened))) as client:
        told = client.get("/clearing/groups", params={"kind": "near"}).json()
        assert (told["found"], told["kinds"], told["groups"]) == (None, [], [])
        # Nothing was found: there is no table of them either.
        synthetic.write(opened, "stages", [{"stage": "duplicates"}])
        assert client.get("/clearing/groups").json()["found"] == 0


def test_only_what_the_view_shows_is_compared(ask):
    folder = View(where=(Condition("folder", "in", ["s/a"]),))
    told = ask("groups", kind="near", view=model.to_address(folder))
    assert [one["group"] for one in told["groups"]] == [NEAR]
    few = View(where=(Condition("selection", "in", [SMALL, GREY]),))
    told = ask("group", group=NEAR, view=model.to_address(few))
    assert [one["sha1"] for one in told["members"]] == [SMALL, GREY]


def test_a_group_says_who_stays_why_and_what_it_takes_over(ask, post, store, note):
    say(store, note, large="own", small="other", grey="own")
    theme, changes = properties.create(store.state().properties, "Theme", "tags")
    store.commit(changes, "property")
    war, changes = tags.create(store.state().tags, theme.id, "War")
    store.commit(changes, "tag")
    say(store, theme.id, grey=[war.id])
    told = ask("group", group=NEAR)
    assert [one["sha1"] for one in told["members"]] == [LARGE, SMALL, GREY]
    assert [one["annotated"] for one in told["members"]] == [1, 1, 2]
    assert told["reason"] == "The largest"
    assert [(one["property"], one["values"]) for one in told["given"]] == [("Theme", ["War"])]
    [lost] = told["lost"]
    assert (lost["property"], lost["own"], lost["values"]) == ("Note", ["own"], ["other"])
    by_values = ask("group", group=NEAR, first="annotated")
    assert by_values["members"][0]["sha1"] == GREY
    assert by_values["reason"] == "The one with the most values"
    other = post("/clearing/preview", {"keeper": SMALL, "out": [GREY]})
    assert other["lost"][0]["own"] == ["other"]
    ask("group", 404, group="near:0")
    ask("group", 404, group="none")


def test_a_merge_is_one_batch_with_all_it_gives_and_closes_its_group(ask, post, store, note):
    say(store, note, small="said")
    body = {"kind": "near", "keeper": LARGE, "out": [SMALL, GREY]}
    told = post("/clearing/merge", body)
    assert told["left"] == 2
    assert of(store, note)[LARGE] == "said"
    assert outside(store) == {SMALL, GREY}
    assert open_groups(ask) == [OTHER]
    [last] = store.history(1)["batch"]
    assert told["batch"] == last
    store.undo()
    assert outside(store) == set()
    assert LARGE not in of(store, note)
    assert open_groups(ask) == [NEAR, OTHER]


def test_who_stays_is_remembered_until_another_image_joins(ask, post, store, project):
    post(
        "/clearing/merge", {"kind": "near", "keeper": LARGE, "out": [GREY], "stay": [LARGE, SMALL]}
    )
    assert outside(store) == {GREY}
    assert open_groups(ask) == [OTHER]
    told = post("/clearing/merge", {"kind": "near", "keeper": None, "stay": [LEFT, RIGHT]})
    assert told["batch"] is not None
    assert told["left"] == 0
    assert open_groups(ask) == []
    assert (
        post("/clearing/merge", {"kind": "near", "keeper": None, "stay": [RIGHT, LEFT]})["batch"]
        is None
    )
    store.undo()
    assert open_groups(ask) == [OTHER]
    # What was taken out comes back: of the three, two were said to be no duplicates.
    store.commit(edits.exclude(store.state(), [GREY], False), "include")
    assert open_groups(ask) == [NEAR, OTHER]


def test_nothing_is_merged_into_an_image_that_others_took_out(ask, post, store):
    store.commit(edits.exclude(store.state(), [LARGE]), "exclude")
    told = post("/clearing/merge", {"kind": "near", "keeper": LARGE, "out": [SMALL]}, 409)
    assert told["error"] == "keeper_left"
    assert outside(store) == {LARGE}
    assert ask("group", group=NEAR)["members"][0]["sha1"] == SMALL


def test_bodies_that_contradict_themselves_change_nothing(post, store):
    near = {"kind": "near"}
    for body in (
        {**near, "keeper": None, "out": [SMALL]},
        {**near, "keeper": SMALL, "out": [SMALL]},
        {**near, "keeper": LARGE, "out": [SMALL], "stay": [SMALL]},
        {**near, "keeper": LARGE, "out": ["../x"]},
        {"kind": "exact", "keeper": LARGE, "out": [SMALL]},
        {"kind": "other", "keeper": LARGE, "out": [SMALL]},
        {**near, "keeper": LARGE, "out": SMALL},
    ):
        post("/clearing/merge", body, 400)
    post("/clearing/merge", {**near, "keeper": LARGE, "out": ["0" * 40]}, 409)
    assert outside(store) == set()


def test_many_are_merged_at_once_as_they_were_counted(post, store, note, ask):
    say(store, note, large="own", small="other")
    asked = {"kind": "near", "most": None, "agreeing": True}
    assert post("/clearing/plan", asked) == {"groups": 1, "leaving": 1, "disagreeing": 1}
    assert post("/clearing/plan", {**asked, "first": "oldest"})["groups"] == 1
    whole = {**asked, "agreeing": False}
    told = post("/clearing/plan", whole)
    assert told == {"groups": 2, "leaving": 3, "disagreeing": 1}
    close = post("/clearing/plan", {**whole, "most": 4})
    assert (close["groups"], close["leaving"]) == (1, 2)
    assert post("/clearing/merge-all", {**whole, "groups": 3, "leaving": 3}, 409)["message"]
    assert post("/clearing/merge-all", {**whole, "groups": 2, "leaving": 3})["left"] == 3
    assert outside(store) == {SMALL, GREY, RIGHT}
    assert open_groups(ask) == []
    store.undo()
    assert open_groups(ask) == [NEAR, OTHER]


def test_copies_of_one_file_are_listed_with_their_places_and_never_leave(ask, client, post):
    told = ask("group", group=EXACT)
    files = {one["path"]: one["isKept"] for one in told["files"]}
    assert files == {"s/a/alone.jpg": True, "s/b/x.jpg": False, "s/b/y.jpg": False}
    text = client.get("/clearing/copies.csv").text
    assert "s/a/alone.jpg,s/b/x.jpg,1005" in text
    assert post("/clearing/plan", {"kind": "exact"})["groups"] == 0
