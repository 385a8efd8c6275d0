"""Corpus versions as a person uses them: made, opened, compared and restored."""

import os
import re
import time

import pytest

from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.store import Store
from panoptic_data.versions.create import create
from tests import synthetic
from tests.dashboard import eventually, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

A = synthetic.sha1("a")


@pytest.fixture
def project(chromium_path, tmp_path):
    opened = synthetic.project(tmp_path / "project")
    thumbnail = synthetic.picture()
    images = [synthetic.image(name, thumbnail=thumbnail) for name in "abcd"]
    synthetic.write(opened, "images", images)
    synthetic.write(opened, "files", [synthetic.file(f"box/{name}.jpg", name) for name in "abcd"])
    return opened


def test_a_version_is_made_opened_compared_and_restored(visit, project):
    store = Store(project)
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    store.commit(edits.set_value(store.state(), note.id, [A], "before"), "text")

    def value():
        return store.state(fresh=True).values(note.id)["value"].to_list()

    with serving(project.root) as served:
        page = visit(f"{served}/versions")
        page.get_by_label("Name of a new version").fill("submitted")
        page.get_by_role("button", name="Make a version").click()
        expect(page.get_by_role("heading", name="submitted")).to_be_visible()
        address = page.get_by_role("link", name="Open").get_attribute("href")
        store.commit(edits.set_value(store.state(), note.id, [A], "after"), "text")

        then = visit(f"{served}{address}")
        expect(then.get_by_text("read only")).to_be_visible()
        expect(then.locator(".tile img.here").first).to_be_visible()
        field = then.locator(".annotate .property textarea, .annotate .property input").first
        expect(field).to_have_value("before")
        expect(field).to_be_disabled()
        then.get_by_role("grid", name="Images").focus()
        then.keyboard.press("Delete")
        expect(then.get_by_text("nothing in it can be changed")).to_be_visible()
        then.get_by_role("link", name="The corpus as it is now").click()
        expect(then.get_by_text("read only")).to_be_hidden()
        expect(field).to_have_value("after")

        page.get_by_role("button", name="Compare", exact=True).click()
        expect(page.get_by_text("Note: before → after")).to_be_visible()
        page.get_by_role("button", name="Restore").click()
        page.get_by_role("button", name="Restore this version").click()
        expect(page.get_by_text("before restoring “submitted”").first).to_be_visible()
        assert eventually(lambda: value() == ["before"])


def test_what_takes_space_is_shown_and_freed_by_a_press(visit, project):
    for _ in range(3):
        synthetic.write(project, "images", [synthetic.image(name) for name in "abcd"])
    old = time.time() - 7200
    for path in project.lance.rglob("*"):
        os.utime(path, (old, old))
    create(project, "submitted")
    with serving(project.root) as served:
        page = visit(f"{served}/versions")
        expect(page.get_by_text("corpus version “submitted”")).to_be_visible()
        page.get_by_text("Space on the disk").click()
        uses = page.get_by_role("table", name="Space on the disk")
        expect(uses.get_by_role("row", name="thumbnails")).to_be_visible()
        expect(page.get_by_text("keeps nothing that the corpus of now")).to_be_visible()
        page.get_by_role("button", name=re.compile(r"^Free \d")).click()
        expect(page.get_by_text(re.compile(r"^Freed \d"))).to_be_visible()
