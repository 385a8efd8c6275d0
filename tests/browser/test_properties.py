"""The page Properties as a person uses it: in a real browser, on a small project of its own."""

import re

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.views.model import from_address
from tests import synthetic
from tests.dashboard import NARROW, eventually, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

NAMES = "abcdefgh"
IMAGES = [synthetic.sha1(name) for name in NAMES]


@pytest.fixture(scope="module")
def project(chromium_path, tmp_path_factory):
    opened = synthetic.project(tmp_path_factory.mktemp("defining") / "project")
    thumbnail = synthetic.picture()
    images = [synthetic.image(name, thumbnail=thumbnail) for name in NAMES]
    synthetic.write(opened, "images", images)
    files = [synthetic.file(f"box/{name}.jpg", name) for name in NAMES]
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture(scope="module")
def address(project):
    with serving(project.root) as address:
        yield f"{address}/properties"


@pytest.fixture
def store(project):
    """The annotations, with no property left over by another test."""
    store = annotations_of(project)
    state = store.state(fresh=True)
    gone = [
        properties.update(state.properties, prop.id, deleted=True) for prop in state.live_properties
    ]
    store.commit([change for changes in gone for change in changes], "delete")
    return store


@pytest.fixture
def theme(store):
    """Tags war > battle, sea and street, on some images."""
    prop, changes = properties.create(store.state().properties, "Theme", "tags")
    known = {}
    for name, parent in (("war", None), ("battle", "war"), ("sea", None), ("street", None)):
        created, steps = tags.create(
            known, prop.id, name, parents=[it.id for it in known.values() if it.name == parent]
        )
        known[created.id] = created
        changes += steps
    store.commit(changes, "property")
    for tag, images in zip(known.values(), (IMAGES[:2], IMAGES[1:4], IMAGES[4:5]), strict=False):
        store.commit(edits.add_tags(store.state(), prop.id, images, [tag.id]), "tag")
    return prop


def known_as(page, name):
    return page.get_by_role("navigation", name="Properties").get_by_role(
        "button", name=re.compile(name)
    )


def branch(page, name):
    return page.get_by_role("treeitem", name=re.compile(rf"\b{name}\b"))


def below(store, name):
    """Return the names of what a tag stands under, as another process reads them."""
    known = store.state(fresh=True).tags
    [tag] = [item for item in known.values() if item.name == name and not item.deleted]
    return {known[up].name for up in tag.parents}


def test_first_property_is_made_by_one_press_named_moved_and_deleted(visit, address, store):
    page = visit(address)
    page.get_by_role("button", name="Subject", exact=False).click()
    expect(known_as(page, "Subject")).to_be_focused()
    page.get_by_role("button", name="New property").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Price")
    page.get_by_role("radio", name="Number").check()
    page.get_by_role("spinbutton", name="Minimum").fill("0")
    page.get_by_role("combobox", name="Heading").fill("Provenance")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Price")).to_be_visible()
    expect(page.get_by_role("list", name="Provenance").get_by_role("button")).to_have_count(1)
    known_as(page, "Price").press("F2")
    page.get_by_role("textbox", name="Name").fill("Price paid")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Price paid")).to_be_visible()
    known_as(page, "Subject").press("Alt+ArrowDown")
    under = page.get_by_role("list", name="Provenance").get_by_role("button")
    expect(under).to_have_count(2)
    expect(under.first).to_be_focused()
    known_as(page, "Price paid").press("Delete")
    expect(known_as(page, "Price paid")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(known_as(page, "Price paid")).to_be_visible()
    answer = {
        prop.name: (prop.folder, prop.options) for prop in store.state(fresh=True).live_properties
    }
    assert answer == {"Subject": ("Provenance", {}), "Price paid": ("Provenance", {"least": 0})}


def test_a_tag_is_found_made_put_elsewhere_and_merged_and_another_browser_sees_it(
    visit, address, store, theme
):
    page, other = visit(address), visit(address)
    branch(page, "war").click()
    expect(page.get_by_text("4 images, 2 of them with the tag itself")).to_be_visible()
    page.get_by_role("button", name="New tag below").click()
    page.get_by_label("New tag under “war”").fill("siege")
    page.keyboard.press("Enter")
    expect(branch(page, "siege")).to_have_attribute("aria-level", "2")
    expect(branch(other, "war")).to_be_visible()
    other.get_by_role("searchbox", name="Find a tag").fill("SIÈGE")
    expect(branch(other, "siege")).to_be_visible()
    expect(branch(other, "street")).to_have_count(0)
    branch(page, "battle").drag_to(branch(page, "sea"))
    expect(page.get_by_text("Put under “sea”: “battle”")).to_be_visible()
    assert eventually(lambda: below(store, "battle") == {"sea"})
    expect(branch(page, "sea")).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name="Undo", exact=True).last.click()
    assert eventually(lambda: below(store, "battle") == {"war"})
    expect(branch(page, "sea")).not_to_have_attribute("aria-expanded", "true")
    branch(page, "street").click()
    expect(branch(page, "street")).to_have_attribute("aria-selected", "true")
    branch(page, "sea").click(modifiers=["Control"])
    page.get_by_role("button", name="Merge into “street”").click()
    expect(branch(page, "sea")).to_have_count(0)
    expect(branch(page, "street")).to_contain_text("1")
    branch(page, "street").click()
    expect(page.locator(".pictures img")).to_have_count(1)


def test_keys_move_in_the_tree_and_a_tag_leads_to_its_images(visit, address, store, theme):
    page = visit(address)
    branch(page, "sea").click()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(branch(page, "battle")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="Name").fill("battles")
    page.keyboard.press("Enter")
    expect(branch(page, "battles")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(branch(page, "war")).to_have_attribute("aria-selected", "true")
    # By name until somebody puts them in order.
    names = page.locator(".branch[aria-level='1'] .name")
    expect(names).to_have_text(["sea", "street", "war"])
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(names).to_have_text(["war", "sea", "street"])
    expect(branch(page, "war")).to_have_attribute("aria-selected", "true")
    page.get_by_role("link", name="Show in Explore").click()
    expect(page.locator(".line .count")).to_have_text("4 of 8")
    query = from_address(re.search(r"view=([^&]+)", page.url)[1])
    assert [part.field for part in query.where] == [f"p:tags:{theme.id}"]


def test_a_change_of_type_says_what_is_lost_and_axe_has_no_objection(visit, address, store):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    prop, changes = properties.create(store.state().properties, "Made", "text", folder="Work")
    store.commit(changes, "property")
    for image, text in zip(IMAGES, ("1912", "May 1912", "long ago"), strict=False):
        store.commit(edits.set_value(store.state(), prop.id, [image], text), "set")
    page = visit(address, size=NARROW, theme="dark")
    expect(page.get_by_text("3 different values")).to_be_visible()
    page.get_by_role("combobox", name="Type").select_option("date")
    expect(page.get_by_text("1 cannot, and would be left empty:")).to_be_visible()
    expect(page.get_by_role("list", name="cannot").get_by_text("long ago")).to_be_visible()
    assert violations(axe, page) == []
    page.get_by_role("button", name="Change type").click()
    expect(page.get_by_text("“Made” is now of type Date")).to_be_visible()
    expect(page.get_by_text("1912 to 1912-05")).to_be_visible()
    page.get_by_role("combobox", name="Type").select_option("tags")
    page.get_by_role("button", name="Change type").click()
    branch(page, "1912-05").click()
    expect(page.locator(".pictures img")).to_have_count(1)
    assert violations(axe, page) == []


def violations(axe, page):
    violations = axe.Axe().run(page).response["violations"]
    return [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations]
