"""Annotations over HTTP: real tables, the application's own routes."""

import json

import polars as pl
import pytest

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.store import Store
from panoptic_data.views.model import View, to_address
from tests import synthetic

NAMES = [f"image {number}" for number in range(6)]
SHA1S = [synthetic.sha1(name) for name in NAMES]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"a/{name}.jpg", name) for name in NAMES]
    synthetic.write(opened, "files", [*files, synthetic.file("b/copy.jpg", NAMES[0])])
    return opened


def make(store, name, type, **more):
    one, changes = properties.create(store.state().properties, name, type, **more)
    store.commit(changes, "property")
    return one.id


def tag(store, property, name, **more):
    one, changes = tags.create(store.state().tags, property, name, **more)
    store.commit(changes, "tag")
    return one.id


def these(*sha1s):
    return {"sha1s": list(sha1s)}


def values(store, property):
    found = {}
    for target, value in store.state().values(property).select("target", "value").iter_rows():
        found.setdefault(target, set()).add(value)
    return found


def said(client, sha1, property):
    told = client.get("/annotations", params={"sha1": sha1}).json()["values"]
    return told[property]["texts"] if property in told else None


def test_a_value_is_stored_canonically_and_read_back(client, post, store):
    year = make(store, "Year", "date")
    told = post("/annotate", {"property": year, "value": "4 mai 1912", "targets": these(SHA1S[0])})
    assert told["changed"] == 1
    assert told["position"] == store.state().position
    assert said(client, SHA1S[0], year) == ["1912-05-04"]
    assert said(client, SHA1S[1], year) is None


def test_no_value_takes_it_away(client, post, store):
    note = make(store, "Note", "text")
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
    one = make(store, "One", type)
    body = {"property": one, "value": value, "targets": these(SHA1S[0])}
    english, french = (post("/annotate", body, 400, lang=lang)["message"] for lang in ("en", "fr"))
    assert value in english
    assert value in french
    assert english != french
    assert values(store, one) == {}


def test_a_value_of_files_is_written_to_the_one_that_is_meant_and_told_of_each(client, post, store):
    box = make(store, "Box", "text", target="file")
    note = make(store, "Note", "text")
    first, copy = "a/image 0.jpg", "b/copy.jpg"
    targets = {"sha1s": [SHA1S[0]], "places": [copy]}
    edits = [{"property": one, "value": "3"} for one in (box, note)]
    assert post("/annotate", {"edits": edits, "targets": targets})["changed"] == 2
    assert values(store, box) == {synthetic.file(copy, None)["file_id"]: {"3"}}
    assert values(store, note) == {SHA1S[0]: {"3"}}
    told = client.get("/annotations", params={"sha1": SHA1S[0]}).json()
    assert told["files"] == [first, copy]
    cell = told["values"][box]
    assert (cell["mixed"], {place: one["texts"] for place, one in cell["files"].items()}) == (
        True,
        {copy: ["3"]},
    )
    post("/annotate", {"property": box, "value": "3", "targets": {**targets, "places": [first]}})
    assert client.get("/annotations", params={"sha1": SHA1S[0]}).json()["values"][box]["mixed"] is (
        False
    )


def test_nothing_new_is_no_batch(post, store):
    note = make(store, "Note", "text")
    body = {"property": note, "value": "seen", "targets": these(SHA1S[0])}
    post("/annotate", body)
    told = post("/annotate", body)
    assert (told["batch"], told["changed"]) == (None, 0)


def test_a_name_becomes_a_tag_in_the_same_batch_and_is_known_by_any_case(client, post, store):
    theme = make(store, "Theme", "tags")
    body = {"property": theme, "op": "add", "names": ["Newton, Amanda"]}
    first = post("/annotate", {**body, "targets": these(SHA1S[0])})
    post("/annotate", {**body, "names": ["newton, amanda"], "targets": these(SHA1S[1])})
    [made] = store.state().tags_of(theme)
    assert made.name == "Newton, Amanda"
    assert values(store, theme) == {SHA1S[0]: {made.id}, SHA1S[1]: {made.id}}
    assert set(store.changes(first["batch"])["kind"]) == {"image", "tag"}
    store.undo(store.history()["author"][0])
    store.undo(store.history()["author"][0])
    assert client.get("/annotations").json()["tags"] == []


