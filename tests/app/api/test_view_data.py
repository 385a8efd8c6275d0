"""What components read of a view: a server on this machine, real files, real tables."""

import gc
import json

import numpy as np
import polars as pl
import pytest

from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import frozen_results, registry
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.catalogue.groups import condition
from panoptic_data.ingest import scan, sources
from panoptic_data.views.model import Level, View, to_address
from tests import synthetic
from tests.served_corpus import sha1_of
from tests.vectors import embed


def test_a_window_of_rows_says_where_it_stands(ask, real_corpus):
    answer, body = ask("/rows?start=1&count=2")
    payload = json.loads(body)
    current = registry.get(real_corpus[0], fresh=True)
    assert {name: payload[name] for name in ("version", "total", "start")} == {
        "version": current.version,
        "total": 6,
        "start": 1,
    }
    assert payload["rows"] == window(current, run_view(current, View()), 1, 2)
    assert ask("/rows", If_None_Match=answer.headers["ETag"])[0].status == 304


def test_a_search_is_answered_anew_when_vectors_arrive(ask, real_corpus):
    project, _, contents = real_corpus
    red = sha1_of(contents["red.jpg"])
    embed(project, [red], np.array([[1, 0]]))
    value = {"encoder": "visual", "query": f"image:{red}", "threshold": -1.0}
    path = f"/rows?view={to_address(View().with_condition('like', value))}"
    registry.get(project, fresh=True)
    answer, body = ask(path)
    assert json.loads(body)["total"] == 0
    embed(project, [sha1_of(contents["scan.tif"])], np.array([[0.6, 0.8]]))
    registry.get(project, fresh=True)
    again, body = ask(path, If_None_Match=answer.headers["ETag"])
    assert (again.status, json.loads(body)["total"]) == (200, 1)


def test_rows_follow_the_view_and_come_as_bare_sha1s_when_asked(ask, real_corpus):
    address = to_address(View().with_condition("path", "copy"))
    answer = json.loads(ask(f"/rows?view={address}&only=sha1")[1])
    assert (answer["total"], answer["rows"]) == (1, [sha1_of(real_corpus[2]["red.jpg"])])


def test_all_images_of_a_view_are_read_once(ask, real_corpus):
    address = to_address(View().with_condition("path", "copy"))
    seen = json.loads(ask(f"/seen?view={address}")[1])
    assert seen["sha1s"] == sha1_of(real_corpus[2]["red.jpg"])
    assert "places" not in seen
    again = json.loads(ask(f"/seen?view={address}&known={seen['digest']}")[1])
    assert again == {"digest": seen["digest"]}
    whole = json.loads(ask(f"/seen?known={seen['digest']}")[1])
    rows = json.loads(ask("/rows?only=sha1")[1])["rows"]
    assert whole["sha1s"] == "".join(rows)
    files = View(mode="file").with_condition("path", "copy")
    of_files = json.loads(ask(f"/seen?view={to_address(files)}")[1])
    assert (of_files["sha1s"], len(of_files["places"])) == (seen["sha1s"], 1)


def test_rows_whose_folder_is_away_say_so_at_once(ask, real_corpus):
    project, source, contents = real_corpus
    answer, body = ask("/rows")
    assert not any("away" in row for row in json.loads(body)["rows"])
    # A copy elsewhere, in a folder that is there.
    other = {"name": "other", "uri": "/other", "added_at": synthetic.AT, "options": "{}"}
    synthetic.write(project, "sources", [other])
    red = sha1_of(contents["red.jpg"])
    there = synthetic.file("other/red.jpg", "red") | {"sha1": red}
    synthetic.write(project, "files", [there])
    try:
        sources.record_away(project, source)
        registry.get(project, fresh=True)
        again, body = ask("/rows", If_None_Match=answer.headers["ETag"])
        assert again.status == 200
        away = {row["sha1"]: row.get("away") for row in json.loads(body)["rows"]}
        assert away.pop(red) is None
        assert set(away.values()) == {str(source.root)}
        files = to_address(View(mode="file").with_condition("path", "red.jpg"))
        of_files = json.loads(ask(f"/rows?view={files}")[1])["rows"]
        marked = {row["place"].partition("/")[0]: row.get("away") for row in of_files}
        assert marked == {source.name: str(source.root), "other": None}
    finally:
        sources.record_presence(project, source.name, away_since=None)
        project.database().delete("files", [there["file_id"]])
        project.database().delete("sources", ["other"])
        registry.get(project, fresh=True)


