"""Annotating as a person does: in a real browser, on a copy of the demo project of its own."""

from dataclasses import replace

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.project import open_project
from panoptic_data.views import model
from panoptic_data.views.model import Condition, Level, View, to_address
from tests import gallery_pages
from tests.dashboard import NARROW, eventually, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture(scope="module")
def address(own_project):
    with serving(own_project) as address:
        yield address


@pytest.fixture
def store(own_project):
    """What is noted; it is gone after the test."""
    kept = annotations_of(open_project(own_project))
    yield kept
    state = kept.state(fresh=True)
    gone = [change for prop in state.live_properties for change in remove(state, prop.id)]
    kept.commit(gone, "property")
    out = state.excluded.frame()["target"].to_list()
    kept.commit(edits.exclude(kept.state(), out, excluded=False), "include")


def remove(state, id):
    return properties.update(state.properties, id, deleted=True)


def make(store, name, type, **more):
    prop, changes = properties.create(store.state().properties, name, type, **more)
    store.commit(changes, "property")
    return prop.id


def tag(store, property, name, key=None):
    new_tag, changes = tags.create(store.state().tags, property, name)
    store.commit(changes, "tag")
    store.commit(tags.update(store.state().tags, new_tag.id, key=key), "key")
    return new_tag.id


def ready(page):
    expect(gallery_pages.ready(page).locator(".annotate.here")).to_be_visible()
    return page


def tile(page, number):
    return page.locator(f".tile[data-index='{number}']")


def sha1(page, number):
    return tile(page, number).get_attribute("data-sha1")


def tagged(store, property, *sha1s):
    """Wait until these images, and no others, have a value of a property."""
    read = lambda: set(store.state(fresh=True).values(property)["target"])  # noqa: E731
    assert eventually(lambda: read() == set(sha1s)), (read(), sha1s)


def test_a_newcomer_tags_in_two_presses_and_finds_the_tag_again_while_typing(visit, address, store):
    page = ready(visit(address))
    first, second = sha1(page, 0), sha1(page, 1)
    page.get_by_role("button", name="Create a property").click()
    page.keyboard.press("Enter")
    theme = page.get_by_role("combobox", name="Theme")
    expect(theme).to_be_focused()
    page.keyboard.type("Turner, J. M. W.")
    page.keyboard.press("Enter")
    chips = page.get_by_role("listitem").filter(has_text="Turner, J. M. W.")
    expect(chips).to_be_visible()
    [property] = store.state(fresh=True).live_properties
    tagged(store, property.id, first)
    tile(page, 1).locator(".circle").click()
    expect(
        page.get_by_role("heading", name=tile(page, 1).get_attribute("aria-label"))
    ).to_be_visible()
    expect(chips).to_have_count(0)
    theme.click()
    page.keyboard.type("tur")
    expect(page.get_by_role("listbox").locator("[aria-selected=true]")).to_have_text(
        "Turner, J. M. W."
    )
    page.keyboard.press("Enter")
    expect(chips).to_be_visible()
    tagged(store, property.id, first, second)
    assert [item.name for item in store.state().tags_of(property.id)] == ["Turner, J. M. W."]
    # Its key is given where it stands.
    expect(theme).to_be_focused()
    page.keyboard.press("ArrowLeft")
    name = chips.get_by_role("button", name="Turner, J. M. W.", exact=True)
    expect(name).to_be_focused()
    # What comes in meanwhile leaves the keyboard where it is.
    sea = tag(store, property.id, "sea")
    store.commit(edits.add_tags(store.state(), property.id, [second], [sea]), "tag")
    other = page.locator(".annotate .chip").filter(has_text="sea")
    expect(other).to_be_visible()
    store.commit(edits.remove_tags(store.state(), property.id, [second], [sea]), "tag")
    expect(other).to_have_count(0)
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Key", exact=True)).to_be_focused()
    page.keyboard.type("7")
    keys = lambda: [item.key for item in store.state(fresh=True).tags_of(property.id)]  # noqa: E731
    assert eventually(lambda: keys() == ["7", None])
    page.keyboard.press("Escape")
    expect(theme).to_be_focused()
    page.keyboard.press("Backspace")
    expect(chips).to_have_count(0)
    tagged(store, property.id, first)


