"""Definitions over HTTP: one server, real tables, every press one batch that undo takes back."""

from urllib.parse import parse_qs, quote, urlsplit

import polars as pl
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.api import history
from app.api import properties as defining
from app.server.host_check import HostCheck
from app.services import identity
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.views.model import Condition, from_address
from tests import synthetic

NAMES = "abcdef"
IMAGES = [synthetic.sha1(name) for name in NAMES]


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"box/{name}.jpg", name) for name in NAMES]
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture
def client(project):
    routes = [*defining.routes(project), *history.routes(project)]
    app = Starlette(routes=routes, middleware=[Middleware(HostCheck)])
    client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
    client.cookies.set(identity.COOKIE, quote("Ana"))
    return client


@pytest.fixture
def define(client):
    def defined(do, **told):
        answer = client.post("/define", json={"do": do, **told})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return defined


@pytest.fixture
def theme(store):
    """Tags war > battle > naval, naval below sea as well, and street alone."""
    one, changes = properties.create({}, "Theme", "tags")
    known = {}

    def tag(name, *parents):
        made, steps = tags.create(known, one.id, name, parents=[it.id for it in parents])
        known[made.id] = made
        changes.extend(steps)
        return made

    war, sea = tag("war"), tag("sea")
    battle = tag("battle", war)
    tag("naval", battle, sea)
    tag("street")
    store.commit(changes, "property")
    return one


def id_of(store, name):
    return next(tag.id for tag in store.state().tags.values() if tag.name == name)


def put(store, property, images, *names):
    ids = [id_of(store, name) for name in names]
    store.commit(edits.add_tags(store.state(), property.id, images, ids), "tag")


def tree(store):
    """Return the names of what each tag stands under, deleted ones left out."""
    known = store.state().tags
    return {
        tag.name: sorted(known[up].name for up in tag.parents if not known[up].deleted)
        for tag in known.values()
        if not tag.deleted
    }


def counts(client, property):
    told = client.get(f"/definitions/{property.id}/tags").json()
    pairs = zip(told["all"], told["itself"], strict=True)
    return dict(zip(told["name"], pairs, strict=True))


def test_properties_are_listed_with_their_use_and_only_once_the_same(client, store, theme):
    put(store, theme, IMAGES[:2], "war", "street")
    answer = client.get("/definitions")
    [one] = answer.json()["properties"]
    assert (one["name"], one["type"], one["targets"], one["tags"]) == ("Theme", "tags", 2, 5)
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/definitions", headers=known).status_code == 304
    put(store, theme, IMAGES[2:3], "war")
    assert client.get("/definitions", headers=known).json()["properties"][0]["targets"] == 3


def test_a_property_is_made_renamed_and_deleted_under_the_name_of_who_asks(client, store, define):
    made = define("create", name="Certainty", type="number", options={"least": 1, "most": 5})
    one = store.state().properties[made["id"]]
    assert (one.name, one.type, one.options) == ("Certainty", "number", {"least": 1, "most": 5})
    define("alter", id=one.id, parts={"name": "Sure", "folder": "  My   work "})
    gone = define("delete", id=one.id)
    assert client.get("/definitions").json()["properties"] == []
    assert client.post("/switch", json={"batch": gone["batch"], "on": False}).status_code == 200
    [one] = client.get("/definitions").json()["properties"]
    assert (one["name"], one["folder"]) == ("Sure", "My work")
    assert set(store.history()["author"]) == {"Ana"}


def test_a_refusal_says_why_in_the_language_of_who_asks(client, store, define):
    define("create", name="Note", type="text")
    again = {"do": "create", "name": "note", "type": "text"}
    answer = client.post("/define?lang=fr", json=again)
    assert answer.status_code == 400
    assert "note" in answer.json()["message"]
    for told in ("[]", '{"do": []}', '{"do": "create"}', '{"do": "alter", "id": 1}', "nonsense"):
        assert client.post("/define", content=told).status_code == 400
    assert len(store.state().live_properties) == 1


