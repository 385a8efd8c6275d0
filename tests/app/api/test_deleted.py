"""Tags and properties that somebody else deleted, used by their ids: refused, and offered again."""

import pytest

from tests.annotating import create_property, create_tag
from tests.app.api.annotated_images import SHA1S, create_project


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def theme(store):
    return create_property(store, "Theme", "tags")


@pytest.fixture
def sea(store, theme):
    return create_tag(store, theme, "Sea")


def stamp(theme, sea, sha1=SHA1S[0]):
    edit = {"property": theme.id, "op": "add", "values": [sea.id]}
    return {"edits": [edit], "act": "stamp", "targets": {"sha1s": [sha1]}}


def test_a_stamp_whose_tag_is_deleted_writes_nothing_and_says_so(client, post, store, theme, sea):
    client.cookies.set("panoptic_author", "Ben")
    post("/define", {"do": "tag_delete", "ids": [sea.id]})
    client.cookies.set("panoptic_author", "Ana")
    position = store.state().position
    refused = post("/annotate", stamp(theme, sea), 409)
    assert refused["message"] == "The tag “Sea” was deleted by Ben."
    assert store.state(fresh=True).position == position
    gone = refused["gone"]
    assert {name: gone[name] for name in ("kind", "id", "name", "property")} == {
        "kind": "tag", "id": sea.id, "name": "Sea", "property": theme.id,
    }  # fmt: skip
    in_french = client.post("/annotate", params={"lang": "fr"}, json=stamp(theme, sea)).json()
    assert in_french["message"] == "Le tag «\u202fSea\u202f» a été supprimé par Ben."
    # The press that brings it back.
    post("/switch", gone["restore"])
    post("/annotate", stamp(theme, sea))
    state = store.state(fresh=True)
    assert [tag.id for tag in state.tags_of(theme.id)] == [sea.id]
    assert set(state.values(theme.id)["target"]) == {SHA1S[0]}


def test_a_tag_whose_making_was_undone_is_said_by_its_name(post, store, theme):
    [tag] = post("/define", {"do": "tag", "id": theme.id, "names": ["Storm"]})["ids"]
    post("/undo", {})
    edit = {"property": theme.id, "op": "add", "values": [tag], "targets": {"sha1s": SHA1S[:1]}}
    refused = post("/annotate", edit, 409)
    assert refused["message"].startswith("The tag “Storm” was deleted by ")
    assert refused["gone"]["property"] == theme.id
    post("/switch", refused["gone"]["restore"])
    assert post("/annotate", edit)["changed"] == 1


def test_what_belongs_to_a_deleted_property_is_refused_with_its_name(post, store, theme, sea):
    note = create_property(store, "Note", "text")
    for prop in (theme, note):
        post("/define", {"do": "delete", "id": prop.id})
    text = {"property": note.id, "value": "a", "targets": {"sha1s": SHA1S[:1]}}
    requests = {
        "/annotate": [stamp(theme, sea), text, {**text, "property": theme.id, "names": ["New"]}],
        "/copy": [{"source": SHA1S[0], "properties": [note.id], "targets": {"sha1s": SHA1S[1:2]}}],
        "/suggestions/answers": [{"tag": sea.id, "accepted": SHA1S[:1]}],
        "/names": [{"view": "", "property": note.id}],
        "/define": [
            {"do": "tag", "id": theme.id, "names": ["New"]},
            {"do": "tag_alter", "ids": [sea.id], "parts": {"name": "Ocean"}},
            {"do": "convert", "id": note.id, "type": "tags"},
        ],
    }
    position = store.state().position
    for path, bodies in requests.items():
        for body in bodies:
            gone = post(path, body, 409)["gone"]
            assert (gone["kind"], gone["name"]) in {("property", "Theme"), ("property", "Note")}
    assert store.state(fresh=True).position == position
    post("/switch", gone["restore"])
    assert post("/annotate", text)["changed"] == 1


def test_tags_under_a_deleted_parent_are_refused(post, store, theme, sea):
    war = create_tag(store, theme, "War")
    post("/define", {"do": "tag_delete", "ids": [sea.id]})
    put = {"do": "tag_put", "moves": [{"id": war.id}], "parent": sea.id}
    new = {"do": "tag", "id": theme.id, "names": ["Battle"], "parents": [sea.id]}
    merge = {"do": "tag_merge", "keep": sea.id, "others": [war.id]}
    for body in (put, new, merge):
        assert post("/define", body, 409)["gone"]["name"] == "Sea"


def test_taking_a_deleted_tag_away_does_no_harm(post, store, theme, sea):
    post("/annotate", stamp(theme, sea))
    post("/define", {"do": "tag_delete", "ids": [sea.id]})
    body = {"property": theme.id, "op": "remove", "values": [sea.id]}
    assert post("/annotate", {**body, "targets": {"sha1s": SHA1S[:1]}})["batch"] is None