def test_rows_say_hues_and_clusters_only_when_asked(ask, real_corpus):
    project, _, contents = real_corpus
    red = sha1_of(contents["red.jpg"])
    synthetic.write(project, "clusters__visual", [{"sha1": red, "cluster": 7}])
    registry.get(project, fresh=True)

    def text(query):
        rows = json.loads(ask(f"/rows?{query}")[1])["rows"]
        row = next(row for row in rows if row["sha1"] == red)
        return {name: row[name] for name in ("hue", "cluster") if name in row}

    assert text("") == {}
    assert text("also=hue") == {"hue": "red"}
    assert text("also=hue,cluster&encoder=visual") == {"hue": "red", "cluster": 7}
    assert text("also=cluster&encoder=none_here") == {"cluster": None}
    others = json.loads(ask("/rows?also=cluster&encoder=visual")[1])["rows"]
    assert sorted(row["cluster"] or 0 for row in others) == [0, 0, 0, 0, 0, 7]


def test_of_any_images_those_in_a_view_are_told(ask, real_corpus):
    address = to_address(View().with_condition("path", "copy"))
    inside, outside = (sha1_of(real_corpus[2][name]) for name in ("red.jpg", "scan.tif"))
    body = "\n".join([outside, inside, "0" * 40, "é'; --"]).encode()
    answer = json.loads(ask(f"/among?view={address}", "POST", body)[1])
    assert (answer["total"], answer["sha1s"]) == (1, [inside])
    assert json.loads(ask("/among", "POST", b"")[1])["sha1s"] == []
    assert ask("/among", "POST", b"x\n" * 100_001)[0].status == 413


def test_an_image_is_told_its_place_in_the_view(ask, real_corpus):
    names = ("red.jpg", "drawing.jpg")
    places = [
        json.loads(ask(f"/rows?at={sha1_of(real_corpus[2][name])}")[1])["at"] for name in names
    ]
    current = registry.get(real_corpus[0], fresh=True)
    listed = current.sha1s(run_view(current, View()).rows)
    assert places == [listed.index(sha1_of(real_corpus[2]["red.jpg"])), None]
    several = f"{'0' * 40},{listed[3]},{listed[1]}"
    answer = json.loads(ask(f"/rows?count=0&at={several}")[1])
    assert (answer["at"], answer["of"]) == (3, 1)


def test_what_is_held_is_shown_and_meant_until_it_is_let_go(ask, real_corpus):
    project = real_corpus[0]
    store = annotations_of(project)
    prop, changes = properties.create(store.state().properties, "Held", "number")
    store.commit(changes, "property")
    view = View((condition(Level(f"p:number:{prop.id}"), None),))
    kept = frozen_results.freeze(registry.get(project, fresh=True), view)
    first = kept.catalogue(registry.get(project)).sha1s(kept.result.rows[:1])
    store.commit(edits.set_value(store.state(), prop.id, first, 3), "set")
    total = len(kept.result)
    query = f"view={to_address(view)}&held={kept.key}"
    answer, body = ask(f"/rows?{query}")
    rows = json.loads(body)["rows"]
    assert [row.get("gone") for row in rows] == [True] + [None] * (total - 1)
    assert ask(f"/rows?{query}", If_None_Match=answer.headers["ETag"])[0].status == 304
    assert len(ask(f"/aspects?{query}")[1]) == total
    assert json.loads(ask(f"/among?{query}", "POST", first[0].encode())[1])["sha1s"] == first
    chosen = {"all": True, "ids": [], "except": [], "held": kept.key}
    targets = {"view": to_address(view), "selection": chosen}
    payload = json.dumps({"property": prop.id, "op": "set", "value": 4, "targets": targets})
    written = json.loads(ask("/annotate", "POST", payload, Content_Type="application/json")[1])
    assert written["changed"] == total
    key = kept.key
    del kept
    gc.collect()
    assert json.loads(ask(f"/rows?view={to_address(view)}&held={key}")[1])["total"] == 0


