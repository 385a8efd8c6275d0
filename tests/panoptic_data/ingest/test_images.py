"""Bringing the tables up to date with a folder: what is read, what is kept, what survives."""

import hashlib
import os
import shutil
import time
from dataclasses import fields
from io import BytesIO

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from panoptic_data.errors import FolderNotFound, UnknownImage
from panoptic_data.ingest import images, source_update, sources
from panoptic_data.ingest.scan import scan_source
from panoptic_data.ingest.source_update import SourceUpdate
from panoptic_data.media.metadata import describe
from panoptic_data.provenance import stages
from panoptic_data.storage import schema
from panoptic_data.storage.checksums import row_digest
from panoptic_data.storage.project import create_project
from tests.images import READABLE, encoded, exif, scene, write
from tests.vectors import embed

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
        **{field.name: getattr(described, field.name) for field in fields(described)},
        "run": "the run",
        "digest": row_digest(row),
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


def test_a_renamed_file_keeps_its_row_under_its_new_path(project, folder):
    put(folder / "old" / "a.jpg", 1)
    put(folder / "stays.jpg", 2)
    ingest(project, folder, "first")
    (before,) = (row for row in table(project, "files").to_dicts() if row["path"] == "old/a.jpg")
    (folder / "new").mkdir()
    (folder / "old" / "a.jpg").rename(folder / "new" / "b.jpg")
    files_result, images_result = ingest(project, folder, "second")
    assert by_path(project, "status", "reason", "detail", "run") == {
        "new/b.jpg": ("ok", None, None, "second"),
        "stays.jpg": ("ok", None, None, "first"),
    }
    (after,) = (row for row in table(project, "files").to_dicts() if row["path"] == "new/b.jpg")
    for name in ("file_id", "sha1", "first_seen"):
        assert after[name] == before[name]
    assert after["folder"] == "new"
    assert (
        files_result.new,
        files_result.changed,
        files_result.removed,
        files_result.unchanged,
        files_result.extra["moved"],
        files_result.extra["moved_uncertain"],
    ) == (0, 1, 0, 1, 1, 0)
    assert images_result.is_unchanged
    assert images_result.extra["decoded"] == 0
    assert all(result.is_unchanged for result in ingest(project, folder, "third"))


def test_copies_moved_together_are_paired_in_order_and_the_rest_is_missing(project, folder):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        put(folder / name, 1)
    ingest(project, folder)
    before = by_path(project, "file_id")
    (folder / "a.jpg").rename(folder / "x.jpg")
    (folder / "b.jpg").rename(folder / "y.jpg")
    (folder / "c.jpg").unlink()
    files_result, _ = ingest(project, folder)
    assert by_path(project, "file_id", "reason") == {
        "c.jpg": (*before["c.jpg"], "missing"),
        "x.jpg": (*before["a.jpg"], None),
        "y.jpg": (*before["b.jpg"], None),
    }
    assert (files_result.extra["moved"], files_result.extra["moved_uncertain"]) == (2, 2)


def test_a_new_file_at_the_old_path_of_one_that_moved_has_another_identity(project, folder):
    put(folder / "a.jpg", 1)
    ingest(project, folder)
    (before,) = by_path(project, "file_id")["a.jpg"]
    (folder / "a.jpg").rename(folder / "b.jpg")
    ingest(project, folder)
    put(folder / "a.jpg", 2)
    ingest(project, folder)
    ids = by_path(project, "file_id")
    assert ids["b.jpg"] == (before,)
    assert ids["a.jpg"] != (before,)
    assert [len(id) for (id,) in ids.values()] == [16, 16]


def test_files_that_exchange_their_names_keep_who_they_are(project, folder):
    for number in (1, 2, 3):
        put(folder / f"{number}.jpg", number)
    ingest(project, folder)
    before = by_path(project, "file_id")
    for number in (3, 2, 1):
        (folder / f"{number}.jpg").rename(folder / f"{number + 1}.jpg")
    files_result, _ = ingest(project, folder)
    after = by_path(project, "file_id")
    assert {f"{n + 1}.jpg": before[f"{n}.jpg"] for n in (1, 2, 3)} == after
    assert (files_result.extra["moved"], files_result.extra["moved_uncertain"]) == (3, 0)


def test_a_file_that_comes_to_the_path_of_a_missing_one_leaves_it_its_row(project, folder):
    for number in (1, 2):
        put(folder / f"{number}.jpg", number)
    ingest(project, folder)
    before = by_path(project, "file_id")
    (folder / "2.jpg").unlink()
    ingest(project, folder)
    (folder / "1.jpg").rename(folder / "2.jpg")
    ingest(project, folder)
    assert by_path(project, "file_id", "status") == {
        "1.jpg": (*before["2.jpg"], "missing"),
        "2.jpg": (*before["1.jpg"], "ok"),
    }


