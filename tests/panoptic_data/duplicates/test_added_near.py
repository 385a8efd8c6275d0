"""Near groups are those of a comparison of all images, and each pair is looked at once."""

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from panoptic_data.duplicates import detect, same_picture, verdicts
from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import arrow
from panoptic_data.vectors import neighbours
from tests import synthetic
from tests.vectors import SLUG, embed, lose_files, sha1s

PICTURES = 5
TABLES = ("duplicates", "compared_images", "aligned_images", "aligned_pairs")


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


@pytest.fixture
def looked_at(monkeypatch):
    """How many pairs were laid over each other."""
    seen = []
    answer = verdicts.same_picture
    monkeypatch.setattr(verdicts, "same_picture", lambda *pair: seen.append(1) or answer(*pair))
    return seen


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
    """Write images with files, and with vectors that lie near each other whatever they show."""
    synthetic.write(project, "images", rows)
    files = [synthetic.file(f"s/{name}.jpg", None, sha1=name) for name in names]
    synthetic.write(project, "files", files)
    vectors = [np.random.default_rng(int(name[:8], 16)).normal(2, 1, 12) for name in names]
    embed(project, names, np.array([vector / np.linalg.norm(vector) for vector in vectors]))


def update(project, run="r1", **options):
    neighbours.update(project, SLUG, run, k=3)
    result = detect.update(project, run, [SLUG], **{"similarity": {}, **options})
    version = stages.CODE_VERSIONS["duplicates"]
    stages.record(project, "duplicates", result, {}, version, run)
    return result


def rows_of(project):
    return project.database().frame("duplicates").drop("run").sort("member")


def from_scratch(project, tmp_path, turn):
    """Return the rows of a project that holds the images which take part, and its data version."""
    other = create_project(tmp_path / f"other {turn}")
    present = project.database().frame("files", where="status = 'ok'")
    names = sorted(set(present["sha1"]))
    for table in ("images", f"embeddings__{SLUG}"):
        other.database().append(table, project.database().take(table, names))
    other.database().append("files", present.to_arrow().cast(synthetic.schema.arrow("files")))
    result = update(other)
    return rows_of(other), result.data_version


SEEDS, MORE = range(1), range(1, 8)


@pytest.mark.parametrize("seed", [*SEEDS, *(pytest.param(n, marks=pytest.mark.slow) for n in MORE)])
def test_images_that_come_and_go_leave_the_groups_of_all(project, tmp_path, looked_at, seed):
    names = sha1s(58, f"seed {seed}")
    order = np.random.default_rng(seed).permutation(len(names))
    names = [names[at] for at in order]
    rows = images_of(names, seed)
    write(project, names[:40], rows[:40])
    update(project)
    assert rows_of(project).height > 20
    for turn in range(3):
        start = 40 + turn * 6
        write(project, names[start : start + 6], rows[start : start + 6])
        update(project, f"added {turn}")
        lose_files(project, names[turn * 7 : turn * 7 + 7])
        if turn:
            lose_files(project, names[turn * 7 - 7 : turn * 7 - 3], "ok")
        result = update(project, f"lost {turn}")
        if turn < 2 and seed in SEEDS:
            continue
        carried = len(looked_at)
        expected, version = from_scratch(project, tmp_path, turn)
        looked_at[carried:] = []
        assert rows_of(project).equals(expected)
        assert result.data_version == version
    assert project.database().frame("aligned_images")["others"].list.len().sum() == len(looked_at)


def test_nothing_new_looks_at_nothing_and_writes_nothing(project, looked_at):
    names = sha1s(40)
    write(project, names, images_of(names, 1))
    first = update(project)
    looked_at.clear()
    versions = [project.database().version(name) for name in TABLES]
    again = update(project, "r2")
    assert (again.is_unchanged, again.data_version) == (True, first.data_version)
    assert looked_at == []
    assert versions == [project.database().version(name) for name in TABLES]


def test_an_image_like_no_other_is_not_looked_at(project, looked_at):
    names = sha1s(41)
    write(project, names[:40], images_of(names[:40], 1))
    update(project)
    looked_at.clear()
    alone = synthetic.image(names[40], sha1=names[40], phash=1, thumbnail=thumbnails()[0])
    synthetic.write(project, "images", [alone])
    synthetic.write(project, "files", [synthetic.file("s/alone.jpg", None, sha1=names[40])])
    assert update(project, "r2").is_unchanged
    assert looked_at == []