def test_order_and_heading_change_in_one_batch(store, define):
    ids = [define("create", name=name, type="text")["id"] for name in "abc"]
    done = define("place", order=[ids[2], ids[0], ids[1]], folders={ids[2]: "Work"})
    assert [(one.name, one.folder) for one in store.state().live_properties] == [
        ("c", "Work"),
        ("a", None),
        ("b", None),
    ]
    define("heading", **{"from": "Work", "to": "Done"})
    assert store.state().properties[ids[2]].folder == "Done"
    assert set(store.changes(done["batch"])["property"]) == {"place", "folder"}


def test_a_change_of_type_says_what_it_loses_before_it_does_it(client, store, define):
    id = define("create", name="Made", type="text")["id"]
    texts = ["1912", "May 1912", "long ago", "long ago", "12e"]
    rows = pl.DataFrame({"target": IMAGES[:5], "value": texts})
    store.commit(edits.assign(store.state(), id, rows), "set")
    told = client.get(f"/definitions/{id}/conversion", params={"type": "date"}).json()
    assert (told["kept"], told["lost"], told["distinct"]) == (2, 3, 2)
    assert told["values"] == [{"value": "long ago", "count": 2}, {"value": "12e", "count": 1}]
    assert store.state().properties[id].type == "text"
    done = define("convert", id=id, type="date")
    assert sorted(store.state().values(id)["value"]) == ["1912", "1912-05"]
    client.post("/switch", json={"batch": done["batch"], "on": False})
    assert sorted(store.state().values(id)["value"]) == sorted(texts)


def test_an_image_below_twice_counts_once(client, store, theme):
    put(store, theme, IMAGES[:3], "naval")
    put(store, theme, IMAGES[2:4], "war")
    put(store, theme, IMAGES[:1], "battle")
    assert counts(client, theme) == {
        "war": (4, 2),
        "sea": (3, 0),
        "battle": (3, 1),
        "naval": (3, 3),
        "street": (0, 0),
    }


def test_tags_are_read_again_only_when_they_or_their_use_changed(client, store, theme, define):
    address = f"/definitions/{theme.id}/tags"
    known = {"If-None-Match": client.get(address).headers["ETag"]}
    note = define("create", name="Note", type="text")["id"]
    store.commit(edits.set_value(store.state(), note, IMAGES, "seen"), "set")
    put(store, theme, IMAGES[:1], "war")
    changed = client.get(address, headers=known)
    assert changed.status_code == 200
    known = {"If-None-Match": changed.headers["ETag"]}
    store.commit(edits.set_value(store.state(), note, IMAGES, "again"), "set")
    assert client.get(address, headers=known).status_code == 304


def test_tags_are_made_below_others_and_a_pasted_list_leaves_out_what_is_there(
    client, store, theme, define
):
    war = id_of(store, "war")
    made = define("tag", id=theme.id, names=["siege", "street", "siege "], parents=[war])
    assert len(made["ids"]) == 1
    assert tree(store)["siege"] == ["war"]
    answer = client.post("/define", json={"do": "tag", "id": theme.id, "names": ["Siege"]})
    assert answer.status_code == 400
    define("tag_alter", ids=made["ids"], parts={"name": "sieges", "colour": "#d94f4f", "key": "S"})
    one = store.state().tags[made["ids"][0]]
    assert (one.name, one.colour, one.key) == ("sieges", "#d94f4f", "s")


def test_a_tag_is_put_under_another_or_under_both_and_never_in_a_circle(
    client, store, theme, define
):
    battle, war, street = (id_of(store, name) for name in ("battle", "war", "street"))
    move = {"id": battle, "from": war}
    define("tag_put", moves=[move], parent=street, keep=True)
    assert tree(store)["battle"] == ["street", "war"]
    define("tag_put", moves=[move], parent=street)
    assert tree(store)["battle"] == ["street"]
    define("tag_put", moves=[{"id": battle}], parent=None)
    assert tree(store)["battle"] == []
    naval = id_of(store, "naval")
    define("tag_unlink", id=naval, parent=id_of(store, "sea"))
    assert tree(store)["naval"] == ["battle"]
    circle = {"do": "tag_put", "moves": [{"id": battle}], "parent": naval}
    assert client.post("/define", json=circle).status_code == 400


