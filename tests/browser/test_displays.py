"""Groups, order, displays side by side and the typed question, in a real browser."""

import re

import pytest

from panoptic_data.views.model import Level, View, from_address, to_address
from tests.gallery_pages import ready

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture
def page(visit, address):
    return ready(visit(address))


def view_once(page, has):
    """Wait until the address holds a view with ``has`` in it, and return the view."""
    for _ in range(300):
        match = re.search(r"[?&]view=([\w-]+)", page.url)
        view = from_address(match.group(1)) if match else View()
        if has(view):
            return view
        page.wait_for_timeout(100)
    raise AssertionError(f"never asked: {view}")


def count(page):
    return page.locator(".line .count")


def arrange(page):
    page.get_by_role("button", name="Group", exact=True).click()
    return page.get_by_role("dialog", name="Groups and order")


def field(page):
    return page.get_by_role("combobox", name="Search", exact=True)


def enter(page, text):
    field(page).fill(text)
    field(page).press("Enter")


def chips(page):
    return page.locator(".chips .chip")


def test_levels_and_keys_are_added_changed_and_removed(page):
    panel = arrange(page)
    panel.get_by_role("button", name="Add a level").click()
    assert view_once(page, lambda view: view.group).group == (Level("folder"),)
    panel.get_by_role("combobox", name="Group by").select_option(label="format")
    panel.get_by_role("combobox", name="Order of the groups").select_option(label="by size")
    wanted = (Level("format", None, "size", True),)
    view_once(page, lambda view: view.group == wanted)
    panel.get_by_role("button", name="Add a sort key").click()
    panel.get_by_role("combobox", name="Order by").select_option(label="by file size")
    view = view_once(page, lambda view: [item.field for item in view.sort] == ["size"])
    assert view.group == wanted
    panel.get_by_role("button", name="Remove").first.click()
    view_once(page, lambda view: not view.group)


def test_each_file_is_shown_when_asked(page):
    expect(count(page)).to_have_text(re.compile(r"^\d+ images$"))
    images = int(re.sub(r"\D", "", count(page).inner_text()))
    arrange(page).get_by_role("checkbox", name="Show each file").check()
    expect(count(page)).to_have_text(re.compile(r"^\d+ files$"))
    assert int(re.sub(r"\D", "", count(page).inner_text())) > images


def test_what_is_typed_becomes_chips_and_words_stay(page):
    enter(page, "width>300 -format:png cat")
    expect(chips(page)).to_have_count(2)
    expect(field(page)).to_have_value("cat")
    expect(count(page)).to_have_text(re.compile(r"^\d+ of \d+$"))
    view = view_once(page, lambda view: len(view.where) == 3)
    assert view.condition("path").value == "cat"
    assert view.condition("width").value == [301, None]
    chips(page).first.click()
    expect(chips(page)).to_have_count(1)


def test_what_cannot_be_understood_is_told_and_nothing_changes(page):
    expect(count(page)).to_have_text(re.compile(r"^\d+ images$"))
    before = count(page).inner_text()
    enter(page, "widht>300")
    expect(page.locator(".problem")).to_contain_text("width")
    expect(field(page)).to_have_value("widht>300")
    expect(count(page)).to_have_text(before)
    enter(page, "")
    expect(page.locator(".problem")).to_be_hidden()


def test_grid_and_map_side_by_side_show_the_same_images(page):
    page.get_by_role("button", name="Two displays side by side").click()
    plot = page.locator(".plot canvas").first
    expect(plot).to_be_attached()
    expect(page.locator(".tile img.here").first).to_be_visible()
    box = page.locator(".plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    for across, down in ((0.75, 0.25), (0.75, 0.75), (0.25, 0.75), (0.25, 0.25)):
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down, steps=6)
    page.mouse.up()
    view = view_once(page, lambda view: view.condition("region") is not None)
    assert view.show == ("grid", "map")
    expect(count(page)).to_have_text(re.compile(r"^\d+ of \d+$"))
    expect(page.locator(".tile").first).to_be_visible()
    page.get_by_role("button", name="Two displays side by side").click()
    expect(page.locator(".plot")).to_have_count(0)


def test_a_link_to_a_grouped_view_in_a_table_shows_it_again(visit, address):
    view = View(group=(Level("format"),), show=("table",))
    page = visit(f"{address}/?view={to_address(view)}")
    expect(page.get_by_role("button", name="Table", exact=False).first).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("button", name="format", exact=True)).to_be_visible()
