"""Projects of Panoptic 0.7 and 1.0 imported."""

import json
import sqlite3

import pytest

from panoptic_data.annotations import tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, left_out, plan, readers
from panoptic_data.query.names import ProjectNames
from panoptic_data.views import saved
from tests import synthetic
from tests.importing import sha1s, values_of


def sqlite(path, script, rows):
    with sqlite3.connect(path) as database:
        database.executescript(script)
        for table, values in rows.items():
            for row in values:
                marks = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    database.close()


LATER = ", commit_id INTEGER, operation INTEGER, sequence INTEGER"


NEW_SCHEMA = f"""
CREATE TABLE folders (id INTEGER PRIMARY KEY NOT NULL, source_id INTEGER, path TEXT, name TEXT,
    parent INTEGER, sequence INTEGER);
CREATE TABLE files (id INTEGER PRIMARY KEY NOT NULL, name TEXT, folder_id INTEGER, sha1 TEXT,
    width INTEGER, height INTEGER, format TEXT, created_at TIMESTAMP, sequence INTEGER);
CREATE TABLE instances (id INTEGER PRIMARY KEY NOT NULL, file_id INTEGER, sha1 TEXT,
    sequence INTEGER);
CREATE TABLE properties (id INTEGER PRIMARY KEY NOT NULL, dtype TEXT, mode TEXT, name TEXT,
    access TEXT, tag_list_id INTEGER, system_key TEXT, property_group_id INTEGER{LATER});
CREATE TABLE property_groups (id INTEGER PRIMARY KEY NOT NULL, name TEXT{LATER});
CREATE TABLE tags (id INTEGER PRIMARY KEY NOT NULL, list_id INTEGER, parents JSON, value TEXT,
    color INTEGER{LATER});
CREATE TABLE instance_values (property_id INTEGER NOT NULL, instance_id INTEGER NOT NULL,
    value JSON{LATER}, PRIMARY KEY (property_id, instance_id));
CREATE TABLE sha1_values (property_id INTEGER NOT NULL, sha1 TEXT NOT NULL, value JSON{LATER},
    PRIMARY KEY (property_id, sha1));
CREATE TABLE file_values (property_id INTEGER NOT NULL, file_id INTEGER NOT NULL,
    value JSON{LATER}, PRIMARY KEY (property_id, file_id));
CREATE TABLE instance_tag_values (instance_id INTEGER NOT NULL, property_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL{LATER}, PRIMARY KEY (instance_id, property_id, tag_id));
CREATE TABLE sha1_tag_values (sha1 TEXT NOT NULL, property_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL{LATER}, PRIMARY KEY (sha1, property_id, tag_id));
"""


ALIVE, DEAD = (1, 1, 1), (1, -1, 1)


