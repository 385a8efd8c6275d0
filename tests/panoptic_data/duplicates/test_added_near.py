"""Near groups that are carried forward are those of a comparison of all images."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from panoptic_data.duplicates import added_near, detect
from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project
from tests import synthetic
from tests.vectors import lose_files, sha1s

PICTURES = 5


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


@pytest.fixture
def only_carried(monkeypatch):
    """Fail where all images are compared, once the test has called what this returns."""

    def refuse(*_arguments):
        raise AssertionError("all images were compared")

    monkeypatch.setattr(added_near, "MOST", 1.0)
    return lambda: monkeypatch.setattr(added_near, "all_groups", refuse)


def thumbnails():
    """Return pictures that are not alike, each at three qualities."""
    pool = []
    for number in range(PICTURES):
        random = np.random.default_rng(number)
        noise = Image.fromarray(random.integers(0, 255, (24, 24, 3), dtype=np.uint8))
        for quality in (95, 80, 60):
            written = io.BytesIO()
            noise.resize((96, 96), Image.Resampling.BICUBIC).save(written, "JPEG", quality=quality)
            pool.append(written.getvalue())
    return pool


def images_of(names, seed):
    """Images of few pictures, whose hashes are a few bits from each other."""
    random, pool = np.random.default_rng(seed), thumbnails()
    base = np.random.default_rng(7).integers(0, 2**63, 3, dtype=np.uint64)
    rows = []
    for name in names:
        phash = int(base[random.integers(len(base))])
        for bit in random.choice(64, random.integers(0, 7), replace=False):
            phash ^= 1 << int(bit)
        picture = pool[random.integers(len(pool))]
        rows.append(synthetic.image(name, sha1=name, phash=phash, thumbnail=picture))
    return rows


def write(project, names, rows):
    synthetic.write(project, "images", rows)
    files = [synthetic.file(f"s/{name}.jpg", None, sha1=name) for name in names]
    synthetic.write(project, "files", files)


def update(project, run="r1", **options):
    result = detect.update(project, run, [], **options)
    version = stages.CODE_VERSIONS["duplicates"]
    stages.record(project, "duplicates", result, {}, version, run)
    return result


def rows_of(project):
    return project.database().frame("duplicates").drop("run").sort("member")


def from_scratch(project, tmp_path, monkeypatch, turn):
    """Return the rows of a project that holds the images which take part, and its data version."""
    other = create_project(tmp_path / f"other {turn}")
    present = project.database().frame("files", where="status = 'ok'")
    rows = project.database().frame("images").filter(pl.col("sha1").is_in(present["sha1"]))
    other.database().append("images", project.database().take("images", rows["sha1"].to_list()))
    other.database().append("files", present.to_arrow().cast(synthetic.schema.arrow("files")))
    with monkeypatch.context() as patched:
        patched.setattr(added_near, "all_groups", ALL_GROUPS)
        result = detect.update(other, "r1", [])
    return rows_of(other), result.data_version


ALL_GROUPS = added_near.all_groups
SEEDS, MORE = range(2), range(2, 8)


@pytest.mark.parametrize("seed", [*SEEDS, *(pytest.param(n, marks=pytest.mark.slow) for n in MORE)])
def test_images_that_come_and_go_leave_the_groups_of_all(
    project, tmp_path, monkeypatch, only_carried, seed
):
    names = sha1s(90, f"seed {seed}")
    order = np.random.default_rng(seed).permutation(90)
    names = [names[at] for at in order]
    rows = images_of(names, seed)
    write(project, names[:60], rows[:60])
    update(project)
    assert rows_of(project).height > 20
    only_carried()
    for turn in range(5):
        start = 60 + turn * 6
        write(project, names[start : start + 6], rows[start : start + 6])
        update(project, f"added {turn}")
        lose_files(project, names[turn * 7 : turn * 7 + 7])
        if turn:
            lose_files(project, names[turn * 7 - 7 : turn * 7 - 3], "ok")
        result = update(project, f"lost {turn}")
        expected, version = from_scratch(project, tmp_path, monkeypatch, turn)
        assert rows_of(project).equals(expected)
        assert result.data_version == version


def test_nothing_new_reads_no_thumbnail_and_writes_nothing(project, only_carried, monkeypatch):
    names = sha1s(40)
    write(project, names, images_of(names, 1))
    first = update(project)
    only_carried()

    def refuse(*_arguments):
        raise AssertionError("thumbnails were read")

    monkeypatch.setattr(added_near, "fingerprints_of", refuse)
    versions = [project.database().version(name) for name in ("duplicates", "compared_images")]
    again = update(project, "r2")
    assert (again.is_unchanged, again.data_version) == (True, first.data_version)
    assert versions == [
        project.database().version(name) for name in ("duplicates", "compared_images")
    ]


def test_an_image_like_no_other_is_not_looked_at(project, only_carried, monkeypatch):
    names = sha1s(41)
    write(project, names[:40], images_of(names[:40], 1))
    update(project)
    only_carried()
    monkeypatch.setattr(
        added_near, "fingerprints_of", lambda *_: pytest.fail("thumbnails were read")
    )
    alone = synthetic.image(names[40], sha1=names[40], phash=1, thumbnail=thumbnails()[0])
    write(project, names[40:], [alone])
    assert update(project, "r2").is_unchanged


@pytest.mark.parametrize("spoil", ["rows", "radius", "code", "begun"])
def test_groups_that_cannot_be_relied_on_are_made_of_all_images(project, monkeypatch, spoil):
    names = sha1s(50)
    write(project, names, images_of(names, 2))
    first = update(project)
    rows = rows_of(project)
    options = {}
    if spoil == "rows":
        project.database().delete("duplicates", rows["member"].to_list()[:3])
    elif spoil == "radius":
        options = {"radius": 8}
    elif spoil == "code":
        monkeypatch.setitem(stages.CODE_VERSIONS, "duplicates", "next")
    else:
        stages.begin(project, "duplicates", "killed")
        project.database().delete("duplicates", rows["member"].to_list()[:3])
    seen = []
    monkeypatch.setattr(
        added_near, "all_groups", lambda *given: seen.append(1) or ALL_GROUPS(*given)
    )
    again = update(project, "r2", **options)
    assert seen == [1]
    if spoil != "radius":
        assert again.data_version == first.data_version
        assert rows_of(project).equals(rows)


def test_an_image_whose_thumbnail_is_gone_makes_all_be_compared(project, monkeypatch):
    names = sha1s(50)
    write(project, names, images_of(names, 3))
    update(project)
    member = rows_of(project)["sha1"][0]
    project.database().delete("files", [synthetic.file(f"s/{member}.jpg", None)["file_id"]])
    project.database().delete("images", [member])
    seen = []
    monkeypatch.setattr(added_near, "MOST", 1.0)
    monkeypatch.setattr(
        added_near, "all_groups", lambda *given: seen.append(1) or ALL_GROUPS(*given)
    )
    update(project, "r2")
    assert seen == [1]
    assert member not in rows_of(project)["sha1"]