def test_a_file_moved_to_another_source_keeps_who_it_is(project, folder, tmp_path):
    other = tmp_path / "archive"
    other.mkdir()
    put(folder / "a" / "1.jpg", 1)
    put(folder / "b" / "2.jpg", 2)
    put(folder / "b" / "stays.jpg", 3)
    put(other / "own.jpg", 4)
    ingest(project, folder)
    ingest(project, other)
    before = by_path(project, "file_id")
    shutil.move(folder / "a", other / "a")
    # Met by the other source first, then by the one that it left; and the other way round.
    ingest(project, other)
    ingest(project, folder)
    shutil.move(folder / "b" / "2.jpg", other / "2.jpg")
    ingest(project, folder)
    ingest(project, other)
    after = by_path(project, "file_id", "source", "status")
    assert after == {
        "a/1.jpg": (*before["a/1.jpg"], "archive", "ok"),
        "2.jpg": (*before["b/2.jpg"], "archive", "ok"),
        "b/stays.jpg": (*before["b/stays.jpg"], "photos", "ok"),
        "own.jpg": (*before["own.jpg"], "archive", "ok"),
    }


def test_a_copy_of_what_lies_under_an_emptied_mount_point_is_no_move(project, folder, tmp_path):
    put(folder / "1.jpg", 1)
    ingest(project, folder)
    (before,) = by_path(project, "file_id")["1.jpg"]
    folder.rename(tmp_path / "unmounted")
    folder.mkdir()
    put(tmp_path / "backup" / "1.jpg", 1)
    ingest(project, tmp_path / "backup")
    ids = {row["source"]: row["file_id"] for row in table(project, "files").to_dicts()}
    assert ids["photos"] == before != ids["backup"]


def test_a_run_killed_before_its_last_commit_finds_the_moves_again(project, folder, monkeypatch):
    for number in range(6):
        put(folder / f"{number}.jpg", number)
    ingest(project, folder)
    before = by_path(project, "file_id")
    for number in range(3):
        (folder / f"{number}.jpg").rename(folder / f"moved-{number}.jpg")
    put(folder / "new.jpg", 9)

    class KilledError(Exception):
        pass

    def kill(self):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(SourceUpdate, "write_moved_and_vanished", kill)
        with pytest.raises(KilledError):
            ingest(project, folder)
    assert by_path(project, "status")["0.jpg"] == ("ok",)
    files_result, _ = ingest(project, folder)
    after = by_path(project, "file_id")
    assert [after[f"moved-{n}.jpg"] for n in range(3)] == [before[f"{n}.jpg"] for n in range(3)]
    assert files_result.extra["moved"] == 3


def test_where_many_files_vanish_at_once_none_is_marked_until_a_person_says_so(project, folder):
    paths = [put(folder / f"box/{number}.jpg", number) for number in range(30)]
    put(folder / "stays.jpg", 99)
    ingest(project, folder)
    (folder / "box").rename(folder.parent / "box")
    files_result, _ = ingest(project, folder, "second")
    assert files_result.extra["withheld"] == 30
    assert set(by_path(project, "status").values()) == {("ok",)}
    (source,) = sources.listing(project)
    assert (source.presence.vanished, source.presence.known) == (30, 31)
    # Asked once: nothing more to do before the answer.
    assert scan_source(project, source).is_unchanged
    # They are back.
    (folder.parent / "box").rename(folder / "box")
    (source,) = sources.listing(project)
    assert not scan_source(project, source).is_unchanged
    ingest(project, folder)
    assert sources.listing(project)[0].presence.vanished == 0
    # They are gone, and a person says so; later ones are asked about again.
    shutil.rmtree(folder / "box")
    ingest(project, folder)
    assert sources.accept_missing(project, "photos") == 30
    assert not scan_source(project, sources.listing(project)[0]).is_unchanged
    files_result, _ = ingest(project, folder)
    assert (files_result.removed, files_result.extra["withheld"]) == (30, 0)
    assert sources.listing(project)[0].presence.accepted == 0
    assert by_path(project, "status")[paths[0].relative_to(folder).as_posix()] == ("missing",)


def test_many_files_moved_at_once_are_no_question(project, folder):
    for number in range(30):
        put(folder / f"box/{number}.jpg", number)
    ingest(project, folder)
    before = by_path(project, "file_id")
    (folder / "box").rename(folder / "archive")
    files_result, _ = ingest(project, folder)
    assert (files_result.extra["moved"], files_result.extra["withheld"]) == (30, 0)
    assert by_path(project, "file_id") == {
        path.replace("box", "archive"): id for path, id in before.items()
    }


