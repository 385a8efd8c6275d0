"""How routes answer: errors as sentences, numbers of the address, a CSV."""

import csv
import io

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.api.endpoint import Caller, answering, spreadsheet, whole_number
from panoptic_data.errors import InvalidTag


@pytest.fixture
def client():
    def refuse(project, request):
        raise InvalidTag("taken", name="war")

    def caller(project, request):
        return JSONResponse(vars(Caller.of(request)))

    routes = [
        Route("/refuse", answering(None, refuse)),
        Route("/caller", answering(None, caller)),
    ]
    with TestClient(Starlette(routes=routes)) as client:
        yield client


def test_an_error_of_ours_is_a_sentence_in_the_language_of_the_request(client):
    english, french = (client.get(f"/refuse?lang={lang}") for lang in ("en", "fr"))
    assert english.status_code == french.status_code == 400
    assert english.json()["error"] == french.json()["error"] == "invalid_tag"
    assert "war" in english.json()["message"]
    assert english.json()["message"] != french.json()["message"]


@pytest.mark.parametrize(("lang", "language"), [("fr", "fr"), ("xx", "en"), ("", "en")])
def test_the_caller_is_who_the_cookie_names_in_a_language_that_there_is(client, lang, language):
    client.cookies.set("panoptic_author", "Zo%C3%AB")
    assert client.get(f"/caller?lang={lang}").json() == {"author": "Zoë", "language": language}


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("0", 0), (None, 7), ("", 7), ("-1", 7), ("1.5", 7), ("9" * 10, 7), ("²", 7)],
)
def test_a_whole_number_of_the_address_is_short_and_plain(text, number):
    assert whole_number(text, 7) == number


def test_a_spreadsheet_runs_no_formula_and_is_read_as_utf_8():
    response = spreadsheet("a.csv", ["name", "size"], [["=1+1", 3], ["@x", None], ["é", "-2"]])
    assert response.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    text = response.body.decode()
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["name", "size"],
        ["'=1+1", "3"],
        ["'@x", ""],
        ["é", "'-2"],
    ]
