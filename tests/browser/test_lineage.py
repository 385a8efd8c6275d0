"""Why an image has a value: opened from a cluster, a tag, a duplicate, in a real browser."""

import re
from urllib.parse import quote

import pytest

import panoptic_data
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue.similarity import SimilarityQuery, condition
from panoptic_data.duplicates import detect
from panoptic_data.provenance import runs, stages
from panoptic_data.vectors import clusters, neighbours, projection
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Level, View, to_address
from panoptic_data.views.search_expression import Expression, Term
from tests import synthetic
from tests.dashboard import NARROW, serving
from tests.vectors import embed, grouped

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

NAMES = [f"picture {number}" for number in range(8)]
IMAGE = synthetic.sha1(NAMES[0])


@pytest.fixture(scope="module")
def project(chromium_path, tmp_path_factory):
    """Eight images, one of them in two files, clustered by a recorded run; one is tagged."""
    folder = tmp_path_factory.mktemp("lineage")
    opened = synthetic.project(folder / "project")
    thumbnail = synthetic.picture()
    with runs.start(opened, "process", {}) as run:
        row = {"slug": "visual", "text": "visual", "status": "ready", "fingerprint": "visual-1"}
        encoder = {**row, "dim": 12, "checked_at": synthetic.AT, "run": run.id}
        synthetic.write(opened, "encoders", [encoder])
        common = {"thumbnail": thumbnail, "run": run.id}
        images = [synthetic.image(n, phash=far_apart(n), **common) for n in NAMES]
        synthetic.write(opened, "images", images)
        places = [(f"box/{name}.jpg", name) for name in NAMES]
        places.append(("box/x copy.jpg", NAMES[0]))
        synthetic.write(opened, "files", [synthetic.file(*p, run=run.id) for p in places])
        # Of copies only those are listed that lie there.
        synthetic.write_files(opened, folder)
        embed(opened, [synthetic.sha1(name) for name in NAMES], grouped(8, groups=2, dim=12)[0])
        for kind, module in (("neighbours", neighbours), ("projection", projection)):
            record(opened, run, f"{kind}/visual", module.update(opened, "visual", run.id))
        fitted = clusters.update(opened, "visual", run.id, method="kmeans", k=2)
        record(opened, run, "clusters/visual", fitted)
        record(opened, run, "duplicates", detect.update(opened, run.id, ["visual"]))
    theme = panoptic_data.create_property(opened, "Theme", "tags", author="Anna")
    panoptic_data.tag_images(opened, theme, [IMAGE], ["war", "sea"], author="Anna")
    return opened


@pytest.fixture
def theme(project):
    return annotations_of(project).state().live_properties[0]


def far_apart(name):
    return int(synthetic.sha1(name)[:16], 16)


def record(project, run, stage, result):
    stages.record(project, stage, result, {}, "1", run.id)


@pytest.fixture(scope="module")
def address(project):
    with serving(project.root) as address:
        yield address


@pytest.fixture
def page(visit, address):
    page = visit(f"{address}/?image={IMAGE}", keep=True)
    ready(page)
    yield page
    # It may be left as it was found, then.
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()


def ready(page):
    # A press before the page is complete is answered by nothing.
    expect(page.locator("dialog.lineage")).to_be_attached()
    expect(page.locator("[data-why^=cluster]").first).to_be_visible()


def dialog(page):
    return page.get_by_role("dialog", name="Why?")


def boxes(page):
    return dialog(page).locator(".box")


def box(page, kind):
    return dialog(page).locator(f".box[data-kind={kind}]")


