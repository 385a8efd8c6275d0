"""The map as a person uses it: in a real browser, on the demo project."""

import re

import pytest

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.project import open_project
from panoptic_data.views.model import from_address
from tests import synthetic
from tests.dashboard import NARROW, WIDE, eventually, serving
from tests.synthetic import file, image, picture

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture
def page(visit, address):
    page = visit(f"{address}/map", keep=True)
    drawn(page)
    # A page that was used before may still show what its view held then.
    expect(count(page)).to_have_text(re.compile(r"^\d+ images$"))
    return page


def drawn(page):
    expect(page.locator(".plot canvas").first).to_be_attached()
    expect(page.locator(".root > header .count")).to_have_text(re.compile(r"image"))


def count(page):
    return page.locator(".root > header .count")


def number(text):
    return int(re.search(r"\d[\d\s,]*", text).group().replace(",", "").replace("\u202f", ""))


def figure(page, expression):
    """Evaluate an expression on the figure, called ``plot`` in it."""
    return page.locator(".plot").evaluate(f"plot => {{ return {expression}; }}")


def around_the_middle(page):
    """Draw a lasso around the middle of the map."""
    box = page.locator(".plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    wide, high = box["width"] / 4, box["height"] / 4
    page.mouse.move(x - wide, y - high)
    page.mouse.down()
    for across, down in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        page.mouse.move(x + across * wide, y + down * high, steps=6)
    page.mouse.up()


def current_view(page):
    return from_address(re.search(r"view=([\w-]+)", page.url).group(1))


def place_of_a_point(page):
    """Return the pixel of the point farthest from all others, and its place in the data."""
    return page.locator(".plot").evaluate(
        """plot => {
          const { xaxis, yaxis } = plot._fullLayout;
          const trace = plot.data[1];
          const spots = Array.from(trace.x, (x, at) => [xaxis.d2p(x), yaxis.d2p(trace.y[at])]);
          const alone = spots.map(([x, y]) =>
            Math.min(...spots.map(([a, b]) => Math.hypot(a - x, b - y) || Infinity)));
          const at = alone.indexOf(Math.max(...alone.filter(Number.isFinite)));
          const box = plot.getBoundingClientRect();
          return { x: box.x + spots[at][0], y: box.y + spots[at][1] };
        }"""
    )


def test_every_image_is_a_point_and_clusters_stand_beside_with_an_exemplar(page, demo_project):
    current = registry.get(open_project(demo_project), fresh=True)
    placed = int(current.projection("visual").placed.sum())
    points = "plot.data.reduce((sum, trace) => sum + trace.x.length, 0)"
    assert eventually(lambda: number(count(page).inner_text()) == placed)
    assert eventually(lambda: figure(page, points) == placed)
    groups = page.locator(".legend .group")
    expect(groups).to_have_count(current.cluster_info("visual").height)
    expect(groups.first.locator("img")).to_be_visible()


def test_a_lasso_becomes_a_condition_that_the_gallery_shows_too(page, demo_project):
    around_the_middle(page)
    expect(page.locator(".chip")).to_have_text(re.compile("region"))
    expect(count(page)).to_have_text(re.compile(r"of"))
    current = registry.get(open_project(demo_project), fresh=True)
    caught = len(run_view(current, current_view(page)))
    assert 0 < caught < len(current)
    expect(page.locator(".shown strong")).to_have_text(re.compile(rf"^{caught} images?$"))
    expect(page.locator(".pictures img").first).to_be_visible()
    dimmed = int(current.projection("visual").placed.sum()) - caught
    assert eventually(lambda: figure(page, "plot.data[0].x.length") == dimmed)
    page.get_by_role("button", name="Show in Explore").click()
    expect(page.get_by_role("grid", name="Images")).to_be_visible()
    expect(page.locator(".count", has_text=f"{caught} of")).to_be_visible()
    page.go_back()
    drawn(page)
    assert eventually(lambda: number(count(page).inner_text()) == caught)
    assert eventually(lambda: figure(page, "plot.layout.shapes.length") == 1)


def test_what_a_lasso_catches_is_selected_and_nothing_else(page):
    page.locator(".plot").hover()
    page.keyboard.press("Control+a")
    total = number(count(page).inner_text())
    selected = page.get_by_text(re.compile(r"^[\d,]+ selected"))
    expect(selected).to_have_text(re.compile(rf"^{total} selected"))
    around_the_middle(page)
    expect(page.locator(".chip")).to_have_count(1)
    catch = page.locator(".shown strong")
    expect(catch).not_to_have_text(re.compile(rf"^{total} "))
    caught = catch.inner_text()
    expect(selected).to_have_text(re.compile(rf"^{number(caught)} selected"))
    page.get_by_role("button", name="Remove the filter").click()
    expect(selected).to_be_hidden()


def test_a_region_is_dropped_by_its_chip(page):
    everything = count(page).inner_text()
    around_the_middle(page)
    page.get_by_role("button", name="Remove the filter").click()
    expect(count(page)).to_have_text(everything)
    expect(page.locator(".chip")).to_have_count(0)


def test_a_cluster_is_chosen_by_its_line_and_dropped_by_it(page):
    line = page.locator(".legend .group").first
    of_it = number(line.locator(".number").inner_text())
    line.click()
    expect(page.locator(".shown strong")).to_have_text(re.compile(rf"^{of_it} image"))
    expect(line).to_have_attribute("aria-pressed", "true")
    line.focus()
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".chip")).to_have_count(0)


