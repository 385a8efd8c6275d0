"""Reading definitions over HTTP: one server, real tables, counts, and answers that are kept."""

from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from panoptic_data.annotations import edits, properties
from panoptic_data.views.model import Condition, from_address
from tests import synthetic
from tests.app.api.themed_images import (
    IMAGES,
    counts,
    create_client,
    create_project,
    create_theme,
    id_of,
    put,
)


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def client(project):
    return create_client(project)


@pytest.fixture
def theme(store):
    return create_theme(store)


def test_properties_are_listed_with_their_use_and_only_once_the_same(client, store, theme):
    put(store, theme, IMAGES[:2], "war", "street")
    answer = client.get("/definitions")
    [prop] = answer.json()["properties"]
    assert (prop["name"], prop["type"], prop["targets"], prop["tags"]) == ("Theme", "tags", 2, 5)
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/definitions", headers=known).status_code == 304
    put(store, theme, IMAGES[2:3], "war")
    assert client.get("/definitions", headers=known).json()["properties"][0]["targets"] == 3


def test_a_change_of_type_says_what_it_loses_before_it_does_it(client, store, define):
    id = define("create", name="Made", type="text")["id"]
    texts = ["1912", "May 1912", "long ago", "long ago", "12e"]
    rows = pl.DataFrame({"target": IMAGES[:5], "value": texts})
    store.commit(edits.assign(store.state(), id, rows), "set")
    answer = client.get(f"/definitions/{id}/conversion", params={"type": "date"}).json()
    assert (answer["kept"], answer["lost"], answer["distinct"]) == (2, 3, 2)
    assert answer["values"] == [{"value": "long ago", "count": 2}, {"value": "12e", "count": 1}]
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


def test_pictures_are_those_of_a_tag_and_of_what_is_below_also_of_files(client, store, theme):
    put(store, theme, IMAGES[1:3], "naval")
    query = {"tag": id_of(store, "war")}
    answer = client.get(f"/definitions/{theme.id}/pictures", params=query).json()
    assert sorted(answer["sha1s"]) == sorted(IMAGES[1:3])
    prop, changes = properties.create(store.state().properties, "Side", "text", target="file")
    store.commit(changes, "property")
    file = synthetic.file("box/c.jpg", "c")["file_id"]
    store.commit(edits.set_value(store.state(), prop.id, [file], "verso"), "set")
    answer = client.get(f"/definitions/{prop.id}/values").json()
    assert answer["values"] == [{"value": "verso", "count": 1, "sha1": IMAGES[2]}]


def test_explore_is_asked_for_tags_or_for_any_value(client, store, theme):
    war = id_of(store, "war")
    for params, op, value in (({"tag": war}, "in", [war]), ({}, "is not empty", None)):
        answer = client.get(f"/definitions/{theme.id}/explore", params=params)
        assert answer.status_code == 303
        query = parse_qs(urlsplit(answer.headers["Location"]).query)["view"][0]
        assert from_address(query).where == (Condition(f"p:tags:{theme.id}", op, value),)
    assert client.get("/definitions/nobody/explore").status_code == 404
