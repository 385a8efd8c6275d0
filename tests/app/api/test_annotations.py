"""Writing annotations over HTTP: real tables, one client, and what other processes see."""

import json

import polars as pl
import pytest

from panoptic_data.annotations import properties
from panoptic_data.views.model import View, to_address
from tests.app.api.annotated_images import (
    SHA1S,
    create_project,
    create_property,
    create_tag,
    read_texts,
    these,
    values,
)

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


def test_a_value_is_stored_canonically_and_read_back(client, post, store):
    year = create_property(store, "Year", "date")
    answer = post(
        "/annotate", {"property": year, "value": "4 mai 1912", "targets": these(SHA1S[0])}
    )
    assert answer["changed"] == 1
    assert answer["position"] == store.state().position
    assert read_texts(client, SHA1S[0], year) == ["1912-05-04"]
    assert read_texts(client, SHA1S[1], year) is None


def test_no_value_takes_it_away(client, post, store):
    note = create_property(store, "Note", "text")
    post("/annotate", {"property": note, "value": "seen", "targets": these(*SHA1S[:2])})
    post("/annotate", {"property": note, "value": "", "targets": these(SHA1S[0])})
    assert values(store, note) == {SHA1S[1]: {"seen"}}
    assert store.history()["act"].to_list()[:2] == ["clear", "set"]


@pytest.mark.parametrize(
    ("type", "value"), [("number", "many"), ("date", "31/02/1912"), ("colour", "loud")]
)
def test_a_value_that_cannot_be_read_is_refused_in_the_language_of_the_page(
    post, store, type, value
):
    prop = create_property(store, "One", type)
    body = {"property": prop, "value": value, "targets": these(SHA1S[0])}
    english, french = (post("/annotate", body, 400, lang=lang)["message"] for lang in ("en", "fr"))
    assert value in english
    assert value in french
    assert english != french
    assert values(store, prop) == {}


def test_nothing_new_is_no_batch(post, store):
    note = create_property(store, "Note", "text")
    body = {"property": note, "value": "seen", "targets": these(SHA1S[0])}
    post("/annotate", body)
    answer = post("/annotate", body)
    assert (answer["batch"], answer["changed"]) == (None, 0)


def test_a_name_becomes_a_tag_in_the_same_batch_and_is_known_by_any_case(client, post, store):
    theme = create_property(store, "Theme", "tags")
    body = {"property": theme, "op": "add", "names": ["Newton, Amanda"]}
    first = post("/annotate", {**body, "targets": these(SHA1S[0])})
    post("/annotate", {**body, "names": ["newton, amanda"], "targets": these(SHA1S[1])})
    [created] = store.state().tags_of(theme)
    assert created.name == "Newton, Amanda"
    assert values(store, theme) == {SHA1S[0]: {created.id}, SHA1S[1]: {created.id}}
    assert set(store.changes(first["batch"])["kind"]) == {"image", "tag"}
    store.undo(store.history()["author"][0])
    store.undo(store.history()["author"][0])
    assert client.get("/annotations").json()["tags"] == []


def test_tags_are_added_removed_and_set(post, store):
    theme = create_property(store, "Theme", "tags")
    war, peace = create_tag(store, theme, "war"), create_tag(store, theme, "peace")
    targets = these(*SHA1S[:2])
    post("/annotate", {"property": theme, "op": "add", "values": [war], "targets": targets})
    post("/annotate", {"property": theme, "op": "add", "value": peace, "targets": these(SHA1S[0])})
    assert values(store, theme) == {SHA1S[0]: {war, peace}, SHA1S[1]: {war}}
    post("/annotate", {"property": theme, "op": "remove", "values": [war], "targets": targets})
    assert values(store, theme) == {SHA1S[0]: {peace}}
    post("/annotate", {"property": theme, "op": "set", "names": ["war"], "targets": targets})
    assert values(store, theme) == {SHA1S[0]: {war}, SHA1S[1]: {war}}
    post("/annotate", {"property": theme, "op": "set", "values": [], "targets": targets})
    assert values(store, theme) == {}


def test_a_toggle_adds_where_one_lacks_it_and_removes_where_all_have_it(post, store):
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
    body = {"property": theme, "op": "toggle", "values": [war]}
    assert post("/annotate", {**body, "targets": these(SHA1S[0])})["op"] == "add"
    answer = post("/annotate", {**body, "targets": these(*SHA1S[:3])})
    assert (answer["op"], answer["changed"]) == ("add", 2)
    answer = post("/annotate", {**body, "targets": these(*SHA1S[:3])})
    assert (answer["op"], answer["changed"]) == ("remove", 3)
    assert values(store, theme) == {}


def test_several_edits_are_one_batch(post, store):
    theme, note = create_property(store, "Theme", "tags"), create_property(store, "Note", "text")
    listed = [
        {"property": theme, "op": "add", "names": ["war"]},
        {"property": note, "value": "seen"},
    ]
    answer = post("/annotate", {"edits": listed, "targets": these(*SHA1S[:2]), "act": "stamp"})
    assert store.history()[0].select("batch", "act", "about").row(0) == (
        answer["batch"], "stamp", "Theme: war, Note: seen",
    )  # fmt: skip
    store.undo(store.history()["author"][0])
    assert values(store, theme) == values(store, note) == {}


def test_a_selection_of_a_view_is_resolved_here(post, store):
    note = create_property(store, "Note", "text")
    view = to_address(View().with_condition("path", "image"))
    selection = {"all": True, "ids": [], "except": [SHA1S[2]]}
    body = {"property": note, "value": "seen"}
    answer = post("/annotate", {**body, "targets": {"view": view, "selection": selection}})
    assert answer["changed"] == 5
    assert SHA1S[2] not in values(store, note)
    chosen = {"all": False, "ids": [SHA1S[2], "f" * 40, "é"], "except": []}
    answer = post("/annotate", {**body, "targets": {"view": "", "selection": chosen}})
    assert answer["changed"] == 1


