"""The history, undo and redo through their own routes: one server, real tables."""

from urllib.parse import quote

import polars as pl
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api.history import images_of, routes
from app.server.host_check import HostCheck
from app.services import identity
from panoptic_data.annotations import edits, log, properties, tags
from tests import synthetic

IMAGES = [synthetic.sha1(name) for name in ("a", "b", "c")]


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in "abc"])
    files = [synthetic.file(f"box/{name}.jpg", name) for name in "abc"]
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture
def client(project):
    app = Starlette(routes=routes(project), middleware=[Middleware(HostCheck)])
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture
def ana(client):
    client.cookies.set(identity.COOKIE, quote("Ana"))
    return client


def make(store, name, type, who="Ana", **more):
    prop, changes = properties.create(store.state().properties, name, type, **more)
    store.commit(changes, "property", author=who)
    return prop


def tag(store, property, name, who="Ana", **more):
    new_tag, changes = tags.create(store.state().tags, property.id, name, **more)
    store.commit(changes, "tag", author=who)
    return new_tag


def put(store, property, images, value, who="Ana", act="set"):
    return store.commit(edits.set_value(store.state(), property.id, images, value), act, author=who)


def listed(client, **query):
    answer = client.get("/batches", params=query)
    assert answer.status_code == 200
    return answer.json()


def test_undo_says_what_was_undone_and_what_comes_next(store, ana):
    theme = make(store, "Theme", "tags")
    war = tag(store, theme, "war")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag", author="Ana")
    answer = ana.post("/undo").json()
    assert answer["said"] == "tag “war” on 3 images"
    assert answer["undo"]["said"] == "tag “war”"
    assert answer["redo"]["said"] == "tag “war” on 3 images"
    assert store.state().values(theme.id).is_empty()
    answer = ana.post("/redo", params={"lang": "fr"}).json()
    assert answer["said"] == "tag «\u202fwar\u202f» sur 3 images"
    assert answer["redo"] is None
    assert answer["position"] == store.state().position
    assert store.state().values(theme.id).height == 3


def test_each_undoes_their_own_only(store, client):
    note = make(store, "Note", "text", who="Bo")
    put(store, note, IMAGES, "seen", who="Bo")
    client.cookies.set(identity.COOKIE, quote("Zoé Łuk"))
    answer = client.post("/undo").json()
    assert (answer["me"], answer["batch"], answer["undo"]) == ("Zoé Łuk", None, None)
    assert store.state().values(note.id).height == 3
    assert {item["author"] for item in answer["atWork"]} == {"Bo"}


def test_making_a_property_is_named_also_after_it_was_undone(store, ana):
    make(store, "Theme", "tags")
    assert ana.post("/undo").json()["said"] == "property “Theme”"
    first = listed(ana)["batches"][-1]
    assert (first["isOn"], first["parts"][0]["values"][0]["text"]) == (False, "Theme")


def test_any_batch_is_switched_by_anyone_and_who_did_it_is_listed(store, ana):
    note = make(store, "Note", "text", who="Bo")
    first = put(store, note, IMAGES[:1], "one", who="Bo")
    put(store, note, IMAGES[1:], "two", who="Bo")
    answer = ana.post("/switch", json={"batch": first.id, "on": False}).json()
    assert answer["said"] == "value “one” on 1 image"
    assert store.state().values(note.id)["value"].to_list() == ["two", "two"]
    batches = listed(ana)["batches"]
    assert (batches[0]["author"], batches[0]["undoes"]) == ("Ana", first.id)
    assert batches[0]["said"] == "value “one” on 1 image"
    assert [batch["isOn"] for batch in batches if batch["batch"] == first.id] == [False]
    # What is so already is not written again, and what switches is switched by no other.
    ana.post("/switch", json={"batch": first.id, "on": False})
    assert len(listed(ana)["batches"]) == len(batches)
    switching = {"batch": batches[0]["batch"], "on": False}
    assert ana.post("/switch", json=switching).status_code == 404


@pytest.mark.parametrize("body", [b"", b"[]", b'{"batch": "x"}', b"\xff"])
def test_switching_nothing_is_refused(ana, body):
    assert ana.post("/switch", content=body).status_code in (400, 404)


def test_no_other_page_can_undo(store, ana):
    make(store, "Note", "text")
    refused = ana.post("/undo", headers={"Origin": "http://elsewhere.example"})
    assert refused.status_code == 403
    assert len(store.state().live_properties) == 1


