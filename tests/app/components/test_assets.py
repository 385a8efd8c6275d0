"""The components' modules and styles as served, and presses: once each, to their end."""

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app.components import assets

COMPONENTS = sorted(
    folder.name for folder in assets.FOLDER.iterdir() if (folder / f"{folder.name}.js").exists()
)
IMPORT = re.compile(r'(?:\bfrom |^import |\bimport\()"(\.{1,2}/[^"]+\.js)"', re.MULTILINE)


@pytest.fixture(scope="module")
def client():
    return TestClient(Starlette(routes=assets.routes()))


@pytest.mark.parametrize("name", COMPONENTS)
def test_all_that_a_component_imports_is_served(client, name):
    to_read, read = [assets.address(name)], set()
    while to_read:
        address = to_read.pop()
        if address in read:
            continue
        read.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        to_read += [str(answer.url.join(path).path) for path in IMPORT.findall(answer.text)]


def test_all_modules_are_served_as_one_compressed_once(client):
    answer = client.get(assets.joined_address(), headers={"Accept-Encoding": "gzip"})
    plain = client.get(assets.joined_address(), headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert (
        "content-encoding" not in plain.headers or plain.headers["content-encoding"] == "identity"
    )
    assert answer.text == plain.text
    assert int(answer.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    for name in COMPONENTS:
        assert f'modules["{name}/{name}.js"]' in plain.text
    name = plain.text.rpartition("sourceMappingURL=")[2].strip()
    mapped = client.get(str(plain.url.join(name).path))
    assert client.get(str(mapped.url.join(mapped.json()["sections"][0]["map"]["sources"][0]).path))


def test_only_modules_of_this_folder_are_served_and_only_under_their_digest(client):
    address = assets.address("gallery")
    digest = address.split("/")[2]
    for path in (
        address.replace(digest, "0" * len(digest)),
        f"/modules/{digest}/gallery/gallery.css",
        f"/modules/{digest}/gallery/__init__.py",
        f"/modules/{digest}/..%2f..%2fmain.py",
        f"/modules/{digest}/nothing.js",
    ):
        assert client.get(path).status_code == 404, path


def test_a_style_begins_with_what_all_share_and_ends_with_its_own():
    style = assets.css("history")
    shared, own = (
        (assets.FOLDER / f"{path}.css").read_text("utf-8")
        for path in ("shared/ui/scale", "history/history")
    )
    assert style.startswith(shared)
    assert style.endswith(own)


def _page():
    import streamlit as st

    from app.components import assets

    st.session_state.setdefault("carried_out", [])
    st.session_state["part"] = {"presses": st.session_state.get("sent")}

    def add(value):
        st.session_state["carried_out"].append(value)

    assets._handle_presses("part", {"add": add})
    st.text(st.session_state["carried_out"])
    st.text(len(st.session_state["part.heard"]))


def press(number, value):
    return {"key": f"page.{number}", "name": "add", "value": value}


def test_a_press_that_is_repeated_is_carried_out_once_and_in_order():
    page = AppTest.from_function(_page)
    for sent in ([press(1, "a")], [press(1, "a"), press(2, "b")], [press(2, "b")], None):
        page.session_state["sent"] = sent
        page.run()
        assert not page.exception
    assert page.text[0].value == "['a', 'b']"


def test_only_the_latest_presses_are_remembered():
    page = AppTest.from_function(_page)
    count = assets.HANDLED_KEPT + 20
    page.session_state["sent"] = [press(number, number) for number in range(count)]
    page.run()
    assert page.session_state["carried_out"] == list(range(count))
    assert page.text[1].value == str(assets.HANDLED_KEPT)


def _forgotten():
    import streamlit as st

    from app.components import assets

    assets._handle_presses("gone", {})
    st.text("part.heard" in st.session_state or "gone.heard" in st.session_state)


def test_a_component_that_streamlit_has_forgotten_acknowledges_nothing():
    page = AppTest.from_function(_forgotten).run()
    assert not page.exception
    assert page.text[0].value == "False"