@pytest.mark.parametrize("spoil", ["rows", "radius", "code", "begun"])
def test_groups_that_cannot_be_relied_on_are_made_again(project, monkeypatch, looked_at, spoil):
    names = sha1s(50)
    write(project, names, images_of(names, 2))
    first = update(project)
    rows, options, pairs = rows_of(project), {}, len(looked_at)
    looked_at.clear()
    if spoil == "rows":
        project.database().delete("duplicates", rows["member"].to_list()[:3])
    elif spoil == "radius":
        options = {"radius": 0}
    elif spoil == "code":
        monkeypatch.setattr(same_picture, "CODE_VERSION", "next")
    else:
        stages.begin(project, "duplicates", "killed")
        project.database().delete("duplicates", rows["member"].to_list()[:3])
    again = update(project, "r2", **options)
    # Answers are kept but where they may be others now.
    assert len(looked_at) == (pairs if spoil == "code" else 0)
    if spoil != "radius":
        assert again.data_version == first.data_version
        assert rows_of(project).equals(rows)


def test_a_run_that_is_killed_is_continued(project, tmp_path, monkeypatch, looked_at):
    names = sha1s(50)
    write(project, names, images_of(names, 4))
    monkeypatch.setattr(verdicts, "PAIRS_AT_ONCE", 40)

    class Killed(Exception):
        pass

    def kill(_stage, done, _total):
        if done >= 80:
            raise Killed

    with pytest.raises(Killed):
        update(project, report=kill)
    assert len(looked_at) == 80
    update(project, "r2")
    pairs = len(looked_at)
    expected, _ = from_scratch(project, tmp_path, 0)
    assert rows_of(project).equals(expected)
    # None twice.
    assert len(looked_at) == 2 * pairs


@pytest.mark.parametrize("at", [0, -1])
def test_an_image_that_is_made_anew_is_looked_at_again(project, tmp_path, looked_at, at):
    names = sha1s(30)
    write(project, names, images_of(names, 3))
    update(project)
    looked_at.clear()
    database = project.database()
    member = rows_of(project)["sha1"].sort()[at]
    blank = synthetic.picture(size=(96, 96))
    row = database.take("images", [member]).to_pylist()[0]
    shown = row["thumbnail"]
    row |= {"digest": "new", "thumbnail": blank}
    database.upsert("images", pa.Table.from_pylist([row], schema=arrow("images")))
    update(project, "r2")
    assert 0 < len(looked_at) < 30
    assert member not in rows_of(project)["sha1"]
    ends = database.frame("aligned_pairs", ["left", "right"])
    assert member not in {*ends["left"], *ends["right"]}
    # It shows again what it showed.
    row |= {"digest": "third", "thumbnail": shown}
    database.upsert("images", pa.Table.from_pylist([row], schema=arrow("images")))
    update(project, "r3")
    assert rows_of(project).equals(from_scratch(project, tmp_path, 0)[0])
    assert member in rows_of(project)["sha1"]


def test_nothing_is_known_of_an_image_that_is_gone_for_good(project, tmp_path, looked_at):
    names = sha1s(50)
    write(project, names, images_of(names, 3))
    update(project)
    database = project.database()
    member = rows_of(project)["sha1"][0]
    gone = database.take("images", [member])
    database.delete("files", [synthetic.file(f"s/{member}.jpg", None)["file_id"]])
    database.delete("images", [member])
    update(project, "r2")
    assert member not in rows_of(project)["sha1"]
    ends = database.frame("aligned_pairs", ["left", "right"])
    assert member not in {*ends["left"], *ends["right"], *database.frame("aligned_images")["sha1"]}
    # It comes back, and is compared as one that was never there.
    database.append("images", gone)
    synthetic.write(project, "files", [synthetic.file(f"s/{member}.jpg", None, sha1=member)])
    update(project, "r3")
    expected, _ = from_scratch(project, tmp_path, 0)
    assert rows_of(project).equals(expected)
    assert member in rows_of(project)["sha1"]