def test_history_comes_in_pages_by_author_by_property_and_from_a_time(store, ana):
    note, year = make(store, "Note", "text"), make(store, "Year", "number", who="Bo")
    for number in range(5):
        put(store, note, IMAGES[:1], f"note {number}")
    put(store, year, IMAGES[:1], 1912, who="Bo")
    first = listed(ana, limit=3)
    assert [batch["said"] for batch in first["batches"]] == [
        "value “1912” on 1 image",
        "value “note 4” on 1 image",
        "value “note 3” on 1 image",
    ]
    assert (first["more"], first["authors"]) == (True, ["Ana", "Bo"])
    assert first["properties"] == [[note.id, "Note"], [year.id, "Year"]]
    rest = listed(ana, limit=50, before=first["batches"][-1]["batch"])
    assert (rest["more"], len(rest["batches"])) == (False, 5)
    assert {batch["author"] for batch in listed(ana, author="Bo")["batches"]} == {"Bo"}
    assert len(listed(ana, property=year.id)["batches"]) == 2
    # Twelve digits of time are where an id begins.
    earliest = rest["batches"][-1]["batch"][:12]
    assert listed(ana, before=earliest)["batches"] == []
    assert ana.get("/batches", params={"before": "' or 1"}).status_code == 400


def test_what_a_batch_did_in_many_parts(store, ana):
    theme, note = make(store, "Theme", "tags"), make(store, "Note", "text")
    ids = [tag(store, theme, name, colour="#d94f4f").id for name in ("war", "peace", "sea")]
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, ids), "tag", author="Ana")
    [tagged] = listed(ana, limit=1)["batches"]
    assert tagged["said"] == "3 tags on 3 images"
    [part] = tagged["parts"]
    assert (part["property"], part["sign"], part["count"]) == ("Theme", "add", 3)
    assert [value["text"] for value in part["values"]] == ["war", "peace", "sea"]
    names = pl.DataFrame({"target": IMAGES, "name": ["sky", "sand", "city"]})
    store.commit(
        edits.tag_by_name(store.state(), theme.id, names), "import", about="themes.csv",
        author="Ana",
    )  # fmt: skip
    assert listed(ana, limit=1)["batches"][0]["said"] == "import “themes.csv” on 3 images"
    put(store, note, IMAGES, "seen", act="some new act")
    assert listed(ana, limit=1)["batches"][0]["name"] == "some new act"
    put(store, note, IMAGES[:2], None, act="clear")
    cleared = listed(ana, limit=1)["batches"][0]
    assert cleared["said"] == "removal of value “Note” on 2 images"
    assert (cleared["parts"][0]["sign"], cleared["images"]) == ("clear", 2)
    store.commit(edits.exclude(store.state(), IMAGES[:1]), "exclude", author="Ana")
    assert listed(ana, limit=1)["batches"][0]["said"] == "out of corpus: 1 image"


def test_changes_of_a_batch_have_names_old_values_and_tags(store, ana):
    theme = make(store, "Theme", "tag")
    war = tag(store, theme, "war", colour="#d94f4f")
    peace = tag(store, theme, "peace")
    put(store, theme, IMAGES[:2], war.id, act="tag")
    batch = put(store, theme, IMAGES, peace.id, act="tag")
    answer = ana.get(f"/batches/{batch.id}").json()
    assert answer["total"] == 3
    first, *_, last = answer["changes"]
    assert (first["name"], first["sha1"], first["property"]) == ("a.jpg", IMAGES[0], "Theme")
    assert first["old"] == [{"text": "war", "colour": "#d94f4f"}]
    assert first["new"] == [{"text": "peace", "colour": None}]
    assert last["old"] == []
    created = listed(ana)["batches"][-1]["batch"]
    parts = {
        change["property"]: change for change in ana.get(f"/batches/{created}").json()["changes"]
    }
    assert parts["name"]["new"][0]["text"] == "Theme"
    assert ana.get("/batches/0").status_code == 404


def test_history_of_one_image_has_its_changes_and_those_of_its_files(project, store, ana):
    note = make(store, "Note", "text")
    page = make(store, "Page", "number", target="file")
    file = synthetic.file("box/a.jpg", "a")["file_id"]
    put(store, note, IMAGES, "seen")
    batch = put(store, page, [file], 12)
    put(store, note, IMAGES[1:], "not this one")
    answer = listed(ana, target=IMAGES[0])["batches"]
    assert [[change["new"][0]["text"] for change in it["changes"]] for it in answer] == [
        ["12"],
        ["seen"],
    ]
    assert answer[0]["changes"][0]["sha1"] == IMAGES[0]
    assert images_of(project, batch.id) == [IMAGES[0]]
    assert listed(ana, target=IMAGES[0], limit=1)["more"] is True


def test_an_image_that_is_gone_is_said_to_be(store, ana):
    note = make(store, "Note", "text")
    batch = put(store, note, ["f" * 40], "seen")
    [change] = ana.get(f"/batches/{batch.id}").json()["changes"]
    assert (change["sha1"], change["name"]) == (None, None)


def test_who_is_at_work_is_who_the_cookie_says(client):
    assert client.get("/steps").json()["me"] == log.current_user()
    client.cookies.set(identity.COOKIE, quote("  Zoé   Łuk "))
    assert client.get("/steps").json()["me"] == "Zoé Łuk"
