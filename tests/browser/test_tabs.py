"""Tabs as a person uses them: in a real browser, on the demo project."""

import re

import pytest

from panoptic_data.storage.project import open_project
from panoptic_data.views import saved
from panoptic_data.views.model import View, to_address
from tests.dashboard import NARROW
from tests.gallery_pages import ready

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture(scope="module")
def address(draft_address):
    return draft_address


@pytest.fixture
def project(draft_project):
    """The project that the pages show; what a test saves in it is gone after the test."""
    opened = open_project(draft_project)
    yield opened
    for view in saved.list_views(opened):
        saved.remove(opened, view.id)


@pytest.fixture
def page(visit, address, project):
    return ready(visit(address))


def strip(page):
    return page.get_by_role("navigation", name="Views")


def tab(page, name):
    return strip(page).get_by_role("button", name=name, exact=True)


def names(page, *expected):
    """Wait until these are the tabs, in this order, also for the server."""
    expect(strip(page).locator(".name")).to_have_text(["All images", *expected])
    expect(strip(page)).not_to_have_attribute("aria-busy", "true")


def current(page, name):
    expect(strip(page).locator("[aria-current=page]")).to_have_text(name)


def folder(page, name):
    return page.get_by_role("treeitem", name=re.compile(name))


def filtered(page, name):
    return page.get_by_role("button", name=f"Remove folder {name}")


def keep(project, *named):
    return [
        saved.save(project, name, View().with_condition("path", name), saved.LAST).id
        for name in named
    ]


def test_tab_is_made_named_and_keeps_what_is_asked_in_it(page, visit, address):
    names(page)
    page.get_by_role("button", name="New tab with this view").click()
    names(page, "View 2")
    current(page, "View 2")
    tab(page, "View 2").dblclick()
    page.get_by_label("Name of the view").fill("the sky")
    page.keyboard.press("Enter")
    names(page, "the sky")
    folder(page, "Space").click()
    expect(filtered(page, "Space")).to_be_visible()
    tab(page, "All images").click()
    expect(filtered(page, "Space")).to_be_hidden()
    current(page, "All images")
    tab(page, "the sky").click()
    expect(filtered(page, "Space")).to_be_visible()
    page.reload()
    current(page, "the sky")
    expect(filtered(page, "Space")).to_be_visible()
    other = ready(visit(address))
    names(other, "the sky")
    current(other, "All images")
    tab(other, "the sky").click()
    expect(filtered(other, "Space")).to_be_visible()


def test_new_tab_is_named_by_what_it_asks(page, address):
    folder(page, "Space").click()
    expect(filtered(page, "Space")).to_be_visible()
    page.get_by_role("button", name="New tab with this view").click()
    names(page, "Space")
    query = (
        View()
        .with_condition("path", "war")
        .with_condition("taken_at", ["1930-01-01", "1939-12-31"])
    )
    page.goto(f"{address}/?view={to_address(query)}")
    expect(page.get_by_role("heading", name="No image matches")).to_be_visible()
    page.get_by_role("button", name="New tab with this view").click()
    names(page, "Space", "war · 1930s")


def test_short_address_opens_the_view_and_back_returns_to_it(page, visit, address, project):
    (cat,) = keep(project, "cat")
    other = ready(visit(f"{address}/?tab={cat}"))
    current(other, "cat")
    search = other.get_by_role("combobox", name="Search", exact=True)
    expect(search).to_have_value("cat")
    folder(other, "Animals").click()
    expect(filtered(other, "Animals")).to_be_visible()
    expect(tab(other, "cat")).to_have_attribute("title", re.compile("Animals"))
    other.go_back()
    expect(filtered(other, "Animals")).to_be_hidden()
    expect(search).to_have_value("cat")
    other.goto(f"{address}/?tab=nobody")
    expect(other.get_by_text("The saved view of this address no longer exists.")).to_be_visible()


def test_tabs_are_put_in_another_order_by_mouse_and_keys(page, project):
    keep(project, "a", "b", "c")
    page.reload()
    names(page, "a", "b", "c")
    tab(page, "c").drag_to(tab(page, "a"), target_position={"x": 2, "y": 10})
    names(page, "c", "a", "b")
    tab(page, "a").focus()
    page.keyboard.press("Alt+ArrowRight")
    names(page, "c", "b", "a")
    expect(tab(page, "a")).to_be_focused()
    page.reload()
    names(page, "c", "b", "a")


def test_closed_tab_waits_in_the_menu_and_a_deleted_one_can_return(page, project):
    keep(project, "a", "b")
    page.reload()
    tab(page, "a").click()
    current(page, "a")
    strip(page).get_by_role("button", name="Close a", exact=True).click()
    names(page, "b")
    current(page, "b")
    page.reload()
    names(page, "b")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("menuitem", name="a", exact=True).click()
    names(page, "b", "a")
    current(page, "a")
    expect(page.get_by_role("combobox", name="Search", exact=True)).to_have_value("a")
    tab(page, "b").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    names(page, "a")
    page.get_by_role("button", name="Undo", exact=True).click()
    names(page, "b", "a")


def test_selection_becomes_a_view_in_a_tab_of_its_own(page):
    for index in (1, 4):
        page.locator(f'.tile[data-index="{index}"]').click(modifiers=["Control"])
    expect(page.locator(".selected strong")).to_have_text("2 selected")
    in_hand = page.locator('.tile[data-index="4"]').get_attribute("aria-label")
    expect(page.locator(".st-key-right h2")).to_have_text(in_hand)
    page.get_by_role("button", name="Save as view").click()
    names(page, "2 selected images")
    current(page, "2 selected images")
    expect(page.locator(".st-key-searchline").get_by_role("status")).to_have_text(
        re.compile(r"^2 of \d+$")
    )


def test_many_tabs_leave_the_pages_in_reach_and_axe_has_no_objection(visit, address, project):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    ids = keep(project, *(f"a view with a rather long name {number}" for number in range(9)))
    page = visit(f"{address}/?tab={ids[8]}", size=NARROW)
    current(page, "a view with a rather long name 8")
    expect(strip(page).locator("[aria-current=page]")).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("link", name="Pipeline")).to_be_in_viewport(ratio=0.9)
    tab(page, "a view with a rather long name 8").click(button="right")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    violations = axe.Axe().run(page).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Pipeline").click()
    expect(page.get_by_role("link", name="Pipeline")).to_be_visible()
    tab(page, "All images").click()
    expect(page.locator(".tile img.here").first).to_be_visible()
