"""Edits that cannot be stored now: kept by the browser, stored once when that works again."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from panoptic_data.annotations import edits, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.project import open_project
from panoptic_data.views.model import View
from tests import gallery_pages
from tests.annotating import create_property, create_tag
from tests.dashboard import eventually

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def port():
    return free_port()


@contextmanager
def dashboard(project, port):
    """Serve a project at a port until the block ends; what it yields kills it."""
    command = [sys.executable, "-m", "app.cli", "open", "--project", str(project)]
    server = subprocess.Popen(
        [*command, "--no-browser", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: _answers(port), within=90)
        yield server
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def running(own_project):
    """The port of a dashboard that no test ends."""
    port = free_port()
    with dashboard(own_project, port):
        yield port


def _answers(port):
    try:
        return urlopen(f"http://127.0.0.1:{port}/annotations/position", timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture
def store(own_project):
    return annotations_of(open_project(own_project))


@pytest.fixture
def theme(store):
    return create_property(store, f"Theme {time.time_ns()}", "tags")


@pytest.fixture
def sea(store, theme):
    tag = create_tag(store, theme, "Sea")
    store.commit(tags.update(store.state().tags, tag.id, key="1"), "key")
    return tag


def ready(page):
    expect(gallery_pages.ready(page).locator(".annotate.here")).to_be_visible()
    return page


def sha1(page, number):
    return page.locator(f".tile[data-index='{number}']").get_attribute("data-sha1")


def stamp(page, theme, name):
    page.get_by_role("button", name="Tag or stamp").click()
    panel = page.get_by_role("dialog", name="Tag or stamp")
    panel.get_by_role("combobox", name="Property").first.select_option(label=theme.name)
    panel.get_by_role("combobox", name=theme.name).fill(name)
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Stamp").click()
    expect(panel).to_be_hidden()


def press(page, *numbers):
    for number in numbers:
        page.locator(f".tile[data-index='{number}']").click()


def line(page):
    return page.locator(".under.kept")


def tagged(store, theme):
    return set(store.state(fresh=True).values(theme.id)["target"])


def test_what_is_done_while_the_server_is_down_is_stored_once_when_it_is_back(
    visit, own_project, port, store, theme, sea
):
    with dashboard(own_project, port):
        page = ready(visit(f"http://127.0.0.1:{port}"))
        stamp(page, theme, "Sea")
        press(page, 0)
        images = [sha1(page, number) for number in range(4)]
        assert eventually(lambda: tagged(store, theme) == {images[0]})
    press(page, 1)
    expect(line(page)).to_contain_text("1 edit not stored yet")
    press(page, 2, 3)
    expect(line(page)).to_contain_text("3 edits not stored yet")
    expect(page.locator(".tile.stamped")).to_have_count(4)
    line(page).get_by_role("button", name="Try again").click()
    expect(line(page)).to_contain_text("3 edits not stored yet")
    assert tagged(store, theme) == {images[0]}
    with dashboard(own_project, port):
        assert eventually(lambda: tagged(store, theme) == set(images), within=90)
        expect(line(page)).to_be_hidden()
        stamps = store.log().filter(act="stamp", property=theme.id)
        assert stamps["target"].to_list() == images
        page.close()


def test_an_edit_whose_answer_was_lost_is_not_stored_again(
    visit, own_project, running, store, theme, sea
):
    page = ready(visit(f"http://127.0.0.1:{running}"))
    stamp(page, theme, "Sea")

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/annotate?*", lose, times=1)
    press(page, 0)
    image = sha1(page, 0)
    assert eventually(lambda: tagged(store, theme) == {image})
    # Somebody takes the tag off meanwhile: sent again it must stay off.
    store.undo(store.history(1)["author"][0])
    expect(page.get_by_text("1 edit that was waiting is stored now")).to_be_visible()
    expect(line(page)).to_be_hidden()
    assert tagged(store, theme) == set()
    assert store.log().filter(act="stamp", property=theme.id).height == 1


def test_a_page_that_was_closed_leaves_its_edits_to_the_next(
    visit, own_project, running, store, theme, sea
):
    address = f"http://127.0.0.1:{running}"
    page = ready(visit(address))
    stamp(page, theme, "Sea")
    away = own_project.with_name("away")
    own_project.rename(away)
    press(page, 0)
    # The server says why.
    expect(line(page)).to_contain_text("1 edit not stored yet: ")
    expect(line(page)).to_contain_text(str(own_project))
    image = sha1(page, 0)
    page.close()
    away.rename(own_project)
    assert tagged(store, theme) == set()
    ready(visit(address))
    assert eventually(lambda: tagged(store, theme) == {image}, within=60)


@pytest.mark.slow
def test_edits_are_discarded_by_two_presses(visit, own_project, port, store, theme, sea):
    with dashboard(own_project, port):
        page = ready(visit(f"http://127.0.0.1:{port}"))
        stamp(page, theme, "Sea")
    press(page, 0, 1)
    line(page).get_by_role("button", name="Discard").click()
    line(page).get_by_role("button", name="Discard all 2 for good?").click()
    expect(line(page)).to_be_hidden()
    with dashboard(own_project, port):
        # The page asks again by itself.
        with page.expect_response("**/annotations/position", timeout=60_000):
            pass
        assert tagged(store, theme) == set()
        page.close()


def test_a_stamp_whose_tag_was_deleted_says_so_and_goes_on_when_it_is_back(
    visit, own_project, running, store, theme, sea
):
    def delete(tag):
        changes = tags.update(store.state(fresh=True).tags, tag.id, deleted=True)
        return store.commit(changes, "delete", author="Ben")

    page = ready(visit(f"http://127.0.0.1:{running}"))
    images = [sha1(page, number) for number in range(3)]
    stamp(page, theme, "Sea")
    press(page, 0)
    assert eventually(lambda: tagged(store, theme) == {images[0]})
    deletion = delete(sea)
    press(page, 1)
    expect(page.get_by_text("The tag “Sea” was deleted by Ben.")).to_be_visible()
    expect(page.locator(".tile.stamped")).to_have_count(1)
    position = store.state(fresh=True).position
    assert store.state().tags_of(theme.id) == []
    page.get_by_role("button", name="Undo the deletion").click()
    assert eventually(lambda: tagged(store, theme) == set(images[:2]))
    assert [tag.id for tag in store.state().tags_of(theme.id)] == [sea.id]
    assert store.state().position == position + 2
    assert deletion.id in store.log()["undoes"].to_list()
    # Or a new one, of the same name: the stamp goes on with it.
    delete(sea)
    press(page, 2)
    page.get_by_role("button", name="Make a new tag").click()
    assert eventually(lambda: images[2] in tagged(store, theme))
    [new] = store.state(fresh=True).tags_of(theme.id)
    assert (new.name, new.id != sea.id) == ("Sea", True)
    page.keyboard.press("Escape")


def test_the_key_of_a_tag_that_was_deleted_says_so(visit, own_project, running, store, theme, sea):
    page = ready(visit(f"http://127.0.0.1:{running}"))
    page.locator(".tile[data-index='0']").click()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator(".under .key")).to_contain_text(["Sea"])
    changes = tags.update(store.state(fresh=True).tags, sea.id, deleted=True)
    store.commit(changes, "delete", author="Ben")
    expect(page.locator(".under .key")).to_have_count(0)
    page.keyboard.press("1")
    expect(page.get_by_text("The tag “Sea” was deleted by Ben.")).to_be_visible()
    page.get_by_role("button", name="Undo the deletion").click()
    assert eventually(lambda: tagged(store, theme) == {sha1(page, 0)})
    assert [tag.id for tag in store.state().tags_of(theme.id)] == [sea.id]


@pytest.mark.slow
def test_what_is_done_to_all_of_a_view_waits_too_and_means_the_images_that_were_seen(
    visit, own_project, port, store, theme, sea
):
    current = registry.get(store.project, fresh=True)
    seen = set(current.sha1s(run_view(current, View()).rows))
    with dashboard(own_project, port):
        page = ready(visit(f"http://127.0.0.1:{port}"))
        page.locator(".tile").first.focus()
        with page.expect_response("**/seen?*"):
            page.keyboard.press("Control+a")
        expect(page.get_by_text(f"{len(seen)} selected", exact=True)).to_be_visible()
    page.keyboard.press("1")
    expect(line(page)).to_contain_text("1 edit not stored yet")
    # Somebody takes one out meanwhile: the view shows others by then.
    store.commit(edits.exclude(store.state(fresh=True), [min(seen)]), "exclude", author="Ben")
    with dashboard(own_project, port):
        assert eventually(lambda: tagged(store, theme) == seen, within=90)
        expect(line(page)).to_be_hidden()
        assert store.log().filter(act="tag", property=theme.id).height == len(seen)
        page.close()
