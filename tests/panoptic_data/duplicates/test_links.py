"""One file by several paths is one file: no copy of itself, and nothing to remove."""

import os
import shutil

import pytest
from PIL import Image

from panoptic_data.catalogue import registry
from panoptic_data.duplicates import detect, review
from panoptic_data.ingest import images, sources
from panoptic_data.ingest.links import located
from panoptic_data.storage.project import create_project

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on other systems")


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def store(tmp_path):
    """Return a folder with one picture, in a source with an empty folder that sorts before it."""
    for name in ("best", "store"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
    Image.linear_gradient("L").save(tmp_path / "pictures/store/photo.jpg")
    return tmp_path / "pictures" / "store"


def groups_of(project, *folders):
    for folder in folders:
        images.ingest(project, sources.add(project, folder), "run")
    detect.update(project, "run", [])
    return review.open_groups(registry.get(project, fresh=True), "exact")


def copies(project):
    shas = project.database().frame("images", ["sha1"])["sha1"].to_list()
    rows = review.copies_of(project, shas).rows(named=True)
    return {
        row["path"].rpartition("pictures/")[2]: (row["is_kept"], row["is_copy"]) for row in rows
    }


def test_a_link_that_sorts_first_is_no_copy(project, store):
    (store.parent / "best/photo.jpg").symlink_to("../store/photo.jpg")
    assert len(groups_of(project, store.parent)) == 0
    assert copies(project) == {"best/photo.jpg": (False, False), "store/photo.jpg": (True, False)}


def test_a_hard_link_frees_nothing(project, store):
    os.link(store / "photo.jpg", store.parent / "best/photo.jpg")
    assert len(groups_of(project, store.parent)) == 0
    assert [is_copy for _, is_copy in copies(project).values()] == [False, False]


def test_a_linked_folder_that_is_a_source_as_well_has_no_copies(project, store, tmp_path):
    (tmp_path / "outside").mkdir()
    Image.radial_gradient("L").save(tmp_path / "outside/three.jpg")
    (store.parent / "album").symlink_to(tmp_path / "outside")
    assert len(groups_of(project, store.parent, tmp_path / "outside")) == 0
    assert project.database().count("files") == 3
    assert not any(is_copy for _, is_copy in copies(project).values())


def test_of_a_real_copy_beside_links_only_the_copy_may_go(project, store):
    os.link(store / "photo.jpg", store.parent / "best/hard.jpg")
    (store.parent / "best/soft.jpg").symlink_to("../store/photo.jpg")
    shutil.copy2(store / "photo.jpg", store.parent / "best/a copy.jpg")
    os.utime(store / "photo.jpg", (1, 1))
    groups = groups_of(project, store.parent)
    assert (len(groups), groups.bytes) == (1, (store / "photo.jpg").stat().st_size)
    assert copies(project) == {
        "best/a copy.jpg": (False, True),
        "best/hard.jpg": (True, False),
        "best/soft.jpg": (False, False),
        "store/photo.jpg": (False, False),
    }


def test_a_copy_that_became_a_link_since_is_no_longer_offered(project, store):
    shutil.copy2(store / "photo.jpg", store.parent / "best/photo.jpg")
    assert len(groups_of(project, store.parent)) == 1
    (store.parent / "best/photo.jpg").unlink()
    os.link(store / "photo.jpg", store.parent / "best/photo.jpg")
    assert not any(is_copy for _, is_copy in copies(project).values())


def test_the_file_to_keep_is_there_at_that_moment(project, store):
    shutil.copy2(store / "photo.jpg", store.parent / "best/photo.jpg")
    os.utime(store / "photo.jpg", (1, 1))
    groups_of(project, store.parent)
    assert copies(project)["store/photo.jpg"] == (True, False)
    (store / "photo.jpg").unlink()
    assert copies(project) == {"best/photo.jpg": (True, False)}


def test_files_that_are_away_are_no_copies_of_those_that_are_there(project, store, tmp_path):
    shutil.copytree(store, tmp_path / "disk")
    assert len(groups_of(project, store.parent, tmp_path / "disk")) == 1
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    review._looked_up_cache.clear()
    assert len(review.open_groups(registry.get(project, fresh=True), "exact")) == 0


def test_where_a_file_lies_is_looked_up(project, store):
    images.ingest(project, sources.add(project, store.parent), "run")
    files = project.database().frame("files", ["source", "path", "raw_path"])
    (row,) = located(project, files).rows(named=True)
    assert row["absolute"] == str(store / "photo.jpg")
    assert (row["is_link"], row["names"]) == (False, 1)
    (store / "photo.jpg").unlink()
    (row,) = located(project, files).rows(named=True)
    assert row["physical"] is None
