"""Images sorted into tags by words as a person does it: a real browser, a small real CLIP."""

import re

import pytest

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.encoders import parse
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project, set_encoders
from panoptic_data.vectors import embeddings
from tests.dashboard import NARROW, serving
from tests.images import shared

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

KINDS = ("dress", "shoes", "hat")
EACH = 8
ALL = EACH * len(KINDS)


@pytest.fixture
def project(tmp_path):
    opened = create_project(tmp_path / "project")
    for kind in KINDS:
        for path in sorted(shared("clothing-1k").joinpath(kind).glob("*.jpg"))[:EACH]:
            target = tmp_path / "pictures" / kind / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    images.ingest(opened, sources.add(opened, tmp_path / "pictures"), "r1")
    clip = f"clip:local-dir:{shared('weights/tiny-clip')}"
    opened = set_encoders(opened, (clip,))
    embeddings.update(opened, parse(clip), "r1")
    return opened


@pytest.fixture
def store(project):
    store = annotations_of(project)
    prop, changes = properties.create(store.state().properties, "Kind", "tag")
    store.commit(changes, "property")
    for name in KINDS:
        _, changes = tags.create(store.state().tags, prop.id, name)
        store.commit(changes, "tag")
    return store


def held(store):
    """Return the images of each tag by its name, as another process reads them."""
    state = store.state(fresh=True)
    [prop] = state.properties.values()
    names = {tag.id: tag.name for tag in state.tags.values()}
    matches = {}
    for image, tag in state.values(prop.id).select("target", "value").iter_rows():
        matches.setdefault(names[tag], set()).add(image)
    return matches


def everything(project):
    return set(project.database().frame("images", ["sha1"])["sha1"])


def done(page, count, of):
    expect(page.get_by_text(f"{count} of {of} answered", exact=True)).to_be_visible()


def in_hand(page):
    return page.locator(".tile[aria-selected=true]").get_attribute("data-sha1")


def group(page, name):
    return page.get_by_role("rowgroup", name=name, exact=True)


def test_images_are_sorted_by_words_and_accepted_refused_and_moved_in_bulk(visit, project, store):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    with serving(project.root) as address:
        page = visit(f"{address}/properties")
        page.get_by_role("button", name="Sort by words…").click()
        expect(page.get_by_role("heading", name="Sort by words into “Kind”")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/classes\?.*property="))
        expect(page.get_by_role("heading", name="dress", exact=True)).to_be_visible()
        # How sure one wants it changes what is shown at once.
        page.get_by_label("Minimum certainty").fill("100")
        expect(
            page.get_by_text("No image reaches a certainty of 100 %", exact=True)
        ).to_be_visible()
        page.get_by_label("Minimum certainty").fill("0")
        done(page, 0, ALL)
        # What the model is told is said, and can be said otherwise.
        expect(page.get_by_text("“a photo of dress”")).to_be_visible()
        page.get_by_label("Sentence").fill("a picture of {name}")
        page.get_by_label("Sentence").press("Enter")
        expect(page.get_by_text("“a picture of dress”")).to_be_visible()
        done(page, 0, ALL)
        # One is accepted, one refused, one is moved to another tag: one step each.
        page.get_by_role("grid", name="Images by tag").focus()
        first = in_hand(page)
        page.keyboard.press("y")
        done(page, 1, ALL)
        refused = in_hand(page)
        page.keyboard.press("Backspace")
        done(page, 2, ALL)
        moved = in_hand(page)
        page.keyboard.press("c")
        expect(page.get_by_role("dialog", name="Another tag")).to_be_visible()
        page.keyboard.type("sho")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 image moved to “shoes”")).to_be_visible()
        assert held(store) == {"dress": {first}, "shoes": {moved}}
        expect(page.locator(f".tile[data-sha1='{moved}'] .has")).to_have_text("shoes")
        violations = axe.Axe().run(page).response["violations"]
        assert [
            (item["id"], [node["target"] for node in item["nodes"]]) for item in violations
        ] == []
        # The rest of a class, then of all of them, each undone by one step.
        expect(group(page, "dress")).to_contain_text("3 answered")
        page.keyboard.press("Shift+Y")
        expect(page.get_by_text(re.compile("accepted for “dress”"))).to_be_visible()
        all_of_it = group(page, "dress").get_by_role("button", name="Accept 0 images for “dress”")
        expect(all_of_it).to_be_disabled()
        page.get_by_role("button", name=re.compile("^Accept .* in all tags$")).click()
        expect(page.get_by_text(re.compile("accepted, tags: 2"))).to_be_visible()
        done(page, ALL, ALL)
        assert held(store).keys() == set(KINDS)
        assert set().union(*held(store).values()) == everything(project) - {refused}
        page.get_by_role("grid", name="Images by tag").focus()
        page.keyboard.press("Control+z")
        expect(page.get_by_role("button", name=re.compile("in all tags$"))).to_be_visible()
        assert held(store).keys() == {"dress", "shoes"}
        # Sorted anew, what has a tag is gone, and what was refused is of another class.
        page.set_viewport_size(NARROW)
        page.get_by_role("button", name="Sort again").click()
        left = ALL - len(set().union(*held(store).values()))
        done(page, 0, left)
        expect(group(page, "dress")).to_be_hidden()
