"""The page Versions without a browser: made, chosen, compared, verified, restored, deleted."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from panoptic_data.annotations import edits, properties
from panoptic_data.versions import create, record
from tests import synthetic
from tests.app.page import buttons, page_text

A = synthetic.sha1("a")


def draw():
    """Draw the page; run inside AppTest."""
    from app.screens import versions

    versions.show()


@pytest.fixture
def page(corpus):
    shown = AppTest.from_function(draw, default_timeout=60)
    shown.session_state["language"] = "en"
    return shown


def run(page, **address):
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert [error.message for error in page.exception] == []
    return page


def press(page, label):
    next(button for button in page.button if button.label == label).click()
    run(page)
    # What takes longer than the page waits is shown by its next look.
    page.session_state["versions.work"][1].wait(60)
    run(page)
    return run(page)


def test_without_a_version_the_page_says_what_one_is_for(page):
    assert "can be opened again whatever happens later" in page_text(run(page))
    assert buttons(page) == ["Make a version"]


def test_a_version_is_made_and_a_name_is_not_taken_twice(corpus, page):
    run(page)
    page.text_input[0].input("submitted")
    page.text_input[1].input("figures 3 to 7")
    press(page, "Make a version")
    assert [message.value for message in page.success] == ["Version “submitted” is made."]
    [version] = record.list_versions(corpus)
    assert (version.name, version.note) == ("submitted", "figures 3 to 7")
    assert version.digest in page_text(page)
    page.text_input[0].input("Submitted")
    press(page, "Make a version")
    assert "already" in page.error[0].value


def test_what_differs_is_counted_and_shown_by_its_pictures(corpus, store, page):
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    store.commit(edits.set_value(store.state(), note.id, [A], "before"), "text")
    version = create.create(corpus, "submitted")
    store.commit(edits.set_value(store.state(), note.id, [A], "after"), "text")
    press(run(page), "Compare")
    text = page_text(page)
    assert "From “submitted” to “the corpus as it is now”" in text
    assert f'<img src="/thumb/{A}"' in text
    assert "Note: before → after" in text
    press(page, "Verify")
    assert page.success[0].value.startswith("Version “submitted” is whole")
    press(page, "Restore this version")
    assert "before restoring ‘submitted’" in page.success[0].value
    assert [row.name for row in record.list_versions(corpus)][1] == version.name


def test_at_a_version_nothing_is_made_restored_or_deleted(corpus, page):
    version = create.create(corpus, "submitted")
    create.create(corpus, "accepted")
    run(page, version=version.id)
    assert sorted(buttons(page)) == ["Compare", "Verify", "accepted", "submitted"]


def test_the_last_fifty_of_many_versions_are_listed_first(corpus, page, monkeypatch):
    version = create.create(corpus, "v")
    many = [replace(version, id=f"v{number:03}", name=f"v {number}") for number in range(120)]
    monkeypatch.setattr(record, "list_versions", lambda project: many)
    run(page)
    assert "and 70 more" in buttons(page)
    assert len([label for label in buttons(page) if label.startswith("v ")]) == 50