def test_a_property_of_files_is_set_on_all_files_of_an_image_or_on_those_of_the_view(
    client, post, store
):
    shelf = create_property(store, "Shelf", "text", target="file")
    post("/annotate", {"property": shelf, "value": "A", "targets": these(SHA1S[0])})
    assert len(values(store, shelf)) == 2
    view = View().with_condition("folder", ["b"])
    view = View(view.where, mode="file")
    selection = {"all": True, "ids": [], "except": []}
    targets = {"view": to_address(view), "selection": selection}
    payload = post("/annotate", {"property": shelf, "value": "B", "targets": targets})
    assert payload["changed"] == 1
    answer = client.get("/annotations", params={"sha1": SHA1S[0]}).json()
    assert answer["values"][shelf]["mixed"] is True
    assert set(answer["values"][shelf]["texts"]) == {"A", "B"}


def test_values_are_copied_to_others(post, store):
    theme, note = create_property(store, "Theme", "tags"), create_property(store, "Note", "text")
    shelf = create_property(store, "Shelf", "text", target="file")
    post("/annotate", {"property": theme, "op": "add", "names": ["x"], "targets": these(SHA1S[0])})
    for item in (note, shelf):
        post("/annotate", {"property": item, "value": "seen", "targets": these(SHA1S[0])})
    answer = post(
        "/copy",
        {"source": SHA1S[0], "properties": [theme, shelf], "targets": these(*SHA1S[:3])},
    )
    assert answer["changed"] == 4
    assert set(values(store, theme)) == set(SHA1S[:3])
    assert set(values(store, note)) == {SHA1S[0]}
    assert len(values(store, shelf)) == 4


def test_images_leave_the_corpus_and_come_back(client, post, store):
    post("/exclude", {"targets": these(*SHA1S[:2])})
    assert store.state().excluded.frame()["target"].sort().to_list() == sorted(SHA1S[:2])
    assert client.get("/annotations", params={"sha1": SHA1S[0]}).json()["excluded"] is True
    answer = post("/exclude", {"targets": these(SHA1S[0]), "excluded": False})
    assert answer["changed"] == 1
    assert client.get("/annotations", params={"sha1": SHA1S[0]}).json()["excluded"] is False
    assert store.history()["act"].to_list() == ["include", "exclude"]


def test_a_property_is_made_and_refused_in_words(client, post):
    created = post("/properties", {"name": "Theme", "type": "tags"})
    listed = client.get("/annotations").json()["properties"]
    assert [(item["id"], item["name"], item["type"]) for item in listed] == [
        (created["property"], "Theme", "tags")
    ]
    refused = post("/properties", {"name": "theme", "type": "text"}, 400, lang="fr")
    assert "theme" in refused["message"]
    post("/properties", {"name": "Other", "type": "song"}, 400)
    scale = {"name": "Grade", "type": "number", "options": {"least": 0, "most": 5, "slider": True}}
    post("/properties", scale)
    assert client.get("/annotations").json()["properties"][1]["options"]["most"] == 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"property": 1, "targets": {"sha1s": []}}',
        b'{"property": "NOTE", "targets": []}',
        b'{"property": "NOTE", "op": "burn", "targets": {"sha1s": []}}',
        b'{"property": "NOTE", "value": ["a"], "targets": {"sha1s": []}}',
        b'{"property": "NOTE", "value": "a", "targets": {"sha1s": "a"}}',
        b'{"property": "NOTE", "value": "a", "targets": {"view": ""}}',
        b'{"property": "NOTE", "value": "\\ud800", "targets": {"sha1s": []}}',
        b'{"edits": "a", "targets": {"sha1s": []}}',
    ],
)
def test_a_request_that_is_none_is_refused_and_writes_nothing(client, store, body):
    note = create_property(store, "Note", "text")
    before = store.state().position
    answer = client.post("/annotate", content=body.replace(b"NOTE", note.encode()), headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert store.state(fresh=True).position == before


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        ({"property": "gone", "value": "a"}, "gone"),
        ({"property": "NOTE", "op": "add", "names": ["a"]}, "Note"),
        ({"property": "THEME", "op": "add", "values": ["nope"]}, "nope"),
        ({"property": "THEME", "op": "add", "names": [" "]}, "name"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(post, store, edit, word):
    named = {
        "NOTE": create_property(store, "Note", "text"),
        "THEME": create_property(store, "Theme", "tags"),
    }
    before = store.state().position
    edit = {**edit, "property": named.get(edit["property"], edit["property"])}
    answer = post("/annotate", {**edit, "targets": these(SHA1S[0])}, 400)
    assert word in answer["message"]
    assert store.state(fresh=True).position == before


def test_another_site_writes_nothing(client, store):
    note = create_property(store, "Note", "text")
    body = json.dumps({"property": note, "value": "a", "targets": these(SHA1S[0])})
    answer = client.post("/annotate", content=body, headers={**JSON, "Origin": "http://evil.com"})
    assert answer.status_code == 403
    assert values(store, note) == {}


def test_a_deleted_property_takes_no_values(post, store):
    note = create_property(store, "Note", "text")
    store.commit(properties.update(store.state().properties, note, deleted=True), "property")
    # Not what was sent is wrong, but what others did meanwhile: 409.
    post("/annotate", {"property": note, "value": "a", "targets": these(SHA1S[0])}, 409)
    assert store.state().values(note).equals(pl.DataFrame(schema=store.state().values(note).schema))