def test_from_a_cluster_back_to_the_file_by_keys(page):
    page.get_by_role("button", name="Why “Cluster").first.focus()
    page.keyboard.press("Enter")
    expect(dialog(page)).to_contain_text("by k-means (k 2, seed 42) on visual vectors")
    expect(dialog(page)).to_contain_text("made from the thumbnail of box/picture 0.jpg")
    kinds = ["File", "Image", "Thumbnail", "Vector", "Nearest images", "Cluster"]
    expect(boxes(page).locator(".kind")).to_have_text(kinds)
    expect(dialog(page).locator(".facts dl")).to_contain_text("method kmeans")
    expect(dialog(page).locator("svg path")).to_have_count(6)
    page.keyboard.press("ArrowUp")
    expect(dialog(page).get_by_role("heading", name="Nearest images")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Why “Cluster").first).to_be_focused()


def test_from_a_tag_to_who_gave_it(page):
    page.get_by_role("button", name="Why “Theme”").click()
    sentences = dialog(page).locator(".values li")
    expect(sentences).to_have_count(2)
    expect(sentences.first).to_contain_text("Theme: war, noted by Anna on ")
    sentences.nth(1).get_by_role("button").click()
    expect(box(page, "tag")).to_contain_text("sea")
    expect(box(page, "author")).to_contain_text("Anna")
    box(page, "event").click()
    expect(dialog(page).locator(".facts")).to_contain_text("Place in the log")


def test_from_a_duplicate_on_the_panel_and_on_the_page_of_duplicates(visit, address, page):
    page.get_by_role("button", name="Why “1 exact copy”").click()
    expect(dialog(page)).to_contain_text("is one of 2 files with the same bytes")
    expect(boxes(page).filter(has_text="x copy.jpg")).to_be_visible()
    duplicates = visit(f"{address}/duplicates?group=exact:{IMAGE}", size=NARROW)
    expect(duplicates.locator("dialog.lineage")).to_be_attached()
    duplicates.get_by_role("button", name="Why?").click()
    expect(dialog(duplicates)).to_contain_text("is one of 2 files with the same bytes")


def test_in_french_and_in_the_dark(visit, address):
    page = visit(f"{address}/?image={IMAGE}", theme="dark", locale="fr-FR")
    ready(page)
    page.get_by_role("button", name="Pourquoi « Cluster").first.click()
    window = page.get_by_role("dialog", name="Pourquoi ?")
    expect(window).to_contain_text("par k-moyennes (k 2, graine 42) sur des vecteurs visual")
    # Contrast, names and roles.
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    violations = axe.Axe().run(page).response["violations"]
    assert [violation["id"] for violation in violations] == []


def test_from_a_cluster_in_the_filters_by_keys(page):
    facet = page.get_by_role("button", name="Why “Cluster 0”?").first
    facet.focus()
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    expect(window.locator(".sentence")).to_contain_text("Cluster 0: 5 images, by k-means (k 2")
    kinds = ["Vector", "Nearest images", "Fit", *["Other image"] * 2, "Cluster"]
    expect(window.locator(".box .kind")).to_have_text(kinds, ignore_case=True)
    # A press beside the value does not choose it.
    expect(page.locator(".value[aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(facet).to_be_focused()


def test_from_the_headers_of_groups_of_clusters_and_of_a_tag(visit, address, project, theme):
    for group, sentence in (
        (Level("cluster", "visual"), "Cluster 0: 5 images"),
        (Level(property_field("tags", theme.id)), "Theme: war, a tag made by Anna on "),
    ):
        view = to_address(View(group=(group,)))
        page = visit(f"{address}/?view={quote(view)}", size=NARROW)
        expect(page.locator("dialog.lineage")).to_be_attached()
        header = page.locator("[id^=group-] .why:not([hidden])").first
        expect(header).to_be_attached()
        header.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").locator(".sentence")).to_contain_text(sentence)
        page.keyboard.press("Escape")
        # Its header stays open.
        expect(page.locator("[id^=group-]").first).to_have_attribute("aria-expanded", "true")


def test_how_similar_an_image_is_to_the_one_that_is_searched_by(visit, address):
    term = Term("image", synthetic.sha1(NAMES[1]))
    query = SimilarityQuery("visual", Expression((term,)), threshold=-1.0)
    view = to_address(View((condition(query),)))
    page = visit(f"{address}/?view={quote(view)}&image={IMAGE}")
    ready(page)
    asking = page.get_by_role("button", name=re.compile("similar to picture 1.jpg"))
    asking.focus()
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    expect(window.locator(".sentence")).to_contain_text(
        re.compile(r"\d\.\d\d similar to box/picture 1\.jpg according to visual vectors")
    )
    expect(window.locator(".box[data-kind=vector]")).to_have_count(2)
    expect(window.locator(".box[data-kind=similarity]")).to_have_count(1)
