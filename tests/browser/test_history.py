"""The history as a person uses it: in a real browser, beside another person at work."""

import re

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import Store
from tests import synthetic
from tests.dashboard import eventually, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

NAMES = ("a", "b", "c", "d")
IMAGES = [synthetic.sha1(name) for name in NAMES]


@pytest.fixture
def project(chromium_path, tmp_path):
    opened = synthetic.project(tmp_path / "project")
    thumbnail = synthetic.picture()
    images = [synthetic.image(name, thumbnail=thumbnail) for name in NAMES]
    synthetic.write(opened, "images", images)
    synthetic.write(opened, "files", [synthetic.file(f"box/{name}.jpg", name) for name in NAMES])
    return opened


@pytest.fixture
def served(project):
    with serving(project.root) as address:
        yield address


@pytest.fixture
def store(project):
    """The annotations as another process has them, such as an import."""
    return Store(project)


def make_tag(store, name, who):
    state = store.state(fresh=True)
    theme = next((prop for prop in state.live_properties if prop.name == "Theme"), None)
    if theme is None:
        theme, changes = properties.create(state.properties, "Theme", "tags")
        store.commit(changes, "property", author=who)
    tag, changes = tags.create(store.state().tags, theme.id, name, colour="#d94f4f")
    store.commit(changes, "tag", author=who)
    return tag


def put(store, tag, images, who):
    changes = edits.add_tags(store.state(fresh=True), tag.property, images, [tag.id])
    return store.commit(changes, "tag", author=who)


def held(store, tag):
    values = store.state(fresh=True).values(tag.property)
    return set(values.filter(value=tag.id)["target"])


def name_oneself(page, name):
    page.get_by_role("button", name=re.compile("Who is active|Active in")).click()
    page.get_by_role("textbox", name="Your name").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your name")).to_be_hidden()


def line(page, text):
    return page.locator(".batch").filter(has_text=text)


def toast(page):
    return page.locator(".steps + .toast")


def test_one_undoes_ones_own_step_on_any_page_also_after_a_reload(visit, served, store):
    war = make_tag(store, "war", "Bo")
    put(store, war, IMAGES[:3], "Bo")
    page = visit(served)
    expect(page.locator(".tile img.here").first).to_be_visible()
    name_oneself(page, "Ana")
    page.keyboard.press("Control+z")
    expect(toast(page)).to_have_text("You have nothing to undo")
    name_oneself(page, "Bo")
    undo = page.get_by_role("button", name=re.compile("^Undo:"))
    expect(undo).to_have_attribute("title", "Undo: tag “war” on 3 images (Ctrl+Z)")
    # What is typed in a field is undone by the browser.
    page.get_by_role("combobox", name="Search", exact=True).focus()
    page.keyboard.press("Control+z")
    page.get_by_role("grid", name="Images").focus()
    page.keyboard.press("Control+z")
    expect(toast(page)).to_contain_text("Undone: tag “war” on 3 images")
    assert held(store, war) == set()
    page.reload()
    page.get_by_role("button", name=re.compile("^Redo: tag “war”")).click()
    expect(toast(page)).to_contain_text("Redone: tag “war” on 3 images")
    assert held(store, war) == set(IMAGES[:3])


def test_changes_that_could_not_be_loaded_are_loaded_once_they_can_be(visit, served, store):
    sea = make_tag(store, "sea", "Ana")
    put(store, sea, IMAGES[:2], "Ana")
    page = visit(f"{served}/history")
    page.route("**/batches/*?*", lambda route: route.abort())
    tagged = line(page, "2 images").filter(has_text="sea")
    tagged.get_by_role("button", name="What changed").click()
    again = tagged.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.unroute("**/batches/*?*")
    again.click()
    expect(tagged.locator(".changes li")).to_have_count(2)
    # One list, one line below it: what the first try left is gone.
    expect(tagged.locator(".changes")).to_have_count(1)
    expect(tagged.locator(".foot")).to_have_count(1)
    expect(again).to_be_hidden()


def test_lines_come_in_by_themselves_are_opened_left_out_and_shown_by_their_images(
    visit, served, store
):
    page = visit(f"{served}/history")
    expect(page.get_by_role("heading", name="No annotation yet")).to_be_visible()
    sea = make_tag(store, "sea", "Ana")
    put(store, sea, IMAGES[1:], "Ana")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    tagged = line(page, "3 images").filter(has_text="sea")
    tagged.get_by_role("button", name="What changed").click()
    expect(tagged.locator(".changes li")).to_have_count(3)
    expect(tagged.locator(".changes li").first).to_contain_text("b.jpg")
    expect(tagged.locator(".changes li").first).to_contain_text("sea")
    counts = tagged.get_by_role("switch")
    counts.click()
    expect(counts).to_have_attribute("aria-checked", "false")
    assert eventually(lambda: held(store, sea) == set())
    # What another does comes in above, with nothing asked.
    put(store, sea, IMAGES[:1], "Cy")
    expect(page.locator(".batch").first).to_contain_text("Cy")
    counts.click()
    assert eventually(lambda: held(store, sea) == set(IMAGES))
    page.get_by_label("Author").select_option("Cy")
    expect(page.locator(".batch")).to_have_count(1)
    page.get_by_label("Author").select_option(label="Everyone")
    tagged.get_by_role("button", name="3 images", exact=True).click()
    expect(page.get_by_text("3 of 4")).to_be_visible()
    page.locator(".tile").filter(has_text="b.jpg").click()
    page.get_by_text("History", exact=True).last.click()
    past = page.get_by_role("list", name="History of this image")
    expect(past.get_by_role("listitem").first).to_contain_text("sea")
    expect(past.get_by_role("listitem").first).to_contain_text("Ana")
