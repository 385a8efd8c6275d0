"""Suggestions over HTTP: real tables, the application's own routes."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest

from app.api import suggestions
from panoptic_data import encoders
from panoptic_data.annotations import properties, tags
from panoptic_data.views import model
from tests import synthetic
from tests.vectors import SLUG, embed, grouped

COUNT = 120
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = [synthetic.sha1(name) for name in NAMES]
VECTORS, KINDS = grouped(COUNT, groups=3, dim=8, seed=2)
WORDS = SimpleNamespace(
    # A word is the direction of the group that it numbers.
    encode_text=lambda texts: np.stack([_spoken(text) for text in texts]),
    scale=20.0,
)


def _spoken(text):
    mean = VECTORS[int(text[-1]) == KINDS].astype(np.float32).mean(axis=0)
    return mean / np.linalg.norm(mean)


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"a/{at // 60}/{at}.jpg", name) for at, name in enumerate(NAMES)]
    synthetic.write(opened, "files", files)
    common = {"status": "ready", "fingerprint": "1", "dtype": "float32"}
    synthetic.write(
        opened,
        "encoders",
        [
            {"slug": SLUG, "text": "visual", "reads_text": False, **common},
            {"slug": "clip-w", "text": "clip:local-dir:/w", "reads_text": True, **common},
        ],
    )
    embed(opened, SHA1S, VECTORS)
    embed(opened, SHA1S, VECTORS, "clip-w")
    return opened


@pytest.fixture
def tag(store):
    """Three tags of one property: "kind 0" and so on."""
    one, changes = properties.create(store.state().properties, "Kind", "tags")
    store.commit(changes, "property")
    made = []
    for number in range(3):
        named, changes = tags.create(store.state().tags, one.id, f"kind {number}")
        store.commit(changes, "tag")
        made.append(named.id)
    return SimpleNamespace(property=one.id, ids=made)


def of_kind(kind):
    return [SHA1S[at] for at in np.flatnonzero(kind == KINDS)]


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
    for lang, words in (("en", "does not belong"), ("fr", "n'en fait pas partie")):
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


def test_classes_come_by_tag_in_pages_and_are_accepted_in_bulk(post, tag, store, monkeypatch):
    monkeypatch.setattr(encoders, "warm", lambda *_: WORDS)
    asked = {"property": tag.property, "count": 5, "language": "fr"}
    told = post("/suggestions/classes", asked)
    assert (told["total"], told["scale"], told["encoder"]) == (COUNT, 20.0, "clip-w")
    assert [one["name"] for one in told["classes"]] == ["kind 0", "kind 1", "kind 2"]
    assert told["classes"][0]["prompts"] == ["une photo de kind 0"]
    for kind, one in enumerate(told["classes"]):
        assert len(one["images"]) == 5
        assert {image["sha1"] for image in one["images"]} <= set(of_kind(kind))
    only = {**asked, "only": tag.ids[1], "start": 5, "count": 1_000, "least": 0.5}
    [rest] = post("/suggestions/classes", only)["classes"]
    assert len(rest["images"]) == rest["total"] - 5
    assert min(image["probability"] for image in rest["images"]) >= 0.5
    answers = [
        {"tag": one["tag"], "accepted": [image["sha1"] for image in one["images"]]}
        for one in told["classes"]
    ]
    assert post("/suggestions/answers", {"answers": answers})["changed"] == 15
    assert post("/suggestions/classes", asked)["total"] == COUNT - 15
    post("/undo", {})
    assert store.state().values(tag.property).is_empty()


def test_what_was_sorted_is_looked_at_as_it_was_while_it_is_answered(post, tag, store, monkeypatch):
    monkeypatch.setattr(encoders, "warm", lambda *_: WORDS)
    asked = {"property": tag.property, "count": 3}
    told = post("/suggestions/classes", asked)
    kept = {**asked, "sorting": told["sorting"]}
    for one in told["classes"]:
        assert one["counts"][0] == one["left"][0] == one["total"]
        assert one["counts"] == sorted(one["counts"], reverse=True)
    assert told["total"] == sum(one["total"] for one in told["classes"]) == COUNT
    first = [image["sha1"] for image in told["classes"][0]["images"]]
    moved = [
        {"tag": tag.ids[0], "accepted": first[:1], "refused": first[1:2]},
        {"tag": tag.ids[1], "accepted": first[1:2]},
    ]
    post("/suggestions/answers", {"answers": moved})
    again = post("/suggestions/classes", kept)
    assert again["sorting"] == told["sorting"]
    images = [(one["sha1"], one["answer"], one["other"]) for one in again["classes"][0]["images"]]
    assert images == [
        (first[0], True, None), (first[1], False, tag.ids[1]), (first[2], None, None),
    ]  # fmt: skip
    assert again["classes"][0]["left"][0] == told["classes"][0]["total"] - 2
    # All that is sure enough and not answered, of one class, then of all: each one step back.
    counts = [one["counts"] for one in told["classes"]]
    least = max(at for at in range(101) if all(one[at] > 3 for one in counts)) / 100
    bulk = {**kept, "least": least}
    refused = post("/suggestions/classes/answers", {**bulk, "accept": False, "only": tag.ids[2]})
    assert refused["changed"] == counts[2][round(100 * least)]
    assert refused["sorting"] == told["sorting"]
    accepted = post("/suggestions/classes/answers", {**bulk, "accept": True})
    sure = [one[round(100 * least)] for one in counts]
    assert accepted["changed"] == sure[0] - 2 + sure[1]
    assert store.state().values(tag.property).height == accepted["changed"] + 2
    left = [one["left"] for one in post("/suggestions/classes", kept)["classes"]]
    assert [one[round(100 * least)] for one in left] == [0, 0, 0]
    post("/undo", {})
    assert store.state().values(tag.property).height == 2
    # What is not kept any more is not answered, and sorted anew.
    gone = {**bulk, "sorting": "gone", "accept": True}
    assert post("/suggestions/classes/answers", gone) == {
        "sorting": None, "batch": None, "changed": 0,
    }  # fmt: skip
    anew = post("/suggestions/classes", {**kept, "sorting": "gone"})
    assert anew["sorting"] not in (None, told["sorting"])
    assert anew["total"] == COUNT - 2


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


def test_work_stops_when_nobody_waits_for_it(project, tag, monkeypatch):
    stopped = []

    def endless(project, request, caller, check):
        try:
            while True:
                check()
        except Exception:
            stopped.append(True)
            raise

    monkeypatch.setattr(suggestions, "_suggest", endless)
    [route] = [one for one in suggestions.routes(project) if one.path == "/suggestions"]
    messages = iter([{"type": "http.request", "body": b'{"tag": ""}'}, {"type": "http.disconnect"}])
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/suggestions", "headers": [],
        "query_string": b"", "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(route.handle(scope, receive, send))
    assert stopped == [True]
    assert sent[0]["status"] == 499


def test_how_a_tag_stands_is_told_before_and_after_an_answer_is_undone(client, post, tag):
    one = tag.ids[0]
    asked = {"tag": one, "sha1s": SHA1S[:4]}
    post("/suggestions/answers", {"tag": one, "accepted": [SHA1S[2]]})
    post("/suggestions/answers", {"tag": one, "accepted": [SHA1S[0]], "refused": [SHA1S[1]]})
    assert post("/suggestions/standing", asked) == {
        "name": "kind 0",
        "inside": 2,
        # The last accepted first.
        "examples": [SHA1S[0], SHA1S[2]],
        "accepted": 2,
        "refused": 1,
        "answers": {SHA1S[0]: True, SHA1S[1]: False, SHA1S[2]: True},
    }
    post("/undo", {})
    told = post("/suggestions/standing", asked)
    assert (told["inside"], told["refused"], told["answers"]) == (1, 0, {SHA1S[2]: True})
    assert post("/suggestions/standing", {"tag": "nothere"}, 404)["error"] == "invalid_tag"
    assert client.post("/suggestions/standing", json=[]).status_code == 400