def test_groups_are_named_in_the_language_asked(ask, real_corpus):
    view = View(group=(Level("folder", 1), Level("cluster", "none_here")))
    assert ask(f"/groups?view={to_address(view)}")[0].status == 400
    view = View(group=(Level("folder", 1), Level("taken_at", "year")))
    answer, body = ask(f"/groups?view={to_address(view)}&lang=fr")
    payload = json.loads(body)
    assert payload == {
        "version": registry.get(real_corpus[0], fresh=True).version,
        "total": 6,
        "depth": [0, 1],
        "start": [0, 0],
        "count": [6, 6],
        "label": [real_corpus[1].name, "Date inconnue"],
        "unset": [False, True],
        "why": [None, None],
    }
    again, nothing = ask("/groups", If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


def test_a_view_without_groups_has_none(ask):
    answer = json.loads(ask("/groups")[1])
    assert [answer[name] for name in ("depth", "start", "count", "label")] == [[], [], [], []]


def test_shapes_come_as_a_byte_an_image_in_the_order_of_the_view(ask, real_corpus):
    answer, body = ask("/aspects")
    current = registry.get(real_corpus[0], fresh=True)
    sizes = current.frame[run_view(current, View()).rows].select("width", "height").rows()
    assert len(body) == len(sizes) == 6
    for byte, (width, height) in zip(body, sizes, strict=True):
        assert 2 ** ((byte - 128) / 32) == pytest.approx(width / height, rel=0.02)
    assert ask("/aspects", If_None_Match=answer.headers["ETag"])[0].status == 304
    damaged = View().with_condition("status", ["unreadable"])
    assert set(ask(f"/aspects?view={to_address(damaged)}")[1]) == {128}


def test_a_broken_view_is_a_sentence_in_the_language_asked(ask):
    answer, body = ask("/rows?view=nonsense&lang=fr")
    payload = json.loads(body)
    assert (answer.status, payload["error"]) == (400, "invalid_view")
    assert "adresse" in payload["message"]


@pytest.mark.parametrize("query", ["start=-1", "start=x&count=y", "count=99999999999999999999"])
def test_a_window_that_makes_no_sense_is_the_first_one(ask, query):
    assert json.loads(ask(f"/rows?{query}")[1])["start"] == 0


def test_the_map_draws_every_placed_image(ask, real_corpus):
    project, _, contents = real_corpus
    names = [sha1_of(contents[name]) for name in ("red.jpg", "scan.tif")]
    rows = [{"sha1": name, "x": at, "y": -at} for at, name in enumerate(names, 1)]
    synthetic.write(project, "projection__visual", rows)
    registry.get(project, fresh=True)
    address = to_address(View().with_condition("path", "scan"))
    answer, body = ask(f"/map/visual?view={address}")
    length = int.from_bytes(body[:4], "little")
    header = json.loads(body[4 : 4 + length])
    assert answer.status == 200
    assert {name: header[name] for name in ("points", "total", "inside", "side")} == {
        "points": 2,
        "total": 2,
        "inside": 1,
        "side": 0,
    }
    x = np.frombuffer(body, "<f4", 2, 4 + length)
    assert sorted(x.tolist()) == [1.0, 2.0]
    assert len(body) == 4 + length + 2 * (4 + 4 + 20 + 2 + 1)


def test_rows_say_values_of_properties_only_when_asked(ask, real_corpus):
    project, _, contents = real_corpus
    store = annotations_of(project)
    names = {name: sha1_of(contents[name]) for name in ("red.jpg", "scan.tif")}

    def make(name, type, **more):
        prop, changes = properties.create(store.state().properties, name, type, **more)
        store.commit(changes, "property")
        return prop.id

    def say(property, targets, value):
        store.commit(edits.set_value(store.state(), property, targets, value), "set")

    theme, title, seen = make("Theme", "tags"), make("Title", "text"), make("Like", "image")
    desk = make("Desk", "number", target="file")
    rows = pl.DataFrame({"target": [names["red.jpg"]] * 2, "name": ["War", "Flag, red"]})
    store.commit(edits.tag_by_name(store.state(), theme, rows), "tag")
    say(title, [names["scan.tif"]], "A scan")
    say(seen, [names["scan.tif"]], names["red.jpg"])
    say(desk, [scan.file_id(real_corpus[1].name, "scan.tif")], 3)
    fields = f"p:tags:{theme},p:text:{title},p:image:{seen},p:number:{desk},p:text:none,hue"

    def text(query):
        payload = json.loads(ask(f"/rows?{query}")[1])["rows"]
        return {row["sha1"]: row.get("values") for row in payload}

    assert set(text("also=hue").values()) == {None}
    values = text(f"also={fields}")
    assert values.pop(names["red.jpg"]) == {theme: "War, Flag, red"}
    assert values.pop(names["scan.tif"]) == {title: "A scan", seen: "red.jpg", desk: "3"}
    assert list(values.values()) == [{}] * 4
    by_file = to_address(View(mode="file").with_condition("name", "scan"))
    assert text(f"view={by_file}&also=p:number:{desk}") == {names["scan.tif"]: {desk: "3"}}

    grouped = to_address(View(group=(Level(f"p:tags:{theme}"),)))
    answer = json.loads(ask(f"/groups?view={grouped}&lang=fr")[1])
    assert (answer["label"], answer["count"]) == (["War", "Flag, red", "Sans Theme"], [1, 1, 5])
    assert (answer["total"], json.loads(ask(f"/among?view={grouped}", "POST")[1])["total"]) == (
        7,
        6,
    )
