"""Searching by words and pictures as a person does it: in a real browser."""

import base64
import re

import pytest

from app.widgets import search_terms
from panoptic_data.encoders import parse
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project, open_project, set_encoders
from panoptic_data.vectors import embeddings
from panoptic_data.views.model import Condition, Level, View, to_address
from tests.browser.test_explore import ready, tile, viewer
from tests.dashboard import serving
from tests.images import shared
from tests.synthetic import picture, write
from tests.vectors import embed, grouped

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

GROUPED = View((Condition("width", "between", [1, None]),), group=(Level("folder"),))
# A picture of four pixels, which no corpus holds.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DwHwyBNAMDA4gDABrnBvmZ0vhh"
    "AAAAAElFTkSuQmCC"
)


# Keeps all that is said at a place.
RECORD = """said => {
    window.told = [];
    new MutationObserver(() => window.told.push(said.textContent))
        .observe(said, { childList: true, characterData: true, subtree: true });
}"""


def field(page):
    return page.locator(".st-key-searchline").get_by_role("combobox", name="Search", exact=True)


def offers(page):
    """What the panel of the box offers."""
    return page.locator("#search-offers").get_by_role("option")


def terms(page):
    return page.get_by_role("button", name=re.compile("^Remove from the search"))


def count(page):
    return page.locator(".st-key-searchline .count")


def limit(page):
    return page.get_by_role("button", name=re.compile("^Minimum similarity"))


def scope(page):
    return page.get_by_label("Images to search")


def drop(page, data):
    """Drop a file on the line, as from a folder of the desk."""
    carried = page.evaluate_handle(
        """data => {
            const carried = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
            carried.items.add(new File([bytes], "picture.png", { type: "image/png" }));
            return carried;
        }""",
        data,
    )
    page.locator(".st-key-searchline .root").dispatch_event("drop", {"dataTransfer": carried})


