"""Bringing the tables up to date with a folder: what is read, what is kept, what survives."""

import hashlib
import os
import shutil
import time
from dataclasses import fields
from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from panoptic_data.errors import UnknownImage
from panoptic_data.ingest import images, sources
from panoptic_data.media.metadata import describe
from panoptic_data.provenance import stages
from panoptic_data.storage import schema
from panoptic_data.storage.project import create_project
from tests.images import READABLE, encoded, exif, scene, write

VOLATILE = ("run", "first_seen", "changed_at")


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    return path


def put(path, number, size=(320, 240), kind="JPEG", age=3600):
    """Write picture ``number``, an hour old: what is being written is read twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(scene(size, seed=number), kind))
    make_older(path, age)
    return path


def make_older(path, age=3600):
    then = time.time() - age
    os.utime(path, (then, then))


def ingest(project, folder, run="run", **options):
    return images.ingest(project, sources.add(project, folder), run, **options)


def table(project, name, without=()):
    frame = project.database().frame(name)
    return frame.drop(without, strict=False).sort(schema.table_of(name).key)


def by_path(project, *columns):
    return {row[0]: row[1:] for row in table(project, "files").select("path", *columns).rows()}


def sha1_of(path):
    return hashlib.sha1(path.read_bytes()).hexdigest()


def test_every_awkward_file_is_a_row_with_its_reason(project, folder):
    expected = write(folder)
    put(folder / "Été" / "à l'ouest.jpg", 1)
    put(folder / ".hidden.jpg", 2)
    put(folder / "__MACOSX" / "x.jpg", 3)
    (folder / "notes.txt").write_text("no image")
    (folder / "loop").symlink_to(folder)
    files_result, images_result = ingest(project, folder)
    reasons = {path: row[0] for path, row in by_path(project, "reason").items()}
    assert reasons == {**expected, "Été/à l'ouest.jpg": None, "loop": "link_loop"}
    assert {row[0] for path, row in by_path(project, "status").items() if reasons[path]} == {
        "unreadable"
    }
    assert files_result.extra["ignored"] == {"txt": 1}
    assert files_result.failed == sum(files_result.extra["unreadable"].values())
    assert files_result.rows == files_result.new == len(reasons)
    # Some of the samples are the same bytes under two names.
    contents = {hashlib.sha1(make()[0]).hexdigest() for make in READABLE.values()}
    assert images_result.rows == images_result.new == len(contents) + 1
    folders = by_path(project, "folder")
    assert (folders["Été/à l'ouest.jpg"], folders["plain.png"]) == (("Été",), ("",))


def test_an_image_row_has_everything_computed_from_its_bytes(project, folder):
    stored = scene((640, 480)).transpose(Image.Transpose.ROTATE_90)
    block = exif(
        orientation=6, taken="2019:07:14 18:05:59", make="Leica", model="M6", lat=48.85, lon=2.35
    )
    (folder / "a.jpg").write_bytes(encoded(stored, "JPEG", exif=block, quality=95))
    ingest(project, folder, "the run")
    (row,) = table(project, "images").to_dicts()
    described = describe((folder / "a.jpg").read_bytes())
    assert row == {
        **{one.name: getattr(described, one.name) for one in fields(described)},
        "run": "the run",
    }
    assert (row["width"], row["height"], row["orientation"]) == (640, 480, 6)
    assert (row["format"], row["mode"], row["frames"]) == ("JPEG", "RGB", 1)
    assert (str(row["taken_at"]), row["camera"]) == ("2019-07-14 18:05:59", "Leica M6")
    assert (round(row["lat"], 4), round(row["lon"], 4)) == (48.85, 2.35)
    thumbnail = Image.open(BytesIO(row["thumbnail"]))
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (341, 256))
    upright = scene((640, 480)).resize((341, 256))
    assert np.abs(np.asarray(thumbnail, float) - np.asarray(upright, float)).mean() < 3


def test_copies_are_decoded_once(project, folder):
    for name in ("a.jpg", "b/a.jpg", "c.png"):
        put(folder / name, 1)
    files_result, images_result = ingest(project, folder)
    assert (files_result.rows, images_result.rows, images_result.extra["decoded"]) == (3, 1, 1)
    put(folder / "later.jpg", 1)
    files_result, images_result = ingest(project, folder)
    assert (files_result.new, images_result.new, images_result.extra["decoded"]) == (1, 0, 0)


def test_a_copy_in_another_source_is_decoded_once(project, folder, tmp_path):
    put(folder / "a.jpg", 1)
    put(tmp_path / "other" / "b.jpg", 1)
    ingest(project, folder)
    files_result, images_result = ingest(project, tmp_path / "other")
    assert (
        files_result.new,
        images_result.rows,
        images_result.new,
        images_result.extra["decoded"],
    ) == (1, 1, 1, 0)
    assert table(project, "images").height == 1


def test_nothing_new_writes_nothing(project, folder):
    for number in range(5):
        put(folder / f"{number}.jpg", number)
    first = ingest(project, folder, "first")
    versions = [project.database().version(name) for name in ("files", "images")]
    second = ingest(project, folder, "second")
    assert [project.database().version(name) for name in ("files", "images")] == versions
    assert all(result.is_unchanged for result in second)
    assert [row.data_version for row in second] == [row.data_version for row in first]
    assert (second[0].unchanged, second[1].unchanged) == (5, 5)


def test_a_renamed_file_is_recognised_and_its_old_row_has_the_new_path(project, folder):
    put(folder / "old" / "a.jpg", 1)
    put(folder / "stays.jpg", 2)
    ingest(project, folder, "first")
    (folder / "new").mkdir()
    (folder / "old" / "a.jpg").rename(folder / "new" / "b.jpg")
    files_result, images_result = ingest(project, folder, "second")
    assert by_path(project, "status", "reason", "detail", "run") == {
        "new/b.jpg": ("ok", None, None, "second"),
        "old/a.jpg": ("missing", "moved", "new/b.jpg", "second"),
        "stays.jpg": ("ok", None, None, "first"),
    }
    assert (
        len(set(by_path(project, "sha1")["new/b.jpg"] + by_path(project, "sha1")["old/a.jpg"])) == 1
    )
    assert (
        files_result.new,
        files_result.changed,
        files_result.removed,
        files_result.extra["moved"],
    ) == (1, 0, 1, 1)
    assert images_result.is_unchanged
    assert images_result.extra["decoded"] == 0


def test_copies_moved_together_are_paired_in_order(project, folder):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        put(folder / name, 1)
    ingest(project, folder)
    (folder / "a.jpg").rename(folder / "x.jpg")
    (folder / "b.jpg").rename(folder / "y.jpg")
    (folder / "c.jpg").unlink()
    files_result, _ = ingest(project, folder)
    assert by_path(project, "reason", "detail") == {
        "a.jpg": ("moved", "x.jpg"),
        "b.jpg": ("moved", "y.jpg"),
        "c.jpg": ("missing", None),
        "x.jpg": (None, None),
        "y.jpg": (None, None),
    }
    assert files_result.extra["moved"] == 2


def test_a_copy_that_was_there_all_along_is_no_move(project, folder):
    put(folder / "a.jpg", 1)
    put(folder / "b.jpg", 1)
    ingest(project, folder)
    (folder / "a.jpg").unlink()
    files_result, _ = ingest(project, folder)
    assert by_path(project, "reason")["a.jpg"] == ("missing",)
    assert (files_result.removed, files_result.extra["moved"]) == (1, 0)


def test_an_overwritten_file_is_read_again(project, folder):
    path = put(folder / "a.jpg", 1)
    ingest(project, folder, "first")
    (before,) = table(project, "files").to_dicts()
    put(path, 2, age=60)
    files_result, images_result = ingest(project, folder, "second")
    (after,) = table(project, "files").to_dicts()
    assert (files_result.changed, images_result.new, images_result.removed) == (1, 1, 1)
    assert (after["sha1"], after["first_seen"]) == (sha1_of(path), before["first_seen"])
    assert after["run"] == "second"
    assert after["changed_at"] > before["changed_at"]


def test_a_file_that_is_damaged_and_repaired_changes_its_status(project, folder):
    path = put(folder / "a.jpg", 1)
    original = path.read_bytes()
    ingest(project, folder)
    path.write_bytes(original[: len(original) // 2])
    make_older(path, 60)
    files_result, images_result = ingest(project, folder)
    assert by_path(project, "status", "reason")["a.jpg"] == ("unreadable", "truncated")
    assert (files_result.changed, files_result.failed, images_result.rows) == (1, 1, 0)
    path.write_bytes(original)
    make_older(path, 30)
    files_result, images_result = ingest(project, folder)
    assert by_path(project, "status", "reason", "detail")["a.jpg"] == ("ok", None, None)
    assert (
        files_result.changed,
        files_result.failed,
        images_result.rows,
        images_result.extra["decoded"],
    ) == (1, 0, 1, 0)


def test_an_image_whose_row_was_lost_is_made_again(project, folder):
    path = put(folder / "a.jpg", 1)
    ingest(project, folder)
    project.database().delete("images", [sha1_of(path)])
    files_result, images_result = ingest(project, folder)
    assert (files_result.changed, images_result.changed, images_result.extra["decoded"]) == (
        0,
        1,
        1,
    )
    assert table(project, "images").height == 1


def test_what_another_version_of_the_code_made_is_made_again(project, folder):
    put(folder / "a.jpg", 1)
    put(folder / "b.jpg", 2)
    _, images_result = ingest(project, folder, "first")
    stages.record(project, "images/photos", images_result, {}, "0", "first")
    files_result, images_result = ingest(project, folder, "second")
    assert (
        files_result.changed,
        images_result.new,
        images_result.changed,
        images_result.extra["decoded"],
    ) == (0, 0, 2, 2)
    assert table(project, "images")["run"].to_list() == ["second", "second"]
    stages.record(
        project, "images/photos", images_result, {}, stages.CODE_VERSIONS["images"], "second"
    )
    files_result, images_result = ingest(project, folder, "third")
    assert (files_result.extra["read"], images_result.is_unchanged) == (0, True)


def test_pruning_forgets_overwritten_images_in_every_table_and_keeps_missing_ones(project, folder):
    gone, stays, missing = (put(folder / f"{n}.jpg", n) for n in range(3))
    kept = [sha1_of(stays), sha1_of(missing)]
    old = sha1_of(gone)
    ingest(project, folder)
    database = project.database()
    rows = [{"sha1": sha1, "vector": np.zeros(4, np.float16), "run": "r"} for sha1 in (*kept, old)]
    shape = schema.arrow("embeddings__x", 4)
    database.append("embeddings__x", pa.Table.from_pylist(rows, schema=shape))
    put(gone, 9, age=60)
    missing.unlink()
    ingest(project, folder)
    assert images.prune(project, "run") == 1
    left = sorted([*kept, sha1_of(gone)])
    assert table(project, "images")["sha1"].to_list() == left
    assert table(project, "embeddings__x")["sha1"].to_list() == sorted(kept)
    versions = {name: database.version(name) for name in database.names()}
    assert images.prune(project, "run") == 0
    assert {name: database.version(name) for name in database.names()} == versions


def test_only_images_with_a_file_that_is_there_take_part(project, folder):
    gone, stays = (put(folder / f"{n}.jpg", n) for n in range(2))
    put(folder / "copy.jpg", 1)
    (folder / "bad.jpg").write_bytes(b"no image")
    ingest(project, folder)
    gone.unlink()
    ingest(project, folder)
    assert images.taking_part(project).to_list() == [sha1_of(stays)]


def test_rows_are_the_same_whatever_the_number_of_threads(tmp_path):
    folder = tmp_path / "photos"
    write(folder)
    for number in range(40):
        put(folder / "more" / f"{number % 30}-{number}.jpg", number % 30)
    files_result = []
    for threads in (1, 5):
        project = create_project(tmp_path / f"project-{threads}")
        results = ingest(project, folder, threads=threads)
        tables = [table(project, name, VOLATILE) for name in ("files", "images")]
        files_result.append((tables, [result.data_version for result in results]))
    (one_thread, versions), (five_threads, same_versions) = files_result
    assert versions == same_versions
    assert all(a.equals(b) for a, b in zip(one_thread, five_threads, strict=True))


def test_progress_counts_what_was_known_too(project, folder):
    for number in range(4):
        put(folder / f"{number}.jpg", number)
    ingest(project, folder)
    put(folder / "new.jpg", 9)
    reports = []
    ingest(project, folder, report=lambda *news: reports.append(news))
    assert reports == [("images", 4, 5), ("images", 5, 5)]


def test_thumbnails_are_given_by_identity(project, folder):
    paths = [put(folder / f"{number}.jpg", number) for number in range(3)]
    ingest(project, folder)
    known = [sha1_of(path) for path in paths]
    thumbnails = images.thumbnails(project, [*known[:2], "0" * 40])
    assert set(thumbnails) == set(known[:2])
    for path, sha1 in zip(paths[:2], known, strict=False):
        assert thumbnails[sha1] == describe(path.read_bytes()).thumbnail
    assert images.thumbnails(project, []) == {}


def test_pixels_come_from_the_thumbnail_or_from_a_file(project, folder):
    large = put(folder / "large.png", 1, (1600, 1200), "PNG")
    small = put(folder / "small.png", 2, (100, 80), "PNG")
    copy = folder / "z copy.png"
    shutil.copy(large, copy)
    ingest(project, folder)
    sha1 = sha1_of(large)
    assert images.pixels(project, sha1, 256).size == (341, 256)
    assert images.pixels(project, sha1_of(small), 256).size == (100, 80)
    assert min(images.pixels(project, sha1, 500).size) >= 500
    # Overwritten since it was read: the copy still holds the image.
    put(large, 7)
    assert min(images.pixels(project, sha1, 1200).size) == 1200
    copy.unlink()
    assert images.pixels(project, sha1, 1200).size == (341, 256)
    with pytest.raises(UnknownImage):
        images.pixels(project, "0" * 40, 100)
