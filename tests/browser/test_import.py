"""The page Import as a person uses it: in a real browser, with real labels of real images."""

import csv
import re
import shutil
from contextlib import contextmanager

import pytest

from panoptic_data.annotations import store
from panoptic_data.ingest import images, sources
from tests import synthetic
from tests.dashboard import NARROW, eventually, serving
from tests.images import shared

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

# Every so many of the photographs: some of each kind of garment.
STEP = 16
PAINTED = 40
ALL_PAINTED = 7_580


@pytest.fixture(scope="module")
def labels():
    """The file of labels as it came: of 1,000 photographs."""
    return shared("clothing-1k") / "labels.csv"


@pytest.fixture(scope="module")
def kinds(labels):
    """What it says of the photographs that the project has, by their paths."""
    with labels.open(encoding="utf-8") as file:
        return dict(list(csv.reader(file, delimiter=";"))[1::STEP])


@pytest.fixture(scope="module")
def project(chromium_path, kinds, labels, tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for path in kinds:
        (folder / "clothing" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(labels.parent / path, folder / "clothing" / path)
    copy_paintings(folder / "fruit", PAINTED)
    opened = synthetic.project(folder / "project")
    for name in ("clothing", "fruit"):
        images.ingest(opened, sources.add(opened, folder / name), "run")
    return opened


@pytest.fixture(scope="module")
def address(project):
    with serving(project.root) as address:
        yield address


def copy_paintings(folder, count):
    folder.mkdir()
    for number in range(count):
        name = f"image-{number}.jpg"
        shutil.copy(shared("usda-pomological") / "data" / "images" / name, folder / name)


def catalogue_of(count, place):
    """Write the first rows of the catalogue as they stand in it; return them."""
    whole = shared("usda-pomological") / "data" / "usda_pomological_watercolors.csv"
    with whole.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    with place.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows[:count]])
    return [dict(zip(head, row, strict=True)) for row in rows[:count]]


def choose(page, file):
    page.locator("input[type=file]").set_input_files(file)


def held(project, name):
    """Return what a property holds as another process reads it: sha1 → its texts, folded."""
    state = store.Store(project).state(fresh=True)
    prop = next((item for item in state.live_properties if item.name == name), None)
    matches = {}
    rows = state.values(prop.id).select("target", "value").iter_rows() if prop else ()
    for target, value in rows:
        text = state.tags[value].name if prop.has_tags else value
        matches.setdefault(target, set()).add(text.casefold())
    return matches


def files_of(project):
    return project.database().frame("files", ("sha1", "path")).iter_rows()


def import_button(page):
    return page.get_by_role("button", name=re.compile("^Import [0-9,]+ values"))


def test_labels_of_photographs_are_brought_in_seen_on_an_image_and_taken_back(
    visit, address, project, labels, kinds
):
    page = visit(f"{address}/properties")
    page.get_by_role("button", name="Import from a file").first.click()
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
    choose(page, labels)
    count = len(kinds)
    expect(page.get_by_text(f"{count} of 1,000 rows matched with {count} images.")).to_be_visible()
    expect(page.get_by_text(f"{1000 - count} rows match no image")).to_be_visible()
    expect(page.locator(".pictures img")).to_have_count(6)
    import_button(page).click()
    done = f"Imported {count} values into 1 property, on {count} images"
    expect(page.get_by_text(done)).to_be_visible()
    expected = {sha1: {kinds[path]} for sha1, path in files_of(project) if path in kinds}
    assert held(project, "kind") == expected
    page.get_by_role("button", name="Show the images").click()
    expect(page.locator(".line .count")).to_have_text(f"{count} of {count + PAINTED}")
    page.locator(".tile").first.click()
    garments = re.compile("|".join(sorted(set(kinds.values()))))
    expect(page.get_by_role("list", name="kind", exact=True)).to_contain_text(garments)
    # What was left is as it was.
    page.get_by_role("link", name="Properties").click()
    page.get_by_role("button", name="Import from a file").click()
    expect(page.get_by_text(done)).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Import undone")).to_be_visible()
    assert eventually(lambda: held(project, "kind") == {})


def test_a_catalogue_without_file_names_follows_the_files_of_a_folder(
    visit, address, project, tmp_path
):
    follow(visit(f"{address}/import"), project, PAINTED, tmp_path / "watercolours.csv")


@pytest.mark.slow
def test_the_whole_catalogue_of_watercolours(visit, chromium_path, tmp_path):
    copy_paintings(tmp_path / "fruit", ALL_PAINTED)
    project = synthetic.project(tmp_path / "project")
    images.ingest(project, sources.add(project, tmp_path / "fruit"), "run")
    with serving(project.root) as address:
        page = visit(f"{address}/import")
        follow(page, project, ALL_PAINTED, tmp_path / "watercolours.csv")


@contextmanager
def slow_answers(page):
    """Let choices wait for their answers until the block ends."""
    waiting = []
    page.route("**/imports/*?lang=*", lambda route: waiting.append(route))
    yield
    for _ in range(300):
        if waiting:
            break
        page.wait_for_timeout(100)
    assert waiting
    for route in waiting:
        route.continue_()
    page.unroute("**/imports/*?lang=*")


