"""Long work for a page: its answers, its refusals, and that it stops when the page has gone."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from app.api import cancellable, suggestions
from panoptic_data.errors import InvalidTag


@pytest.fixture
def client(project):
    def repeat(project, request, caller, check):
        check()
        if request.language == "xx":
            raise InvalidTag("unknown", name="sea")
        return {"language": caller.language, "author": caller.author}

    route = Route(
        "/work",
        cancellable.cancellable(project, cancellable.SpokenRequest, repeat),
        methods=["POST"],
    )
    return TestClient(Starlette(routes=[route]))


def test_the_language_of_the_body_comes_before_that_of_the_address(client):
    client.cookies.set("panoptic_author", "Ana")
    answers = [
        client.post("/work", params=query, json=body).json()
        for query, body in (
            ({}, {}),
            ({"lang": "fr"}, {}),
            ({"lang": "en"}, {"language": "fr"}),
            ({"lang": "fr"}, {"language": "de"}),
        )
    ]
    assert [answer["language"] for answer in answers] == ["en", "fr", "fr", "fr"]
    assert {answer["author"] for answer in answers} == {"Ana"}


def test_what_cannot_be_done_is_a_sentence_and_a_wrong_body_names_its_field(client):
    refused = client.post("/work", params={"lang": "fr"}, json={"language": "xx"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_tag")
    assert "sea" in refused.json()["message"]
    wrong = client.post("/work", json={"language": 3})
    assert wrong.status_code == 400
    assert [problem["field"] for problem in wrong.json()["problems"]] == ["language"]


def test_a_body_is_read_no_further_than_its_limit(client, monkeypatch):
    monkeypatch.setattr(cancellable, "BODY_BYTES", 10)
    assert client.post("/work", content=b'{"language": "fr"}').status_code == 413
    # Nobody says beforehand how long this one is.
    assert client.post("/work", content=iter([b'{"langu', b'age": "fr"}'])).status_code == 413


def test_work_stops_when_nobody_waits_for_it(project, monkeypatch):
    stopped = []

    def endless(project, request, caller, check):
        try:
            while True:
                check()
        except Exception:
            stopped.append(True)
            raise

    monkeypatch.setattr(suggestions, "_suggest", endless)
    [route] = [route for route in suggestions.routes(project) if route.path == "/suggestions"]
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