def test_values_are_shown_as_they_are_read_refused_in_words_and_copied(visit, address, store):
    year, grade = make(store, "Year", "date"), make(store, "Grade", "number")
    page = ready(visit(address))
    field = page.get_by_role("textbox", name="Year")
    field.fill("4 mai 1912")
    field.press("Enter")
    expect(field).to_have_value("1912-05-04")
    number = page.get_by_role("textbox", name="Grade")
    number.fill("many")
    number.press("Tab")
    expect(page.get_by_role("alert").filter(has_text="many")).to_be_visible()
    expect(number).to_have_value("many")
    number.press("Escape")
    expect(number).to_have_value("")
    expect(page.get_by_role("alert").filter(has_text="many")).to_be_hidden()
    for place in (1, 2):
        tile(page, place).locator(".circle").click()
    page.locator(".grid").press("Home")
    page.get_by_role("button", name="Copy to the 2 selected").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("Copied to 2")).to_be_visible()
    tagged(store, year, *(sha1(page, place) for place in range(3)))
    assert store.state().values(grade).is_empty()


def test_the_selection_gets_what_is_chosen_once_then_each_picture_pressed(visit, address, store):
    theme = make(store, "Theme", "tags")
    page = ready(visit(address))
    page.locator(".grid").press("Space")
    page.locator(".grid").press("Shift+ArrowRight")
    page.keyboard.press("s")
    expect(page.get_by_role("combobox", name="Theme").last).to_be_focused()
    page.keyboard.type("sea")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Theme: sea: 2 images")).to_be_visible()
    tagged(store, theme, sha1(page, 0), sha1(page, 1))
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.get_by_role("button", name="Stamp", exact=True).click()
    expect(page.get_by_text("Each click on an image: Theme: sea (0)")).to_be_visible()
    tile(page, 4).click()
    tile(page, 6).click()
    expect(page.get_by_text("Each click on an image: Theme: sea (2)")).to_be_visible()
    expect(page.locator(".tile.stamped")).to_have_count(2)
    tagged(store, theme, *(sha1(page, place) for place in (0, 1, 4, 6)))
    page.keyboard.press("Escape")
    expect(page.locator(".tile.stamped")).to_have_count(0)
    tile(page, 4).click()
    expect(page.get_by_role("region", name="Image")).to_be_visible()


