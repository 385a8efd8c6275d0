"""A page of the dashboard without a browser: run it, and read what it shows."""

import json
from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

MAIN = str(Path(__file__).parents[2] / "app" / "main.py")


def run(language="en", **address):
    page = AppTest.from_file(MAIN, default_timeout=60)
    page.session_state["language"] = language
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert [item.message for item in page.exception] == []
    return page


def component(page, name):
    """Return what a component was told to show."""
    protos = [element.proto for element in page.get("bidi_component")]
    [shown] = [proto for proto in protos if proto.component_name == f"panoptic.{name}"]
    return json.loads(shown.json)["shown"]


def page_text(page):
    """Return all HTML and Markdown of the page as one text."""
    bodies = [item.proto.body for item in page.get("html")]
    return unescape("\n".join([*bodies, *(item.value for item in page.markdown)]))


def buttons(page):
    return [button.label for button in page.button]