def test_a_project_of_panoptic_1_comes_over(project, tmp_path):
    """Paths of another machine, one file that was renamed since: found by its bytes."""
    red, blue, summer = sha1s("red", "blue", "summer")
    old = tmp_path / "old"
    old.mkdir()
    rows = {
        "folders": [(1, 1, "/elsewhere/posters/1930", "1930", None, 1)],
        "files": [
            (5, "red.jpg", 1, red, 1, 1, "jpeg", None, 1),
            (6, "blue.png", 1, blue, 1, 1, "png", None, 1),
            (7, "renamed.jpg", 1, summer, 1, 1, "jpeg", None, 1),
        ],
        "instances": [(1, 5, red, 1), (2, 6, blue, 1), (3, 7, summer, 1)],
        "property_groups": [(1, "Fiche", *ALIVE)],
        "properties": [
            (1, "text", "id", "Note", "write", None, None, 1, *ALIVE),
            (2, "multi_tags", "sha1", "Sujet", "write", 2, None, None, *ALIVE),
            (3, "date", "sha1", "Jour", "write", None, None, None, *ALIVE),
            (4, "color", "sha1", "Teinte", "write", None, None, None, *ALIVE),
            (5, "checkbox", "sha1", "Vu", "write", None, None, None, *ALIVE),
            (6, "number", "file", "Rang", "write", None, None, None, *ALIVE),
            (7, "text", "sha1", "Away", "write", None, None, None, *DEAD),
            (8, "number", "sha1", "width", "read", None, "width", None, *ALIVE),
            (9, "image_link", "sha1", "Voir", "write", None, None, None, *ALIVE),
        ],
        "tags": [
            (1, 2, "[]", "fruit", 3, *ALIVE),
            (2, 2, "[1]", "pomme, rouge", -1, *ALIVE),
            (3, 2, "[]", "lost", 1, *DEAD),
            (4, 2, "[5]", "one", 1, *ALIVE),
            (5, 2, "[4]", "two", 1, *ALIVE),
        ],
        "instance_values": [(1, 1, '"a; b"', *ALIVE), (1, 2, '"gone"', *DEAD)],
        "sha1_values": [
            (3, red, '"24/10/2024"', *ALIVE),
            (3, blue, '"1998-03-04T00:00:00.000Z"', *ALIVE),
            (4, red, "2", *ALIVE),
            (5, red, "false", *ALIVE),
            (5, summer, "true", *ALIVE),
            (9, red, "2", *ALIVE),
        ],
        "file_values": [(6, 5, "4.5", *ALIVE)],
        "sha1_tag_values": [(red, 2, 1, *ALIVE), (red, 2, 2, *ALIVE), (blue, 2, 2, *DEAD)],
    }
    sqlite(old / "data.db", NEW_SCHEMA, rows)
    before = (old / "data.db").read_bytes()
    planned = plan.make_plan(project, readers.read(old))
    apply.apply_plan(project, planned)
    file_id = synthetic.file("posters/1930/red.jpg", None)["file_id"]
    assert values_of(project, "Note") == {file_id: "a; b"}
    assert values_of(project, "Rang") == {file_id: "4.5"}
    assert values_of(project, "Sujet") == {red: ["fruit", "pomme, rouge"]}
    assert values_of(project, "Jour") == {red: "2024-10-24", blue: "1998-03-04"}
    assert values_of(project, "Vu") == {red: "false", summer: "true"}
    assert values_of(project, "Voir") == {red: blue}
    assert values_of(project, "Teinte")[red].startswith("#")
    state = annotations_of(project).state(fresh=True)
    assert {property.name: property.folder for property in state.live_properties}["Note"] == "Fiche"
    assert "width" not in {property.name for property in state.live_properties}
    known = {tag.name: tag for tag in state.tags.values()}
    assert set(known) == {"fruit", "pomme, rouge", "one", "two"}
    assert known["pomme, rouge"].parents == (known["fruit"].id,)
    assert known["fruit"].colour is not None
    # Panoptic accepts a circle of parents; one of its links stays out.
    assert len(known["one"].parents) + len(known["two"].parents) == 1
    assert (old / "data.db").read_bytes() == before


OLD_SCHEMA = """
CREATE TABLE folders (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT UNIQUE, name TEXT,
    parent INTEGER);
CREATE TABLE instances (id INTEGER PRIMARY KEY AUTOINCREMENT, folder_id INTEGER NOT NULL,
    name TEXT NOT NULL, extension TEXT NOT NULL, sha1 TEXT NOT NULL, url TEXT NOT NULL,
    height INTEGER NOT NULL, width INTEGER NOT NULL, ahash TEXT NOT NULL);
CREATE TABLE property_group (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE properties (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, type TEXT,
    mode TEXT DEFAULT 'id', property_group_id INTEGER);
CREATE TABLE instance_property_values (property_id INTEGER NOT NULL,
    instance_id INTEGER NOT NULL, value JSON, PRIMARY KEY (property_id, instance_id));
CREATE TABLE image_property_values (property_id INTEGER NOT NULL, sha1 TEXT NOT NULL,
    value JSON, PRIMARY KEY (property_id, sha1));
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, property_id INTEGER NOT NULL,
    value TEXT NOT NULL, parents JSON, color TEXT);
"""


def test_a_project_of_panoptic_0_7_comes_over(project, tmp_path):
    rows = {
        "folders": [(1, "/data/posters/1930", "1930", None)],
        "instances": [
            (1, 1, "red.jpg", "jpg", "its own sha1", "u", 1, 1, "h"),
            (2, 1, "blue", ".png", "another", "u", 1, 1, "h"),
        ],
        "property_group": [(1, "Fiche")],
        "properties": [
            (1, "Sujet", "multi_tags", "sha1", 1),
            (2, "Genre", "tag", "id", None),
            (3, "Note", "string", "sha1", None),
        ],
        "tags": [
            (1, 1, "fruit", "[0]", "4"),
            (2, 1, "pomme", "[1]", None),
            (3, 2, "x", "[0]", "1"),
        ],
        "image_property_values": [(1, "its own sha1", "[1, 2]"), (3, "another", '"seen"')],
        "instance_property_values": [(2, 1, "[3]")],
    }
    sqlite(tmp_path / "panoptic.db", OLD_SCHEMA, rows)
    apply.apply_plan(project, plan.make_plan(project, readers.read(tmp_path / "panoptic.db")))
    red, blue = sha1s("red", "blue")
    assert values_of(project, "Sujet") == {red: ["fruit", "pomme"]}
    assert values_of(project, "Note") == {blue: "seen"}
    assert list(values_of(project, "Genre").values()) == ["x"]
    known = {tag.name: tag for tag in annotations_of(project).state(fresh=True).tags.values()}
    assert known["fruit"].parents == ()
    assert known["pomme"].parents == (known["fruit"].id,)


