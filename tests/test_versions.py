"""A corpus version through a life of its corpus: folders, tags, encoders, refits, clean-ups."""

import shutil
from datetime import timedelta

import polars as pl
import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.ingest import sources
from panoptic_data.notebook import export, process, search_images, select_images
from panoptic_data.storage.project import create_project, open_project, set_encoders
from panoptic_data.versions import content, restore
from panoptic_data.versions.create import create
from panoptic_data.versions.diff import diff
from panoptic_data.versions.opened import at
from panoptic_data.versions.verify import verify
from tests.small_corpus import write_pictures


def corpus(root, *folders):
    """Return a project of these folders, processed once with the encoder that needs no weights."""
    project = set_encoders(create_project(root), ("visual",))
    for folder in folders:
        sources.add(project, folder)
    process(project)
    return open_project(root)


def tag(project, sha1s):
    """Give images two tags, one below the other."""

    def choose(state):
        theme, created = properties.create(state.properties, "Theme", "tags")
        war, above = tags.create({}, theme.id, "war")
        front, below = tags.create({war.id: war}, theme.id, "front", parents=[war.id])
        return Decision([*created, *above, *below], "property", result=(theme, war, front))

    store = annotations_of(project)
    theme, war, front = store.decide(choose).result
    store.commit(edits.add_tags(store.state(), theme.id, sha1s[:10], [war.id]), "tag")
    store.commit(edits.add_tags(store.state(), theme.id, sha1s[5:15], [front.id]), "tag")
    return theme, war, front


def seen(project, folder):
    """Return what pages, searches and exports say of a corpus."""
    rows = select_images(project).drop("address", strict=False)
    images = rows["sha1"].sort().to_list()
    folder.mkdir()
    export(project, "csv", folder / "all.csv")
    return {
        "rows": rows.rows(),
        "tagged": select_images(project, "theme:war")["sha1"].to_list(),
        "alike": search_images(project, f"image:{images[0]}", k=5).rows(),
        "export": (folder / "all.csv").read_bytes(),
        "map": project.database().frame("projection__visual").sort("sha1").rows(),
        "clusters": project.database().frame("clusters__visual").sort("sha1").rows(),
        "runs": project.database().frame("runs").filter(pl.col("what") == "process").height,
    }


@pytest.mark.slow
def test_a_version_outlives_all_that_happens_to_its_corpus(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    write_pictures(first, range(40))
    write_pictures(second, range(40, 60))
    project = corpus(tmp_path / "project", first)
    sha1s = registry.get(project).frame["sha1"].sort().to_list()
    theme, war, front = tag(project, sha1s)
    version = create(project, "A")
    at_a = seen(at(project, "A"), tmp_path / "a1")

    gone = sorted(first.rglob("*.jpg"))[:3]
    for path in gone:
        path.unlink()
    sources.add(project, second)
    store = annotations_of(project)
    store.commit(tags.update(store.state().tags, front.id, name="trenches"), "rename")
    store.commit(edits.merge_tags(store.state(), war.id, [front.id]), "merge")
    store.commit(edits.add_tags(store.state(), theme.id, sha1s[20:22], [war.id]), "tag")
    process(project, refit=True)
    later = create(project, "B")
    for name in project.database().names():
        project.database().clean(name, timedelta(0))

    assert seen(at(project, "A"), tmp_path / "a2") == at_a
    assert verify(project, "A").is_whole
    changes = diff(project, "A", "B")
    files = changes.section("files")
    assert (files.added, files.removed) == (20, 0)
    assert sorted(files.rows.filter(change="changed")["path_before"].to_list()) == [
        f"first/{path.relative_to(first).as_posix()}" for path in gone
    ]
    assert changes.section("images").added == 20
    assert changes.section("tags") is not None
    assert changes.section("clusters", "visual") is not None
    assert diff(project, "B").is_empty

    restore.restore(project, "A", "before A")
    assert content.corpus_digest(content.part_digests(project)) == version.digest
    restore.restore(project, "B", "before B")
    assert content.corpus_digest(content.part_digests(project)) == later.digest


@pytest.mark.slow
def test_the_same_content_in_another_order_and_place_has_the_same_digest(tmp_path):
    for name, numbers in (("first", range(16)), ("second", range(16, 30))):
        write_pictures(tmp_path / "here" / name, numbers)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    here = corpus(tmp_path / "a", tmp_path / "here" / "first", tmp_path / "here" / "second")
    there = corpus(tmp_path / "b", tmp_path / "there" / "second", tmp_path / "there" / "first")
    for project in (here, there):
        tag(project, registry.get(project).frame["sha1"].sort().to_list())
    versions = [create(project, "done") for project in (here, there)]
    parts = [{**version.digests, content.LOG: ""} for version in versions]
    assert parts[0] == parts[1]
    assert versions[0].digest == versions[1].digest
