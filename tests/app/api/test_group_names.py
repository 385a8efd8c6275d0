"""Names of groups as values, over HTTP: real tables, the application's own routes."""

import pytest

from panoptic_data.annotations import properties
from panoptic_data.catalogue import registry
from panoptic_data.views.model import Level, View, to_address
from tests import synthetic

NAMES = ["a", "b", "c", "d"]
A, B, C, D = (synthetic.sha1(name) for name in NAMES)


@pytest.fixture
def project(tmp_path):
    """Four images: a in two folders, one copy; b and c in folders of the same name; d alone."""
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    places = [("s/1/red/a.jpg", "a"), ("s/2/blue/copy.jpg", "a"), ("s/1/red/b.jpg", "b")]
    places += [("s/2/Red/c.jpg", "c"), ("s/2/blue/d.jpg", "d")]
    synthetic.write(opened, "files", [synthetic.file(place, name) for place, name in places])
    return opened


@pytest.fixture
def name(client):
    def posted(view, status=200, **body):
        answer = client.post("/names", json={"view": to_address(view), **body})
        assert answer.status_code == status, answer.text
        return answer.json()

    return posted


def message(store, property):
    """What each target has, tags by their names."""
    state = store.state(fresh=True)
    matches = {}
    for target, value in state.values(property).select("target", "value").iter_rows():
        answer = state.tags[value].name if value in state.tags else value
        matches.setdefault(target, []).append(answer)
    return matches


def id_of(place):
    return synthetic.file(place, None)["file_id"]


BY_FOLDER = View(group=(Level("folder"),))


def test_folders_become_a_new_property_in_one_batch_that_is_told_first_and_undone(name, store):
    body = {"new": {"name": "Folder", "type": "path"}}
    answer = name(BY_FOLDER, dry=True, **body)
    assert (answer["names"], answer["targets"], answer["tags"], answer["replaced"]) == (3, 4, 0, 0)
    assert store.state(fresh=True).live_properties == []
    done = name(BY_FOLDER, **body)
    assert done["changed"] == 4
    [prop] = store.state().live_properties
    assert (prop.id, prop.name) == (done["property"], "Folder")
    # Of an image in two folders the first speaks, as in the group.
    assert message(store, prop.id) == {
        A: ["s/1/red"],
        B: ["s/1/red"],
        C: ["s/2/Red"],
        D: ["s/2/blue"],
    }
    assert store.history()["act"][0] == "folders"
    store.undo()
    assert store.state().live_properties == []


def test_short_names_of_folders_are_one_tag_whatever_their_case(name, store):
    done = name(BY_FOLDER, new={"name": "Colour", "type": "tag"}, short=True)
    assert done["tags"] == 2
    assert message(store, done["property"]) == {A: ["red"], B: ["red"], C: ["red"], D: ["blue"]}


def test_a_property_of_files_gives_each_file_its_own_folder(name, store):
    done = name(BY_FOLDER, new={"name": "Box", "type": "text", "target": "file"})
    matches = message(store, done["property"])
    assert matches[id_of("s/1/red/a.jpg")] == ["s/1/red"]
    assert matches[id_of("s/2/blue/copy.jpg")] == ["s/2/blue"]
    assert len(matches) == 5


def test_tags_are_added_or_put_in_place_and_texts_kept_or_replaced(name, store):
    tags = name(BY_FOLDER, new={"name": "Colour", "type": "tags"}, short=True)["property"]
    by_format = View(group=(Level("format"),))
    name(by_format, property=tags, way="add")
    assert message(store, tags)[A] == ["red", "JPEG"]
    assert name(by_format, property=tags, way="add", dry=True)["changed"] == 0
    assert name(by_format, property=tags, way="set", dry=True)["replaced"] == 4
    name(by_format, property=tags, way="set")
    assert message(store, tags) == {sha1: ["JPEG"] for sha1 in (A, B, C, D)}
    # Images grouped by their tags: a name for each.
    text = name(View(group=(Level(f"p:tags:{tags}"),)), new={"name": "Note", "type": "text"})
    assert name(BY_FOLDER, property=text["property"], way="fill")["changed"] == 0
    assert name(BY_FOLDER, property=text["property"], way="set")["changed"] == 4
    assert message(store, text["property"])[D] == ["s/2/blue"]


def test_a_level_is_chosen_and_groups_are_called_as_in_the_language_of_the_page(
    name, store, client, project
):
    rows = [{"sha1": sha1, "cluster": at} for at, sha1 in enumerate((A, B, C))]
    synthetic.write(project, "clusters__visual", [*rows, {"sha1": D, "cluster": -1}])
    view = View(group=(Level("folder"), Level("cluster", "visual")))
    address = to_address(view)
    levels = client.get("/levels", params={"view": address, "lang": "fr"}).json()["levels"]
    assert [level["field"] for level in levels] == ["folder", "cluster"]
    body = {"view": address, "level": 1, "new": {"name": "Groupe", "type": "tag"}}
    done = client.post("/names", json=body, params={"lang": "fr"}).json()
    # What is in no cluster is in no group that could give a name.
    assert (done["names"], done["targets"]) == (3, 3)
    assert message(store, done["property"])[B] == ["Cluster 1"]


def test_what_holds_no_names_is_refused_and_what_has_no_groups_changes_nothing(name, store):
    year, changes = properties.create({}, "Year", "date")
    store.commit(changes, "property")
    assert "Year" in name(BY_FOLDER, 400, property=year.id)["message"]
    done = name(View(), new={"name": "Nothing", "type": "tag"})
    assert (done["batch"], done["names"]) == (None, 0)
    name(BY_FOLDER, 400, property=year.id, way="somehow")
    name(BY_FOLDER, 400, property=year.id, level="0")


def test_names_are_written_as_they_were_counted_and_once(name, store, project):
    body = {"new": {"name": "Folder", "type": "path"}, "edit": "0123456789abcdef"}
    digest = name(BY_FOLDER, dry=True, **body)["digest"]
    done = name(BY_FOLDER, digest=digest, **body)
    again = name(BY_FOLDER, digest=digest, **body, repeat=True)
    assert (again["batch"], again["changed"]) == (done["batch"], done["changed"])
    assert [prop.name for prop in store.state(fresh=True).live_properties] == ["Folder"]
    store.undo()
    # An image comes: what was counted is not what would be written.
    synthetic.write(project, "images", [synthetic.image("e")])
    synthetic.write(project, "files", [synthetic.file("s/2/blue/e.jpg", "e")])
    registry.get(project, fresh=True)
    refused = name(BY_FOLDER, 400, digest=digest, new=body["new"])
    assert refused["error"] == "other_images"
    assert store.state(fresh=True).live_properties == []
