"""The gallery alone, on more images than a test could make: its rows come from the test."""

import json
import re
import struct
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.components import assets
from panoptic_data.catalogue import field_counts, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.project import open_project
from panoptic_data.views.model import View, to_address
from tests import synthetic
from tests.dashboard import WIDE, eventually

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

MILLION = 1_000_000
PIXEL = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2">'
    b'<rect width="3" height="2" fill="teal"/></svg>'
)
TEXTS = (
    *("label", "select", "back", "previous", "next", "image", "outside", "place"),
    *("cannot_show", "no_rows", "retry"),
)
ADDED = 36  # what two more lines of captions add below a picture


def row(index):
    return {
        "sha1": f"{index % 2**160:040x}",
        "name": f"{index}.jpg",
        "place": f"source/{index}.jpg",
        "width": 300,
        "height": 200,
        "colour": "#808080",
        "copies": 1,
        "status": "ok",
    }


def rows(route):
    answer(route, before=0)


def answer(route, before):
    """Answer like the server, with ``before`` new images ahead of the first ones."""
    query = dict(parse_qsl(urlsplit(route.request.url).query))
    start, count = int(query["start"]), int(query["count"])
    matches = [row(index - before) for index in range(start, min(MILLION, start + count))]
    if query.get("also") == "cluster" and query["encoder"] == "visual":
        matches = [{**item, "cluster": 7} for item in matches]
    body = [item["sha1"] for item in matches] if query.get("only") else matches
    # The first of those asked for that the view holds: here all of them are in it.
    at = int(query["at"].split(",")[0], 16) + before if "at" in query else None
    route.fulfill(json={"rows": body, "total": MILLION, "version": "1", "at": at, "of": 0})


