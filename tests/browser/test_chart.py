"""The chart of a view as a person uses it: in a real browser, on the demo project."""

import re

import pytest

from panoptic_data.views.model import Level, View, to_address

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

FOLDERS = View(group=(Level("folder"),), show=("chart",))


@pytest.fixture
def page(visit, address):
    page = visit(f"{address}/?view={to_address(FOLDERS)}")
    expect(bars(page).first).to_be_visible()
    return page


def bars(page):
    return page.locator(".js-plotly-plot .bars .point path")


def count(page):
    return page.locator(".st-key-searchline").get_by_role("status")


def total(page):
    """Wait for the number of all images and return it."""
    expect(count(page)).to_have_text(re.compile(r"^\d+ images$"))
    return int(re.sub(r"\D", "", count(page).text_content()))


def middle(page, place):
    """The middle of a bar. Presses reach a surface above the bars, not the bars themselves."""
    box = bars(page).nth(place).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def read_bar(page, place):
    """What is said of a bar under the pointer: its name and its count."""
    page.mouse.move(*middle(page, place))
    name, number = (page.locator(".hoverlayer .hovertext tspan").nth(line) for line in (0, 1))
    expect(number).to_contain_text("Images: ")
    return name.text_content(), int(re.sub(r"\D", "", number.text_content()))


def test_bar_says_its_count_and_a_press_shows_its_images_alone(page):
    everything = total(page)
    name, number = read_bar(page, 1)
    page.mouse.click(*middle(page, 1))
    expect(count(page)).to_have_text(f"{number} of {everything}")
    shown = name.rpartition("/")[2]
    expect(page.get_by_role("button", name=re.compile(f"Remove folder {shown}"))).to_be_visible()


def test_keys_alone_show_the_images_of_a_bar(page):
    everything = total(page)
    page.get_by_text("Values", exact=True).focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader").last).to_have_text("Images")
    name, number = (table.get_by_role("row").nth(2).locator("th, td").nth(at) for at in (0, 1))
    shown, counted = name.text_content(), number.text_content()
    # The first name takes the first Tab, the second the next.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(count(page)).to_have_text(f"{counted} of {everything}")
    remove = f"Remove folder {shown.rpartition('/')[2]}"
    expect(page.get_by_role("button", name=re.compile(remove))).to_be_visible()
    expect(page.get_by_text("Values", exact=True)).to_be_focused()


def test_drag_along_a_line_shows_the_images_of_that_time(visit, address):
    view = View(group=(Level("taken_at", "year"),), show=("chart",))
    page = visit(f"{address}/?view={to_address(view)}")
    # Bars of years leave what has no date its name, beside time.
    expect(page.locator(".js-plotly-plot .xtick").last).to_have_text("Unknown date")
    page.get_by_role("radio", name="Line").click()
    expect(page.get_by_text("Drag along the line")).to_be_visible()
    # What is dragged along is the line, not the bars that it comes in place of.
    expect(page.locator(".js-plotly-plot .bars")).to_have_count(0)
    expect(page.locator(".js-plotly-plot .scatterlayer .js-line")).not_to_have_count(0)
    surface = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    middle = surface["y"] + surface["height"] / 2
    page.mouse.move(surface["x"] + 1, middle)
    page.mouse.down()
    page.mouse.move(surface["x"] + surface["width"] - 1, middle, steps=8)
    page.mouse.up()
    expect(page.get_by_role("button", name=re.compile("^Remove taken"))).to_be_visible()


def test_without_groups_something_is_counted_at_once_and_can_be_changed(visit, address):
    page = visit(f"{address}/?view={to_address(View(show=('chart',)))}")
    expect(bars(page).first).to_be_visible()
    choice = page.get_by_role("combobox", name="Count by")
    choice.click()
    page.get_by_role("option", name="Dominant colour").click()
    expect(page.locator(".js-plotly-plot .xtitle").first).to_have_text("Dominant colour")
    expect(page.locator(".js-plotly-plot .xtick").filter(has_text="grey")).to_be_visible()
