"""Duplicates cleared by keys as a person does: in a real browser, on a copy of the demo."""

import re

import pytest

from app.components import assets
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.duplicates import review
from panoptic_data.parts import shared
from panoptic_data.storage.project import open_project
from tests import synthetic
from tests.dashboard import NARROW, eventually, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture(scope="module")
def address(own_project):
    with serving(own_project) as address:
        yield address


@pytest.fixture
def store(own_project):
    return annotations_of(open_project(own_project))


@pytest.fixture
def groups(own_project):
    """The near groups as the page lists them: group, keeper, others."""
    current = registry.get(open_project(own_project))
    return review.open_groups(current, "near").ordered("size").to_dicts()


def compared(page, first, other, *, evened=False):
    """Compare points of two pictures, as the page does: the mean, how much is clearly different."""
    module = assets.address("duplicates").replace("duplicates.js", "pixel_difference.js")
    return page.evaluate(
        """async ([module, one, other, evened]) => {
          const functions = await import(module);
          const [first, second] = [one, other].map((points) => Uint8ClampedArray.from(points));
          if (evened) functions.matchLight(first, second);
          return functions.comparePixels(first, second, new Uint8ClampedArray(one.length));
        }""",
        [module, first, other, evened],
    )


def outside(store):
    """Return what is out of the corpus, as another process reads it."""
    return set(store.state(fresh=True).excluded.frame()["target"])


def in_hand(page, group, total):
    selected = page.locator(".group[aria-selected=true]")
    expect(selected).to_have_attribute("data-group", group["group"])
    expect(page.get_by_text(re.compile(f"^Group \\d+ of {total}$"))).to_be_visible()
    expect(page.locator(".pair")).to_be_visible()
    # Until then keys decide nothing: the group was not seen.
    expect(page.locator("[data-opening]")).to_have_count(0)


def keeps(page, sha1):
    expect(page.locator(".member[data-fate=keeps]")).to_have_attribute("data-sha1", sha1)


