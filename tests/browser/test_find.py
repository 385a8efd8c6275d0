"""Searching by words and pictures as a person does it: in a real browser."""

import re

import pytest

from panoptic_data import embeddings, images, sources
from panoptic_data import project as projects
from panoptic_data.encoders import parse
from tests.browser.test_explore import ready, tile, viewer
from tests.dashboard import serving
from tests.images import shared

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

# A picture of four pixels, which no corpus holds.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DwHwyBNAMDA4gDABrnBvmZ0vhh"
    "AAAAAElFTkSuQmCC"
)


def field(page):
    return page.locator(".st-key-searchline").get_by_role("searchbox")


def terms(page):
    return page.get_by_role("button", name=re.compile("^Remove from the search"))


def count(page):
    return page.locator(".st-key-searchline .count")


def limit(page):
    return page.get_by_role("button", name=re.compile("^From where on"))


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


def test_a_search_is_put_together_of_pictures_and_narrowed(visit, address):
    page = ready(visit(address))
    # By an image of the corpus, then by how alike.
    tile(page, 0).click()
    expect(viewer(page)).to_be_visible()
    page.get_by_role("button", name="Show all in the gallery").click()
    expect(terms(page)).to_have_count(1)
    expect(field(page)).to_have_value(re.compile(r"^image:[0-9a-f]{12}$"))
    expect(limit(page)).to_contain_text("closest 5 %")
    limit(page).click()
    dialog = page.get_by_role("dialog", name="From where on images are shown")
    slider = dialog.get_by_role("slider")
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile(r"^closest 5 %, cosine 0\.\d{3}$")
    )
    slider.press("Home")
    expect(limit(page)).not_to_contain_text("closest 5 %")
    expect(count(page)).to_have_text(re.compile(r"^\d{3} of \d{3}$"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # Less like another, and like a part of it.
    tile(page, 3).click()
    expect(viewer(page)).to_be_visible()
    page.get_by_role("button", name="Take from the search").click()
    expect(terms(page)).to_have_count(2)
    expect(field(page)).to_have_value(re.compile(r"^image:\w+ - image:\w+$"))
    tile(page, 1).click()
    expect(page.locator(".viewer.sharp")).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(terms(page)).to_have_count(3)
    expect(field(page)).to_have_value(re.compile(r" \+ crop:\w+@0\.23,0\.25,0\.5,0\.5$"))
    # By a picture from elsewhere; an address is fetched when it is asked for, and not from here.
    drop(page, PNG)
    expect(terms(page)).to_have_count(4)
    paste(page, "http://127.0.0.1/picture.png")
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="private network")).to_be_visible()
    # Terms go one by one; what cannot be read is said, and what is shown stays.
    for left in (3, 2, 1):
        terms(page).last.click()
        expect(terms(page)).to_have_count(left)
    field(page).press("End")
    page.keyboard.type(" + ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="something is missing")).to_be_visible()
    expect(terms(page)).to_have_count(1)


@pytest.mark.slow
def test_words_are_added_and_encoders_compared(visit, tmp_path):
    project = projects.create(tmp_path / "project")
    clip = f"clip:local-dir:{shared('weights/tiny-clip')}"
    for kind in ("dress", "shoes"):
        for path in sorted(shared("clothing-1k").joinpath(kind).glob("*.jpg"))[:12]:
            target = tmp_path / "pictures" / kind / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    images.ingest(project, sources.add(project, tmp_path / "pictures"), "r1")
    project = projects.with_encoders(project, (clip, "visual"))
    for text in project.encoders:
        embeddings.update(project, parse(text), "r1")
    with serving(project.root) as address:
        page = ready(visit(address))
        page.get_by_label("Where to search").select_option("meaning")
        expect(field(page)).to_have_attribute("placeholder", "Describe what to find")
        field(page).fill("2*dress - shoes")
        field(page).press("Enter")
        expect(terms(page)).to_have_count(2)
        expect(limit(page)).to_contain_text("closest 1 %")
        encoders = page.get_by_label("Which encoder judges likeness")
        encoders.select_option("visual")
        expect(page.get_by_role("alert").filter(has_text="reads no words")).to_be_visible()
        expect(encoders).not_to_have_value("visual")
        # Words alone go along to where names are searched.
        terms(page).last.click()
        expect(terms(page)).to_have_count(1)
        field(page).fill("dress")
        field(page).press("Enter")
        expect(terms(page)).to_have_text(["“dress”close"])
        page.get_by_label("Where to search").select_option("path")
        expect(terms(page)).to_have_count(0)
        expect(field(page)).to_have_value("dress")
        expect(count(page)).to_have_text("12 of 24")
