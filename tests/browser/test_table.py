"""The table of a view as a person uses it: in a real browser, on the demo project."""

import json
import re

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from app.components import assets
from panoptic_data.annotations import properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.project import open_project
from panoptic_data.views.model import Level, View, to_address
from tests.browser.test_gallery import MILLION, PIXEL
from tests.browser.test_groups import GROUPS, LONG, SELECTED, header, rows
from tests.dashboard import WIDE, eventually

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

ADDRESS = f"/?view={to_address(View(show=('table',)))}"


@pytest.fixture
def page(visit, address):
    return ready(visit(address + ADDRESS))


@pytest.fixture
def draft(visit, draft_address):
    """A page of a project that may be written into."""
    return ready(visit(draft_address + ADDRESS))


def ready(page):
    """Wait until there are rows, and keys are listened to."""
    expect(page.locator(".row img.here").first).to_be_visible()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    return page


def alone(page, address):
    """Show a page that holds a table of a million images in groups and nothing else."""
    names = ("label", "select", "select_all", "clear", "no_rows", "retry", "columns", "picture")
    names += ("group_fold", "group_select", "group_only", "column_name", "column_folder")
    data = {
        "project": "million",
        "view": "",
        "version": "1",
        "total": MILLION,
        "grouped": True,
        "canFilter": True,
        "current": None,
        "sort": {"field": "path", "descending": False},
        "language": "en",
        "texts": {name: name for name in names},
    }
    html = f"""<!doctype html><title>table</title><style>{assets.css("table")}
      #host, .root {{ position: fixed; inset: 0; }}</style>
      <div id="host"><div class="root"></div></div>
      <script type="module">
        const {{ default: table }} = await import("{assets.address("table")}");
        window.told = [];
        const tell = (name, value) => window.told.push([name, value]);
        table({{ data: {json.dumps(data)}, setTriggerValue: tell,
          parentElement: document.getElementById("host") }});
      </script>"""
    page.set_viewport_size(WIDE)
    page.route("**/rows?*", rows)
    page.route("**/groups?*", lambda route: route.fulfill(json=GROUPS))
    page.route("**/thumb/*", lambda route: route.fulfill(body=PIXEL, content_type="image/svg+xml"))
    page.route("**/alone", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{address}/alone")
    expect(page.locator(".row img.here").first).to_be_visible()
    return page


def any_row(page, index):
    return page.locator(f'.row[data-index="{index}"]')


def table(page):
    return page.get_by_role("grid", name="Images as a table")


def row(page, index):
    return table(page).locator(f'.row[data-index="{index}"]')


def heading(page, name):
    return table(page).get_by_role("columnheader", name=name)


def at(page, index):
    """Wait until a row is the current one: rows are drawn with the next frame."""
    expect(table(page).locator(".row.current")).to_have_attribute("data-index", str(index))


def last(page):
    return int(table(page).get_attribute("aria-rowcount")) - 2


def selected(page):
    return page.locator(".selected strong")


def figures(page, column):
    """Wait for the first rows; return what they say in a column of numbers."""
    expect(table(page).locator(".row.skeleton")).to_have_count(0)
    rows = table(page).evaluate(
        """(table, column) => [...table.querySelectorAll(".row")].map((row) =>
             [Number(row.dataset.index), row.querySelector(`.cell.${column}`).textContent])""",
        column,
    )
    return [int(re.sub(r"\D", "", text)) for _, text in sorted(rows)]


def test_heading_orders_by_its_column_and_a_second_press_turns_it_round(page):
    expect(heading(page, "Folder")).to_have_attribute("aria-sort", "ascending")
    heading(page, "Width").get_by_role("button").click()
    expect(heading(page, "Width")).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(re.compile("view="))
    expect(page.get_by_label("Order", exact=True)).to_have_value("width")
    expect(table(page).locator(".row.skeleton")).to_have_count(0)
    widths = figures(page, "width")
    assert widths == sorted(widths)
    heading(page, "Width").get_by_role("button").click()
    expect(heading(page, "Width")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("button", name="Reverse the order")).to_have_text("arrow_downward")
    expect(row(page, 0).locator(".width")).not_to_have_text(str(widths[0]))
    expect(table(page).locator(".row.skeleton")).to_have_count(0)
    assert figures(page, "width")[0] >= max(widths)


def test_presses_and_keys_select_as_in_the_gallery(page):
    row(page, 2).click()
    expect(row(page, 2)).to_have_class(re.compile("current"))
    expect(selected(page)).to_be_hidden()
    row(page, 1).locator(".tick-box").click()
    row(page, 3).click(modifiers=["Control"])
    expect(selected(page)).to_have_text("2 selected")
    row(page, 6).click(modifiers=["Shift"])
    expect(selected(page)).to_have_text("4 selected")
    expect(row(page, 1)).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(selected(page)).to_have_text("5 selected")
    page.keyboard.press("Escape")
    expect(selected(page)).to_be_hidden()
    page.keyboard.press("End")
    end = last(page)
    expect(row(page, end)).to_be_in_viewport()
    at(page, end)
    page.keyboard.press("PageUp")
    expect(row(page, end)).not_to_have_class(re.compile("current"))
    place = int(table(page).locator(".row.current").get_attribute("data-index"))
    assert 0 < place < end
    page.keyboard.press("Home")
    expect(row(page, 0)).to_be_in_viewport()
    page.keyboard.press("Control+a")
    expect(selected(page)).to_have_text(f"{end + 1} selected")


def test_image_opens_with_its_properties_and_escape_returns_to_its_row(page):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda item: sent.append(item)))
    page.reload()
    ready(page)
    expect(table(page)).to_be_focused()
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    place = last(page) - 3
    at(page, place)
    name = row(page, place).locator(".name").text_content()
    expect(page.locator(".st-key-right h2")).to_have_text(name)
    page.keyboard.press("Enter")
    viewer = page.get_by_role("region", name="Open image")
    expect(viewer.locator("header")).to_contain_text(name)
    assert "image=" in page.url
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(row(page, place)).to_be_in_viewport()
    expect(row(page, place)).to_have_class(re.compile("current"))
    expect(page).not_to_have_url(re.compile("image="))
    expect(page.locator(".st-key-right h2")).to_have_text(name)
    row(page, place).locator(".name").dblclick()
    expect(viewer.locator("header")).to_contain_text(name)
    # What the browser keeps of older answers it may have dropped when a newer one names it.
    reruns = [BackMsg.FromString(frame).rerun_script for frame in sent if isinstance(frame, bytes)]
    assert len(reruns) > 2
    assert not any(item.cached_message_hashes for item in reruns)


