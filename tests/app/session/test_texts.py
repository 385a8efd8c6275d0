"""The texts of a section of the catalogue."""

import pytest

from app.session import state
from app.session.texts import section_texts
from panoptic_data.messages import keys, translate


@pytest.fixture(autouse=True)
def french(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "fr")


def test_a_section_comes_with_all_its_names_in_the_sessions_language():
    texts = section_texts("table")
    assert {f"table.{name}" for name in texts} == {
        key for key in keys("fr") if key.startswith("table.")
    }
    assert all(text == translate(f"table.{name}", "fr") for name, text in texts.items())


def test_prefixes_choose_names_and_ui_is_left_out_of_them():
    texts = section_texts("properties", "ui_", "type_")
    assert texts["type_tags"] == translate("properties.type_tags", "fr")
    own = [key for key in keys("fr") if key.startswith("properties.ui_")]
    assert {key.removeprefix("properties.ui_") for key in own} < set(texts)
    assert not [name for name in texts if name.startswith("ui_")]
