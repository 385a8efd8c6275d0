"""The commands of sources, verify and purge, on real files."""

import json
import shutil

import pytest

from app.cli import main
from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project
from panoptic_data.views import saved
from panoptic_data.views.model import Clause, Condition, View, to_json
from tests.small_corpus import picture, write_pictures


@pytest.fixture
def posters(tmp_path):
    write_pictures(tmp_path / "posters", range(10))
    return tmp_path / "posters"


@pytest.fixture
def project(tmp_path, posters):
    opened = create_project(tmp_path / "project")
    images.ingest(opened, sources.add(opened, posters), "run")
    return opened


@pytest.fixture
def panoptic(project, capsys):
    def run(*arguments, code=0):
        returned = main([*map(str, arguments), "--project", str(project.root)])
        printed = capsys.readouterr()
        assert returned == code, printed
        return printed.out if code < 2 else printed.err

    return run


def annotate(project, count):
    """Give some images a note, and the first file one as well; return the images' sha1s."""
    store = annotations_of(project)
    rows = project.database().frame("files", ["file_id", "sha1"]).sort("sha1").head(count)
    for target, values in (("image", rows["sha1"].to_list()), ("file", rows["file_id"][:1])):
        existing = store.state().properties
        note, changes = properties.create(existing, f"Note of {target}", "text", target=target)
        store.commit(changes, "property")
        store.commit(edits.set_value(store.state(), note.id, list(values), "x"), "set")
    return rows["sha1"].to_list()


def test_sources_are_listed_with_their_files(project, panoptic, posters):
    (listed,) = json.loads(panoptic("sources", "--json"))["sources"]
    assert (listed["name"], listed["ok"], listed["images"]) == ("posters", 10, 10)
    posters.rename(posters.with_name("elsewhere"))
    sources.record_away(project, sources.listing(project)[0])
    shown = panoptic("sources", "list")
    assert "0 present, 10 away" in shown
    assert "panoptic sources relink posters" in shown
    status = json.loads(panoptic("status", "--json"))
    assert (status["files"]["ok"], status["files"]["away"]) == (0, 10)
    assert "panoptic sources relink posters" in panoptic("status")


def test_a_source_is_relinked_only_to_what_it_held_unless_asked_twice(panoptic, posters, tmp_path):
    moved = posters.rename(posters.with_name("elsewhere"))
    (tmp_path / "empty").mkdir()
    assert "Nothing was done" in panoptic("sources", "relink", "posters", tmp_path / "empty")
    assert "10 of 10 files" in panoptic("sources", "relink", "posters", moved)
    (listed,) = json.loads(panoptic("sources", "--json"))["sources"]
    assert listed["uri"] == str(moved)
    assert "There is no folder" in panoptic("sources", "relink", "posters", posters, code=2)
    assert "No source is called" in panoptic("sources", "relink", "maps", moved, code=2)


def test_a_source_is_renamed_and_wrong_names_are_refused(project, panoptic):
    nested = Clause("any", (Condition("folder", "in", ["posters/a", "maps"]),))
    views = {
        "by folder": View(where=(Condition("folder", "in", ["posters"]),)),
        "nested": View(where=(Clause("not", (nested,)), Condition("path", "=", "Posters/1.jpg"))),
        "search": View(where=(Condition("path", "contains", "posters/1"),)),
        "other": View(where=(Condition("folder", "in", ["maps/posters"]),)),
    }
    ids = {name: saved.save(project, name, view).id for name, view in views.items()}
    saved.remove(project, ids["nested"])
    text = panoptic("sources", "rename", "posters", "affiches")
    assert "affiches" in text
    assert "name “affiches” now: by folder." in text
    assert "stay as they are: search." in text
    saved.restore(project, ids["nested"])
    after = {view.name: view.view for view in saved.list_views(project)}
    nested = Clause("any", (Condition("folder", "in", ["affiches/a", "maps"]),))
    assert after == {
        **views,
        "by folder": View(where=(Condition("folder", "in", ["affiches"]),)),
        "nested": View(where=(Clause("not", (nested,)), Condition("path", "=", "affiches/1.jpg"))),
    }
    queried = json.loads(panoptic("query", json.dumps(to_json(after["by folder"])), "--json"))
    assert queried["total"] == 10
    assert "No source is called" in panoptic("sources", "rename", "posters", "x", code=2)


