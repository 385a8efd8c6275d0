"""Suggestions answered by keys as a person does: in a real browser, on a copy of the demo."""

import re

import pytest

from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.storage.project import open_project
from panoptic_data.views import model
from panoptic_data.views.model import Condition, View
from tests.annotating import create_property, create_tag
from tests.dashboard import NARROW, eventually, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

FOLDER = "Archive/Greek coins"
PAGE = 20
ANSWERS = 30


@pytest.fixture(scope="module")
def address(own_project):
    with serving(own_project) as address:
        yield address


@pytest.fixture
def store(own_project):
    """The annotations, with no property left over by another test."""
    kept = annotations_of(open_project(own_project))
    state = kept.state(fresh=True)
    gone = [
        change
        for prop in state.live_properties
        for change in properties.update(state.properties, prop.id, deleted=True)
    ]
    if gone:
        kept.commit(gone, "property")
    return kept


@pytest.fixture(scope="module")
def coins(own_project):
    """The images that belong: those of a folder, and their copies elsewhere."""
    frame = registry.get(open_project(own_project)).frame
    is_coin = frame["place"].str.contains("(?i)coin")
    return set(frame.filter(is_coin)["sha1"])


def held(store):
    """Return the images that have a tag, whichever, as another process reads them."""
    state = store.state(fresh=True)
    return {target for prop in state.live_properties for target in state.values(prop.id)["target"]}


def in_hand(page):
    return page.locator(".tile[aria-selected=true]").get_attribute("data-sha1")


def done(page, count, of=PAGE):
    expect(page.get_by_text(f"{count} of {of} answered", exact=True)).to_be_visible()


def answer(page, number, coins):
    """Answer one as who knows would; say whether it belongs, once the page has taken it."""
    done(page, number % PAGE)
    belongs = in_hand(page) in coins
    page.keyboard.press("y" if belongs else "Backspace")
    done(page, (number + 1) % PAGE)
    return belongs


def test_a_few_selected_images_find_the_others_by_thirty_answers_and_each_is_taken_back(
    visit, address, coins, store
):
    folder = View(where=(Condition("folder", "in", [f"demo/{FOLDER}"]),))
    page = visit(f"{address}/?view={model.to_address(folder)}")
    expect(page.locator(".tile img.here").nth(1)).to_be_visible()
    for number in (0, 1):
        page.locator(".tile").nth(number).hover()
        page.locator(".tile").nth(number).get_by_role("button", name="Select").click()
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Find more like these").click()
    # No property holds tags yet.
    page.get_by_role("button", name="Create", exact=True).click()
    asking = page.get_by_role("dialog", name="Find more like these")
    asking.get_by_role("combobox", name="Theme").fill("Coins")
    asking.get_by_role("option", name="Create “Coins”").click()
    page.get_by_role("button", name="Tag them and find more").click()
    expect(page.get_by_role("heading", name="More images for “Coins”")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/suggest\?.*tag="))
    answers = [answer(page, number, coins) for number in range(ANSWERS)]
    # Coins are one in twenty: by chance there would be one or two.
    assert sum(answers) >= 6, answers
    assert eventually(lambda: len(held(store)) == 2 + sum(answers))
    assert held(store) <= coins
    refused = page.locator(".figures dd").nth(2)
    expect(refused).to_have_text(str(ANSWERS - sum(answers)))
    # The last answer is undone: its image is in hand again.
    last = page.locator(".tile").nth(ANSWERS % PAGE - 1).get_attribute("data-sha1")
    page.keyboard.press("Control+z")
    done(page, ANSWERS % PAGE - 1)
    assert in_hand(page) == last
    # Seen large, the same keys answer; Space on it goes back.
    page.keyboard.press("z")
    expect(page.get_by_role("dialog", name="Enlarge")).to_be_visible()
    page.keyboard.press("Enter")
    done(page, ANSWERS % PAGE)
    # It waits for the answer to be written, or it would undo the one before.
    page.keyboard.press("Control+z")
    done(page, ANSWERS % PAGE - 1)
    assert in_hand(page) == last
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog", name="Enlarge")).to_be_hidden()
    # All that is left of the page at once, the next page, and back to that page by one step.
    page.keyboard.press("Shift+N")
    done(page, 0)
    expect(page.get_by_text("11 images refused for “Coins”")).to_be_visible()
    expect(page.locator(".tile").first).not_to_have_attribute("data-sha1", last)
    page.keyboard.press("Control+z")
    done(page, ANSWERS % PAGE - 1)
    assert in_hand(page) == last
    # What was refused is looked at, and taken back.
    page.set_viewport_size(NARROW)
    count = int(refused.inner_text())
    page.get_by_role("tab", name="Refused").click()
    page.get_by_role("button", name="Undo the refusal").first.click()
    expect(refused).to_have_text(str(count - 1))
    page.reload()
    expect(refused).to_have_text(str(count - 1))
    # By its words it could be done, too; nothing here reads any.
    page.get_by_role("button", name="Sort by words…").click()
    expect(
        page.get_by_role("heading", name="No encoder of this project reads text")
    ).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Show its images").click()
    expect(page.locator(".line .count")).to_contain_text(re.compile(f"^{len(held(store))} of "))


def test_enter_takes_the_tag_that_was_typed(visit, address, own_project):
    store = Store(open_project(own_project))
    era = create_property(store, "Era", "tags")
    for name in ("postwar", "war"):
        create_tag(store, era, name)
    page = visit(f"{address}/suggest")
    field = page.get_by_role("searchbox", name="Find a tag")
    field.fill("war")
    # Of two tags that match the property could be sorted by words, too: its button comes first.
    expect(page.get_by_role("button", name="Sort by words…").first).to_be_visible()
    field.press("Enter")
    expect(page.get_by_role("heading", name="More images for “war”")).to_be_visible()


def test_a_wrong_tag_is_found_taken_away_and_given_back_by_keys(visit, address, coins, store):
    theme = create_property(store, "Theme", "tags")
    tag = create_tag(store, theme, "Coins")
    frame = registry.get(open_project(store.project.root)).frame
    others = [sha1 for sha1 in frame["sha1"] if sha1 not in coins]
    images = [*sorted(coins), others[0]]
    store.commit(edits.add_tags(store.state(), theme.id, images, [tag.id]), "tag")
    page = visit(f"{address}/suggest?tag={tag.id}")
    page.get_by_role("button", name="Likely wrong").click()
    expect(page.get_by_role("heading", name="Likely wrong tags of “Coins”")).to_be_visible()
    wrong = page.locator(f'.tile[data-sha1="{others[0]}"]')
    expect(wrong.locator(".state")).to_have_text("has the tag")
    wrong.click()
    page.keyboard.press("n")
    assert eventually(lambda: others[0] not in held(store))
    # The same key again takes the answer back: the image had the tag before.
    wrong.click()
    page.keyboard.press("n")
    assert eventually(lambda: others[0] in held(store))
