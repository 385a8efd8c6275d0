"""Explore as a person uses it: in a real browser, on the demo project."""

import re
from dataclasses import replace

import pytest

from app.services import jobs
from panoptic_data.storage.project import create_project, save_settings
from tests.dashboard import NARROW, eventually, serving
from tests.gallery_pages import ready
from tests.small_corpus import write_pictures

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture
def page(visit, address):
    return ready(visit(address))


@pytest.fixture
def seen(visit, address):
    """A page for tests that leave all as it was."""
    page = ready(visit(address, keep=True))
    yield page
    expect(selected(page)).to_be_hidden()
    expect(viewer(page)).to_be_hidden()
    assert scroll(page) == 0


def tile(page, index):
    return page.locator(f'.tile[data-index="{index}"]')


def selected(page):
    return page.locator(".selected strong")


def grid(page):
    return page.get_by_role("grid", name="Images")


def viewer(page):
    return page.get_by_role("region", name="Open image")


def scroll(page):
    return grid(page).evaluate("grid => grid.scrollTop")


def name_of(page, index):
    return eventually(lambda: tile(page, index).get_attribute("aria-label"))


def scrolled(page, to):
    """Scroll the gallery and wait until its pictures are there."""
    grid(page).evaluate("(grid, to) => grid.scrollTop = to", to)
    expect(page.locator(".tile.skeleton")).to_have_count(0)


def test_first_visit_shows_pictures_their_number_and_where_they_lie(page):
    expect(page.get_by_role("status").filter(has_text="images")).to_have_text(
        re.compile(r"^\d+ images$")
    )
    expect(page.get_by_role("treeitem", name=re.compile("Animals"))).to_be_visible()
    expect(page.locator(".st-key-right h2")).to_have_text(name_of(page, 0))


def test_page_itself_does_not_scroll(seen):
    sizes = seen.evaluate(
        "[document.scrollingElement.scrollHeight, innerHeight,"
        " document.querySelector('[data-testid=stMain]').scrollHeight]"
    )
    assert sizes == [900, 900, 900]


def test_circle_selects_one_and_a_click_on_it_again_lets_go(seen):
    tile(seen, 2).hover()
    tile(seen, 2).locator(".circle").click()
    expect(selected(seen)).to_have_text("1 selected")
    expect(tile(seen, 2)).to_have_attribute("aria-selected", "true")
    expect(viewer(seen)).to_be_hidden()
    tile(seen, 2).locator(".circle").click()
    expect(selected(seen)).to_be_hidden()


def test_ctrl_adds_and_shift_selects_the_range_from_the_last(page):
    tile(page, 1).click(modifiers=["Control"])
    tile(page, 3).click(modifiers=["Control"])
    expect(selected(page)).to_have_text("2 selected")
    tile(page, 8).click(modifiers=["Shift"])
    expect(selected(page)).to_have_text("6 selected")
    expect(tile(page, 1)).to_have_attribute("aria-selected", "false")


def test_rectangle_selects_what_it_touches_and_opens_nothing(page):
    # A picture in the place of its own before the hand goes down.
    expect(page.locator(".st-key-right h2")).to_be_visible()
    start, end = tile(page, 0).bounding_box(), tile(page, 1).bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 40)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + 80, steps=5)
    page.mouse.up()
    expect(selected(page)).to_have_text("2 selected")
    expect(viewer(page)).to_be_hidden()