def test_a_deleted_tag_leaves_its_images_and_what_was_below_moves_up(client, store, theme, define):
    put(store, theme, IMAGES[:3], "battle")
    put(store, theme, IMAGES[2:4], "naval")
    done = define("tag_delete", ids=[id_of(store, "battle"), id_of(store, "sea")])
    assert tree(store) == {"war": [], "naval": ["war"], "street": []}
    assert set(store.state().values(theme.id)["target"]) == {*IMAGES[2:4]}
    client.post("/switch", json={"batch": done["batch"], "on": False})
    assert tree(store)["naval"] == ["battle", "sea"]
    assert counts(client, theme)["battle"] == (4, 3)


def test_merged_tags_become_the_first(client, store, theme, define):
    put(store, theme, IMAGES[:2], "street")
    put(store, theme, IMAGES[1:4], "battle")
    asked = [("tag", id_of(store, "street")), ("tag", id_of(store, "battle"))]
    told = client.get(f"/definitions/{theme.id}/pictures", params=asked).json()
    assert (told["itself"], told["others"]) == (4, 3)
    define("tag_merge", keep=asked[0][1], others=[asked[1][1]])
    assert tree(store) == {"war": [], "sea": [], "naval": ["sea", "street"], "street": ["war"]}
    assert counts(client, theme)["street"] == (4, 4)


def test_pictures_are_those_of_a_tag_and_of_what_is_below_also_of_files(client, store, theme):
    put(store, theme, IMAGES[1:3], "naval")
    asked = {"tag": id_of(store, "war")}
    told = client.get(f"/definitions/{theme.id}/pictures", params=asked).json()
    assert sorted(told["sha1s"]) == sorted(IMAGES[1:3])
    one, changes = properties.create(store.state().properties, "Side", "text", target="file")
    store.commit(changes, "property")
    file = synthetic.file("box/c.jpg", "c")["file_id"]
    store.commit(edits.set_value(store.state(), one.id, [file], "verso"), "set")
    told = client.get(f"/definitions/{one.id}/values").json()
    assert told["values"] == [{"value": "verso", "count": 1, "sha1": IMAGES[2]}]


def test_explore_is_asked_for_tags_or_for_any_value(client, store, theme):
    war = id_of(store, "war")
    for params, op, value in (({"tag": war}, "in", [war]), ({}, "is not empty", None)):
        answer = client.get(f"/definitions/{theme.id}/explore", params=params)
        assert answer.status_code == 303
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)["view"][0]
        assert from_address(asked).where == (Condition(f"p:tags:{theme.id}", op, value),)
    assert client.get("/definitions/nobody/explore").status_code == 404


def test_tags_keep_the_order_that_hands_gave_them(client, store, theme, define):
    names = ["one", "two", "three", "four"]
    ids = dict(zip(names, define("tag", id=theme.id, names=names)["ids"], strict=True))

    def order():
        told = client.get(f"/definitions/{theme.id}/tags").json()
        return [name for name in told["name"] if name in names]

    def put(moved, *wanted, **more):
        moves = [{"id": ids[name], "from": None} for name in moved]
        return define("tag_put", moves=moves, order=[ids[name] for name in wanted], **more)

    put(["four"], "four", "one", "two", "three")
    assert order() == ["four", "one", "two", "three"]
    # Only what was moved is written.
    done = put(["three", "two"], "four", "three", "two", "one")
    assert store.changes(done["batch"])["target"].n_unique() == 2
    assert order() == ["four", "three", "two", "one"]
    # Shown by name and ordered from there: all of them take their places.
    put(["one"], "four", "one", "three", "two")
    for _ in range(60):
        put(["two"], "four", "two", "one", "three")
        put(["one"], "four", "one", "two", "three")
    assert order() == ["four", "one", "two", "three"]
    put(["two"], "two", parent=ids["four"])
    assert tree(store)["two"] == ["four"]
    client.post("/switch", json={"batch": done["batch"], "on": False})
    assert sorted(order()) == sorted(names)
