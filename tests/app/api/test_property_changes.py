"""Changing definitions over HTTP: every press one batch that undo takes back."""

import pytest

from tests.app.api.themed_images import (
    IMAGES,
    counts,
    create_client,
    create_project,
    create_theme,
    id_of,
    put,
    tree,
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


def test_a_property_is_made_renamed_and_deleted_under_the_name_of_who_asks(client, store, define):
    created = define("create", name="Certainty", type="number", options={"least": 1, "most": 5})
    prop = store.state().properties[created["id"]]
    assert (prop.name, prop.type, prop.options) == ("Certainty", "number", {"least": 1, "most": 5})
    define("alter", id=prop.id, parts={"name": "Sure", "folder": "  My   work "})
    gone = define("delete", id=prop.id)
    assert client.get("/definitions").json()["properties"] == []
    assert client.post("/switch", json={"batch": gone["batch"], "on": False}).status_code == 200
    [prop] = client.get("/definitions").json()["properties"]
    assert (prop["name"], prop["folder"]) == ("Sure", "My work")
    assert set(store.history()["author"]) == {"Ana"}


def test_a_refusal_says_why_in_the_language_of_who_asks(client, store, define):
    define("create", name="Note", type="text")
    again = {"do": "create", "name": "note", "type": "text"}
    answer = client.post("/define?lang=fr", json=again)
    assert answer.status_code == 400
    assert "note" in answer.json()["message"]
    for payload in ("[]", '{"do": []}', '{"do": "create"}', '{"do": "alter", "id": 1}', "nonsense"):
        assert client.post("/define", content=payload).status_code == 400
    assert len(store.state().live_properties) == 1


def test_order_and_heading_change_in_one_batch(store, define):
    ids = [define("create", name=name, type="text")["id"] for name in "abc"]
    done = define("place", order=[ids[2], ids[0], ids[1]], folders={ids[2]: "Work"})
    assert [(prop.name, prop.folder) for prop in store.state().live_properties] == [
        ("c", "Work"),
        ("a", None),
        ("b", None),
    ]
    define("heading", **{"from": "Work", "to": "Done"})
    assert store.state().properties[ids[2]].folder == "Done"
    assert set(store.changes(done["batch"])["property"]) == {"place", "folder"}


def test_tags_are_made_below_others_and_a_pasted_list_leaves_out_what_is_there(
    client, store, theme, define
):
    war = id_of(store, "war")
    created = define("tag", id=theme.id, names=["siege", "street", "siege "], parents=[war])
    assert len(created["ids"]) == 1
    assert tree(store)["siege"] == ["war"]
    answer = client.post("/define", json={"do": "tag", "id": theme.id, "names": ["Siege"]})
    assert answer.status_code == 400
    define(
        "tag_alter", ids=created["ids"], parts={"name": "sieges", "colour": "#d94f4f", "key": "S"}
    )
    tag = store.state().tags[created["ids"][0]]
    assert (tag.name, tag.colour, tag.key) == ("sieges", "#d94f4f", "s")


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
    query = [("tag", id_of(store, "street")), ("tag", id_of(store, "battle"))]
    answer = client.get(f"/definitions/{theme.id}/pictures", params=query).json()
    assert (answer["itself"], answer["others"]) == (4, 3)
    define("tag_merge", keep=query[0][1], others=[query[1][1]])
    assert tree(store) == {"war": [], "sea": [], "naval": ["sea", "street"], "street": ["war"]}
    assert counts(client, theme)["street"] == (4, 4)


def test_tags_keep_the_order_that_hands_gave_them(client, store, theme, define):
    names = ["one", "two", "three", "four"]
    ids = dict(zip(names, define("tag", id=theme.id, names=names)["ids"], strict=True))

    def order():
        answer = client.get(f"/definitions/{theme.id}/tags").json()
        return [name for name in answer["name"] if name in names]

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
