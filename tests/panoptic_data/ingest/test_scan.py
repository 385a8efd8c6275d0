"""What a scan finds, and how one file is read."""

import os
import shutil
import sys
import threading
import time
from datetime import datetime, timedelta

import polars as pl
import pytest

from panoptic_data.duplicates.review import copies_of
from panoptic_data.errors import FolderNotFound, UnreadableImage
from panoptic_data.ingest import images, sources
from panoptic_data.ingest.scan import MAX_FILE_BYTES, file_id, read_file, scan_source
from panoptic_data.storage.project import create_project
from tests.dashboard import eventually
from tests.images import encoded, scene
from tests.privileges import ordinary_user

HOUR = 3_600_000_000_000


@pytest.fixture
def corpus(tmp_path):
    """Give a project, its source with three pictures an hour old, and the folder."""
    folder = tmp_path / "photos"
    for number in range(3):
        put(folder / f"{number}.png", number)
    project = create_project(tmp_path / "project")
    return project, sources.add(project, folder), folder


def put(path, number):
    """Write picture ``number``; all are an hour old and of one length."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(scene((32, 24), seed=number + 1), "PNG").ljust(4000, b"\0"))
    then = time.time_ns() - HOUR
    os.utime(path, ns=(then, then))
    return path


def coarse_now():
    """Return the time as a file system of whole seconds keeps it, a little ahead of the clock."""
    return (time.time_ns() // 1_000_000_000 + 1) * 1_000_000_000


def scanned(project, source):
    """Return the paths of each part of a scan that has any."""
    result = scan_source(project, source)
    parts = ("new", "changed", "recheck", "problems", "restored", "vanished", "resolved")
    paths_by_part = {part: getattr(result, part).get_column("path").to_list() for part in parts}
    return {part: paths for part, paths in paths_by_part.items() if paths}, result.unchanged


def rows(project):
    return project.database().frame("files").sort("path").to_dicts()


def statuses(project):
    return {row["path"]: (row["status"], row["reason"], row["detail"]) for row in rows(project)}


def test_at_first_everything_is_new_and_then_nothing_is(corpus):
    project, source, _ = corpus
    assert scanned(project, source) == ({"new": ["0.png", "1.png", "2.png"]}, 0)
    images.ingest(project, source, "run")
    assert scanned(project, source) == ({}, 3)
    assert scan_source(project, source).is_unchanged


def test_a_scan_writes_nothing(corpus):
    project, source, _ = corpus
    scan_source(project, source)
    assert project.database().names() == {"sources"}


def test_each_kind_of_change_is_distinguished(corpus):
    project, source, folder = corpus
    put(folder / "sub" / "gone.png", 7)
    images.ingest(project, source, "run")
    put(folder / "0.png", 5)
    (folder / "1.png").rename(folder / "one.png")
    (folder / "2.png").write_bytes(b"")
    shutil.rmtree(folder / "sub")
    assert scanned(project, source) == (
        {
            "new": ["one.png"],
            "changed": ["0.png"],
            "problems": ["2.png"],
            "vanished": ["1.png", "sub/gone.png"],
        },
        0,
    )


def test_a_touched_file_is_read_and_found_to_be_the_same(corpus):
    project, source, folder = corpus
    images.ingest(project, source, "first")
    os.utime(folder / "1.png", ns=(1_700_000_000_000_000_000,) * 2)
    assert scanned(project, source) == ({"changed": ["1.png"]}, 2)
    result, _ = images.ingest(project, source, "second")
    assert (result.changed, result.unchanged, result.extra["read"]) == (0, 3, 1)
    assert [row["run"] for row in rows(project)] == ["first"] * 3
    assert scanned(project, source) == ({}, 3)


def test_a_file_that_comes_back_is_not_read_again(corpus):
    project, source, folder = corpus
    images.ingest(project, source, "run")
    before = statuses(project)
    shutil.move(folder / "1.png", folder.parent / "away.png")
    images.ingest(project, source, "run")
    assert statuses(project)["1.png"] == ("missing", "missing", None)
    shutil.move(folder.parent / "away.png", folder / "1.png")
    assert scanned(project, source) == ({"restored": ["1.png"]}, 2)
    result, _ = images.ingest(project, source, "run")
    assert (result.changed, result.extra["read"]) == (1, 0)
    assert statuses(project) == before


def test_a_disk_that_is_not_connected_loses_nothing(corpus):
    project, source, folder = corpus
    images.ingest(project, source, "run")
    before = rows(project)
    folder.rename(folder.with_name("unplugged"))
    for act in (scan_source, lambda *given: images.ingest(*given, "run")):
        with pytest.raises(FolderNotFound):
            act(project, source)
    assert rows(project) == before


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_files_in_an_unreadable_folder_are_not_vanished(corpus):
    # All that is imported late is imported now: an ordinary user may not read root's Python.
    images.ingest(*corpus[:2], "run")
    UnreadableImage("empty")
    with ordinary_user() as path:
        folder = path / "photos"
        put(folder / "a" / "in.png", 1)
        put(folder / "shut.png", 2).chmod(0)
        put(folder / "z.png", 3)
        project = create_project(path / "project")
        source = sources.add(project, folder)
        images.ingest(project, source, "run")
        ok = ("ok", None, None)
        denied = ("unreadable", "permission_denied", "Permission denied")
        assert statuses(project) == {"a/in.png": ok, "shut.png": denied, "z.png": ok}

        (folder / "a").chmod(0)
        images.ingest(project, source, "run")
        closed = ("unreadable", "folder_denied", "Permission denied")
        assert statuses(project) == {
            "a": closed, "a/in.png": ok, "shut.png": denied, "z.png": ok
        }  # fmt: skip
        assert scanned(project, source) == ({"recheck": ["shut.png"]}, 2)
        again, _ = images.ingest(project, source, "run")
        assert again.is_unchanged
        assert again.failed == 2

        (folder / "a").chmod(0o700)
        (folder / "shut.png").chmod(0o600)
        images.ingest(project, source, "run")
        assert statuses(project) == {"a/in.png": ok, "shut.png": ok, "z.png": ok}


def test_a_write_within_a_tick_of_the_reading_is_not_missed(corpus):
    project, source, folder = corpus
    coarse = coarse_now()
    os.utime(folder / "1.png", ns=(coarse, coarse))
    images.ingest(project, source, "run")
    # As a file system of coarse times would leave it: same length, same time, other content.
    put(folder / "1.png", 9)
    os.utime(folder / "1.png", ns=(coarse, coarse))
    before = rows(project)[1]["sha1"]
    assert scanned(project, source) == ({"recheck": ["1.png"]}, 2)
    result, _ = images.ingest(project, source, "run")
    assert result.changed == 1
    assert rows(project)[1]["sha1"] != before


def test_a_file_read_too_soon_is_read_once_more_and_then_trusted(corpus):
    project, source, folder = corpus
    coarse = coarse_now()
    os.utime(folder / "1.png", ns=(coarse, coarse))
    images.ingest(project, source, "run")
    assert scanned(project, source)[0] == {"recheck": ["1.png"]}
    time.sleep((coarse - time.time_ns()) / 1e9 + 2.1)
    result, _ = images.ingest(project, source, "run")
    assert result.is_unchanged
    assert scanned(project, source) == ({}, 3)


ODD_YEARS = (1601, 1901, 1980, 2038, 2107, 2400)


def test_odd_times_of_files_stop_nothing(corpus):
    project, source, folder = corpus
    shutil.copy(folder / "0.png", folder / "copy-of-0.png")
    for year in ODD_YEARS:
        path = put(folder / f"{year}.png", year)
        since = (datetime(year, 1, 1) - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000
        os.utime(path, ns=(since, since))
    # NTFS writes 1601 where a copy lost its time: it is not the older file.
    os.utime(folder / "copy-of-0.png", ns=(path.stat().st_atime_ns, -11_644_473_600 * 10**9))
    result, _ = images.ingest(project, source, "run")
    assert (result.rows, result.failed) == (4 + len(ODD_YEARS), 0)
    assert scanned(project, source) == ({}, 4 + len(ODD_YEARS))
    copies = copies_of(project, [rows(project)[0]["sha1"]])
    assert dict(copies.select(pl.col("path").str.split("/").list.last(), "is_kept").rows()) == {
        "0.png": True,
        "copy-of-0.png": False,
    }
    assert copies["modified"].null_count() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse names not UTF-8")
def test_two_names_that_are_written_alike_stop_nothing(corpus):
    project, source, folder = corpus
    shutil.copy(folder / "0.png", folder / "caf\\xe9.png")
    shutil.copy(folder / "1.png", os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))
    result, _ = images.ingest(project, source, "run")
    assert (result.rows, result.failed) == (4, 0)
    assert statuses(project)["caf\\xe9.png"] == ("ok", None, None)


def test_an_identifier_is_unique_to_source_and_path():
    # printf 'photos\0a/b.jpg' | b2sum -l 64
    assert file_id("photos", "a/b.jpg") == "188130b88b49ca17"
    assert len({file_id(s, p) for s in ("a", "b") for p in ("c", "bc")}) == 4


def test_a_file_is_read_whole_with_its_state(corpus):
    *_, folder = corpus
    path = folder / "0.png"
    content = read_file(path)
    assert content.data == path.read_bytes()
    assert (content.size, content.mtime_ns) == (4000, path.stat().st_mtime_ns)


def test_a_file_that_keeps_changing_is_refused_with_that_reason(tmp_path):
    path = tmp_path / "growing.jpg"
    # Long enough to read for the other thread to get its turn.
    path.write_bytes(b"x" * 50_000_000)
    begun, stop = threading.Event(), threading.Event()

    def grow():
        with path.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"x" * 64)
                begun.set()

    def reason():
        try:
            read_file(path)
        except UnreadableImage as error:
            return error.reason
        return None

    writer = threading.Thread(target=grow)
    writer.start()
    begun.wait()
    try:
        # A busy machine may give the writer no turn during one reading.
        paths_by_part = eventually(reason)
    finally:
        stop.set()
        writer.join()
    assert paths_by_part == "changed_while_read"


def test_a_file_that_settles_is_read_in_one_state(tmp_path):
    path = tmp_path / "settling.jpg"
    path.write_bytes(b"x" * 10_000_000)
    begun, until = threading.Event(), time.monotonic() + 0.1

    def grow():
        with path.open("ab", buffering=0) as file:
            while time.monotonic() < until:
                file.write(b"y" * 64)
                begun.set()

    writer = threading.Thread(target=grow)
    writer.start()
    begun.wait()
    content = read_file(path)
    writer.join()
    assert content.size == len(content.data)
    assert content.data == path.read_bytes()[: content.size]


def test_a_file_too_large_to_read_is_not_read(tmp_path):
    path = tmp_path / "huge.tif"
    with path.open("wb") as file:
        # Takes no room on disk, nor in memory.
        file.truncate(MAX_FILE_BYTES + (512 << 20))
    with pytest.raises(UnreadableImage) as caught:
        read_file(path)
    assert (caught.value.reason, caught.value.detail) == ("too_large", "1.5 GiB")


def test_a_file_that_is_gone_is_gone(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "nothing.jpg")
    with pytest.raises(UnreadableImage) as caught:
        read_file(tmp_path)
    assert caught.value.reason == "read_error"
