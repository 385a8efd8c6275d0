"""Merging duplicates over HTTP: one merge, many at once, undo, and what is refused."""

import pytest

from panoptic_data.annotations import edits
from tests.app.api.duplicate_groups import (
    GREY,
    LARGE,
    LEFT,
    NEAR,
    OTHER,
    RIGHT,
    SMALL,
    create_note,
    create_project,
    excluded,
    open_groups,
    set_texts,
    texts_of,
)


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def note(store):
    return create_note(store)


def test_a_merge_is_one_batch_with_all_it_gives_and_closes_its_group(ask_groups, post, store, note):
    set_texts(store, note, small="said")
    body = {"kind": "near", "keeper": LARGE, "out": [SMALL, GREY]}
    answer = post("/clearing/merge", body)
    assert answer["left"] == 2
    assert texts_of(store, note)[LARGE] == "said"
    assert excluded(store) == {SMALL, GREY}
    assert open_groups(ask_groups) == [OTHER]
    [last] = store.history(1)["batch"]
    assert answer["batch"] == last
    store.undo()
    assert excluded(store) == set()
    assert LARGE not in texts_of(store, note)
    assert open_groups(ask_groups) == [NEAR, OTHER]


def test_who_stays_is_remembered_until_another_image_joins(ask_groups, post, store, project):
    post(
        "/clearing/merge", {"kind": "near", "keeper": LARGE, "out": [GREY], "stay": [LARGE, SMALL]}
    )
    assert excluded(store) == {GREY}
    assert open_groups(ask_groups) == [OTHER]
    answer = post("/clearing/merge", {"kind": "near", "keeper": None, "stay": [LEFT, RIGHT]})
    assert answer["batch"] is not None
    assert answer["left"] == 0
    assert open_groups(ask_groups) == []
    assert (
        post("/clearing/merge", {"kind": "near", "keeper": None, "stay": [RIGHT, LEFT]})["batch"]
        is None
    )
    store.undo()
    assert open_groups(ask_groups) == [OTHER]
    # What was taken out comes back: of the three, two were said to be no duplicates.
    store.commit(edits.exclude(store.state(), [GREY], False), "include")
    assert open_groups(ask_groups) == [NEAR, OTHER]


def test_nothing_is_merged_into_an_image_that_others_took_out(ask_groups, post, store):
    store.commit(edits.exclude(store.state(), [LARGE]), "exclude")
    answer = post("/clearing/merge", {"kind": "near", "keeper": LARGE, "out": [SMALL]}, 409)
    assert answer["error"] == "keeper_left"
    assert excluded(store) == {LARGE}
    assert ask_groups("group", group=NEAR)["members"][0]["sha1"] == SMALL


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
    assert excluded(store) == set()


def test_many_are_merged_at_once_as_they_were_counted(post, store, note, ask_groups):
    set_texts(store, note, large="own", small="other")
    body = {"kind": "near", "most": None, "agreeing": True}
    counted = {"groups": 1, "leaving": 1, "disagreeing": 1}
    assert post("/clearing/plan", body).items() > counted.items()
    assert post("/clearing/plan", {**body, "first": "oldest"})["groups"] == 1
    whole = {**body, "agreeing": False}
    answer = post("/clearing/plan", whole)
    assert answer.items() > {"groups": 2, "leaving": 3, "disagreeing": 1}.items()
    digest = answer["digest"]
    close = post("/clearing/plan", {**whole, "most": 4})
    assert (close["groups"], close["leaving"]) == (1, 2)
    plan = {**whole, "groups": 2, "leaving": 3, "digest": digest}
    assert post("/clearing/merge-all", {**plan, "groups": 3}, 409)["message"]
    # As many, and others.
    assert post("/clearing/merge-all", {**plan, "digest": close["digest"]}, 409)["message"]
    assert post("/clearing/merge-all", plan)["left"] == 3
    assert excluded(store) == {SMALL, GREY, RIGHT}
    assert open_groups(ask_groups) == []
    store.undo()
    assert open_groups(ask_groups) == [NEAR, OTHER]


def test_a_merge_sent_again_is_stored_once(post, store, ask_groups):
    single = {"kind": "near", "keeper": LARGE, "out": [SMALL], "edit": "0123456789abcdef"}
    first = post("/clearing/merge", single)
    again = post("/clearing/merge", {**single, "repeat": True})
    assert (again["batch"], again["left"]) == (first["batch"], 1)
    # Undone meanwhile, it stays undone.
    store.undo()
    post("/clearing/merge", {**single, "repeat": True})
    assert excluded(store) == set()
    whole = {"kind": "near", "most": None, "agreeing": False}
    counted = post("/clearing/plan", whole)
    many = {**whole, **counted, "edit": "123456789abcdef0"}
    first = post("/clearing/merge-all", many)
    again = post("/clearing/merge-all", {**many, "repeat": True})
    assert (again["batch"], again["left"]) == (first["batch"], first["left"])
    post("/clearing/merge", {**single, "project": "another"}, 421)