def follow(page, project, count, file):
    """Import rows in the order of files; go away in between, and come back."""
    rows = catalogue_of(count, file)
    choose(page, file)
    expect(page.get_by_text("No column identifies the images")).to_be_visible()
    expect(page.get_by_text(f"{count:,} of {count:,} rows matched with")).to_be_visible()
    shown = page.locator(".pictures li")
    expect(shown).to_have_count(6)
    for card, number in ((shown.first, 0), (shown.last, count - 1)):
        expect(card).to_contain_text(f"image-{number}.jpg")
        expect(card).to_contain_text(" ".join(rows[number]["fruit"].split()))
    # What is chosen while the server is slow is not turned back by its older answers.
    with slow_answers(page):
        page.get_by_label("Type of “subjects”").select_option("Tags")
        page.get_by_label("Include “thumbnail_image”").uncheck()
        expect(page.locator(".steps[aria-busy=true]")).to_be_visible()
        expect(page.get_by_label("Include “thumbnail_image”")).not_to_be_checked()
        expect(page.get_by_label("Type of “subjects”")).to_have_value("tags")
    expect(page.get_by_role("row", name="thumbnail_image")).to_contain_text("left out")
    expect(page.get_by_label("Tag separator of “subjects”")).to_have_value(",")
    page.reload()
    expect(page.get_by_label("Include “thumbnail_image”")).not_to_be_checked()
    expect(page.get_by_label("Type of “subjects”")).to_have_value("tags")
    # Nor is it left behind where the button is pressed before the answer.
    with slow_answers(page):
        # In one moment: after a third of a second the button waits for the answer as well.
        controls = (page.get_by_label("Include “image”"), import_button(page))
        page.evaluate(
            "(controls) => controls.forEach((control) => control.click())",
            [control.element_handle() for control in controls],
        )
    expect(page.get_by_text(re.compile("^Imported .* into 5 properties"))).to_be_visible()
    for column, parts in (("year", None), ("authors", None), ("subjects", ",")):
        assert held(project, column) == expected_values(project, rows, column, parts), column
    for column in ("thumbnail_image", "image"):
        assert held(project, column) == {}


def expected_values(project, rows, column, parts):
    """Return what rows say of files in the order of their numbers, as :func:`held` has it."""
    sha1s = {path: sha1 for sha1, path in files_of(project) if path.startswith("image-")}
    expected = {}
    for number, row in enumerate(rows):
        values = [" ".join(part.split()) for part in row[column].split(parts or "\0")]
        some = expected.setdefault(sha1s[f"image-{number}.jpg"], {})
        # Of several rows of one picture the first holds; tags are put together.
        if parts or not some:
            some |= {value.casefold(): value for value in values if value}
    return {sha1: set(some) for sha1, some in expected.items() if some}


def test_the_page_in_french_and_narrow_says_what_is_wrong_and_axe_has_no_objection(
    visit, address, project, tmp_path
):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    page = visit(f"{address}/import", size=NARROW, theme="dark", locale="fr-FR")
    expect(page.get_by_role("heading", name="Importer des valeurs d’un fichier")).to_be_visible()
    (tmp_path / "notes.xlsx").write_bytes(b"PK\x03\x04")
    choose(page, tmp_path / "notes.xlsx")
    expect(page.get_by_role("alert").filter(has_text="notes.xlsx")).to_be_visible()
    assert violations(axe, page) == []
    (tmp_path / "notes.csv").write_text("Datum\n" + "1912\nau printemps\n" * 2, encoding="utf-8")
    page.get_by_label("Ou son chemin sur cette machine").fill(str(tmp_path / "notes.csv"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Aucune colonne n’identifie les images")).to_be_visible()
    page.get_by_label("Associer les lignes par").select_option("row")
    page.get_by_label("dans l’ordre de").select_option("fruit")
    expect(page.get_by_text("4 lignes sur 4 associées à 4 images.")).to_be_visible()
    page.get_by_label("Type de « Datum »").select_option("Date")
    page.get_by_text("Impossible de lire 2 valeurs").click()
    expect(page.get_by_text("au printemps").last).to_be_visible()
    assert violations(axe, page) == []
    (tmp_path / "themes.csv").write_text("name,parents\nmer,\nport,mer\n", encoding="utf-8")
    choose(page, tmp_path / "themes.csv")
    page.get_by_label("Propriété à tags").fill("Thème")
    page.get_by_label("Propriété à tags").press("Tab")
    page.get_by_role("button", name="Importer 2 tags dans « Thème »").click()
    expect(page.get_by_text("Importé : 2 tags")).to_be_visible()
    assert violations(axe, page) == []
    page.get_by_role("button", name="Voir les tags").click()
    page.get_by_role("navigation").get_by_role("button", name=re.compile("Thème")).click()
    expect(page.get_by_role("treeitem", name=re.compile("mer"))).to_be_visible()
    expect(page.get_by_role("button", name="Importer des tags…")).to_be_visible()


def violations(axe, page):
    violations = axe.Axe().run(page).response["violations"]
    return [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations]
