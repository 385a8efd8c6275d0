"""The first files of a new folder, read before the rest: nothing of it can be told afterwards."""

import os
import time
from dataclasses import replace

import polars as pl
import pytest

from panoptic_data.ingest import first_images, images, sources
from panoptic_data.storage.project import create_project
from tests.small_corpus import write_pictures

VOLATILE = ("run", "first_seen", "changed_at")
COUNT = 30


def sourced(root, folder):
    project = create_project(root)
    return project, sources.add(project, folder)


def tables(project):
    database = project.database()
    frames = {"files": "file_id", "images": "sha1"}
    return {
        name: database.frame(name).drop(VOLATILE, strict=False).sort(key)
        for name, key in frames.items()
    }


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pictures"
    paths = write_pictures(path, range(COUNT))
    (path / "subject-0" / "copy.jpg").write_bytes(paths[0].read_bytes())
    (path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    (path / "empty.jpg").touch()
    then = time.time() - 3600
    for each in path.rglob("*.jpg"):
        os.utime(each, (then, then))
    return path


def test_read_first_or_not_rows_and_results_are_the_same(tmp_path, folder):
    plain, plain_source = sourced(tmp_path / "plain", folder)
    whole = images.ingest(plain, plain_source, "run")

    project, source = sourced(tmp_path / "first", folder)
    reports = []
    first = first_images.read_first(
        project, source, "run", lambda _, done, total: reports.append((done, total))
    )
    # What cannot be read by its entry alone is left to the rest.
    assert reports == [(0, 32), (4, 32), (20, 32)]
    assert project.database().count("files") == len(first.files) == 20
    results = images.ingest(project, source, "run", first=first)

    for name, frame in tables(plain).items():
        assert tables(project)[name].equals(frame), name
    for result, other in zip(results, whole, strict=True):
        assert replace(result, seconds=0.0) == replace(other, seconds=0.0)


def test_first_images_written_after_the_first_look_are_read_again_and_still_new(tmp_path, folder):
    project, source = sourced(tmp_path / "project", folder)
    first = first_images.read_first(project, source, "run")
    changed = folder / "subject-0" / "00000.jpg"
    changed.write_bytes((folder / "subject-1" / "00001.jpg").read_bytes())
    files, _ = images.ingest(project, source, "run", first=first)
    assert (files.rows, files.new, files.changed, files.unchanged) == (33, 33, 0, 0)


def test_files_of_a_known_source_are_not_read_first(tmp_path, folder):
    project, source = sourced(tmp_path / "project", folder)
    images.ingest(project, source, "before")
    write_pictures(folder, range(COUNT, COUNT + 3))
    assert not first_images.read_first(project, source, "run").files
    assert project.database().frame("files").filter(pl.col("run") == "run").is_empty()


def test_a_file_that_came_from_another_source_is_left_to_the_rest_and_keeps_its_identity(
    tmp_path, folder
):
    project, source = sourced(tmp_path / "project", folder)
    images.ingest(project, source, "before")
    left = folder / "subject-3"
    known = project.database().frame("files", ["file_id"], "folder = 'subject-3'")["file_id"]
    (tmp_path / "other").mkdir()
    left.rename(tmp_path / "other" / "subject-3")
    other = sources.add(project, tmp_path / "other")
    first = first_images.read_first(project, other, "run")
    assert not first.files
    images.ingest(project, other, "run", first=first)
    moved = project.database().frame("files", ["file_id"], f"source = '{other.name}'")["file_id"]
    assert moved.sort().to_list() == known.sort().to_list()
