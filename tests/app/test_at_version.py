"""The dashboard at a corpus version: pages and routes show what was, and refuse every write."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.session import open_version
from panoptic_data.annotations import edits, properties
from panoptic_data.versions import create, delete
from tests import synthetic
from tests.app import page

COMPONENTS = Path(__file__).parents[2] / "app" / "components"
SCREENS = (
    *("duplicates", "explore", "history", "image_map", "importing", "pipeline", "properties"),
    *("sort_by_words", "suggestions"),
)
A = synthetic.sha1("a")


@pytest.fixture
def version(corpus, store):
    """A version at which image a says "before"; it says "after" by now, and there is an image e."""
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    store.commit(edits.set_value(store.state(), note.id, [A], "before"), "text")
    created = create.create(corpus, "submitted", note="to the journal")
    store.commit(edits.set_value(store.state(), note.id, [A], "after"), "text")
    synthetic.write(corpus, "images", [synthetic.image("e", run="r2")])
    synthetic.write(corpus, "files", [synthetic.file("s/cats/e.jpg", "e")])
    return created


def values_of(client, sha1, at=""):
    answer = client.get(f"{at}/annotations", params={"sha1": sha1})
    assert answer.status_code == 200, answer.text
    return [cell["texts"] for cell in answer.json()["values"].values()]


def test_routes_answer_as_the_version_was_and_as_the_corpus_is_now(client, version):
    at = f"/v/{version.id}"
    assert values_of(client, A) == [["after"]]
    assert values_of(client, A, at) == [["before"]]
    assert client.get("/rows").json()["total"] == 5
    assert client.get(f"{at}/rows").json()["total"] == 4
    assert client.get(f"/v/{version.name}/rows").json()["total"] == 4


def test_every_write_to_a_version_is_refused_with_a_sentence(client, version, store):
    before = store.state(fresh=True).position
    [note] = store.state().live_properties
    bodies = {
        "/annotate": {"property": note.id, "op": "set", "value": "x", "targets": {"sha1s": [A]}},
        "/properties": {"name": "New", "type": "text"},
        "/exclude": {"targets": {"sha1s": [A]}, "excluded": True},
        "/undo": {},
        "/imports/path": {"path": "/tmp/x.csv"},
    }
    for path, body in bodies.items():
        answer = client.post(f"/v/{version.id}{path}", json=body)
        assert (path, answer.status_code) == (path, 409), answer.text
        assert answer.json()["message"].startswith("This is an earlier version of the corpus")
    assert store.state(fresh=True).position == before


def test_an_unknown_version_is_said_by_routes_and_by_the_page(client, version):
    answer = client.get("/v/nosuch/rows?lang=fr")
    assert answer.status_code == 404
    assert "nosuch" in answer.json()["message"]
    shown = page.run(version="nosuch")
    text = page.page_text(shown)
    assert "There is no version “nosuch” of this corpus" in text
    assert 'href="/"' in text


def draw(screen):
    """Draw one page; run inside AppTest."""
    import importlib

    importlib.import_module(f"app.screens.{screen}").show()


def test_a_version_that_is_deleted_while_it_is_open_says_by_whom(client, version, corpus):
    at = f"/v/{version.id}"
    assert client.get(f"{at}/rows", params={"view": ""}).status_code == 200
    assert "submitted" in page.page_text(page.run(version=version.id))
    delete.delete(corpus, "submitted", author="anna")
    # At once, and after what is kept of versions for a moment.
    for _ in range(2):
        answer = client.get(f"{at}/annotations", params={"sha1": A})
        assert answer.status_code == 404, answer.text
        assert "was deleted by anna on 20" in answer.json()["message"]
        text = page.page_text(page.run(version=version.id))
        assert "was deleted by anna on 20" in text
        assert "doctor" not in text
        open_version._known_versions.clear()


@pytest.mark.parametrize("screen", SCREENS)
def test_each_page_opens_at_a_version(version, screen):
    shown = AppTest.from_function(draw, args=(screen,), default_timeout=60)
    shown.session_state["language"] = "en"
    shown.query_params["version"] = version.id
    shown.query_params["image"] = A
    shown.run()
    assert [item.message for item in shown.exception] == []
    is_for_work = screen in ("importing", "sort_by_words", "suggestions")
    assert ("nothing in it can be changed" in page.page_text(shown)) == (
        is_for_work or screen == "pipeline"
    )
    assert page.buttons(shown) == []


def test_every_page_says_which_version_it_shows_and_leads_back(version):
    shown = page.run(version=version.id, encoder="x")
    text = page.page_text(shown)
    assert '<b title="to the journal">submitted</b>' in text
    assert "read only" in text
    assert 'href="/?encoder=x" target="_self"' in text
    # A page without a version says nothing of it.
    assert "read only" not in page.page_text(page.run())


def test_links_of_a_page_keep_the_version(version, client):
    [note] = client.get(f"/v/{version.id}/annotations").json()["properties"]
    answer = client.get(f"/v/{version.id}/definitions/{note['id']}/explore", follow_redirects=False)
    assert answer.headers["location"].endswith(f"version={version.id}")


def test_an_original_is_served_only_as_it_was(real_corpus, ask):
    project, source, contents = real_corpus
    created = create.create(project, "before the change")
    [row] = project.database().frame("files", where="path = 'drawing.jpg'").to_dicts()
    [good] = project.database().frame("files", where="path = 'scan.tif'").to_dicts()
    at = f"/v/{created.id}"
    assert ask(f"{at}/file/{good['file_id']}")[0].status == 200
    path = Path(source.root) / "scan.tif"
    path.write_bytes(contents["red.jpg"])
    try:
        assert ask(f"/file/{good['file_id']}")[0].status == 200
        assert ask(f"{at}/file/{good['file_id']}")[0].status == 404
        answer, shown = ask(f"{at}/image/{good['sha1']}")
        assert answer.status == 200
        # The thumbnail, not another picture that lies there by now.
        assert shown != contents["red.jpg"]
    finally:
        path.write_bytes(contents["scan.tif"])
    assert row["sha1"] is None or ask(f"{at}/thumb/{good['sha1']}")[0].status == 200


def test_components_write_no_address_of_ours_but_through_one_function():
    # A request, a source or a link that begins with "/", and a request of any other form.
    written = re.compile(r"(?:src|href)\b[^\n]{0,40}?[`\"]/[a-z$]|await fetch\((?!\s*routeTo\()")
    lines = [
        f"{path.relative_to(COMPONENTS)}: {match.group()}"
        for path in sorted(COMPONENTS.rglob("*.js"))
        for match in written.finditer(path.read_text("utf-8"))
        if "routeTo(" not in match.group()
    ]
    assert lines == []
    address = (COMPONENTS / "shared/bridge/address.js").read_text("utf-8")
    assert f'"{open_version.PARAMETER}"' in address
    assert f"`{open_version.PREFIX}/${{" in address
