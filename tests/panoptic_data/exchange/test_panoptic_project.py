"""A real project of Panoptic 1.0, imported and compared with its databases value by value."""

import json
import sqlite3

import pytest

from panoptic_data.annotations import tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.exchange import apply, left_out, matching, plan, readers
from panoptic_data.exchange.exports.panoptic_files import PANOPTIC_COLOURS
from panoptic_data.views import saved
from tests import synthetic
from tests.images import shared
from tests.importing import values_of, write_text

# Values of the project that are none here: links that are none, dates beyond our years, numbers
# with more digits than a number keeps.
NONE_HERE = {
    "pas une adresse",
    "+012024-01-01T00:00:00.000Z",
    "-000043-03-15T00:00:00.000Z",
    10**18 - 1,
}


@pytest.fixture(scope="module")
def panoptic():
    return shared("panoptic-1.0")


@pytest.fixture(scope="module")
def databases(panoptic):
    connections = []
    for name in ("data.db", "project.db"):
        uri = f"{(panoptic / name).as_uri()}?mode=ro&immutable=1"
        connections.append(sqlite3.connect(uri, uri=True))
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture(scope="module")
def corpus(databases, tmp_path_factory):
    """Its files, in a folder of another machine: known by their sha1."""
    opened = synthetic.project(tmp_path_factory.mktemp("clothes") / "project")
    rows = databases[0].execute(
        "SELECT folders.path || '/' || files.name, sha1 FROM files JOIN folders"
        " ON folders.id = folder_id"
    )
    files = [
        synthetic.file(path.replace("/home/me/clothing/", "clothes/"), None, sha1=sha1)
        for path, sha1 in rows
    ]
    synthetic.write(opened, "files", files)
    sha1s = dict.fromkeys(file["sha1"] for file in files)
    synthetic.write(opened, "images", [{"sha1": sha1, "format": "JPEG"} for sha1 in sha1s])
    return opened


@pytest.fixture(scope="module")
def imported(panoptic, corpus):
    planned = plan.make_plan(corpus, readers.read(panoptic))
    apply.apply_plan(corpus, planned)
    return planned


def test_every_property_comes_with_its_type_level_and_heading(imported, corpus):
    state = annotations_of(corpus).state(fresh=True)
    held = {(it.name, it.type, it.target, it.folder) for it in state.live_properties}
    assert ("Note", "text", "image", "Description & contenu") in held
    assert ("Note (2)", "text", "image", None) in held
    assert ("Remarque d’exemplaire", "text", "file", "Gestion") in held
    assert ("Vide", "text", "image", None) in held
    assert len(held) == 23


def test_every_tag_comes_as_itself(imported, corpus, databases):
    state = annotations_of(corpus).state(fresh=True)
    property = next(it for it in state.live_properties if it.name == "Sujets")
    own = state.tags_of(property.id)
    rows = databases[0].execute("SELECT id, value, color, parents FROM tags WHERE list_id = 17")
    wanted = {id: (value, color, json.loads(parents)) for id, value, color, parents in rows}
    assert len(own) == len(wanted)

    def described(name, colour, parents):
        return (" ".join(name.split()), colour, tuple(sorted(parents)))

    assert {
        described(tag.name, tag.colour, [state.tags[id].name for id in tag.parents]) for tag in own
    } == {
        described(name, PANOPTIC_COLOURS[color], [wanted[id][0] for id in parents])
        for name, color, parents in wanted.values()
    }
    labels = tags.labels(own)
    counts = state.values(property.id)["value"].value_counts()
    held = {labels[id]: count for id, count in counts.iter_rows()}
    for id, label in ((17, "Guerre › Autre"), (18, "Mer › Autre"), (15, "été"), (16, "Été (2)")):
        rows = databases[0].execute("SELECT count(*) FROM sha1_tag_values WHERE tag_id = ?", [id])
        assert held.get(label, 0) == rows.fetchone()[0], label


def test_every_value_is_there_or_listed(imported, corpus, databases):
    types = {19: "Date", 21: "Couleur", 23: "Lien", 28: "Cote", 11: "Note", 13: "Prix"}
    listed = set(left_out.list_of(imported)["value"])
    for id, name in types.items():
        held = values_of(corpus, name)
        rows = databases[0].execute(
            "SELECT sha1, value FROM sha1_values WHERE property_id = ? AND operation >= 0", [id]
        )
        for sha1, text in rows.fetchall():
            value = json.loads(text) if isinstance(text, str) else text
            if value in NONE_HERE or not str(value).strip():
                assert {value, repr(value), str(value).partition("T")[0]} & listed
                assert sha1 not in held
            elif name == "Couleur":
                assert held[sha1] == PANOPTIC_COLOURS[value]
            elif name == "Prix":
                assert held[sha1] == str(value) or float(held[sha1]) == value
            elif name == "Date":
                day = "2024-10-24" if value == "24/10/2024" else value
                assert held[sha1] in day
            else:
                assert held[sha1] == value


def test_tabs_come_as_views_with_their_order(imported, corpus):
    state = annotations_of(corpus).state(fresh=True)
    price = next(it for it in state.live_properties if it.name == "Prix")
    views = {view.name: view.view for view in saved.list_views(corpus)}
    assert set(views) == {"Première vue", "Robes", "Table", "Nouvel onglet"}
    assert [sort.field for sort in views["Robes"].sort] == [f"p:number:{price.id}"]


def test_all_that_is_left_out_is_in_a_file(imported, corpus):
    path = left_out.write(corpus, imported, "batch")
    text = path.read_text("utf-8-sig")
    assert text.startswith("line,column,value,why\n")
    assert text.count("pas une adresse") == 10
    assert len(text.splitlines()) >= left_out.list_of(imported).height + 1


def test_importing_it_again_changes_nothing(imported, panoptic, corpus):
    again = apply.apply_plan(corpus, plan.make_plan(corpus, readers.read(panoptic)))
    assert again.changes.is_empty()
    assert len(saved.list_views(corpus)) == 4


def test_its_own_table_is_read_with_the_tags_that_are_there(imported, panoptic, corpus):
    before = values_of(corpus, "Mots")
    read = readers.read(panoptic / "export-local_path.csv")
    planned = plan.make_plan(corpus, read)
    (words,) = [it for it in planned.readings if it.column.name == "Mots"]
    assert planned.matches.rows.height == 203
    assert words.new_tags == ()
    assert words.conflicts.is_empty()
    assert before == values_of(corpus, "Mots")


def test_its_own_numbers_are_recognised_as_such(panoptic, corpus):
    read = readers.read(panoptic / "export-id.csv")
    planned = plan.make_plan(corpus, read, matching.propose(corpus, read))
    assert planned.matches.rows.is_empty()
    assert plan.summarize(planned)["hint"] == "panoptic_ids"


def test_names_with_commas_are_recognised_by_the_tags_that_are_there(project, tmp_path):
    tree = write_text(tmp_path, 'name;colour\n"Paris, Texas";\nLondon;\n', name="tree.csv")
    apply.apply_tags(project, "places", readers.read_tags(tree))
    text = "path;places\nposters/1930/red.jpg;Paris, Texas, London\nposters/1930/blue.png;Paris\n"
    planned = plan.make_plan(project, readers.read(write_text(tmp_path, text)))
    apply.apply_plan(project, planned)
    assert sorted(values_of(project, "places").values()) == [
        ["London", "Paris, Texas"],
        ["Paris"],
    ]