def test_groups_become_a_property_and_a_group_or_a_view_is_tagged_whole(visit, address, store):
    theme = make(store, "Theme", "tags")
    tag(store, theme, "seen")
    images = run_view(registry.get(store.project), View()).images
    grouped = to_address(View(group=(Level("folder"),)))
    page = ready(visit(f"{address}/?view={grouped}"))
    header = page.locator(".tall .header").first
    header.hover()
    header.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Create a property").click()
    dialog = page.get_by_role("dialog", name="Create a property from the groups")
    expect(dialog.get_by_text(f"Images: {images}")).to_be_visible()
    dialog.get_by_role("textbox", name="Name").fill("Box")
    assert [prop.name for prop in store.state(fresh=True).live_properties] == ["Theme"]
    dialog.get_by_role("button", name=f"Write {images} values").click()
    expect(page.get_by_text(f"Box: {images} images")).to_be_visible()
    box = next(prop.id for prop in store.state(fresh=True).live_properties if prop.name == "Box")
    assert store.state().values(box)["target"].n_unique() == images
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    assert eventually(lambda: [it.id for it in store.state(fresh=True).live_properties] == [theme])

    # More like a group: the tag that it gets may be called as it is.
    header.hover()
    header.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Find more like these").click()
    asking = page.get_by_role("dialog", name="Find more like these")
    expect(asking.get_by_role("list")).to_contain_text(header.locator(".label").inner_text())
    expect(asking.get_by_role("button", name="Tag them and find more")).to_be_focused()
    page.keyboard.press("Escape")
    expect(asking).to_be_hidden()

    # A group, from its heading; then all that the view shows, with nothing selected.
    many = int(header.locator(".count").inner_text())
    header.hover()
    header.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Tag these").click()
    for count in (many, images):
        expect(page.get_by_role("combobox", name="Theme").last).to_be_focused()
        if count == many:
            page.keyboard.type("seen")
            page.keyboard.press("Enter")
        apply = page.get_by_role("button", name=f"Apply to {count} images")
        if count == images:
            # All of the view are meant only where a person says so.
            expect(page.get_by_role("button", name="Nothing selected")).to_be_disabled()
            page.get_by_role("combobox", name="Which images").select_option("view")
        apply.click()
        assert eventually(lambda count=count: store.state(fresh=True).values(theme).height == count)
        expect(page.get_by_role("dialog", name="Tag or stamp")).to_be_hidden()
        page.locator(".grid").press("Escape")
        expect(page.get_by_role("button", name="Clear", exact=True)).to_be_hidden()
        page.keyboard.press("s")


def test_what_a_bulk_edit_would_replace_is_said_before_and_tags_are_what_it_begins_with(
    visit, address, store
):
    author = make(store, "Author", "text")
    theme = make(store, "Theme", "tags")
    page = ready(visit(address))
    first, second = sha1(page, 0), sha1(page, 1)
    store.commit(edits.set_value(store.state(), author, [first], "Ada"), "set")
    for number in (0, 1):
        tile(page, number).hover()
        tile(page, number).locator(".circle").click()
    page.keyboard.press("s")
    panel = page.get_by_role("dialog", name="Tag or stamp")
    # Not the first property, whose values would go.
    expect(panel.get_by_role("combobox", name="Property")).to_have_value(theme)
    expect(panel.get_by_role("combobox", name="Action")).to_have_value("add")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("s")
    panel.get_by_role("combobox", name="Property").select_option(author)
    panel.get_by_role("textbox", name="Author").fill("Ben")
    expect(panel.get_by_text("Replaces 1 value of Author")).to_be_visible()
    # Enter in the field leads to the button only.
    page.keyboard.press("Enter")
    apply = panel.get_by_role("button", name="Apply to 2 images")
    expect(apply).to_be_focused()
    assert set(store.state(fresh=True).values(author)["target"]) == {first}
    apply.click()
    tagged(store, author, first, second)
    expect(panel).to_be_hidden()
    page.keyboard.press("s")
    expect(panel.get_by_role("combobox", name="Property")).to_have_value(theme)


def test_selected_images_that_the_page_does_not_show_are_counted(visit, address, store):
    page = ready(visit(address))
    for number in (0, 1):
        tile(page, number).hover()
        tile(page, number).locator(".circle").click()
    count = page.locator(".selected strong")
    expect(count).to_have_text("2 selected")
    page.get_by_role("link", name="Properties").click()
    expect(count).to_have_text("2 selected, 0 of them shown here")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(count).to_be_hidden()