def alone(page, address, **changes):
    """Show a page that holds a gallery of a million images and nothing else."""
    data = {
        "project": "million",
        "view": "",
        "version": "1",
        "total": MILLION,
        "opened": None,
        "current": None,
        "language": "en",
        "encoder": "visual",
        "texts": {name: name for name in TEXTS} | {"cluster": "Cluster {number}"},
        **changes,
    }
    html = f"""<!doctype html><title>gallery</title><style>{assets.css("gallery")}
      #host, .root {{ position: fixed; inset: 0; }}</style>
      <div id="host"><div class="root"></div></div>
      <script type="module">
        const {{ default: gallery }} = await import("{assets.address("gallery")}");
        window.told = [];
        const tell = (name, value) => window.told.push([name, value]);
        window.show = (changes) => {{
          gallery({{ data: {{ ...{json.dumps(data)}, ...changes }}, setStateValue: tell,
            setTriggerValue: tell, parentElement: document.getElementById("host") }});
        }};
        window.show({{}});
      </script>"""
    page.set_viewport_size(WIDE)
    page.route("**/rows?*", rows)
    page.route("**/thumb/*", lambda route: route.fulfill(body=PIXEL, content_type="image/svg+xml"))
    page.route("**/alone", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{address}/alone")
    return page


@pytest.fixture
def page(visit, address):
    """A page that holds a gallery of a million images and nothing else."""
    page = alone(visit(), address)
    expect(page.locator(".tile img.here").first).to_be_visible()
    return page


def at(page, index):
    """Wait until an image is the current one: what keys do is drawn with the next frame."""
    expect(page.locator(".grid")).to_have_attribute("aria-activedescendant", f"tile-{index}")


def top(page):
    """Wait for pictures; return index and position of the first tile in sight."""
    matches = page.wait_for_function(
        """() => {
          const seen = [...document.querySelectorAll(".tile")].filter((tile) => {
            const box = tile.getBoundingClientRect();
            return box.bottom > 1 && box.top < innerHeight;
          });
          if (!seen.length || seen.some((tile) => !tile.querySelector("img.here"))) return null;
          return [Number(seen[0].dataset.index), Math.round(seen[0].getBoundingClientRect().top)];
        }"""
    )
    return matches.json_value()


def side_of(sha1):
    """A size that no other image near it has."""
    number = int(sha1, 16)
    return 1 + number % 211, 1 + number // 211 % 199


def pictures(route):
    """Answer like the server: each image's picture has a size of its own."""
    names = re.findall(".{40}", route.request.url.partition("=")[2])
    images = [synthetic.picture("teal", side_of(name)) for name in names]
    lengths = struct.pack(f"<{len(images)}I", *map(len, images))
    route.fulfill(body=lengths + b"".join(images), content_type="application/octet-stream")


@pytest.fixture
def measured(page):
    """The gallery, whose pictures say by their size whose they are."""
    page.unroute("**/thumb/*")
    page.route("**/thumb/*", lambda route: route.abort())
    page.route("**/thumbs?*", pictures)
    page.reload()
    expect(page.locator(".tile img.here").first).to_be_visible()
    return page


# In each frame of a scroll: tiles in sight, those whose picture is here, and those whose picture is
# another image's.
WATCH = """async (grid, [moves, speed]) => {
  const seen = { tiles: 0, pictures: 0, wrong: 0 };
  const began = performance.now();
  const from = grid.scrollTop;
  for (let frame = 0; performance.now() - began < 1500; frame++) {
    await new Promise(requestAnimationFrame);
    for (const tile of grid.querySelectorAll(".tile")) {
      const image = tile.querySelector("img");
      const box = tile.getBoundingClientRect();
      if (box.bottom < 0 || box.top > innerHeight || !tile.dataset.sha1) continue;
      seen.tiles += 1;
      if (!image.classList.contains("here")) continue;
      const number = Number(BigInt("0x" + tile.dataset.sha1));
      const [width, height] = [1 + (number % 211), 1 + (Math.floor(number / 211) % 199)];
      if (image.naturalWidth === width && image.naturalHeight === height) seen.pictures += 1;
      else seen.wrong += 1;
    }
    if (speed) grid.scrollTop = from + ((performance.now() - began) / 1000) * speed;
    else moves[frame % moves.length] < 0 ? window.show({ view: `v${frame % 3}` })
      : (grid.scrollTop = moves[frame % moves.length]);
  }
  return seen;
}"""


def test_pictures_are_there_while_one_scrolls(measured):
    grid = measured.locator(".grid")
    # A first move: from then on what lies beside is fetched too.
    grid.evaluate("grid => grid.scrollTop = 3000")
    top(measured)
    seen = grid.evaluate(WATCH, [[], 1_200])
    assert seen["wrong"] == 0
    # On a machine that does nothing else all are; before, a scroll showed flat colours.
    assert seen["pictures"] > 0.8 * seen["tiles"]


def test_no_tile_ever_shows_the_picture_of_another_image(measured):
    # Jumps, small moves, and other views in between: the tiles are those of other images each time.
    measured.unroute("**/rows?*")
    measured.route("**/rows?*", shifted)
    moves = [0, 400, 90_000, 90_300, -1, 91_000, 200, -1, 1_000_000, 1_000_400]
    seen = measured.locator(".grid").evaluate(WATCH, [moves, 0])
    assert seen["wrong"] == 0
    assert eventually(lambda: measured.locator(".grid").evaluate(WATCH, [[500], 0])["pictures"] > 0)


def shifted(route):
    view = dict(parse_qsl(urlsplit(route.request.url).query)).get("view", "")
    answer(route, before=-1_000 * int(view.removeprefix("v") or 0))


def larger(page, times):
    page.locator(".grid").focus()
    for _ in range(times):
        page.keyboard.press("+")


@pytest.mark.parametrize("times", [0, 4], ids=["small tiles", "large tiles"])
def test_keys_reach_the_last_of_a_million_and_come_back(page, times):
    larger(page, times)
    page.keyboard.press("End")
    at(page, MILLION - 1)
    expect(page.locator(f'.tile[data-index="{MILLION - 1}"] img.here')).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(page.locator('.tile[data-index="0"] img.here')).to_be_in_viewport()


def test_what_scrolls_stays_below_every_browsers_limit(page):
    larger(page, 4)
    heights = page.locator(".grid").evaluate("grid => [grid.scrollHeight, grid.clientHeight]")
    assert heights[0] == 15_000_000


def test_bar_dragged_to_the_middle_shows_the_middle(page):
    larger(page, 4)
    page.locator(".grid").evaluate(
        "grid => grid.scrollTop = (grid.scrollHeight - grid.clientHeight) / 2"
    )
    index, _ = top(page)
    assert abs(index - MILLION / 2) < 100


def test_wheel_moves_pictures_pixel_by_pixel_however_long_the_list(page):
    larger(page, 4)
    page.locator(".grid").evaluate("grid => grid.scrollTop = grid.scrollHeight / 2")
    index, before = top(page)
    page.locator(".grid").evaluate("grid => grid.scrollTop += 37")
    tile = page.locator(f'.tile[data-index="{index}"]')
    page.wait_for_function(
        """([index, y]) => Math.abs(document.querySelector(`[data-index="${index}"]`)
             .getBoundingClientRect().top - y) <= 1""",
        arg=[index, before - 37],
    )
    expect(tile).to_be_in_viewport()


def test_nothing_in_sight_is_ever_blank(page):
    """Every frame of a fast scroll through all of it is covered by rows."""
    blanks = page.locator(".grid").evaluate(
        """async (grid) => {
          let blanks = 0;
          const end = grid.scrollHeight - grid.clientHeight;
          for (let step = 1; step <= 60; step++) {
            grid.scrollTop = (end * step) / 60;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            const rows = [...grid.querySelectorAll(".row")];
            const boxes = rows.map((row) => row.getBoundingClientRect());
            const from = Math.min(...boxes.map((box) => box.top));
            const to = Math.max(...boxes.map((box) => box.bottom));
            if (from > 12 || to < innerHeight - 12) blanks += 1;
          }
          return blanks;
        }"""
    )
    assert blanks == 0


def test_images_that_come_in_leave_what_is_in_sight_where_it_is(page):
    page.locator(".grid").evaluate("grid => grid.scrollTop = 100000")
    index, y = top(page)
    sha1 = page.locator(f'.tile[data-index="{index}"]').get_attribute("data-sha1")
    page.unroute("**/rows?*")
    page.route("**/rows?*", lambda route: answer(route, before=700))
    page.evaluate("show({ version: '2', total: 1000700 })")
    same = page.locator(f'.tile[data-sha1="{sha1}"]')
    expect(same).to_have_attribute("data-index", str(index + 700))
    assert eventually(lambda: round(same.bounding_box()["y"]) == y)


def test_a_range_over_rows_that_were_never_fetched_is_selected_whole(page):
    stored = "() => JSON.parse(sessionStorage.getItem('panoptic.selection.million')).count"
    page.locator('.tile[data-index="3"]').click(modifiers=["Control"])
    page.locator(".grid").evaluate("grid => grid.scrollTop = 200000")
    index, _ = top(page)
    page.locator(f'.tile[data-index="{index}"]').click(modifiers=["Shift"])
    page.wait_for_function(f"expected => ({stored})() === expected", arg=index - 3 + 1)


def test_rows_that_fail_say_so_and_can_be_tried_again(page):
    page.unroute("**/rows?*")
    page.route("**/rows?*", lambda route: route.fulfill(status=500))
    page.keyboard.press("End")
    expect(page.get_by_role("alert")).to_contain_text("no_rows")
    page.unroute("**/rows?*")
    page.route("**/rows?*", rows)
    page.get_by_role("button", name="retry").click()
    expect(page.locator(f'.tile[data-index="{MILLION - 1}"] img.here')).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_captions_stand_line_by_line_under_each_picture_and_a_key_hides_them(page):
    module = assets.address("gallery").replace(
        "gallery/gallery.js", "shared/ui/display_settings.js"
    )
    captions = page.locator('.tile[data-index="0"] .line')
    height = lambda: page.locator('.tile[data-index="0"]').bounding_box()["height"]  # noqa: E731
    before = height()
    expect(captions).to_have_text(["0.jpg"])
    page.evaluate(
        f"""async () => (await import("{module}"))
          .setDisplay({{ captions: ["name", "dimensions", "cluster"] }})"""
    )
    expect(captions).to_have_text(["0.jpg", "300 × 200", "Cluster 7"])
    assert eventually(lambda: height() - before > ADDED)
    page.locator(".grid").focus()
    page.keyboard.press("t")
    expect(captions).to_have_count(0)
    page.keyboard.press("t")
    expect(captions).to_have_text(["0.jpg", "300 × 200", "Cluster 7"])


def test_captions_are_chosen_by_keys_and_kept(visit, address):
    page = visit(address)
    lines = page.locator(".tile").first.locator(".line")
    expect(lines).to_have_count(1)
    page.get_by_role("button", name="Captions under the pictures").press("Enter")
    expect(page.get_by_role("checkbox", name="Name")).to_be_focused()
    page.get_by_role("checkbox", name="Format").press("Space")
    expect(lines).to_have_count(2)
    expect(lines.last).to_have_attribute("title", "Format: JPEG")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Captions under the pictures")).to_be_focused()
    page.reload()
    expect(lines.last).to_have_attribute("title", "Format: JPEG")


def test_inverse_is_all_other_images_of_the_view_whatever_is_selected_elsewhere(
    visit, address, demo_project
):
    corpus = registry.get(open_project(demo_project))
    total = len(run_view(corpus, View()))
    first, *_, last = (name for name in field_counts.folders(corpus) if name.count("/") == 1)
    here = View().with_condition("folder", [last])
    count = len(run_view(corpus, here))
    page = visit(f"{address}/?view={to_address(View().with_condition('folder', [first]))}")
    page.locator(".tile img.here").first.click(modifiers=["Control"])
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    page.goto(f"{address}/?view={to_address(here)}")
    # What is selected in another folder is not one of these.
    expect(page.locator(".st-key-searchline").get_by_role("status")).to_have_text(
        f"{count} of {total}"
    )
    expect(page.get_by_text("1 selected, 0 shown here", exact=True)).to_be_visible()
    page.keyboard.press("Control+i")
    expect(page.get_by_text(f"{count} selected", exact=True)).to_be_visible()
    page.locator(".tile img.here").first.click(modifiers=["Control"])
    expect(page.get_by_text(f"{count - 1} selected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Invert").click()
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Table", exact=False).first.click()
    expect(page.locator(".table .row[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Control+i")
    expect(page.get_by_text(f"{count - 1} selected", exact=True)).to_be_visible()
