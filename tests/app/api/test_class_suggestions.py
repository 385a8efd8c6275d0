"""Classes by words over HTTP: sorted by tag in pages, answered in bulk."""

import pytest

from panoptic_data import encoders
from tests.app.api.three_kinds import COUNT, WORDS, create_project, create_tags, of_kind


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def tag(store):
    return create_tags(store)


def test_classes_come_by_tag_in_pages_and_are_accepted_in_bulk(post, tag, store, monkeypatch):
    monkeypatch.setattr(encoders, "warm", lambda *_: WORDS)
    body = {"property": tag.property, "count": 5, "language": "fr"}
    answer = post("/suggestions/classes", body)
    assert (answer["total"], answer["scale"], answer["encoder"]) == (COUNT, 20.0, "clip-w")
    assert [item["name"] for item in answer["classes"]] == ["kind 0", "kind 1", "kind 2"]
    assert answer["classes"][0]["prompts"] == ["une photo de kind 0"]
    for kind, entry in enumerate(answer["classes"]):
        assert len(entry["images"]) == 5
        assert {image["sha1"] for image in entry["images"]} <= set(of_kind(kind))
    only = {**body, "only": tag.ids[1], "start": 5, "count": 1_000, "least": 0.5}
    [rest] = post("/suggestions/classes", only)["classes"]
    assert len(rest["images"]) == rest["total"] - 5
    assert min(image["probability"] for image in rest["images"]) >= 0.5
    answers = [
        {"tag": item["tag"], "accepted": [image["sha1"] for image in item["images"]]}
        for item in answer["classes"]
    ]
    assert post("/suggestions/answers", {"answers": answers})["changed"] == 15
    assert post("/suggestions/classes", body)["total"] == COUNT - 15
    post("/undo", {})
    assert store.state().values(tag.property).is_empty()


def test_what_was_sorted_is_looked_at_as_it_was_while_it_is_answered(post, tag, store, monkeypatch):
    monkeypatch.setattr(encoders, "warm", lambda *_: WORDS)
    body = {"property": tag.property, "count": 3}
    answer = post("/suggestions/classes", body)
    kept = {**body, "sorting": answer["sorting"]}
    for entry in answer["classes"]:
        assert entry["counts"][0] == entry["left"][0] == entry["total"]
        assert entry["counts"] == sorted(entry["counts"], reverse=True)
    assert answer["total"] == sum(item["total"] for item in answer["classes"]) == COUNT
    first = [image["sha1"] for image in answer["classes"][0]["images"]]
    moved = [
        {"tag": tag.ids[0], "accepted": first[:1], "refused": first[1:2]},
        {"tag": tag.ids[1], "accepted": first[1:2]},
    ]
    post("/suggestions/answers", {"answers": moved})
    again = post("/suggestions/classes", kept)
    assert again["sorting"] == answer["sorting"]
    images = [
        (image["sha1"], image["answer"], image["other"]) for image in again["classes"][0]["images"]
    ]
    assert images == [
        (first[0], True, None), (first[1], False, tag.ids[1]), (first[2], None, None),
    ]  # fmt: skip
    assert again["classes"][0]["left"][0] == answer["classes"][0]["total"] - 2
    # All that is sure enough and not answered, of one class, then of all: each one step back.
    counts = [item["counts"] for item in answer["classes"]]
    least = max(at for at in range(101) if all(count[at] > 3 for count in counts)) / 100
    bulk = {**kept, "least": least}
    refused = post("/suggestions/classes/answers", {**bulk, "accept": False, "only": tag.ids[2]})
    assert refused["changed"] == counts[2][round(100 * least)]
    assert refused["sorting"] == answer["sorting"]
    accepted = post("/suggestions/classes/answers", {**bulk, "accept": True})
    sure = [count[round(100 * least)] for count in counts]
    assert accepted["changed"] == sure[0] - 2 + sure[1]
    assert store.state().values(tag.property).height == accepted["changed"] + 2
    left = [item["left"] for item in post("/suggestions/classes", kept)["classes"]]
    assert [item[round(100 * least)] for item in left] == [0, 0, 0]
    post("/undo", {})
    assert store.state().values(tag.property).height == 2
    # What is not kept any more is not answered, and sorted anew.
    gone = {**bulk, "sorting": "gone", "accept": True}
    assert post("/suggestions/classes/answers", gone) == {
        "sorting": None, "batch": None, "changed": 0,
    }  # fmt: skip
    # An edit that waited in a browser while the dashboard was started again: refused, unless it
    # had been stored.
    repeat = {"edit": "0123456789abcdef", "repeat": True}
    position = store.state(fresh=True).position
    assert post("/suggestions/classes/answers", {**gone, **repeat}, 400)["error"] == "sorting_gone"
    assert store.state(fresh=True).position == position
    stored = post("/suggestions/classes/answers", {**bulk, **repeat, "accept": True})
    once_more = post("/suggestions/classes/answers", {**gone, **repeat})
    assert (once_more["batch"], once_more["changed"]) == (stored["batch"], stored["changed"])
    post("/undo", {})
    anew = post("/suggestions/classes", {**kept, "sorting": "gone"})
    assert anew["sorting"] not in (None, answer["sorting"])
    assert anew["total"] == COUNT - 2
