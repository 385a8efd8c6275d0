"""The builder of filters as a person uses it: in a real browser, on the demo project."""

import re
from urllib.parse import parse_qs, urlparse

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.project import open_project
from panoptic_data.views import model
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Clause, Condition, View

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

PNG = Condition("format", "in", ["PNG"])
WIDE_ONES = Condition("width", ">", 300)


@pytest.fixture
def corpus(demo_project):
    return registry.get(open_project(demo_project))


@pytest.fixture
def subjects(draft_project):
    """A property that is there for one test, with a tag below another; three images have it."""
    corpus = registry.get(open_project(draft_project))
    store = annotations_of(corpus.project)
    prop, changes = properties.create(store.state().properties, "Subject matter", "tags")
    store.commit(changes, "property")
    known = {}
    for name, parents in (("war", []), ("trench warfare", ["war"]), ("peace", [])):
        ups = [known[parent].id for parent in parents]
        known[name], changes = tags.create(store.state().tags, prop.id, name, parents=ups)
        store.commit(changes, "tag")
    images = corpus.sha1s(run_view(corpus, View()).rows[:3])
    store.commit(
        edits.add_tags(store.state(), prop.id, images, [known["trench warfare"].id]), "tag"
    )
    yield property_field(prop.type, prop.id), known
    store.commit(properties.update(store.state().properties, prop.id, deleted=True), "property")


def opened(page):
    """Open the builder and wait until it has counted."""
    page.get_by_role("button", name="Filters…").click()
    expect(count(page)).to_have_text(re.compile(r"\d"))
    return page.get_by_role("dialog", name="Filters")


def count(page):
    return page.get_by_role("dialog").get_by_role("status")


def applied(page):
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def shown(page):
    """The view that the address holds."""
    [text] = parse_qs(urlparse(page.url).query).get("view", [""])
    return model.from_address(text)


def counted(corpus, *where):
    number = len(run_view(corpus, View(where)))
    return f"{number} image" if number == 1 else f"{number} images"


def row(page, name):
    return page.get_by_role("group", name=name, exact=True)


