"""Stars and flags by keys, as a person gives them: on tiles, in an open image, in the panel."""

import pytest

from panoptic_data import select_images
from panoptic_data.annotations import tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import open_project
from tests.annotating import create_property, create_tag
from tests.dashboard import serving
from tests.gallery_pages import ready

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture(scope="module")
def address(own_project):
    with serving(own_project) as address:
        yield address


def test_stars_and_flags_by_keys_are_seen_everywhere_and_undone(visit, own_project, address):
    page = ready(visit(address))
    tiles = page.locator(".tile")
    page.keyboard.press("4")
    expect(tiles.first.locator(".marks")).to_have_text("★★★★")
    page.keyboard.press("p")
    expect(tiles.first.locator(".marks")).to_have_text("⚑ ★★★★")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    expect(tiles.nth(1).locator(".marks")).to_have_text("✕")
    # In the open image the same keys; what is rejected has no stars.
    page.keyboard.press("Enter")
    opened = page.locator(".viewer .marks")
    expect(opened).to_have_text("✕")
    page.keyboard.press("2")
    expect(opened).to_have_text("★★")
    page.keyboard.press("Escape")
    expect(tiles.nth(1).locator(".marks")).to_have_text("★★")
    # In the panel a press on a star.
    stars = page.get_by_role("group", name="Rating")
    expect(stars.get_by_role("button", pressed=True)).to_have_accessible_name("2 stars")
    stars.get_by_role("button", name="5 stars").click()
    expect(tiles.nth(1).locator(".marks")).to_have_text("★★★★★")
    project = open_project(own_project)
    assert len(select_images(project, "rating:>=4")) == 2
    page.locator("summary", has_text="Rating").click()
    expect(page.get_by_role("button", name="★★★★☆")).to_be_visible()
    page.locator(".tile").first.click()
    for _ in range(5):
        page.keyboard.press("Control+z")
    expect(tiles.nth(1).locator(".marks")).to_be_hidden()


def test_a_digit_that_a_tag_has_for_its_key_gives_the_tag(visit, own_project, address):
    store = annotations_of(open_project(own_project))
    theme = create_property(store, "Theme", "tags")
    cat = create_tag(store, theme, "cat")
    store.commit(tags.update(store.state().tags, cat.id, key="3"), "key")
    page = ready(visit(address))
    page.keyboard.press("3")
    expect(page.get_by_text("cat: 1 image")).to_be_visible()
    assert len(select_images(open_project(own_project), "Theme:cat")) == 1
    expect(page.locator(".tile").first.locator(".marks")).not_to_have_text("★★★")