def test_keys_move_select_all_and_clear(page):
    grid(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(tile(page, 2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Shift+ArrowRight")
    expect(selected(page)).to_have_text("2 selected")
    page.keyboard.press("End")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    last = int(grid(page).get_attribute("aria-activedescendant").removeprefix("tile-"))
    expect(tile(page, last)).to_be_in_viewport()
    page.keyboard.press("Control+a")
    expect(selected(page)).to_have_text(f"{last + 1} selected")
    page.keyboard.press("Escape")
    expect(selected(page)).to_be_hidden()


def test_selection_and_place_outlive_a_reload(page):
    scrolled(page, 1400)
    tile(page, 40).click(modifiers=["Control"])
    before = scroll(page)
    page.reload()
    expect(selected(page)).to_have_text("1 selected")
    expect(tile(page, 40)).to_have_attribute("aria-selected", "true")
    assert eventually(lambda: scroll(page) == before)


def test_image_opens_at_once_with_its_properties_and_escape_returns_to_the_same_place(page):
    scrolled(page, 1000)
    before = scroll(page)
    name = name_of(page, 31)
    tile(page, 31).click()
    expect(viewer(page)).to_be_visible()
    expect(viewer(page).locator("header")).to_contain_text(name)
    expect(page.locator(".st-key-right h2")).to_have_text(name)
    expect(page.locator(".st-key-right")).to_contain_text("Dimensions")
    page.keyboard.press("Escape")
    expect(viewer(page)).to_be_hidden()
    expect(grid(page)).to_be_focused()
    assert eventually(lambda: scroll(page) == before)


def test_arrows_step_through_the_view_and_the_browsers_back_leaves_in_one_step(page):
    names = [name_of(page, index) for index in (4, 5, 6)]
    tile(page, 4).click()
    for name in names[1:]:
        page.keyboard.press("ArrowRight")
        expect(viewer(page).locator("header")).to_contain_text(name)
    expect(page.locator(".st-key-right h2")).to_have_text(names[2])
    page.go_back()
    expect(viewer(page)).to_be_hidden()
    expect(page).not_to_have_url(re.compile("image="))


def test_link_to_an_image_opens_it(page, visit):
    name = name_of(page, 3)
    tile(page, 3).click()
    expect(viewer(page)).to_be_visible()
    other = visit(page.url)
    expect(viewer(other).locator("header")).to_contain_text(name)
    expect(viewer(other).locator("header")).to_contain_text("4 of ")
    other.keyboard.press("Escape")
    expect(viewer(other)).to_be_hidden()
    expect(other).not_to_have_url(re.compile("image="))


def test_similar_images_are_listed_and_can_be_clicked_through(page):
    first = name_of(page, 0)
    tile(page, 0).click()
    similar = page.get_by_role("list", name="Most similar images").get_by_role("button")
    expect(similar.first).to_be_visible()
    name = similar.first.get_attribute("title").rpartition(",")[0]
    similar.first.click()
    expect(viewer(page).locator("header")).to_contain_text(name)
    page.go_back()
    expect(viewer(page).locator("header")).to_contain_text(first)
    page.keyboard.press("Escape")
    expect(viewer(page)).to_be_hidden()


def test_folder_filters_and_its_chip_removes_the_filter(page):
    folder = page.get_by_role("treeitem", name=re.compile("Space"))
    inside = folder.locator(".number").text_content()
    folder.click()
    count = page.locator(".st-key-searchline").get_by_role("status")
    expect(count).to_have_text(re.compile(rf"^{inside} of \d+$"))
    expect(folder).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Remove folder Space").click()
    expect(count).to_have_text(re.compile(r"^\d+ images$"))


def test_search_in_names_finds_and_back_undoes_it(page):
    count = page.locator(".st-key-searchline").get_by_role("status")
    expect(count).to_have_text(re.compile(r"^\d+ images$"))
    everything = count.text_content()
    page.keyboard.press("/")
    page.keyboard.type("cat 00")
    # What is found is shown as one types, and taken by a key.
    row = page.locator("#search-offers").get_by_text("In names")
    expect(row).to_be_visible()
    page.keyboard.press("Enter")
    expect(count).to_have_text(re.compile(r"^\d of \d+$"))
    expect(tile(page, 0)).to_have_attribute("aria-label", re.compile("cat 00"))
    page.go_back()
    expect(count).to_have_text(everything)


def test_view_of_the_address_outlives_a_reload(page):
    page.get_by_role("treeitem", name=re.compile("Space")).click()
    page.get_by_role("button", name="Remove folder Space").wait_for()
    page.get_by_label("Order", exact=True).select_option("size")
    page.get_by_role("button", name="Reverse the order").click()
    expect(page).to_have_url(re.compile("view="))
    expect(page.get_by_role("button", name="Reverse the order")).to_have_text("arrow_downward")
    expect(page.locator(".tile.skeleton")).to_have_count(0)
    first = name_of(page, 0)
    page.reload()
    expect(page.get_by_role("button", name="Remove folder Space")).to_be_visible()
    expect(tile(page, 0)).to_have_attribute("aria-label", first)


def test_order_by_name_turns_round(page):
    page.get_by_label("Order", exact=True).select_option("name")
    expect(tile(page, 0)).to_have_attribute("aria-label", re.compile("^Astronaut"))
    page.get_by_role("button", name="Reverse the order").click()
    expect(tile(page, 0)).to_have_attribute("aria-label", re.compile("^Tissue"))


def test_nothing_found_says_what_to_drop(page):
    page.keyboard.press("/")
    page.keyboard.type("no such name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No image matches")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Show all \d+ images$")).click()
    expect(page.locator(".tile img.here").first).to_be_visible()


def test_searching_by_meaning_says_why_it_waits(page):
    field = page.get_by_role("combobox", name="Search", exact=True)
    field.fill("cat")
    meaning = page.locator("#search-offers .result").filter(has_text="By meaning")
    expect(meaning).to_contain_text("needs an encoder that reads words")
    meaning.click()
    expect(page.get_by_text("Search by meaning waits for CLIP")).to_be_visible()
    expect(field).to_have_value("cat")
    page.get_by_role("button", name="Search in names").click()
    expect(page.get_by_text("Search by meaning waits for CLIP")).to_be_hidden()
    expect(page.locator(".st-key-searchline").get_by_role("status")).to_contain_text(" of ")


def test_panels_fold_with_a_key_and_stay_so(page):
    left = page.get_by_role("tree", name="Folders")
    page.keyboard.press("f")
    expect(left).to_be_hidden()
    page.reload()
    ready(page)
    expect(left).to_be_hidden()
    page.keyboard.press("f")
    expect(left).to_be_visible()


def test_narrow_window_starts_with_both_panels_folded(visit, address):
    page = visit(address, size=NARROW)
    expect(page.locator(".tile img.here").first).to_be_visible()
    expect(page.get_by_role("tree", name="Folders")).to_be_hidden()
    expect(page.locator(".st-key-right h2")).to_be_hidden()


def test_question_mark_lists_the_keys(seen):
    seen.keyboard.press("?")
    expect(seen.get_by_role("dialog", name="Keys")).to_contain_text("select all images of the view")
    seen.keyboard.press("Escape")
    expect(seen.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_language_switches_and_is_remembered(page):
    page.get_by_role("radio", name="FR").click()
    expect(page.get_by_role("tree", name="Dossiers")).to_be_visible()
    expect(page.get_by_role("button", name="Touches")).to_be_visible()
    page.reload()
    expect(page.get_by_role("tree", name="Dossiers")).to_be_visible()


def test_browser_that_speaks_french_is_answered_in_french(visit, address):
    page = visit(address, locale="fr-FR")
    expect(page.get_by_role("tree", name="Dossiers")).to_be_visible()


def test_tile_size_follows_the_keys_and_keeps_the_place(page):
    scrolled(page, 1200)
    grid(page).focus()
    page.keyboard.press("PageDown")
    current = page.locator(".tile.current")
    index = current.get_attribute("data-index")
    width = current.bounding_box()["width"]
    page.keyboard.press("-")
    page.keyboard.press("-")
    expect(tile(page, index)).to_be_in_viewport()
    assert eventually(lambda: tile(page, index).bounding_box()["width"] < width * 0.8)


@pytest.mark.parametrize(("theme", "back"), [("light", 255), ("dark", 27)])
def test_both_themes_are_neutral_grey_and_axe_has_no_objection(visit, address, theme, back):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    page = visit(address, theme=theme)
    expect(page.locator(".tile img.here").first).to_be_visible()
    colour = page.locator(".stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert colour == f"rgb({back}, {back}, {back})"
    violations = axe.Axe().run(page).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == []


@pytest.mark.slow
def test_folder_added_in_the_browser_is_read_and_shown(visit, tmp_path):
    write_pictures(tmp_path / "pictures", range(8))
    project = create_project(tmp_path / "project")
    save_settings(replace(project, name="new", encoders=("visual",)))
    with serving(project.root) as address:
        page = visit(address)
        expect(page.get_by_role("heading", name="Add a folder of images")).to_be_visible()
        page.get_by_label("Folder on this machine").fill(str(tmp_path / "nowhere"))
        page.get_by_role("button", name="Add and read").click()
        expect(page.get_by_text("There is no folder")).to_be_visible()
        page.get_by_label("Folder on this machine").fill(str(tmp_path / "pictures"))
        page.get_by_role("button", name="Add and read").click()
        expect(page.locator(".tile img.here")).to_have_count(8, timeout=120_000)
        expect(page.get_by_role("status").filter(has_text="8 images")).to_be_visible()
        # The rest of the run is no part of this test.
        jobs.stop_processing(project)


def test_pictures_that_did_not_come_are_asked_for_again(visit, address):
    page = visit()
    lost = set()

    def lose_once(route):
        if route.request.url in lost:
            return route.fallback()
        lost.add(route.request.url)
        return route.abort()

    # What does not come with others is asked for alone, and then again.
    page.route("**/thumbs?*", lambda route: route.abort())
    page.route("**/thumb/*", lose_once)
    page.goto(address)
    ready(page)
    sha1 = tile(page, 0).get_attribute("data-sha1")
    expect(page.locator(f".tile[data-sha1='{sha1}'] img.here")).to_be_visible()
    assert any(sha1 in url for url in lost)
    expect(page.locator(".tile .broken")).to_have_count(0)