def test_another_database_is_none_of_panoptic(tmp_path):
    sqlite(tmp_path / "other.db", "CREATE TABLE t (a)", {})
    with pytest.raises(InvalidImport) as raised:
        readers.read(tmp_path / "other.db")
    assert raised.value.problem == "no_panoptic"


def test_namesakes_authors_and_tabs_come_over_and_undo_and_redo_keep_them(project, tmp_path):
    red, blue = sha1s("red", "blue")
    old = tmp_path / "old"
    old.mkdir()
    commits = "CREATE TABLE commits (id INTEGER PRIMARY KEY, author TEXT);"
    rows = {
        "commits": [(1, "Ana"), (2, None)],
        "folders": [(1, 1, "/elsewhere/posters/1930", "1930", None, 1)],
        "files": [
            (5, "red.jpg", 1, red, 1, 1, "jpeg", None, 1),
            (6, "blue.png", 1, blue, 1, 1, "png", None, 1),
        ],
        "instances": [(1, 5, red, 1), (2, 6, blue, 1)],
        "properties": [(2, "multi_tags", "sha1", "Sujet", "write", 2, None, None, *ALIVE),
                       (3, "text", "sha1", "Note", "write", 2, None, None, *ALIVE)],
        "tags": [
            (1, 2, "[]", "War", 4, *ALIVE),
            (2, 2, "[]", "Sea", 11, *ALIVE),
            (3, 2, "[1]", "Other", -1, *ALIVE),
            (4, 2, "[2]", "Other", -1, *ALIVE),
        ],
        "sha1_values": [(3, red, '"  hers "', 1, 1, 1), (3, blue, '"whose"', 2, 1, 1)],
        "sha1_tag_values": [(red, 2, 3, 1, 1, 1), (blue, 2, 4, 2, 1, 1)],
    }  # fmt: skip
    sqlite(old / "data.db", NEW_SCHEMA + commits, rows)
    tab = {"name": "Mine", "collections": [{
        "filterState": {"filter": {"filters": [{"propertyId": 3}]}, "query": {"text": ""}},
        "sortState": {"sortBy": [3], "options": {"3": {"direction": -1}}},
        "groupState": {"groupBy": [2]}}]}  # fmt: skip
    schema = "CREATE TABLE tab_data (id TEXT, user_id TEXT, state JSON, selection JSON)"
    sqlite(old / "project.db", schema, {"tab_data": [("t", "default", json.dumps(tab), None)]})
    planned = plan.make_plan(project, readers.read(old))
    batch = apply.apply_plan(project, planned, author="Bob")
    store = annotations_of(project)

    def held():
        state = store.state(fresh=True)
        names = {prop.name: prop for prop in state.live_properties}
        labels = tags.labels(state.tags_of(names["Sujet"].id))
        rows = state.values(names["Sujet"].id).select("target", "value", "author").iter_rows()
        notes = state.values(names["Note"].id).select("target", "value", "author").iter_rows()
        return {(target, labels[id], author) for target, id, author in rows}, set(notes)

    wanted = (
        {(red, "War › Other", "Ana"), (blue, "Sea › Other", "Bob")},
        {(red, "  hers ", "Ana"), (blue, "whose", "Bob")},
    )
    assert held() == wanted
    colours = {tag.name: tag.colour for tag in store.state().tags.values()}
    assert (colours["War"], colours["Sea"]) == ("#748ffc", "#ffa94d")
    store.undo("Bob")
    assert store.state(fresh=True).live_properties == []
    store.redo("Bob")
    assert held() == wanted
    assert store.history()["author"].to_list()[0] == "Bob"
    ids = {prop.name: prop.id for prop in store.state().live_properties}
    (view,) = saved.list_views(project)
    assert (view.name, [(sort.field, sort.descending) for sort in view.view.sort]) == (
        "Mine",
        [(f"p:text:{ids['Note']}", True)],
    )
    assert [level.field for level in view.view.group] == [f"p:tags:{ids['Sujet']}"]
    assert [why for *_, why in left_out.list_of(planned).iter_rows()] == ["tab_filter"]
    assert batch.author == "Bob"
    names, field = ProjectNames(store.state()), f"p:tags:{ids['Sujet']}"
    assert len(names.tags(field, "Other")) == 2
    (other,) = names.tags(field, "sea › other")
    assert names.tag_name(field, other) == "Sea › Other"
    again = apply.apply_plan(project, plan.make_plan(project, readers.read(old)), author="Bob")
    assert again.changes.is_empty()