def test_rows_stand_under_the_headings_of_their_groups(visit, address):
    page = alone(visit(), address)
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", str(MILLION + 6))
    expect(header(page, 1)).to_have_attribute("aria-level", "2")
    expect(header(page, 1).locator(".count")).to_have_text("12")
    header(page, 1).get_by_role("checkbox").click()
    page.wait_for_function(f"({SELECTED})() === 12")
    expect(header(page, 0).get_by_role("checkbox")).to_have_attribute("aria-checked", "mixed")
    expect(any_row(page, 11)).to_have_attribute("aria-selected", "true")
    header(page, 1).click()
    expect(header(page, 1)).to_have_attribute("aria-expanded", "false")
    expect(any_row(page, 11)).to_have_count(0)
    page.reload()
    expect(any_row(page, 12)).to_be_in_viewport()
    expect(any_row(page, 11)).to_have_count(0)
    header(page, 1).click(modifiers=["Alt"])
    expect(any_row(page, 0)).to_be_in_viewport()

    page.keyboard.press("]")
    expect(any_row(page, 12)).to_have_class(re.compile("current"))
    page.keyboard.press("c")
    expect(header(page, 2)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(any_row(page, 30)).to_have_class(re.compile("current"))
    page.keyboard.press("End")
    expect(any_row(page, MILLION - 1).locator("img.here")).to_be_in_viewport()
    # The heading of the group in sight stays at the top, however long it is.
    expect(page.locator(".pin .path")).to_have_text(f"{LONG} ›")
    expect(page.locator(".pin .count")).to_be_in_viewport()
    page.keyboard.press("o")
    answer = page.wait_for_function("told.find(([name]) => name === 'group')").json_value()
    assert answer == ["group", {"group": 4, "version": "1"}]


def test_a_press_on_a_row_that_is_still_to_come_opens_it_when_it_has_come(visit, address):
    page = alone(visit(), address)
    held = []
    page.unroute("**/rows?*")
    page.route("**/rows?*", lambda route: held.append(route))
    page.locator(".table").evaluate("table => table.scrollTop = table.scrollHeight")
    last = any_row(page, MILLION - 1)
    expect(last).to_have_class(re.compile("skeleton"))
    last.dblclick()
    page.unroute("**/rows?*")
    page.route("**/rows?*", rows)
    for route in held:
        rows(route)
    page.wait_for_function("told.some(([name, at]) => name === 'at' && at.opened)")
    assert "image=" in page.url


def test_columns_are_hidden_and_widened_and_stay_so(page):
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Camera").uncheck()
    expect(heading(page, "Camera")).to_have_count(0)
    page.keyboard.press("Escape")
    before = heading(page, "Folder").bounding_box()["width"]
    heading(page, "Folder").get_by_role("button").focus()
    page.keyboard.press("Shift+ArrowRight")
    box = heading(page, "Folder").bounding_box()
    assert box["width"] == before + 16
    page.mouse.move(box["x"] + box["width"], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 30, box["y"] + 10, steps=3)
    page.mouse.up()
    ready(page).reload()
    ready(page)
    expect(heading(page, "Camera")).to_have_count(0)
    assert eventually(lambda: heading(page, "Folder").bounding_box()["width"] == before + 46)
    cell = row(page, 0).locator(".folder").bounding_box()
    assert cell["width"] == before + 46


@pytest.fixture
def remark(draft, draft_address, draft_project):
    """A property for the time of one test: other tests press where its cells would be."""
    created = draft.request.post(
        f"{draft_address}/properties", data={"name": "Remark", "type": "text"}
    )
    id = created.json()["property"]
    yield id
    store = annotations_of(open_project(draft_project))
    known = store.state(fresh=True).properties
    store.commit(properties.update(known, id, deleted=True), "property")


def test_cells_are_edited_in_place_and_follow_what_others_write(draft, draft_address, remark):
    id, page = remark, draft
    cells = [row(page, index).locator(f".cell.p-{id}") for index in range(2)]
    # The page learns of the new property by itself, and gives it a column.
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Remark").check()
    page.keyboard.press("Escape")
    cells[0].dblclick()
    field = table(page).locator("xpath=..").get_by_role("textbox", name="Remark")
    expect(field).to_be_focused()
    field.fill("to be thrown away")
    field.press("Escape")
    field.fill("seen twice")
    field.press("Enter")
    expect(cells[0]).to_have_text("seen twice")
    expect(table(page)).to_be_focused()
    other = row(page, 1).get_attribute("data-sha1")
    edit = {"property": id, "value": "by another", "targets": {"sha1s": [other]}}
    assert page.request.post(f"{draft_address}/annotate", data=edit).ok
    expect(cells[1]).to_have_text("by another")

    page.locator(".st-key-left summary").get_by_text("Remark").click()
    value = page.locator(".st-key-left").get_by_role("button", name="by another")
    expect(value).to_have_text(re.compile("1$"))
    value.click()
    expect(table(page)).to_have_attribute("aria-rowcount", "2")
    expect(cells[0]).to_have_text("by another")
    page.get_by_role("button", name="Captions under").click()
    page.get_by_role("checkbox", name="Remark").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pictures (Ctrl").click()
    expect(page.locator(".tile .property")).to_have_text("by another")


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_nothing_that_axe_objects_to(visit, address, theme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    grouped = to_address(View(group=(Level("format"),), show=("table",)))
    page = ready(visit(f"{address}/?view={grouped}", theme=theme))
    expect(header(page, 0)).to_be_visible()
    any_row(page, 1).locator(".tick-box").click()
    violations = axe.Axe().run(page).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == []
