"""A hundred thousand images in a real browser: filter, group, go to the end, select, come back."""

import hashlib
import re
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.storage import schema
from panoptic_data.views.model import Level, View, from_address
from tests import synthetic
from tests.dashboard import serving
from tests.gallery_pages import ready
from tests.synthetic import picture

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

MANY = 100_000
FORMATS = ("JPEG", "JPEG", "JPEG", "PNG", "TIFF")
COLOURS = ("#c0392b", "#2980b9", "#27ae60", "#f1c40f", "#7f8c8d")
BEGIN = datetime(1900, 1, 1)


@pytest.fixture(scope="module")
def project(chromium_path, tmp_path_factory):
    opened = synthetic.project(tmp_path_factory.mktemp("many") / "project")
    thumbnails = [picture(colour) for colour in COLOURS]
    sha1s = [hashlib.sha1(str(number).encode()).hexdigest() for number in range(MANY)]
    numbers = range(MANY)
    append(
        opened,
        "images",
        sha1=sha1s,
        format=[FORMATS[number % 5] for number in numbers],
        width=[300 + number % 700 for number in numbers],
        height=[400 + number % 300 for number in numbers],
        taken_at=[BEGIN + timedelta(hours=number * 6) for number in numbers],
        colour=[COLOURS[number % 5] for number in numbers],
        thumbnail=[thumbnails[number % 5] for number in numbers],
    )
    folders = [f"box {number // 500:03}" for number in numbers]
    paths = [f"{folder}/{number:06}.jpg" for folder, number in zip(folders, numbers, strict=True)]
    append(
        opened,
        "files",
        file_id=[f"{number:016x}" for number in numbers],
        source=["archive"] * MANY,
        path=paths,
        folder=folders,
        sha1=sha1s,
        size=[1000 + number for number in numbers],
        status=["ok"] * MANY,
        first_seen=[synthetic.AT] * MANY,
    )
    return opened


def append(project, table, **columns):
    wanted = schema.arrow(table)
    rows = len(columns["sha1"])
    full = {name: columns.get(name, [None] * rows) for name in wanted.names}
    project.database().append(table, pa.table(full, schema=wanted))


@pytest.fixture(scope="module")
def address(project):
    with serving(project.root) as address:
        yield address


def count(page):
    return page.locator(".line .count")


def names_in_sight(page):
    """Wait until all tiles in sight have their rows, and return their names in order."""
    expect(page.locator(".tile.skeleton")).to_have_count(0)
    tiles = page.locator(".tile").evaluate_all(
        "tiles => tiles.map(tile => [Number(tile.dataset.index), tile.getAttribute('aria-label')])"
    )
    return dict(sorted(tiles))


def view_of(page, has):
    for _ in range(300):
        match = re.search(r"[?&]view=([\w-]+)", page.url)
        view = from_address(match.group(1)) if match else View()
        if has(view):
            return view
        page.wait_for_timeout(100)
    raise AssertionError(f"never asked: {view}")


@pytest.mark.slow
def test_a_view_of_many_is_worked_in_left_and_found_again(visit, address, project):
    page = ready(visit(address))
    expect(count(page)).to_have_text("100,000 images")

    field = page.get_by_role("combobox", name="Search", exact=True)
    field.fill("format:png,tiff date>=1930 sort:-size group:year(date)")
    field.press("Enter")
    view = view_of(page, lambda view: view.group)
    assert view.group == (Level("taken_at", "year"),)
    matches = run_view(registry.get(project, fresh=True), view)
    expect(count(page)).to_have_text(f"{len(matches):,} of 100,000")

    expect(page.locator(".tile")).not_to_have_count(0)
    expect(page.locator('.tile[data-index="0"]')).to_have_attribute(
        "aria-label", window(registry.get(project), matches, 0, 1)[0]["name"]
    )
    page.get_by_role("treegrid", name="Images").focus()
    page.keyboard.press("End")
    last = len(matches) - 1
    expect(page.locator(f'.tile[data-index="{last}"]')).to_be_in_viewport()
    order = window(registry.get(project), matches, last - 20, 21)
    seen = names_in_sight(page)
    assert [seen[last - 20 + place] for place in range(21) if last - 20 + place in seen] == [
        row["name"] for place, row in enumerate(order) if last - 20 + place in seen
    ]

    page.keyboard.press("Control+Home")
    page.keyboard.press("Home")
    page.locator('.tile[data-index="0"]').click(modifiers=["Control"])
    # By the bar: keys would move the place from which Shift selects.
    page.get_by_role("treegrid", name="Images").evaluate("grid => grid.scrollTop = 1e9")
    expect(page.locator(f'.tile[data-index="{last}"]')).to_be_in_viewport()
    page.locator(f'.tile[data-index="{last}"]').click(modifiers=["Shift"])
    expect(page.locator(".selected strong")).to_have_text(f"{len(matches):,} selected")

    before = names_in_sight(page)
    link = page.url
    page.reload()
    ready(page)
    expect(page.locator(f'.tile[data-index="{last}"]')).to_be_in_viewport()
    expect(page.locator(".selected strong")).to_have_text(f"{len(matches):,} selected")
    again = names_in_sight(page)
    assert {place: again[place] for place in before if place in again} == {
        place: name for place, name in before.items() if place in again
    }

    other = ready(visit(link))
    expect(count(other)).to_have_text(f"{len(matches):,} of 100,000")
    first = window(registry.get(project), matches, 0, 10)
    seen = names_in_sight(other)
    assert [seen[place] for place in range(10)] == [row["name"] for row in first]