def test_a_source_that_goes_away_while_it_is_read_loses_no_file(project, folder, monkeypatch):
    for number in range(40):
        put(folder / f"{number:02}.jpg", number)
    away = folder.with_name("away")
    whole = source_update.read_file

    def read_until_gone(path):
        if path.name == "20.jpg":
            folder.rename(away)
        return whole(path)

    with monkeypatch.context() as patch:
        patch.setattr(source_update, "read_file", read_until_gone)
        with pytest.raises(FolderNotFound):
            ingest(project, folder, threads=1)
    (source,) = sources.listing(project)
    assert source.presence.is_away
    away.rename(folder)
    ingest(project, folder)
    assert {row[0] for row in by_path(project, "status").values()} == {"ok"}
    assert len(by_path(project)) == 40
    assert not sources.listing(project)[0].presence.is_away


def test_an_emptied_mount_point_while_reading_is_no_deletion(project, folder, monkeypatch):
    for number in range(10):
        put(folder / f"{number:02}.jpg", number)
    ingest(project, folder)
    put(folder / "new.jpg", 50)
    whole = source_update.read_file

    def read_after_unmounting(path):
        folder.rename(folder.with_name("unmounted"))
        folder.mkdir()
        return whole(path)

    monkeypatch.setattr(source_update, "read_file", read_after_unmounting)
    with pytest.raises(FolderNotFound):
        ingest(project, folder, threads=1)
    assert {row[0] for row in by_path(project, "status").values()} == {"ok"}


def test_a_file_deleted_before_its_turn_is_counted_as_unread(project, folder, monkeypatch):
    put(folder / "a.jpg", 1)
    put(folder / "b.jpg", 2)
    whole = source_update.read_file

    def read_and_delete(path):
        (folder / "b.jpg").unlink(missing_ok=True)
        return whole(path)

    monkeypatch.setattr(source_update, "read_file", read_and_delete)
    files_result, _ = ingest(project, folder, threads=1)
    assert (files_result.rows, files_result.extra["unread"]) == (1, 1)


def test_a_file_completed_with_size_and_time_kept_is_read_again(project, folder):
    path = put(folder / "a.jpg", 1)
    whole, state = path.read_bytes(), path.stat()
    path.write_bytes(b"\0" * len(whole))
    os.utime(path, ns=(state.st_mtime_ns, state.st_mtime_ns))
    ingest(project, folder)
    assert by_path(project, "status")["a.jpg"] == ("unreadable",)
    assert ingest(project, folder)[0].extra["read"] == 0
    assert ingest(project, folder, retry=True)[0].extra["read"] == 1
    path.write_bytes(whole)
    os.utime(path, ns=(state.st_mtime_ns, state.st_mtime_ns))
    ingest(project, folder)
    assert by_path(project, "status")["a.jpg"] == ("ok",)


def test_everything_is_read_again_on_request(project, folder):
    path = put(folder / "a.jpg", 1)
    put(folder / "b.jpg", 2)
    whole = path.read_bytes() + b"x"
    path.write_bytes(whole)
    make_older(path)
    ingest(project, folder, "first")
    state = path.stat()
    path.write_bytes(whole[:-1] + b"y")
    os.utime(path, ns=(state.st_mtime_ns, state.st_mtime_ns))
    ingest(project, folder, "second")
    assert by_path(project, "sha1")["a.jpg"] == (hashlib.sha1(whole).hexdigest(),)
    files_result, images_result = ingest(project, folder, "third", reread=True)
    assert by_path(project, "sha1")["a.jpg"] == (sha1_of(path),)
    assert (files_result.extra["read"], images_result.extra["decoded"]) == (2, 2)


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


def test_vectors_of_other_thumbnails_than_before_are_made_again(project, folder):
    put(folder / "a.jpg", 1)
    put(folder / "b.jpg", 2)
    ingest(project, folder, "first")
    rows = table(project, "images")
    # An earlier release saw a blank page in the first.
    first, second = rows["sha1"].to_list()
    blank = rows.with_columns(
        thumbnail=pl.when(pl.col("sha1") == first).then(pl.lit(b"blank")).otherwise("thumbnail")
    )
    project.database().upsert("images", blank.to_arrow().cast(schema.arrow("images")))
    embed(project, [first, second], np.eye(2, 4))
    ingest(project, folder, "second", reread=True)
    assert project.database().frame("embeddings__visual")["sha1"].to_list() == [second]