def test_tags_are_added_removed_and_set(post, store):
    theme = make(store, "Theme", "tags")
    war, peace = tag(store, theme, "war"), tag(store, theme, "peace")
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
    theme = make(store, "Theme", "tags")
    war = tag(store, theme, "war")
    body = {"property": theme, "op": "toggle", "values": [war]}
    assert post("/annotate", {**body, "targets": these(SHA1S[0])})["op"] == "add"
    told = post("/annotate", {**body, "targets": these(*SHA1S[:3])})
    assert (told["op"], told["changed"]) == ("add", 2)
    told = post("/annotate", {**body, "targets": these(*SHA1S[:3])})
    assert (told["op"], told["changed"]) == ("remove", 3)
    assert values(store, theme) == {}


def test_several_edits_are_one_batch(post, store):
    theme, note = make(store, "Theme", "tags"), make(store, "Note", "text")
    listed = [
        {"property": theme, "op": "add", "names": ["war"]},
        {"property": note, "value": "seen"},
    ]
    told = post("/annotate", {"edits": listed, "targets": these(*SHA1S[:2]), "act": "stamp"})
    assert store.history()[0].select("batch", "act", "about").row(0) == (
        told["batch"], "stamp", "Theme: war, Note: seen",
    )  # fmt: skip
    store.undo(store.history()["author"][0])
    assert values(store, theme) == values(store, note) == {}


def test_a_selection_of_a_view_is_resolved_here(post, store):
    note = make(store, "Note", "text")
    view = to_address(View().with_condition("path", "image"))
    selection = {"all": True, "ids": [], "except": [SHA1S[2]]}
    body = {"property": note, "value": "seen"}
    told = post("/annotate", {**body, "targets": {"view": view, "selection": selection}})
    assert told["changed"] == 5
    assert SHA1S[2] not in values(store, note)
    chosen = {"all": False, "ids": [SHA1S[2], "f" * 40, "é"], "except": []}
    told = post("/annotate", {**body, "targets": {"view": "", "selection": chosen}})
    assert told["changed"] == 1


def test_a_property_of_files_is_set_on_all_files_of_an_image_or_on_those_of_the_view(
    client, post, store
):
    shelf = make(store, "Shelf", "text", target="file")
    post("/annotate", {"property": shelf, "value": "A", "targets": these(SHA1S[0])})
    assert len(values(store, shelf)) == 2
    view = View().with_condition("folder", ["b"])
    view = View(view.where, mode="file")
    selection = {"all": True, "ids": [], "except": []}
    targets = {"view": to_address(view), "selection": selection}
    told = post("/annotate", {"property": shelf, "value": "B", "targets": targets})
    assert told["changed"] == 1
    answer = client.get("/annotations", params={"sha1": SHA1S[0]}).json()
    assert answer["values"][shelf]["mixed"] is True
    assert set(answer["values"][shelf]["texts"]) == {"A", "B"}


def test_values_are_copied_to_others(post, store):
    theme, note = make(store, "Theme", "tags"), make(store, "Note", "text")
    shelf = make(store, "Shelf", "text", target="file")
    post("/annotate", {"property": theme, "op": "add", "names": ["x"], "targets": these(SHA1S[0])})
    for one in (note, shelf):
        post("/annotate", {"property": one, "value": "seen", "targets": these(SHA1S[0])})
    told = post(
        "/copy",
        {"source": SHA1S[0], "properties": [theme, shelf], "targets": these(*SHA1S[:3])},
    )
    assert told["changed"] == 4
    assert set(values(store, theme)) == set(SHA1S[:3])
    assert set(values(store, note)) == {SHA1S[0]}
    assert len(values(store, shelf)) == 4