def test_captions_are_written_where_they_stand_and_each_file_has_its_own(visit, address, store):
    box = make(store, "Box", "text", target="file")
    current = registry.get(store.project, fresh=True)
    [copied, *_] = current.sha1s(run_view(current, View((Condition("copies", ">=", 2),))).rows)
    only = View((Condition("selection", "in", [copied]),))
    page = ready(visit(f"{address}/?view={to_address(replace(only, mode='file'))}"))
    shown = {"captions": ["name", f"p:text:{box}"]}
    page.evaluate("it => localStorage.setItem('panoptic.display', JSON.stringify(it))", shown)
    page.reload()
    ready(page)
    caption = lambda number: tile(page, number).locator("[data-field]")  # noqa: E731
    field = page.locator(".editing").get_by_role("textbox", name="Box")
    caption(0).click()
    expect(field).to_be_focused()
    page.keyboard.type("left")
    page.keyboard.press("Tab")
    expect(caption(0)).to_have_text("left")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.type("right")
    page.keyboard.press("Enter")
    expect(caption(1)).to_have_text("right")
    expect(page.locator(".grid")).to_be_focused()
    page.keyboard.press("F2")
    expect(field).to_have_value("right")
    page.keyboard.type("wrong")
    page.keyboard.press("Escape")
    expect(field).to_have_value("right")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()

    # The same image, as one: each file's value stands beside it and leads to it.
    page.goto(f"{address}/?view={to_address(only)}")
    ready(page)
    page.get_by_role("button", name="Only").filter(has_text="right").click()
    own = page.locator(".annotate").get_by_role("textbox", name="Box")
    expect(own).to_have_value("right")
    own.fill("mine")
    own.press("Enter")
    read = lambda: set(store.state(fresh=True).values(box)["value"])  # noqa: E731
    assert eventually(lambda: read() == {"left", "mine"})


def test_keys_put_tags_on_and_off_in_the_gallery_and_on_the_open_image(visit, address, store):
    theme = make(store, "Theme", "tags")
    tag(store, theme, "war", key="1")
    calm = tag(store, theme, "calm", key="t")
    page = ready(visit(address))
    sha1s = [sha1(page, place) for place in range(3)]
    page.locator(".grid").press("1")
    tagged(store, theme, sha1s[0])
    page.keyboard.press("1")
    tagged(store, theme)
    page.keyboard.press("Enter")
    expect(page.locator(".viewer")).to_be_visible()
    page.keyboard.press("1")
    tagged(store, theme, sha1s[0])
    page.keyboard.press("ArrowRight")
    expect(page.locator(".viewer .count")).to_contain_text("2 of")
    page.keyboard.press("1")
    tagged(store, theme, *sha1s[:2])
    page.keyboard.press("Escape")
    expect(page.locator(".viewer")).to_be_hidden()
    # A letter is its own key until letters are let be keys of tags.
    captions = tile(page, 0).locator(".caption .line")
    expect(captions).to_have_count(1)
    page.keyboard.press("k")
    expect(page.get_by_text("calm").first).to_be_visible()
    page.keyboard.press("t")
    assert eventually(lambda: calm in set(store.state(fresh=True).values(theme)["value"]))
    expect(captions).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(captions).to_have_count(0)


