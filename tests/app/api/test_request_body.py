"""What a page posts: read no further than its limit, and refused with all that is wrong."""

from typing import Annotated

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from app.api.endpoint import answering
from app.api.request_body import (
    Id,
    InvalidBodyError,
    Names,
    RequestBody,
    Sha1List,
    Sha1s,
    one_of,
    validate,
    with_body,
)

SHA1 = "0123456789abcdef0123456789abcdef01234567"


class Part(RequestBody):
    id: Id
    way: Annotated[str, one_of(("set", "add"))] = "set"


class Request(RequestBody):
    parts: list[Part]
    names: Names | None = None
    count: int = 3
    is_dry: bool = False


@pytest.fixture
def client():
    def echo(project, request, caller):
        return {**request.model_dump(), "author": caller.author, "language": caller.language}

    route = Route("/echo", answering(None, with_body(Request, echo, limit=200)), methods=["POST"])
    with TestClient(Starlette(routes=[route])) as client:
        yield client


def test_a_body_comes_as_its_model_with_who_sends_it(client):
    client.cookies.set("panoptic_author", "Zo%C3%AB")
    payload = client.post("/echo?lang=fr", json={"parts": [{"id": "a"}], "more": 1}).json()
    assert payload == {
        "parts": [{"id": "a", "way": "set"}],
        "names": None,
        "count": 3,
        "is_dry": False,
        "author": "Zoë",
        "language": "fr",
    }


def test_everything_that_is_wrong_is_told_at_once(client):
    body = {"parts": [{"id": 1}, {"id": "a", "way": "burn"}], "count": "3", "is_dry": 1}
    english, french = (client.post(f"/echo?lang={lang}", json=body) for lang in ("en", "fr"))
    assert english.status_code == french.status_code == 400
    assert english.json()["error"] == "unreadable"
    assert english.json()["message"] != french.json()["message"]
    assert [problem["field"] for problem in english.json()["problems"]] == [
        "parts.0.id",
        "parts.1.way",
        "count",
        "is_dry",
    ]
    assert "set, add" in english.json()["problems"][1]["problem"]


def test_of_very_many_problems_the_first_are_told(client):
    problems = client.post("/echo", json={"parts": [1] * 60}).json()["problems"]
    assert len(problems) == 20


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"parts": [{"id": "\\ud800"}]}', b"[" * 150],
)
def test_what_is_no_json_object_is_refused(client, raw):
    assert client.post("/echo", content=raw).status_code == 400


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_body_is_read_no_further_than_its_limit(client, is_streamed):
    chunks = [b" " * 150, b" " * 150]
    sent = iter(chunks) if is_streamed else b"".join(chunks)
    assert client.post("/echo", content=sent).status_code == 413
    small = b'{"parts": []}'
    sent = iter([small[:5], small[5:]]) if is_streamed else small
    assert client.post("/echo", content=sent).status_code == 200


def test_a_declared_length_beyond_the_limit_is_refused_before_it_is_sent(client):
    async def receive():
        raise AssertionError("nothing is read")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/echo", "query_string": b"", "root_path": "",
        "headers": [(b"content-length", b"201")], "http_version": "1.1",
    }  # fmt: skip
    client.portal.call(client.app, scope, receive, send)
    assert sent[0]["status"] == 413


def test_lists_and_texts_are_bounded():
    class Bounded(RequestBody):
        sha1s: Sha1s = []  # noqa: RUF012
        exact: Sha1List = []  # noqa: RUF012
        id: Id = ""

    assert validate(Bounded, f'{{"exact": ["{SHA1}"]}}'.encode()).exact == [SHA1]
    # What is no sha1 names no image, and is left out where images are looked up.
    assert validate(Bounded, b'{"sha1s": ["x"]}').sha1s == ["x"]
    for raw in (
        b'{"exact": ["x"]}',
        f'{{"exact": ["{SHA1}\\n"]}}'.encode(),
        f'{{"exact": ["{SHA1.upper()}"]}}'.encode(),
        b'{"sha1s": [1]}',
        b'{"sha1s": "x"}',
        b'{"id": "%s"}' % (b"x" * 1_001),
    ):
        with pytest.raises(InvalidBodyError) as refused:
            validate(Bounded, raw)
        assert len(refused.value.problems) == 1


def test_a_long_list_that_is_wrong_is_refused_at_its_first_item():
    class Long(RequestBody):
        sha1s: Sha1s

    with pytest.raises(InvalidBodyError) as refused:
        validate(Long, b'{"sha1s": [%s1]}' % (b"1," * 100_000))
    assert [field for field, _ in refused.value.problems] == ["sha1s.0"]
