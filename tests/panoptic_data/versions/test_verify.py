import os

import pytest

from panoptic_data.versions.create import create
from panoptic_data.versions.verify import verify


def data_files(project, table):
    return sorted((project.lance / f"{table}.lance" / "data").iterdir())


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))


def test_a_version_that_nothing_happened_to_is_whole(project, mark, sha1s_of):
    mark(project, "Seen", sha1s_of(project)[:5])
    version = create(project, "a")
    result = verify(project, "a")
    assert result.is_whole
    assert result.digest == version.digest


@pytest.mark.parametrize(
    "table", ["images", "embeddings__visual", "clusters__visual", "annotation_events"]
)
def test_one_flipped_byte_is_found_and_its_table_named(project, mark, sha1s_of, table):
    mark(project, "Seen", sha1s_of(project)[:5])
    create(project, "a")
    path = data_files(project, table)[-1]
    stat = path.stat()
    flip(path, stat.st_size // 3)
    # Not even its time tells.
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    result = verify(project, "a")
    assert not result.is_whole
    assert table in {*result.files, *result.damaged}


def test_a_table_that_is_gone_is_named(project):
    create(project, "a")
    (project.lance / "duplicates.lance").rename(project.root / "duplicates")
    result = verify(project, "a")
    assert set(result.damaged) == {"duplicates"}


def test_a_table_made_anew_is_not_taken_for_the_one_that_was_kept(project):
    version = create(project, "a")
    database = project.database()
    rows = database.read("duplicates")
    database.forget("duplicates")
    (project.lance / "duplicates.lance").rename(project.root / "duplicates")
    while database.version("duplicates") < version.tables["duplicates"]:
        database.append("duplicates", rows.slice(0, 1))
    assert set(verify(project, "a").damaged) == {"duplicates"}
