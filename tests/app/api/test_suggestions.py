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
    one, right = tag.ids[1], set(of_kind(1))
    asked = {"tag": one, "examples": {"sha1s": of_kind(1)[:2]}, "count": 10}
    told = post("/suggestions", asked)
    assert told["kind"] == "prototype"
    assert told["encoder"] == SLUG
    assert {image["why"] for image in told["images"]} <= set(of_kind(1)[:2])
    for mode in ("likely", "unsure", "unsure"):
        offered = [
            image["sha1"] for image in post("/suggestions", {**asked, "mode": mode})["images"]
        ]
        assert len(offered) == 10
        said = {
            "accepted": [sha1 for sha1 in offered if sha1 in right],
            "refused": [sha1 for sha1 in offered if sha1 not in right],
        }
        assert post("/suggestions/answers", {"tag": one, **said})["changed"] == 10
    last = post("/suggestions", {"tag": one, "count": 500})
    assert last["kind"] == "classifier"
    found = store.state().values(tag.property).height
    assert last["progress"] == {
        "inside": found, "accepted": found, "refused": 30 - found, "candidates": COUNT - 30,
    }  # fmt: skip
    left = len(right) - found
    first = [image["sha1"] in right for image in last["images"][:left]]
    assert np.mean(first) > 0.9
    likely = [image["probability"] for image in last["images"]]
    assert likely == sorted(likely, reverse=True)
    assert last["estimate"]["least"] <= last["estimate"]["count"] <= last["estimate"]["most"]
    # A page of answers is one step back.
    post("/undo", {})
    assert store.state().values(tag.property).height < found


def test_a_view_bounds_what_is_offered_and_may_be_the_example(post, tag):
    folder = model.View(where=(model.Condition("folder", "in", ["a/0"]),))
    asked = {
        "tag": tag.ids[0],
        "view": model.to_address(model.View(where=(model.Condition("folder", "in", ["a/1"]),))),
        "examples": {"view": model.to_address(folder), "except": SHA1S[:50]},
        "count": 1_000,
    }
    told = post("/suggestions", asked)
    assert {image["sha1"] for image in told["images"]} == set(SHA1S[60:])
    assert {image["why"] for image in told["images"]} <= set(SHA1S[50:60])


def test_refusals_are_listed_told_in_the_history_and_forgotten(client, post, tag):
    one = tag.ids[2]
    post("/suggestions/answers", {"tag": one, "refused": SHA1S[:3], "accepted": [SHA1S[4]]})
    refused = client.get("/suggestions/refused", params={"tag": one, "count": "2"}).json()
    assert refused["total"] == 3
    assert len(refused["sha1s"]) == 2
    for lang, words in (("en", "does not belong"), ("fr", "n’en fait pas partie")):
        listed = client.get("/batches", params={"lang": lang, "target": SHA1S[0]}).json()
        [change] = listed["batches"][0]["changes"]
        assert [value["text"] for value in change["new"]] == [words]
        assert "kind 2" in change["property"]
        assert "kind 2" in listed["batches"][0]["said"]
    told = post("/suggestions/answers", {"tag": one, "forgotten": SHA1S[:3]})
    assert told["changed"] == 3
    again = post("/suggestions/answers", {"tag": one, "forgotten": SHA1S[:3]})
    assert (again["batch"], again["changed"]) == (None, 0)
    assert client.get("/suggestions/refused", params={"tag": one}).json()["total"] == 0


def test_what_cannot_be_answered_is_told_in_a_sentence(post, tag):
    one = {"tag": tag.ids[0]}
    for path, body, error in (
        ("", {"tag": "nothere"}, "invalid_tag"),
        ("", {}, "unreadable"),
        ("", [], "unreadable"),
        ("", {**one, "mode": "improbable"}, "unreadable"),
        ("", {**one, "count": "many"}, "unreadable"),
        ("", {**one, "view": "v9:nonsense"}, "invalid_view"),
        ("/answers", {**one, "refused": "all"}, "unreadable"),
        ("/classes", {"property": "nothere"}, "invalid_property"),
        ("/classes", {"property": tag.property, "parents": "all"}, "unreadable"),
        ("/classes", {"property": tag.property, "least": "sure"}, "unreadable"),
        ("/classes", {"property": tag.property, "encoder": SLUG}, "text_not_supported"),
        ("/classes/answers", {"sorting": "gone"}, "unreadable"),
    ):
        told = post(f"/suggestions{path}", body, 400, lang="fr")
        assert told["error"] == error, (path, body)
        assert told["message"]
