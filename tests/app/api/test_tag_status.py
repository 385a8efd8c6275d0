"""The status of a tag over HTTP: its images, and the answers about some."""

import pytest

from tests.app.api.three_kinds import SHA1S, create_project, create_tags


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def tag(store):
    return create_tags(store)


def test_how_a_tag_stands_is_told_before_and_after_an_answer_is_undone(client, post, tag):
    new_tag = tag.ids[0]
    body = {"tag": new_tag, "sha1s": SHA1S[:4]}
    post("/suggestions/answers", {"tag": new_tag, "accepted": [SHA1S[2]]})
    post("/suggestions/answers", {"tag": new_tag, "accepted": [SHA1S[0]], "refused": [SHA1S[1]]})
    assert post("/suggestions/standing", body) == {
        "name": "kind 0",
        "inside": 2,
        # The last accepted first.
        "examples": [SHA1S[0], SHA1S[2]],
        "accepted": 2,
        "refused": 1,
        "answers": {SHA1S[0]: True, SHA1S[1]: False, SHA1S[2]: True},
    }
    post("/undo", {})
    answer = post("/suggestions/standing", body)
    assert (answer["inside"], answer["refused"], answer["answers"]) == (1, 0, {SHA1S[2]: True})
    assert post("/suggestions/standing", {"tag": "nothere"}, 404)["error"] == "invalid_tag"
    assert client.post("/suggestions/standing", json=[]).status_code == 400