def test_a_box_and_a_denial_are_built_by_mouse_and_keyboard(visit, address, corpus):
    page = visit(address)
    dialog = opened(page)
    expect(dialog.get_by_text("All images are shown.")).to_be_visible()
    # By keyboard: the dialog begins at its first button; a new condition at its property.
    expect(dialog.get_by_role("button", name="Condition", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Property")).to_be_focused()
    page.keyboard.type("format")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(row(dialog, "format").get_by_role("button", name="format: choose…")).to_be_focused()
    page.keyboard.press("Tab")
    expect(row(dialog, "format").get_by_role("checkbox").first).to_be_focused()
    row(dialog, "format").get_by_label(re.compile("PNG")).press("Space")
    expect(count(page)).to_have_text(counted(corpus, PNG))
    # By mouse.
    box = row(dialog, "Box of conditions")
    box.get_by_role("button", name="Condition", exact=True).click()
    row(box, "file name").get_by_label("Property").select_option("width")
    row(box, "width").get_by_label("Comparison").select_option(">")
    row(box, "width").get_by_label("width, value").fill("300")
    either = Clause("any", (PNG, WIDE_ONES))
    expect(count(page)).to_have_text(counted(corpus, either))
    dialog.get_by_role("button", name="Condition", exact=True).last.click()
    row(dialog, "file name").get_by_label("Property").select_option("folder")
    folder = row(dialog, "folder").get_by_role("checkbox").last
    place = row(dialog, "folder").locator(".ticks label").last.get_attribute("title")
    folder.check()
    row(dialog, "folder").get_by_role("button", name=re.compile("^Not")).click()
    outside = Clause("not", (Condition("folder", "in", [place]),))
    expected = counted(corpus, either, outside)
    expect(count(page)).to_have_text(expected)
    # Enter where something is typed applies.
    row(box, "width").get_by_label("width, value").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert shown(page) == View((either, outside))
    expect(page.locator(".st-key-searchline").get_by_role("status")).to_have_text(
        re.compile(rf"^{expected.split()[0]} of \d+$")
    )


def test_what_nobody_touches_stays_as_it_was(visit, address):
    """Every editor once, at depth; one condition is denied, so that something was applied."""
    untouched = Clause(
        "any",
        (
            Condition("pixels", "between", [1234567.5, None]),
            Condition("size", "<=", 0.1),
            Condition("taken_at", "between", [None, "1990-12-31"]),
            Condition("added", ">", "2001-01-01"),
            Condition("name", "matches", "(?i)a|b"),
            Condition("folder", "not in", ["gone/away"]),
            Condition("status", "in", ["ok", "missing"]),
            Condition("duplicate", "in", {"kinds": ["exact"]}),
            Condition("colour", "near", {"colour": "#c0392b"}),
            Condition("colour", "is", "blue"),
            Condition("camera", "is empty"),
            Condition("excluded", "is", False),
            Condition("author", "not in", {"authors": ["Nobody here"], "property": "gone1"}),
            Condition("selection", "in", ["0" * 40]),
            Clause("not", (Clause("not", (Clause("all", (WIDE_ONES,)),)),)),
        ),
    )
    page = visit(f"{address}/?view={model.to_address(View((PNG, untouched)))}")
    dialog = opened(page)
    expect(dialog.get_by_text("1 selected image")).to_be_visible()
    row(dialog, "format").get_by_role("button", name=re.compile("^Not")).click()
    applied(page)
    assert shown(page) == View((Clause("not", (PNG,)), untouched))


def test_tags_are_found_in_their_tree_and_typed_by_their_names(visit, draft_address, subjects):
    field, known = subjects
    page = visit(draft_address)
    dialog = opened(page)
    dialog.get_by_role("button", name="Condition", exact=True).click()
    dialog.get_by_label("Property").select_option("Subject matter")
    subject = row(dialog, "Subject matter")
    below = subject.get_by_role("checkbox", name="trench warfare")
    expect(subject.get_by_role("checkbox")).to_have_count(3)
    inset, ahead = (
        item.bounding_box()["x"] for item in (below, subject.get_by_role("checkbox").first)
    )
    assert inset > ahead
    subject.get_by_role("checkbox", name="war 3", exact=True).check()
    expect(count(page)).to_have_text("3 images")
    subject.get_by_label("Comparison").select_option("has all of")
    below.check()
    expect(
        subject.get_by_role("button", name="Subject matter: war, trench warfare")
    ).to_be_visible()
    applied(page)
    ids = [known["war"].id, known["trench warfare"].id]
    assert shown(page) == View((Condition(field, "all of", ids),))
    line = page.locator(".st-key-searchline")
    expect(line.get_by_text("Subject matter has all of war and 1 more")).to_be_visible()
    line.get_by_role("combobox", name="Search", exact=True).fill("subject-matter:peac")
    page.keyboard.press("Enter")
    expect(line.get_by_text("Did you mean peace?")).to_be_visible()
    line.get_by_role("combobox", name="Search", exact=True).fill("-subject-matter:peace")
    page.keyboard.press("Enter")
    expect(line.get_by_text("Subject matter is none of peace")).to_be_visible()
    assert shown(page).where[-1] == Condition(field, "not in", [known["peace"].id])


def test_moving_copying_removing_and_undoing(visit, address):
    page = visit(f"{address}/?view={model.to_address(View((PNG, WIDE_ONES)))}")
    dialog = opened(page)
    row(dialog, "format").get_by_role("button", name="Put into a box").click()
    row(dialog, "width").get_by_label("width, value").press("Alt+ArrowUp")
    box = row(dialog, "Box of conditions")
    expect(row(box, "width").get_by_label("width, value")).to_be_focused()
    row(box, "format").get_by_role("button", name="Duplicate").click()
    expect(row(box, "format")).to_have_count(2)
    row(box, "format").last.get_by_role("button", name="Remove").click()
    expect(row(box, "format")).to_have_count(1)
    box.get_by_role("button", name="Remove").first.click()
    expect(dialog.get_by_text("All images are shown.")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(row(box, "format")).to_have_count(1)
    applied(page)
    assert shown(page) == View((Clause("any", (PNG, WIDE_ONES)),))


def test_a_broken_pattern_is_told_beside_it_and_not_applied(visit, address, corpus):
    page = visit(f"{address}/?view={model.to_address(View((PNG,)))}")
    dialog = opened(page)
    dialog.get_by_role("button", name="Condition", exact=True).click()
    name = row(dialog, "file name")
    expect(name).to_contain_text("Ignored until it has a value.")
    name.get_by_label("Comparison").select_option("matches")
    typed = name.get_by_label("file name, value")
    typed.fill("a(")
    expect(typed).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    expect(name).to_contain_text("This is not a valid regular expression.")
    expect(typed).to_be_focused()
    typed.fill("a(b)?")
    expect(typed).not_to_have_attribute("aria-invalid", "true")
    expect(count(page)).to_have_text(counted(corpus, PNG, Condition("name", "matches", "a(b)?")))
    # Leaving changes nothing, and the next opening begins at what is shown.
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert shown(page) == View((PNG,))
    expect(row(opened(page), "file name")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_nothing_that_axe_objects_to(visit, address, theme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    where = (
        Clause("any", (PNG, Clause("not", (WIDE_ONES,)))),
        Condition("colour", "is", "blue"),
        Condition("colour", "near", {"colour": "#c0392b"}),
        Condition("selection", "in", ["0" * 40]),
    )
    page = visit(f"{address}/?view={model.to_address(View(where))}", theme=theme)
    dialog = opened(page)
    dialog.get_by_role("button", name="format: PNG").click()
    violations = axe.Axe().run(page, {"include": [["[role=dialog]"]]}).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == []
