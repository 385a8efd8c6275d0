import os

import pyarrow as pa
import pytest

from panoptic_data.storage.schema import arrow
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


def test_shared_parts_are_content_once_they_were_looked_for(project, sha1s_of):
    before = create(project, "a")
    assert "shared_parts" not in before.digests
    left, right = sha1s_of(project)[:2]
    outline = [0.0, 0.0, 0.5, 0.0, 0.5, 0.5]
    row = {
        "pair": f"{left}/{right}", "left": left, "right": right, "inliers": 40,
        "matrix": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], "left_outline": outline,
        "right_outline": outline, "sureness": 0.9, "group": None, "run": "r",
    }  # fmt: skip
    schema = arrow("shared_parts")
    project.database().upsert("shared_parts", pa.Table.from_pylist([row], schema=schema))
    after = create(project, "b")
    assert after.digest != before.digest
    assert verify(project, "a").is_whole
    assert verify(project, "b").is_whole
    moved = {**row, "left_outline": [*outline[:-1], 0.6]}
    project.database().upsert("shared_parts", pa.Table.from_pylist([moved], schema=schema))
    assert create(project, "c").digests["shared_parts"] != after.digests["shared_parts"]


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