def pick(page, data):
    """Choose a file in the dialogue of the browser."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=re.compile("^Search with a picture")).click()
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": data})


def paste_picture(page, data):
    """Paste a picture, as from another program, wherever the focus is."""
    page.evaluate(
        """data => {
            const clipboardData = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
            clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }));
            document.body.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true }));
        }""",
        base64.b64encode(data).decode(),
    )


def draw(page):
    """Draw a rectangle over the middle of the open image."""
    box = page.locator(".viewer .large").bounding_box()
    for at, act in ((0.3, page.mouse.down), (0.7, page.mouse.up)):
        page.mouse.move(box["x"] + box["width"] * at, box["y"] + box["height"] * at)
        act()


def paste(page, text):
    field(page).evaluate(
        """(field, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const how = { clipboardData, bubbles: true, composed: true, cancelable: true };
            field.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


@pytest.mark.slow
def test_a_search_is_put_together_of_pictures_and_narrowed(visit, address):
    page = ready(visit(address))
    # By an image of the corpus, then by how alike.
    tile(page, 0).click()
    expect(viewer(page)).to_be_visible()
    page.get_by_role("button", name="Show all in the gallery").click()
    expect(terms(page)).to_have_count(1)
    expect(field(page)).to_have_value(re.compile(r"^image:[0-9a-f]{12}$"))
    expect(limit(page)).to_have_text(re.compile("the 24 nearest|loosely"))
    limit(page).click()
    dialog = page.get_by_role("dialog", name="Minimum similarity")
    slider = dialog.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^loosely, about \d+ images$"))
    # In four words; the figures are in the tooltip.
    expect(dialog.get_by_title(re.compile(r"^closer than .* · cosine 0\.\d{3}$"))).to_be_visible()
    dialog.get_by_role("button", name="very alike").click()
    expect(limit(page)).to_contain_text("very alike")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^very alike, "))
    slider.press("Home")
    expect(limit(page)).not_to_contain_text("very alike")
    expect(count(page)).to_have_text(re.compile(r"^\d{3} of \d{3}$"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # Less like another, and like a part of it.
    tile(page, 3).click()
    expect(viewer(page)).to_be_visible()
    page.get_by_role("button", name="Subtract from the search").click()
    expect(terms(page)).to_have_count(2)
    expect(field(page)).to_have_value(re.compile(r"^image:\w+ - image:\w+$"))
    tile(page, 1).click()
    expect(page.locator(".viewer.sharp")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(terms(page)).to_have_count(3)
    expect(field(page)).to_have_value(re.compile(r" \+ crop:\w+@0\.23,0\.25,0\.5,0\.5$"))
    # By a part that is drawn.
    tile(page, 1).click()
    expect(page.locator(".viewer.sharp")).to_be_visible()
    page.get_by_role("button", name="Search a part of the image").click()
    draw(page)
    page.get_by_role("button", name="Looks like this").click()
    expect(terms(page)).to_have_count(4)
    expect(field(page)).to_have_value(
        re.compile(r" \+ crop:\w+@0\.[23]\d*,0\.[23]\d*,0\.[345]\d*,")
    )
    # By pictures from elsewhere: dropped, picked, pasted; the same again is no other term.
    drop(page, PNG)
    expect(terms(page)).to_have_count(5)
    for at, (bring, colour) in enumerate(((pick, "navy"), (paste_picture, "teal"))):
        bring(page, picture(colour, format="PNG"))
        expect(terms(page)).to_have_count(6 + at)
    paste_picture(page, picture("teal", format="PNG"))
    expect(field(page)).to_have_value(re.compile(r"( \+ file:[0-9a-f]{40}){3}$"))
    expect(terms(page)).to_have_count(7)
    # An address is fetched when it is asked for, and not from here.
    paste(page, "http://127.0.0.1/picture.png")
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="private network")).to_be_visible()
    # Terms go one by one; what cannot be read is said, and what is shown stays.
    for left in (6, 5, 4, 3, 2, 1):
        terms(page).last.click()
        expect(terms(page)).to_have_count(left)
    field(page).press("End")
    page.keyboard.type(" + ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="something is missing")).to_be_visible()
    expect(terms(page)).to_have_count(1)


def test_a_selection_or_a_group_begins_a_search_that_looks_where_one_says(visit, address):
    page = ready(visit(address))
    for index in (0, 1):
        tile(page, index).click(modifiers=["Control"])
    page.get_by_role("button", name="Similar", exact=True).click()
    expect(terms(page)).to_have_count(2)
    expect(field(page)).to_have_value(re.compile(r"^image:\w+ \+ image:\w+$"))
    # There is nothing yet to choose between.
    expect(scope(page)).to_be_hidden()
    # By a group of a view that is filtered: it looks in the whole corpus, and says so.
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator(".selected strong")).to_be_hidden()
    page.goto(f"{address}/?view={to_address(GROUPED)}")
    page.get_by_role("checkbox", name=re.compile("^Select all")).first.click()
    page.get_by_role("button", name="Similar", exact=True).click()
    expect(page.locator(".chips .more")).to_have_text(re.compile(r"^and \d+ more$"))
    expect(scope(page)).to_have_value("corpus")
    limit(page).click()
    most = page.get_by_role("spinbutton", name="or only this many of the most similar")
    most.fill("7")
    most.press("Enter")
    expect(limit(page)).to_contain_text("the 7 most similar")
    expect(count(page)).to_have_text(re.compile(r"^7 of "))
    page.keyboard.press("Escape")
    # Only within the filters that were there, and back.
    chips = page.locator(".chips .chip:not(.term)")
    for where, filters in (("view", 1), ("corpus", 0)):
        scope(page).select_option(where)
        expect(chips).to_have_count(filters)
        expect(count(page)).to_have_text(re.compile(r"^7 of "))
        expect(scope(page)).to_have_value(where)


SECOND = "timm-resnet50-a1-in1k"


@pytest.mark.slow
def test_two_encoders_are_compared_side_by_side_in_one_selection(visit, own_project):
    project = open_project(own_project)
    names = embeddings.matrix(project, "visual")[0]
    embed(project, names, grouped(len(names), width=1.0)[0], SECOND)
    row = {"slug": SECOND, "text": "timm:resnet50.a1_in1k", "status": "ready", "reads_text": False}
    write(project, "encoders", [row])
    with serving(own_project) as address:
        page = ready(
            visit(
                f"{address}/?view={to_address(search_terms.similar_to_images(names[:1], 'visual'))}"
            )
        )
        compared = page.get_by_label("Compare with what another encoder finds")
        compared.select_option(SECOND)
        halves = [page.locator(f".st-key-gallery{which}") for which in ("", "_beside")]
        for half, name in zip(halves, ("visual", "resnet50.a1_in1k"), strict=True):
            expect(half.locator(".beside strong")).to_have_text(name)
            expect(half.locator(".beside")).to_contain_text(re.compile(r"\d+ of \d+ in common"))
            expect(tile(half, 0).locator("img.here")).to_be_visible()
        # What keys move to is marked in the other half, with both ranks.
        tile(halves[0], 0).hover()
        expect(halves[0].locator(".rank")).to_have_text(re.compile(r"^1st here, [\d,]+\w\w there$"))
        there = halves[0].locator(".rank").inner_text().split()[2]
        expect(halves[1].locator(".rank")).to_have_text(f"{there} here, 1st there")
        # One selection: what is selected in one is so in the other.
        tile(halves[1], 0).click(modifiers=["Control"])
        sha1 = tile(halves[1], 0).get_attribute("data-sha1")
        page.keyboard.press("Control+a")
        total = re.sub(r"\D", "", halves[1].locator(".beside .count").text_content())
        expect(page.locator(".selected strong")).to_have_text(f"{total} selected")
        # An image opens in its own half, and a reload brings both back.
        page.keyboard.press("Enter")
        expect(halves[1].locator(".viewer.sharp")).to_be_visible()
        expect(halves[0].locator(".viewer")).to_be_hidden()
        page.keyboard.press("Escape")
        expect(halves[1].locator(".viewer")).to_be_hidden()
        page.reload()
        expect(tile(halves[1], 0)).to_have_attribute("data-sha1", sha1)
        expect(tile(halves[1], 0)).to_have_attribute("aria-selected", "true")
        page.get_by_role("button", name="Keep this one: resnet50.a1_in1k").click()
        expect(halves[1]).to_have_count(0)
        expect(count(page)).to_have_text(re.compile(rf"^{total} of "))
        expect(compared).to_have_value("")
        expect(tile(page, 0)).to_have_attribute("data-sha1", sha1)


@pytest.mark.slow
def test_words_are_added_and_encoders_compared(visit, tmp_path):
    project = create_project(tmp_path / "project")
    clip = f"clip:local-dir:{shared('weights/tiny-clip')}"
    for kind in ("dress", "shoes"):
        for path in sorted(shared("clothing-1k").joinpath(kind).glob("*.jpg"))[:12]:
            target = tmp_path / "pictures" / kind / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    images.ingest(project, sources.add(project, tmp_path / "pictures"), "r1")
    project = set_encoders(project, (clip, "visual"))
    for text in project.encoders:
        embeddings.update(project, parse(text), "r1")
    with serving(project.root) as address:
        page = ready(visit(address))
        # What no name contains is searched by meaning.
        field(page).fill("2*dress - shoes")
        field(page).press("Enter")
        expect(terms(page)).to_have_count(2)
        expect(limit(page)).to_contain_text("alike")
        encoders = page.get_by_label("Which encoder compares the images")
        encoders.select_option("visual")
        expect(page.get_by_role("alert").filter(has_text="does not read text")).to_be_visible()
        expect(encoders).not_to_have_value("visual")
        greyed = page.get_by_label("Compare with what another encoder finds").locator("option")
        expect(greyed.last).to_have_text("visual (does not read text)")
        expect(greyed.last).to_be_disabled()
        # The next does not: words and pictures together, with signs and weights.
        count(page).evaluate(RECORD)
        drop(page, PNG)
        expect(terms(page)).to_have_count(3)
        field(page).press("End")
        page.keyboard.type(' + 0.5*"red cloth"')
        page.keyboard.press("Enter")
        expect(terms(page)).to_have_count(4)
        expect(field(page)).to_have_value(
            re.compile(r"^2\*dress - shoes \+ file:\w{40} \+ 0\.5\*red cloth$")
        )
        expect(count(page)).to_have_text(re.compile(r"^\d+ of 24$"))
        assert not any("Loading" in text for text in page.evaluate("() => window.told"))
        for left in (3, 2):
            terms(page).last.click()
            expect(terms(page)).to_have_count(left)
        # Plain words find names and what looks like them, each a row; one key takes either.
        field(page).fill("dress")
        named, meant = (offers(page).filter(has_text=text) for text in ROWS)
        expect(named).to_contain_text("12 images")
        expect(named).to_contain_text("Shift Enter")
        expect(meant.locator("img")).to_have_count(12)
        field(page).press("Enter")
        expect(terms(page)).to_have_text(["“dress”close"])
        field(page).press("Shift+Enter")
        expect(terms(page)).to_have_count(0)
        expect(field(page)).to_have_value("dress")
        expect(count(page)).to_have_text("12 of 24")
        # Of zero hits in names, the other is offered: in the panel, and on the page.
        field(page).fill("blue boots")
        expect(named).to_contain_text("No name contains “blue boots”")
        expect(meant).to_contain_text("Enter")
        field(page).press("Shift+Enter")
        page.get_by_role("button", name="Search by meaning for “blue boots”").click()
        expect(terms(page)).to_have_text(["“blue boots”close"])
        # What is not there is said, and the nearest are shown.
        field(page).fill("zzz")
        expect(meant).to_contain_text("Nothing is really like it")


ROWS = (re.compile("^In names"), re.compile("^By meaning"))


def test_the_box_completes_fields_and_values_by_keys(visit, address):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    page = ready(visit(address, size={"width": 1000, "height": 700}, theme="dark"))
    assert page.locator(".st-key-searchline .box").bounding_box()["width"] >= 320
    page.keyboard.press("/")
    options = offers(page)
    expect(options.first).to_have_text(re.compile("^folder:a folder"))
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.type("fol")
    expect(options.first).to_have_text(re.compile("^folder:"))
    page.keyboard.press("Tab")
    expect(field(page)).to_have_value("folder:")
    page.keyboard.type("spa")
    expect(options.first).to_have_text(re.compile(r"Space\d+$"))
    page.keyboard.press("ArrowDown")
    chosen = field(page).get_attribute("aria-activedescendant")
    expect(page.locator(f"#{chosen}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value(re.compile("^folder:.*Space $"))
    row = options.filter(has_text=re.compile("^Images"))
    expect(row).to_contain_text(re.compile(r"^Images\d+ images"))
    violations = axe.Axe().run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove folder Space")).to_be_visible()
    expect(field(page)).to_have_value("")
    # One sentence, under the letter that it is about.
    field(page).fill("cat foldr:x")
    field(page).press("Enter")
    problem = page.get_by_role("alert").filter(has_text="Did you mean folder?")
    expect(problem).to_be_visible()
    expect(field(page)).to_have_attribute("aria-invalid", "true")
    left = float(problem.evaluate("it => parseFloat(getComputedStyle(it).paddingLeft)"))
    start = (
        field(page).bounding_box()["x"]
        - page.locator(".st-key-searchline .root").bounding_box()["x"]
    )
    assert 15 < left - start < 60
    # Esc closes the panel, then leaves the field; what was typed stays.
    page.keyboard.type(" fol")
    expect(options.first).to_have_text(re.compile("^folder:"))
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field(page)).to_have_value("cat foldr:x fol")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(field(page)).not_to_be_focused()
