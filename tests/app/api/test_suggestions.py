"""Suggestions over HTTP: real tables, the application's own routes."""

import numpy as np
import pytest

from panoptic_data.views import model
from tests.app.api.three_kinds import COUNT, SHA1S, create_project, create_tags, of_kind
from tests.vectors import SLUG


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def tag(store):
    return create_tags(store)


def test_thirty_answers_find_the_others_of_a_group(post, tag, store):
    new_tag, right = tag.ids[1], set(of_kind(1))
    body = {"tag": new_tag, "examples": {"sha1s": of_kind(1)[:2]}, "count": 10}
    answer = post("/suggestions", body)
    assert answer["kind"] == "prototype"
    assert answer["encoder"] == SLUG
    assert {image["why"] for image in answer["images"]} <= set(of_kind(1)[:2])
    for mode in ("likely", "unsure", "unsure"):
        offered = [
            image["sha1"] for image in post("/suggestions", {**body, "mode": mode})["images"]
        ]
        assert len(offered) == 10
        text = {
            "accepted": [sha1 for sha1 in offered if sha1 in right],
            "refused": [sha1 for sha1 in offered if sha1 not in right],
        }
        assert post("/suggestions/answers", {"tag": new_tag, **text})["changed"] == 10
    last = post("/suggestions", {"tag": new_tag, "count": 500})
    assert last["kind"] == "classifier"
    match = store.state().values(tag.property).height
    assert last["progress"] == {
        "inside": match, "accepted": match, "refused": 30 - match, "candidates": COUNT - 30,
    }  # fmt: skip
    left = len(right) - match
    first = [image["sha1"] in right for image in last["images"][:left]]
    assert np.mean(first) > 0.9
    likely = [image["probability"] for image in last["images"]]
    assert likely == sorted(likely, reverse=True)
    assert last["estimate"]["least"] <= last["estimate"]["count"] <= last["estimate"]["most"]
    # A page of answers is one step back.
    post("/undo", {})
    assert store.state().values(tag.property).height < match


def test_a_view_bounds_what_is_offered_and_may_be_the_example(post, tag):
    folder = model.View(where=(model.Condition("folder", "in", ["a/0"]),))
    body = {
        "tag": tag.ids[0],
        "view": model.to_address(model.View(where=(model.Condition("folder", "in", ["a/1"]),))),
        "examples": {"view": model.to_address(folder), "except": SHA1S[:50]},
        "count": 1_000,
    }
    answer = post("/suggestions", body)
    assert {image["sha1"] for image in answer["images"]} == set(SHA1S[60:])
    assert {image["why"] for image in answer["images"]} <= set(SHA1S[50:60])


def test_refusals_are_listed_told_in_the_history_and_forgotten(client, post, tag):
    new_tag = tag.ids[2]
    post("/suggestions/answers", {"tag": new_tag, "refused": SHA1S[:3], "accepted": [SHA1S[4]]})
    refused = client.get("/suggestions/refused", params={"tag": new_tag, "count": "2"}).json()
    assert refused["total"] == 3
    assert len(refused["sha1s"]) == 2
    for lang, words in (("en", "does not belong"), ("fr", "n’en fait pas partie")):
        listed = client.get("/batches", params={"lang": lang, "target": SHA1S[0]}).json()
        [change] = listed["batches"][0]["changes"]
        assert [value["text"] for value in change["new"]] == [words]
        assert "kind 2" in change["property"]
        assert "kind 2" in listed["batches"][0]["said"]
    answer = post("/suggestions/answers", {"tag": new_tag, "forgotten": SHA1S[:3]})
    assert answer["changed"] == 3
    again = post("/suggestions/answers", {"tag": new_tag, "forgotten": SHA1S[:3]})
    assert (again["batch"], again["changed"]) == (None, 0)
    assert client.get("/suggestions/refused", params={"tag": new_tag}).json()["total"] == 0


def test_what_cannot_be_answered_is_told_in_a_sentence(post, tag):
    new_tag = {"tag": tag.ids[0]}
    for path, body, error in (
        ("", {"tag": "nothere"}, "invalid_tag"),
        ("", {}, "unreadable"),
        ("", [], "unreadable"),
        ("", {**new_tag, "mode": "improbable"}, "unreadable"),
        ("", {**new_tag, "count": "many"}, "unreadable"),
        ("", {**new_tag, "view": "v9:nonsense"}, "invalid_view"),
        ("/answers", {**new_tag, "refused": "all"}, "unreadable"),
        ("/classes", {"property": "nothere"}, "invalid_property"),
        ("/classes", {"property": tag.property, "parents": "all"}, "unreadable"),
        ("/classes", {"property": tag.property, "least": "sure"}, "unreadable"),
        ("/classes", {"property": tag.property, "encoder": SLUG}, "text_not_supported"),
        ("/classes/answers", {"sorting": "gone"}, "unreadable"),
    ):
        answer = post(f"/suggestions{path}", body, 400, lang="fr")
        assert answer["error"] == error, (path, body)
        assert answer["message"]


def test_likely_wrong_tags_are_asked_and_answered_as_suggestions_are(post, tag, store):
    kind, others = of_kind(1), of_kind(2)
    given = {"tag": tag.ids[1], "accepted": [*kind[3:], *others[:2]]}
    post("/suggestions/answers", given)
    post("/suggestions/answers", {"tag": tag.ids[1], "forgotten": given["accepted"],
                                  "tagged": given["accepted"]})  # fmt: skip
    answer = post("/suggestions", {"tag": tag.ids[1], "mode": "wrong", "count": 5})
    assert answer["kind"] == "doubts"
    offered_tags = {image["sha1"]: image["has_tag"] for image in answer["images"]}
    assert offered_tags == {**dict.fromkeys(others[:2], True), **dict.fromkeys(kind[:3], False)}
    post("/suggestions/answers", {"tag": tag.ids[1], "refused": others[:2], "accepted": kind[:3]})
    assert set(store.state().values(tag.property)["target"]) == set(kind)
    post("/undo", {})
    assert set(store.state().values(tag.property)["target"]) == {*kind[3:], *others[:2]}