@pytest.mark.slow
def test_what_no_longer_matches_goes_at_once_or_stays_until_it_is_refreshed(visit, address, store):
    theme = make(store, "Theme", "tags")
    war = tag(store, theme, "war", key="1")
    current = registry.get(store.project, fresh=True)
    images = current.sha1s(run_view(current, model.View()).rows[:7])
    store.commit(edits.add_tags(store.state(), theme, images, [war]), "tag")
    view = model.View().with_condition(f"p:tags:{theme}", [war])
    page = ready(visit(f"{address}/?view={model.to_address(view)}"))
    in_hand = page.locator(".tile.current")
    expect(page.locator(".tile")).to_have_count(7)
    page.locator(".grid").press("1")
    expect(in_hand).to_have_attribute("data-sha1", images[1])
    expect(page.locator(".tile")).to_have_count(6)
    # On to the next before the page has heard that this one goes.
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tile")).to_have_count(5)
    expect(in_hand).to_have_attribute("data-sha1", images[2])
    page.keyboard.press("Enter")
    large = page.locator(".viewer img.large")
    expect(large).to_have_attribute("src", f"/image/{images[2]}")
    page.keyboard.press("1")
    expect(page.locator(".viewer .count")).to_have_text("not in this view")
    expect(large).to_have_attribute("src", f"/image/{images[2]}")
    page.keyboard.press("ArrowRight")
    expect(large).to_have_attribute("src", f"/image/{images[3]}")
    expect(page.locator(".viewer .count")).to_have_text("1 of 4")
    page.keyboard.press("Escape")
    expect(page.locator(".tile")).to_have_count(4)
    page.keyboard.press("h")
    hold = page.get_by_role("button", name="Hold still")
    expect(hold).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("1")
    expect(page.get_by_role("button", name="1 changed")).to_be_visible()
    expect(page.locator(".tile.gone")).to_have_count(1)
    expect(in_hand).to_have_attribute("data-sha1", images[3])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    expect(page.get_by_role("button", name="2 changed")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(4)
    tagged(store, theme, *images[5:])
    page.keyboard.press("r")
    expect(page.locator(".tile")).to_have_count(2)
    expect(in_hand).to_have_attribute("data-sha1", images[5])
    expect(page.get_by_role("button", name="changed")).to_have_count(0)
    # A person's choice: a page loaded anew holds still as well.
    page.reload()
    expect(hold).to_have_attribute("aria-pressed", "true")


def test_images_leave_the_corpus_and_come_back(visit, address, store):
    make(store, "Theme", "tags")
    page = ready(visit(address))
    gone, next_one = sha1(page, 0), sha1(page, 1)
    page.locator(".grid").press("Delete")
    expect(tile(page, 0)).to_have_attribute("data-sha1", next_one)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(tile(page, 0)).to_have_attribute("data-sha1", gone)
    page.locator(".grid").press("Home")
    page.locator(".grid").press("Delete")
    expect(tile(page, 0)).to_have_attribute("data-sha1", next_one)
    page.locator(".steps .tool").first.click()
    # What was undone is said in the place of what was done.
    expect(page.locator(".steps + .toast")).to_be_visible()
    expect(page.locator(".toast:popover-open")).to_have_count(1)
    expect(tile(page, 0)).to_have_attribute("data-sha1", gone)


def test_two_pages_see_what_the_other_writes_and_keep_what_is_being_typed(visit, address, store):
    make(store, "Theme", "tags")
    make(store, "Note", "text")
    mine, theirs = ready(visit(address)), ready(visit(address))
    theirs.get_by_role("textbox", name="Note").fill("half a sent")
    mine.get_by_role("combobox", name="Theme").click()
    mine.keyboard.type("seen by both")
    mine.keyboard.press("Enter")
    chip = theirs.get_by_role("listitem").filter(has_text="seen by both")
    expect(chip).to_be_visible()
    expect(theirs.get_by_role("textbox", name="Note")).to_have_value("half a sent")
    chip.get_by_role("button", name="Remove").click()
    expect(mine.get_by_role("listitem").filter(has_text="seen by both")).to_have_count(0)


def test_acts_without_room_fold_into_a_menu_and_clearing_stays_in_sight(visit, address, store):
    page = visit(address, size=NARROW, locale="fr-FR")
    expect(page.locator(".tile img.here").first).to_be_visible()
    tile(page, 0).hover()
    tile(page, 0).locator(".circle").click()
    expect(page.get_by_role("button", name="Effacer", exact=True)).to_be_in_viewport(ratio=1)
    inverse = page.get_by_role("button", name="Inverser", exact=True)
    expect(inverse).to_be_hidden()
    page.get_by_role("button", name="Plus", exact=True).click()
    inverse.click()
    expect(page.locator(".selected strong")).not_to_have_text("1 sélectionnée")
    expect(inverse).to_be_hidden()
    # The keys mean the pictures again.
    expect(page.locator(".grid")).to_be_focused()
    page.get_by_role("button", name="Effacer", exact=True).click()
    expect(page.locator(".selected")).to_be_hidden()
