from datetime import timedelta

import pytest

from panoptic_data.errors import InvalidVersion, UnknownVersion
from panoptic_data.ingest.purge import purge
from panoptic_data.versions import record
from panoptic_data.versions.create import create
from panoptic_data.versions.delete import delete, preview
from panoptic_data.versions.opened import at


def test_deleting_frees_what_nothing_else_reads_and_says_how_much_first(project):
    create(project, "a")
    assert preview(project, "a").bytes == 0
    database = project.database()
    thumbnails = sum(path.stat().st_size for path in (project.lance / "images.lance").rglob("*"))
    database.replace("images", database.read("images").slice(0, 10))
    create(project, "b")
    freed = preview(project, "a")
    assert freed.tables.keys() == {"images"}
    assert 0.5 * thumbnails < freed.bytes < thumbnails
    assert delete(project, "a").bytes == freed.bytes
    database.clean("images", timedelta(0))
    left = sum(path.stat().st_size for path in (project.lance / "images.lance").rglob("*"))
    assert left < thumbnails - 0.9 * freed.bytes
    assert [version.name for version in record.list_versions(project)] == ["b"]
    assert at(project, "b").database().count("images") == 10
    with pytest.raises(UnknownVersion):
        delete(project, "a")


def test_a_dropped_table_goes_with_the_last_version_that_reads_it(project):
    create(project, "a")
    create(project, "b")
    project.database().drop("clusters__visual")
    folder = project.lance / "clusters__visual.lance"
    delete(project, "a")
    assert at(project, "b").database().count("clusters__visual") > 0
    delete(project, "b")
    assert not folder.exists()


def test_an_image_that_a_version_holds_is_purged_only_after_the_version(project, sha1s_of):
    gone, *_ = sha1s_of(project)
    create(project, "a")
    with pytest.raises(InvalidVersion, match="a"):
        purge(project, [gone])
    assert gone in sha1s_of(project)
    delete(project, "a")
    purge(project, [gone])
    assert gone not in sha1s_of(project)
    # A version of later does not hold it.
    create(project, "b")
    assert gone not in sha1s_of(at(project, "b"))