def test_images_leave_the_corpus_and_come_back(client, post, store):
    post("/exclude", {"targets": these(*SHA1S[:2])})
    assert store.state().excluded.frame()["target"].sort().to_list() == sorted(SHA1S[:2])
    assert client.get("/annotations", params={"sha1": SHA1S[0]}).json()["excluded"] is True
    told = post("/exclude", {"targets": these(SHA1S[0]), "excluded": False})
    assert told["changed"] == 1
    assert client.get("/annotations", params={"sha1": SHA1S[0]}).json()["excluded"] is False
    assert store.history()["act"].to_list() == ["include", "exclude"]


def test_a_property_is_made_and_refused_in_words(client, post):
    made = post("/properties", {"name": "Theme", "type": "tags"})
    listed = client.get("/annotations").json()["properties"]
    assert [(one["id"], one["name"], one["type"]) for one in listed] == [
        (made["property"], "Theme", "tags")
    ]
    refused = post("/properties", {"name": "theme", "type": "text"}, 400, lang="fr")
    assert "theme" in refused["message"]
    post("/properties", {"name": "Other", "type": "song"}, 400)
    scale = {"name": "Grade", "type": "number", "options": {"least": 0, "most": 5, "slider": True}}
    post("/properties", scale)
    assert client.get("/annotations").json()["properties"][1]["options"]["most"] == 5


def test_definitions_are_sent_once_and_again_when_they_change(client, post, store):
    theme = make(store, "Theme", "tags")
    war = tag(store, theme, "war", colour="#d94f4f")
    first = client.get("/annotations").json()
    assert [one["name"] for one in first["tags"]] == ["war"]
    known = {"known": first["version"], "sha1": SHA1S[0]}
    post("/annotate", {"property": theme, "op": "add", "values": [war], "targets": these(SHA1S[0])})
    again = client.get("/annotations", params=known).json()
    assert again["version"] == first["version"]
    assert "tags" not in again
    assert again["values"][theme]["texts"] == [war]
    store.commit(tags.update(store.state().tags, war, deleted=True), "tag")
    after = client.get("/annotations", params=known).json()
    assert after["version"] != first["version"]
    assert after["tags"] == after["values"][theme]["texts"] == []
    store.commit(properties.update(store.state().properties, theme, deleted=True), "property")
    gone = client.get("/annotations", params=known).json()
    assert (gone["properties"], gone["values"]) == ([], {})


def test_position_grows_with_what_anybody_writes(client, project, store):
    before = client.get("/annotations/position").json()["position"]
    other = Store(project)
    one, changes = properties.create({}, "Theirs", "text")
    other.commit(changes, "property", author="b")
    store.state(fresh=True)
    assert client.get("/annotations/position").json()["position"] > before
    assert [it["id"] for it in client.get("/annotations").json()["properties"]] == [one.id]


def test_who_wrote_is_who_the_cookie_names(client, post, store):
    note = make(store, "Note", "text")
    client.cookies.set("panoptic_author", "Zo%C3%AB")
    post("/annotate", {"property": note, "value": "seen", "targets": these(SHA1S[0])})
    told = client.get("/annotations", params={"sha1": SHA1S[0]}).json()["values"][note]
    assert told["author"] == store.history()["author"][0] == "Zoë"


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
    note = make(store, "Note", "text")
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
    named = {"NOTE": make(store, "Note", "text"), "THEME": make(store, "Theme", "tags")}
    before = store.state().position
    edit = {**edit, "property": named.get(edit["property"], edit["property"])}
    told = post("/annotate", {**edit, "targets": these(SHA1S[0])}, 400)
    assert word in told["message"]
    assert store.state(fresh=True).position == before


def test_another_site_writes_nothing(client, store):
    note = make(store, "Note", "text")
    body = json.dumps({"property": note, "value": "a", "targets": these(SHA1S[0])})
    answer = client.post("/annotate", content=body, headers={**JSON, "Origin": "http://evil.com"})
    assert answer.status_code == 403
    assert values(store, note) == {}


def test_a_deleted_property_takes_no_values(post, store):
    note = make(store, "Note", "text")
    store.commit(properties.update(store.state().properties, note, deleted=True), "property")
    post("/annotate", {"property": note, "value": "a", "targets": these(SHA1S[0])}, 400)
    assert store.state().values(note).equals(pl.DataFrame(schema=store.state().values(note).schema))