def test_zoom_stays_when_the_view_changes(page):
    box = page.locator(".plot").bounding_box()
    before = figure(page, "plot._fullLayout.xaxis.range.slice()")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -600)
    zoomed = waited(page, lambda: figure(page, "plot._fullLayout.xaxis.range.slice()"), before)
    page.locator(".legend .group").first.click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(count(page)).to_have_text(re.compile(r"of"))
    assert figure(page, "plot._fullLayout.xaxis.range.slice()") == pytest.approx(zoomed)
    page.get_by_role("button", name="Show the whole map").click()
    waited(page, lambda: figure(page, "plot._fullLayout.xaxis.range.slice()"), zoomed)


def waited(page, read, old):
    """Return what is read once it differs from ``old``."""
    for _ in range(100):
        value = read()
        if value != old:
            return value
        page.wait_for_timeout(50)
    raise AssertionError(f"still {old}")


def test_pointing_shows_the_picture_and_a_press_opens_it(page):
    spot = place_of_a_point(page)
    page.mouse.move(spot["x"] - 40, spot["y"] - 40)
    page.mouse.move(spot["x"], spot["y"], steps=5)
    card = page.locator(".card")
    expect(card).to_be_visible()
    sha1 = card.locator("img").get_attribute("src").removeprefix("/thumb/")
    page.mouse.click(spot["x"], spot["y"])
    expect(page.get_by_role("region", name="Open image")).to_be_visible()
    expect(page).to_have_url(re.compile(f"image={sha1}"))
    page.go_back()
    drawn(page)


def test_colours_tell_folders_apart(visit, address):
    page = visit(f"{address}/map")
    drawn(page)
    page.get_by_label("Colour by").select_option("folder")
    expect(page.locator(".legend .group", has_text="Animals")).to_be_visible()
    expect(page.locator(".legend img")).to_have_count(0)


@pytest.mark.parametrize(
    ("size", "theme"), [pytest.param(WIDE, "dark", marks=pytest.mark.slow), (NARROW, "light")]
)
def test_nothing_is_cut_off_in_french(visit, address, size, theme):
    page = visit(f"{address}/map", size=size, theme=theme, locale="fr-FR")
    drawn(page)
    expect(page.get_by_text("Voir dans Explorer")).to_be_visible()
    for part in (".root", ".shown header", ".legend", ".tools"):
        whole = "node => node.scrollWidth <= node.clientWidth"
        assert eventually(lambda: page.locator(part).first.evaluate(whole)), part  # noqa: B023
    inside = "node => node.getBoundingClientRect().bottom <= innerHeight"
    assert eventually(lambda: page.locator(".plot").evaluate(inside))


def test_before_there_is_a_map_the_page_says_what_it_waits_for(visit, tmp_path):
    project = synthetic.project(tmp_path / "p")
    synthetic.write(project, "images", [image("one", thumbnail=picture())])
    synthetic.write(project, "files", [file("a/one.jpg", "one")])
    with serving(project.root) as address:
        page = visit(f"{address}/map")
        expect(page.get_by_role("heading", name="No map yet")).to_be_visible()