def test_groups_are_merged_kept_apart_and_all_merged_by_keys_and_each_is_taken_back(
    visit, address, store, groups
):
    first, second = groups[:2]
    count = len(groups)
    page = visit(f"{address}/duplicates")
    in_hand(page, first, count)
    keeps(page, first["keeper"])
    page.keyboard.press("2")
    expect(page.get_by_text(re.compile(r"% on average; clearly different on"))).to_be_visible()
    expect(page.locator(".over canvas")).to_be_visible()
    black, white, brighter = [0, 0, 0, 255], [200, 200, 200, 255], [240, 240, 240, 255]
    grey = [40, 40, 40, 255]
    answer = compared(page, [*black, *white], [*black, *grey])
    assert answer == {"mean": pytest.approx(80 / 255), "area": 0.5}
    assert compared(page, [*black, *white], [*grey, *brighter])["area"] == 1
    assert compared(page, [*black, *white], [*grey, *brighter], evened=True)["mean"] == 0
    # The other one stays instead.
    page.keyboard.press("k")
    keeps(page, first["others"][0])
    page.keyboard.press("y")
    in_hand(page, second, count - 1)
    left = {first["keeper"], *first["others"][1:]}
    assert outside(store) == left
    keeps(page, second["keeper"])
    page.keyboard.press("n")
    expect(page.get_by_text(re.compile("images stay: not duplicates"))).to_be_visible()
    expect(page.get_by_text(f"{count - 2} groups")).to_be_visible()
    assert outside(store) == left
    # What was taken back is in hand again, and the one merged is still merged.
    page.keyboard.press("Control+z")
    in_hand(page, second, count - 1)
    assert outside(store) == left
    page.set_viewport_size(NARROW)
    page.reload()
    in_hand(page, second, count - 1)
    page.get_by_role("button", name="Merge all…").click()
    dialog = page.get_by_role("dialog", name="Merge many groups at once")
    dialog.get_by_role("slider").focus()
    page.keyboard.press("End")
    dialog.get_by_role("button", name=re.compile(f"^Merge {count - 1} groups?$")).click()
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    every = left | {sha1 for group in groups[1:] for sha1 in group["others"]}
    assert eventually(lambda: outside(store) == every)
    page.get_by_role("button", name="Undo", exact=True).click()
    in_hand(page, second, count - 1)
    assert outside(store) == left
    # Copies of a file never leave: they are listed with their places.
    page.get_by_role("tab", name="Same file").click()
    expect(
        page.get_by_role("heading", name=re.compile(r"^One picture, \d+ files$"))
    ).to_be_visible()
    for name in ("Merge", "Merge all…"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_be_hidden()


@pytest.mark.slow  # half a minute
def test_images_that_share_a_part_are_outlined_compared_and_tagged_together(
    visit, address, own_project
):
    page = visit(f"{address}/duplicates")
    page.get_by_role("tab", name="Shared part").click()
    # Before they were looked for: what for, and a button that does it.
    expect(page.get_by_role("heading", name="Which images share a part?")).to_be_visible()
    expect(page.get_by_role("button", name="Find shared parts")).to_be_enabled()
    hub, sofa, hall = share_a_part(open_project(own_project))
    group = page.locator(".group[data-group^=part]")
    expect(group).to_contain_text("3 images · likely")
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator(f".tile[data-sha1='{hub}'] polygon.line")).to_have_attribute(
        "points", re.compile(r"^\d")
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(f".tile[data-sha1='{sofa}']")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=re.compile("the shared part outlined$"))
    expect(dialog.get_by_role("heading")).to_have_text("surely the same · 60 points agree")
    expect(dialog.locator("polygon.line")).to_have_count(2)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert violations(page) == []
    page.get_by_role("button", name="Tag these…").click()
    expect(page.get_by_text("3 selected", exact=True)).to_be_visible()
    # Beside one of them the others are outlined, too, and both stand side by side on a press.
    page.goto(f"{address}/?image={hub}")
    row = page.get_by_role("list", name="Shares a part with")
    expect(row.get_by_role("button")).to_have_count(2)
    row.locator(f"[data-sha1='{hall}']").click()
    expect(dialog.get_by_role("heading")).to_have_text("likely the same · 16 points agree")
    page.keyboard.press("Escape")
    expect(page.locator(".viewer.sharp")).to_be_visible()
    # Where a rectangle on it occurs elsewhere is answered in the whole corpus, and said in words.
    page.locator(".viewer .stage").focus()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="The very same thing")).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(
        page.get_by_role("button", name=f"Remove shares a part with part of image {hub[:6]}")
    ).to_be_visible()


def share_a_part(project):
    """Store that three images share a part, as a run would; return their sha1s, the hub first."""
    sha1s = project.database().frame("images", ["sha1"])["sha1"].sort().to_list()[:3]
    outline = [0.25, 0.25, 0.75, 0.25, 0.75, 0.75, 0.25, 0.75]
    sureness = dict(zip(sha1s, ((60, 0.9), (60, 0.9), (16, 0.5)), strict=True))
    name = "1" * 16 + "-" + "2" * 16
    rows = [
        {
            "member": f"{name}/{sha1}",
            "group": name,
            "sha1": sha1,
            "hub": sha1s[0],
            "outline": outline,
            "inliers": inliers,
            "sureness": sure,
        }
        for sha1, (inliers, sure) in sureness.items()
    ]
    pairs = [
        {
            "pair": f"{sha1s[0]}{other}",
            "left": sha1s[0],
            "right": other,
            "inliers": sureness[other][0],
            "matrix": [1, 0, 0, 0, 1, 0],
            "left_outline": outline,
            "right_outline": outline,
            "sureness": sureness[other][1],
            "group": name,
        }
        for other in sha1s[1:]
    ]
    synthetic.write(project, shared.PAIRS, pairs)
    synthetic.write(project, "stages", [{"stage": shared.STAGE, "code_version": "1"}])
    synthetic.write(project, shared.GROUPS, rows)
    return sha1s


def violations(page):
    """Return what axe objects to."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    violated = axe.Axe().run(page).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in violated]
