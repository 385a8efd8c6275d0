"""Groups and shapes of the gallery alone: what they are comes from the test."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.browser.test_gallery import MILLION, TEXTS, alone, at, row

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

LONG = "a long name " * 25
# Two levels: 12 and 18 images, then all others.
GROUPS = {
    "depth": [0, 1, 1, 0, 1],
    "start": [0, 0, 12, 30, 30],
    "count": [30, 12, 18, MILLION - 30, MILLION - 30],
    "label": ["posters", "1930", "1931", LONG, "1931"],
}
SELECTED = "() => JSON.parse(sessionStorage.getItem('panoptic.selection.million')).count"


def size(index):
    return (300, 200) if index % 3 else (200, 400)


def aspects(route):
    """Answer with the shapes of ``size``: 128 + 32 log2(width / height)."""
    route.fulfill(body=bytes([96, 147, 147] * (MILLION // 3 + 1))[:MILLION])


def rows(route):
    query = dict(parse_qsl(urlsplit(route.request.url).query))
    start, count = int(query["start"]), int(query["count"])
    matches = []
    for index in range(start, min(MILLION, start + count)):
        width, height = size(index)
        matches.append({**row(index), "width": width, "height": height})
    body = [item["sha1"] for item in matches] if query.get("only") else matches
    route.fulfill(json={"rows": body, "total": MILLION, "version": "1", "at": None})


def shown(visit, address, shape="fit", grouped=True):
    page = visit()
    page.add_init_script(
        f"localStorage.setItem('panoptic.display', JSON.stringify({{ shape: '{shape}' }}))"
    )
    page.route("**/groups?*", lambda route: route.fulfill(json=GROUPS))
    page.route("**/aspects?*", aspects)
    names = (*TEXTS, "group_fold", "group_select", "group_only")
    alone(page, address, grouped=grouped, canFilter=True, texts={name: name for name in names})
    page.unroute("**/rows?*")
    page.route("**/rows?*", rows)
    page.reload()
    expect(page.locator(".tile img.here").first).to_be_visible()
    return page


def header(page, group):
    return page.locator(f'.tall .header[data-group="{group}"]')


def tile(page, index):
    return page.locator(f'.tile[data-index="{index}"]')


def test_headers_name_and_count_each_group_and_fold_it_for_good(visit, address):
    page = shown(visit, address)
    for group, (name, count, level) in enumerate(
        [("posters", "30", "1"), ("1930", "12", "2"), ("1931", "18", "2")]
    ):
        expect(header(page, group).locator(".label")).to_have_text(name)
        expect(header(page, group).locator(".count")).to_have_text(count)
        expect(header(page, group)).to_have_attribute("aria-level", level)
    header(page, 1).click()
    expect(header(page, 1)).to_have_attribute("aria-expanded", "false")
    expect(tile(page, 11)).to_have_count(0)
    expect(tile(page, 12)).to_be_in_viewport()
    page.reload()
    expect(tile(page, 12)).to_be_in_viewport()
    expect(tile(page, 11)).to_have_count(0)
    header(page, 1).click(modifiers=["Alt"])
    expect(tile(page, 11)).to_be_in_viewport()
    header(page, 0).click(modifiers=["Alt"])
    expect(header(page, 3)).to_be_in_viewport()
    expect(page.locator(".tile")).to_have_count(0)
    label = header(page, 3).locator(".label")
    expect(label).to_have_attribute("title", LONG)
    assert label.evaluate("it => it.scrollWidth > it.clientWidth")


def test_a_group_is_selected_whole_and_let_go_again(visit, address):
    page = shown(visit, address)
    tick = header(page, 1).get_by_role("checkbox")
    tick.click()
    page.wait_for_function(f"({SELECTED})() === 12")
    expect(tick).to_have_attribute("aria-checked", "true")
    expect(header(page, 0).get_by_role("checkbox")).to_have_attribute("aria-checked", "mixed")
    tile(page, 3).click(modifiers=["Control"])
    expect(tick).to_have_attribute("aria-checked", "mixed")
    tick.click()
    page.wait_for_function(f"({SELECTED})() === 12")
    tick.click()
    page.wait_for_function(f"({SELECTED})() === 0")


@pytest.mark.parametrize("shape", ["crop", "rows"])
def test_keys_go_from_group_to_group_and_to_the_end(visit, address, shape):
    page = shown(visit, address, shape)
    page.locator(".grid").focus()
    page.keyboard.press("]")
    at(page, 12)
    page.keyboard.press("]")
    at(page, 30)
    expect(header(page, 3)).to_be_in_viewport()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("[")
    at(page, 12)
    page.keyboard.press("c")
    expect(header(page, 2)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    at(page, 30)
    page.keyboard.press("End")
    expect(tile(page, MILLION - 1).locator("img.here")).to_be_in_viewport()
    # The header of the group in sight stays at the top.
    expect(page.locator(".pin .path")).to_have_text(f"{LONG} ›")
    page.keyboard.press("o")
    answer = page.evaluate("told.filter(([name]) => name === 'group')")
    assert answer == [["group", {"group": 4, "version": "1"}]]
    page.keyboard.press("Home")
    expect(tile(page, 0).locator("img.here")).to_be_in_viewport()


def test_rows_fill_the_width_and_keep_the_shape_of_each_picture(visit, address):
    page = shown(visit, address, "rows")
    boxes = page.evaluate(
        """[...document.querySelectorAll(".tall .row")].map((row) =>
             [...row.querySelectorAll(".tile")].map((tile) => {
               const box = tile.firstElementChild.getBoundingClientRect();
               return [Number(tile.dataset.index), box.left, box.width, box.height];
             }))"""
    )
    inner = page.locator(".grid").evaluate("grid => grid.clientWidth - 16")
    lasts = {11, 29}
    assert len(boxes) > 4
    for tiles in boxes:
        for index, _, width, height in tiles:
            wanted = size(index)[0] / size(index)[1]
            assert width / height == pytest.approx(wanted, rel=0.04)
        right = tiles[-1][1] + tiles[-1][2]
        is_full = abs(right - tiles[0][1] - inner) <= 2
        assert is_full or tiles[-1][0] in lasts


def test_another_shape_leaves_the_same_images_in_sight(visit, address):
    page = shown(visit, address, "fit", grouped=False)
    page.locator(".grid").focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    # What keys do is drawn with the next frame.
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    index = int(page.locator(".grid").get_attribute("aria-activedescendant").removeprefix("tile-"))
    assert index > 20
    for shape in ("crop", "rows", "fit"):
        page.keyboard.press("w")
        expect(page.locator(f".row.{shape}").first).to_be_visible()
        expect(tile(page, index)).to_be_in_viewport()
    at(page, index)