def test_tags_by_id_and_by_name_are_given_in_one_press(post, store, theme, sea):
    body = {"property": theme.id, "op": "add", "values": [sea.id], "names": ["War", " SEA "]}
    answer = post("/annotate", {**body, "targets": {"sha1s": SHA1S[:2]}})
    state = store.state(fresh=True)
    war = next(tag for tag in state.tags_of(theme.id) if tag.name == "War")
    assert {tag.id for tag in state.tags_of(theme.id)} == {sea.id, war.id}
    assert state.values(theme.id).group_by("target").len()["len"].to_list() == [2, 2]
    storm = {**body, "op": "set", "values": [war.id], "names": ["Storm"]}
    post("/annotate", {**storm, "targets": {"sha1s": SHA1S[:1]}})
    held = store.state(fresh=True).property_values(theme.id).take(SHA1S[:1])["value"].to_list()
    assert len(held) == 2
    assert war.id in held
    assert sea.id not in held
    removed = {**body, "op": "remove", "values": [war.id], "names": ["storm", "unknown"]}
    post("/annotate", {**removed, "targets": {"sha1s": SHA1S[:1]}})
    assert store.state(fresh=True).property_values(theme.id).take(SHA1S[:1]).is_empty()
    assert answer["batch"]


def test_an_edit_sent_again_is_answered_as_it_was(post, store, theme, sea):
    body = {**stamp(theme, sea), "edit": "0123456789abcdef"}
    first = post("/annotate", body)
    again = post("/annotate", {**body, "repeat": True})
    assert (again["batch"], again["changed"]) == (first["batch"], 1)
    post("/undo", {})
    post("/annotate", {**body, "repeat": True})
    assert store.state(fresh=True).values(theme.id).is_empty()
    post("/annotate", {**body, "edit": "short"}, 400)


def test_a_tag_that_comes_back_while_another_has_its_name_is_numbered(post, store, theme, sea):
    post("/annotate", stamp(theme, sea))
    deletion = post("/define", {"do": "tag_delete", "ids": [sea.id]})["batch"]
    [other] = post("/define", {"do": "tag", "id": theme.id, "names": ["Sea"]})["ids"]
    answer = post("/switch", {"batch": deletion, "on": False})
    [renamed] = answer["renamed"]
    assert (renamed["id"], renamed["namesake"]) == (sea.id, other)
    assert renamed["said"] == (
        "There is another tag “Sea” by now, so the one that came back is called “Sea (2)”."
    )
    names = {tag.id: tag.name for tag in store.state(fresh=True).tags_of(theme.id)}
    assert names == {sea.id: "Sea (2)", other: "Sea"}
    # The choice that is offered: one tag, with the images of both.
    post("/define", {"do": "tag_merge", "keep": other, "others": [sea.id]})
    state = store.state(fresh=True)
    assert [tag.name for tag in state.tags_of(theme.id)] == ["Sea"]
    assert state.values(theme.id).select("target", "value").rows() == [(SHA1S[0], other)]


def test_the_history_says_what_was_numbered(client, post, store, theme, sea):
    deletion = post("/define", {"do": "delete", "id": theme.id})["batch"]
    post("/define", {"do": "create", "name": "theme", "type": "text"})
    [renamed] = post("/switch", {"batch": deletion, "on": False})["renamed"]
    assert (renamed["kind"], renamed["id"], renamed["namesake"]) == ("property", theme.id, None)
    assert store.state(fresh=True).properties[theme.id].name == "Theme (2)"
    [last, *others] = client.get("/batches").json()["batches"]
    assert last["notes"] == [renamed["said"]]
    assert not any(batch["notes"] for batch in others)
    assert not post("/undo", {})["renamed"]


def test_definitions_sent_again_are_stored_once(post, store, theme, sea):
    repeat = {"repeat": True}
    new = {"do": "create", "name": "Note", "type": "text", "edit": "0123456789abcdef"}
    first = post("/define", new)
    assert post("/define", {**new, **repeat})["batch"] == first["batch"]
    storm = {"do": "tag", "id": theme.id, "names": ["Storm"], "edit": "0123456789abcdee"}
    [tag] = post("/define", storm)["ids"]
    post("/define", {**storm, **repeat})
    merge = {"do": "tag_merge", "keep": sea.id, "others": [tag], "edit": "0123456789abcded"}
    post("/define", {**merge, **repeat})
    post("/undo", {})
    # Undone meanwhile, it stays undone.
    post("/define", {**merge, **repeat})
    state = store.state(fresh=True)
    assert [prop.name for prop in state.live_properties] == ["Theme", "Note"]
    assert {tag.name for tag in state.tags_of(theme.id)} == {"Sea", "Storm"}
    post("/define", {**new, "project": "another"}, 421)
