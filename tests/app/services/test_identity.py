"""Who works in a browser: its cookie, as a request brings it and as a page of Streamlit has it."""

from types import SimpleNamespace
from urllib.parse import quote

import pytest
import streamlit as st
from starlette.requests import Request

from app.services import identity
from panoptic_data.annotations import log


def request_with(cookie):
    headers = [] if cookie is None else [(b"cookie", f"{identity.COOKIE}={cookie}".encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("cookie", "name"),
    [
        (quote("Ana"), "Ana"),
        (quote("  Zoé   Łuk "), "Zoé Łuk"),
        (quote("a\x00\u202eb\n"), "ab"),
        (quote("x" * 200), "x" * identity.NAME_CHARACTERS),
        # Cut within a word, and no space at the end.
        (quote("x" * (identity.NAME_CHARACTERS - 1) + " y"), "x" * (identity.NAME_CHARACTERS - 1)),
        ("%E9%FF", "\ufffd\ufffd"),
        (quote("\u202e\u200b"), log.current_user()),
        ("%20%09", log.current_user()),
        ("", log.current_user()),
        (None, log.current_user()),
    ],
)
def test_a_request_and_a_page_name_the_same_author(monkeypatch, cookie, name):
    assert identity.of_request(request_with(cookie)) == name
    cookies = {} if cookie is None else {identity.COOKIE: cookie}
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies=cookies))
    assert identity.of_session() == name