def test_removing_shows_first_what_goes(project, panoptic):
    annotate(project, 3)
    shown = panoptic("sources", "remove", "posters")
    assert "10 files and 10 images" in shown
    assert "3 annotated images" in shown
    assert "Nothing was done" in shown
    assert len(sources.listing(project)) == 1
    panoptic("sources", "remove", "posters", "--yes")
    assert sources.listing(project) == []


def test_adding_a_moved_folder_asks(panoptic, posters):
    moved = posters.rename(posters.with_name("elsewhere"))
    for command in (("sources", "add"), ("add",)):
        assert "panoptic sources relink posters" in panoptic(*command, moved, code=2)
    assert "elsewhere" in panoptic("sources", "add", "--new", moved)


def test_verify_finds_what_sizes_and_times_do_not_show(panoptic, posters):
    assert "10 files are as stored" in panoptic("verify")
    paths = sorted(posters.rglob("*.jpg"))
    data = bytearray(paths[0].read_bytes())
    data[len(data) // 2] ^= 1
    paths[0].write_bytes(data)
    paths[1].unlink()
    answer = json.loads(panoptic("verify", "posters", "--json", code=1))
    assert answer["counts"] == {
        "same": 8, "changed": 1, "missing": 1, "unreadable": 0, "away": 0, "unread": 0,
    }  # fmt: skip
    assert sorted(row["outcome"] for row in answer["differing"]) == ["changed", "missing"]
    assert "No source is called" in panoptic("verify", "maps", code=2)
    shutil.move(posters, posters.with_name("elsewhere"))
    assert json.loads(panoptic("verify", "--json"))["counts"]["away"] == 10


def test_purge_shows_first_what_goes(project, panoptic):
    sha1s = annotate(project, 2)
    shown = panoptic("purge", sha1s[0], sha1s[1])
    assert "removes 2 images for good" in shown
    assert "2 of the images have values" in shown
    assert "Nothing was done" in shown
    assert project.database().count("images") == 10
    assert "Purged" in panoptic("purge", sha1s[0], "--yes")
    assert project.database().count("images") == 9
    left = json.loads(panoptic("purge", "--query", "folder:posters/subject-1", "--yes", "--json"))
    assert (left["images"], left["done"]) == (2, True)
    assert project.database().count("images") == 7
    assert "No image matches" in panoptic("purge", "0" * 40, code=2)
    assert "Say which images" in panoptic("purge", code=2)


def test_what_is_new_is_processed_by_itself_only_where_asked_for(project, panoptic, posters):
    assert json.loads(panoptic("sources", "watch", "posters", "--json"))["automatic"] is False
    assert "by itself" in panoptic("sources", "watch", "posters", "--process")
    assert "processed by itself" in panoptic("sources")
    # What runs note of the folder, moving and renaming it change nothing about it.
    sources.record_away(project, sources.listing(project)[0])
    panoptic("sources", "rename", "posters", "affiches")
    posters.rename(posters.with_name("moved"))
    panoptic("sources", "relink", "affiches", posters.with_name("moved"))
    assert json.loads(panoptic("sources", "--json"))["sources"][0]["automatic"] is True
    assert "when you say so" in panoptic("sources", "watch", "affiches", "--no-process")
    assert json.loads(panoptic("sources", "--json"))["sources"][0]["automatic"] is False
    assert "cards" in panoptic("sources", "watch", "cards", "--process", code=2)


def test_values_of_overwritten_pictures_are_listed_and_taken_over(project, panoptic, posters):
    [sha1] = annotate(project, 1)
    files = project.database().frame("files", ["path", "sha1"])
    [path] = [path for path, held in files.iter_rows() if held == sha1]
    picture(200).save(posters / path)
    images.ingest(project, sources.listing(project)[0], "run")
    listed = json.loads(panoptic("sources", "changed", "--json"))
    assert [(row["path"], row["values"]) for row in listed["changed"]] == [(path, 1)]
    assert "--take-over" in panoptic("sources", "changed", "posters")
    assert "1 new picture took over" in panoptic("sources", "changed", "--take-over")
    assert "No overwritten picture" in panoptic("sources", "changed")
    annotations_of(project).undo()
    assert "1 new picture takes over nothing" in panoptic("sources", "changed", "--leave")
    assert json.loads(panoptic("sources", "changed", "--json"))["changed"] == []
    assert "cards" in panoptic("sources", "changed", "cards", code=2)
