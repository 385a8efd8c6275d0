"""Reading annotations over HTTP: values of an image and its files, definitions, the position."""

import pytest

from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.store import Store
from tests import synthetic
from tests.app.api.annotated_images import (
    SHA1S,
    create_project,
    create_property,
    create_tag,
    these,
    values,
)


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


def test_a_value_of_files_is_written_to_the_one_that_is_meant_and_told_of_each(client, post, store):
    box = create_property(store, "Box", "text", target="file")
    note = create_property(store, "Note", "text")
    first, copy = "a/image 0.jpg", "b/copy.jpg"
    targets = {"sha1s": [SHA1S[0]], "places": [copy]}
    edits = [{"property": item, "value": "3"} for item in (box, note)]
    assert post("/annotate", {"edits": edits, "targets": targets})["changed"] == 2
    assert values(store, box) == {synthetic.file(copy, None)["file_id"]: {"3"}}
    assert values(store, note) == {SHA1S[0]: {"3"}}
    answer = client.get("/annotations", params={"sha1": SHA1S[0]}).json()
    assert answer["files"] == [first, copy]
    cell = answer["values"][box]
    assert (cell["mixed"], {place: file["texts"] for place, file in cell["files"].items()}) == (
        True,
        {copy: ["3"]},
    )
    post("/annotate", {"property": box, "value": "3", "targets": {**targets, "places": [first]}})
    assert client.get("/annotations", params={"sha1": SHA1S[0]}).json()["values"][box]["mixed"] is (
        False
    )


def test_definitions_are_sent_once_and_again_when_they_change(client, post, store):
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war", colour="#d94f4f")
    first = client.get("/annotations").json()
    assert [tag["name"] for tag in first["tags"]] == ["war"]
    known = {"known": first["version"], "sha1": SHA1S[0]}
    post("/annotate", {"property": theme, "op": "add", "values": [war], "targets": these(SHA1S[0])})
    again = client.get("/annotations", params=known).json()
    assert again["version"] == first["version"]
    assert "tags" not in again
    assert again["values"][theme]["texts"] == [war]
    store.commit(tags.update(store.state().tags, war, deleted=True), "tag")
    after = client.get("/annotations", params=known).json()
    assert after["version"] != first["version"]
    assert after["since"] == first["version"]
    assert after["tags"] == {"start": 0, "count": 1, "items": []}
    assert after["values"][theme]["texts"] == []
    store.commit(properties.update(store.state().properties, theme, deleted=True), "property")
    gone = client.get("/annotations", params=known).json()
    assert (gone["properties"]["items"], gone["values"]) == ([], {})


def test_of_many_tags_only_those_that_changed_are_sent(client, store):
    theme = create_property(store, "Theme", "tags")
    ids = [create_tag(store, theme, f"tag {number}") for number in range(20)]
    lists = client.get("/annotations").json()
    changes = ({"name": "another"}, {"deleted": True}, {"colour": "#d94f4f"})
    for number, change in enumerate(changes, 3):
        store.commit(tags.update(store.state().tags, ids[number * 2], **change), "tag")
        changed = client.get("/annotations", params={"known": lists["version"]}).json()
        assert changed["since"] == lists["version"]
        assert len(changed["tags"]["items"]) <= 1
        assert changed["properties"]["items"] == []
        lists = {"version": changed["version"]} | {
            name: [
                *lists[name][: changed[name]["start"]],
                *changed[name]["items"],
                *lists[name][changed[name]["start"] + changed[name]["count"] :],
            ]
            for name in ("properties", "tags")
        }
        whole = client.get("/annotations").json()
        assert lists == {name: whole[name] for name in lists}
    # A version that nobody remembers: all is sent.
    lost = client.get("/annotations", params={"known": "0" * 16}).json()
    assert (lost["tags"], "since" in lost) == (whole["tags"], False)


def test_position_grows_with_what_anybody_writes(client, project, store):
    before = client.get("/annotations/position").json()["position"]
    other = Store(project)
    prop, changes = properties.create({}, "Theirs", "text")
    other.commit(changes, "property", author="b")
    store.state(fresh=True)
    assert client.get("/annotations/position").json()["position"] > before
    assert [it["id"] for it in client.get("/annotations").json()["properties"]] == [prop.id]


def test_who_wrote_is_who_the_cookie_names(client, post, store):
    note = create_property(store, "Note", "text")
    client.cookies.set("panoptic_author", "Zo%C3%AB")
    post("/annotate", {"property": note, "value": "seen", "targets": these(SHA1S[0])})
    answer = client.get("/annotations", params={"sha1": SHA1S[0]}).json()["values"][note]
    assert answer["author"] == store.history()["author"][0] == "Zoë"


def test_how_many_values_an_edit_would_replace_is_counted_of_its_images_and_files(post, store):
    note = create_property(store, "Note", "text")
    box = create_property(store, "Box", "text", target="file")
    post("/annotate", {"property": note, "value": "x", "targets": these(*SHA1S[:2])})
    post("/annotate", {"property": box, "value": "3", "targets": these(SHA1S[0])})
    ask = {"properties": [note, box]}
    first = post("/annotations/existing", {**ask, "targets": these(SHA1S[0], SHA1S[2])})
    assert first["counts"] == {note: 1, box: len(values(store, box))}
    everything = {"view": "", "selection": {"all": True}}
    assert post("/annotations/existing", {**ask, "targets": everything})["counts"][note] == 2
    assert post("/annotations/existing", {**ask, "targets": these(SHA1S[2])})["counts"] == {
        note: 0,
        box: 0,
    }
