"""Registering folders and walking them, with everything that stands in the way."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from panoptic_data import errors
from panoptic_data.ingest import sources
from panoptic_data.ingest.sources import Source
from panoptic_data.ingest.walking import walk
from panoptic_data.storage.project import create_project
from tests.images import encoded, scene
from tests.privileges import ordinary_user

JPEG = encoded(scene((32, 24)), "JPEG")

posix = pytest.mark.skipif(os.name != "posix", reason="links, bytes and pipes of POSIX")


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    return path


def put(path: Path, data=JPEG):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def walked(folder):
    """Return what a walk meets, as (path, reason), and what it passes over."""
    ignored = Counter()
    return [(entry.path, entry.reason) for entry in walk(folder, ignored)], dict(ignored)


def test_a_folder_is_registered_once(project, folder):
    first = sources.add(project, folder)
    assert (first.name, first.root) == ("photos", folder.resolve())
    assert sources.add(project, folder / ".." / "photos", "other") == first
    assert sources.listing(project) == [first]


@posix
def test_a_link_to_a_registered_folder_is_that_folder(project, folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert sources.add(project, folder) == sources.add(project, tmp_path / "link")


def test_names_are_unique_and_the_listing_is_sorted(project, tmp_path):
    for parent in ("b", "a", "c"):
        (tmp_path / parent / "Photos").mkdir(parents=True)
        sources.add(project, tmp_path / parent / "Photos")
    (tmp_path / "photos").mkdir()
    sources.add(project, tmp_path / "photos")
    names = [source.name for source in sources.listing(project)]
    assert names == ["Photos", "Photos-2", "Photos-3", "photos-4"]
    result = [source.root.parent.name for source in sources.listing(project)]
    assert result[:3] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Affiches 1930 (Paris)", "Affiches-1930-Paris"),
        ("Été à la mer", "Été-à-la-mer"),
        ("E\u0301te\u0301", "Été"),
        ("фото/2024", "фото-2024"),
        ("हिन्दी", "हिन्दी"),
        ("a/b|c?d=e#f%g", "a-b-c-d-e-f-g"),
        ("...", "source"),
        ("x" * 200, "x" * 60),
    ],
)
def test_names_keep_every_alphabet_and_nothing_that_an_address_minds(project, folder, given, name):
    assert sources.add(project, folder, given).name == name


def test_folders_that_overlap_are_refused(project, folder):
    (folder / "inside").mkdir()
    (folder.parent / "photos-too").mkdir()
    sources.add(project, folder)
    for other in (folder / "inside", folder.parent):
        with pytest.raises(errors.FolderOverlaps) as caught:
            sources.add(project, other)
        assert caught.value.params["source"] == "photos"
    assert sources.add(project, folder.parent / "photos-too").name == "photos-too"


def test_a_folder_around_the_project_is_refused(project, tmp_path):
    with pytest.raises(errors.FolderHoldsProject):
        sources.add(project, tmp_path)
    with pytest.raises(errors.FolderHoldsProject):
        sources.add(project, project.root)


def test_a_folder_that_is_not_there_is_refused(project, folder):
    put(folder / "a.jpg")
    for path in (folder / "nothing", folder / "a.jpg"):
        with pytest.raises(errors.FolderNotFound):
            sources.add(project, path)
        with pytest.raises(errors.FolderNotFound):
            list(walk(path))
    assert sources.listing(project) == []


def test_sources_are_chosen_by_name(project, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        sources.add(project, tmp_path / name)
    assert [entry.name for entry in sources.select(project)] == ["a", "b", "c"]
    assert [entry.name for entry in sources.select(project, ["c", "a"])] == ["a", "c"]
    with pytest.raises(errors.UnknownSource) as caught:
        sources.select(project, ["a", "x"])
    assert caught.value.params == {"name": "x", "known": "a, b, c"}


@posix
def test_a_folder_whose_name_is_not_utf8_can_be_a_source(project, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    put(path / "a.jpg")
    source = sources.add(project, path)
    assert source.name == "caf"
    assert sources.listing(project) == [source]
    assert walked(sources.listing(project)[0].root) == ([("a.jpg", None)], {})


def test_a_walk_gives_images_by_extension_or_by_content(folder):
    put(folder / "b" / "z.JPG")
    put(folder / "b" / "c" / "deep.png")
    put(folder / "a.jpeg")
    put(folder / "no extension")
    put(folder / "really.txt")
    put(folder / "text.png", b"text")
    put(folder / "empty.tif", b"")
    put(folder / "picture.psd", b"8BPS")
    put(folder / "notes.txt", b"text")
    put(folder / "table.CSV", b"a;b")
    put(folder / "paper.pdf", b"%PDF-1.7")
    put(folder / "film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
    put(folder / "empty", b"")
    put(folder / "BMW.md", b"BMW is a maker of cars, in Bavaria.")
    put(folder / "P3.md", b"P3 is a protein")
    result, ignored = walked(folder)
    assert result == [
        ("a.jpeg", None),
        ("empty.tif", "empty"),
        ("no extension", None),
        ("picture.psd", None),
        ("really.txt", None),
        ("text.png", None),
        ("b/z.JPG", None),
        ("b/c/deep.png", None),
    ]
    assert ignored == {"txt": 1, "csv": 1, "pdf": 1, "mp4": 1, "": 1, "md": 2}


def test_a_walk_yields_size_and_time(folder):
    path = put(folder / "a.jpg")
    os.utime(path, ns=(1_600_000_000_123_456_700, 1_600_000_000_123_456_700))
    (entry,) = walk(folder)
    assert (entry.size, entry.mtime_ns) == (len(JPEG), path.stat().st_mtime_ns)
    assert (entry.raw_path, entry.reason, entry.detail) == (None, None, None)


def test_hidden_files_and_what_systems_leave_are_passed_over(folder):
    for path in (
        ".hidden.jpg", "._a.jpg", ".git/a.jpg", "__MACOSX/a.jpg", "@eaDir/a.jpg", "Thumbs.db",
        ".DS_Store", "$RECYCLE.BIN/a.jpg", "x/.trash/a.jpg", "x/seen.jpg",
    ):  # fmt: skip
        put(folder / path)
    assert walked(folder) == ([("x/seen.jpg", None)], {})


@posix
def test_loops_of_links_end(folder):
    put(folder / "a" / "b" / "one.jpg")
    (folder / "a" / "b" / "up").symlink_to(folder / "a")
    (folder / "a" / "self").symlink_to(folder / "a" / "self")
    (folder / "around").symlink_to(folder.parent)
    (folder / "here").symlink_to(".")
    (folder / "again").symlink_to(folder / "a" / "b")
    assert walked(folder) == (
        [
            ("again", "link_loop"),
            ("around", "link_loop"),
            ("here", "link_loop"),
            ("a/self", "link_loop"),
            ("a/b/one.jpg", None),
            ("a/b/up", "link_loop"),
        ],
        {},
    )


@posix
def test_links_that_lead_elsewhere_are_followed_once(folder, tmp_path):
    put(tmp_path / "elsewhere" / "deep" / "far.jpg")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "elsewhere")
    (folder / "first").symlink_to(tmp_path / "elsewhere")
    (folder / "second").symlink_to(tmp_path / "elsewhere" / "deep")
    (folder / "file.jpg").symlink_to(tmp_path / "elsewhere" / "deep" / "far.jpg")
    (folder / "gone.jpg").symlink_to(tmp_path / "nothing")
    (folder / "gone").symlink_to(tmp_path / "nothing")
    assert walked(folder) == (
        [
            ("file.jpg", None),
            ("gone", "broken_link"),
            ("gone.jpg", "broken_link"),
            ("second", "link_loop"),
            ("first/back", "link_loop"),
            ("first/deep/far.jpg", None),
        ],
        {},
    )


@posix
def test_a_pipe_stops_no_walk(folder):
    os.mkfifo(folder / "pipe.jpg")
    os.mkfifo(folder / "pipe")
    assert walked(folder) == ([("pipe.jpg", "not_a_file")], {"": 1})


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse names not UTF-8")
def test_names_that_are_not_utf8_are_readable_and_lead_back(folder):
    inside = os.fsencode(folder) + b"/caf\xe9"
    Path(os.fsdecode(inside)).mkdir()
    put(Path(os.fsdecode(inside + b"/\xff\xfe.jpg")))
    put(folder / "été" / "plain.jpg")
    put(folder / "back\\slash.jpg")
    entries = list(walk(folder))
    assert [(entry.path, entry.raw_path) for entry in entries] == [
        ("back\\slash.jpg", None),
        ("caf\\xe9/\\xff\\xfe.jpg", b"caf\xe9/\xff\xfe.jpg"),
        ("été/plain.jpg", None),
    ]
    source = Source("x", folder, None)
    for entry in entries:
        entry.path.encode("utf-8")
        assert sources.absolute_path(source, entry.path, entry.raw_path).read_bytes() == JPEG


@posix
def test_a_folder_without_permission_is_an_obstacle_and_the_walk_goes_on():
    with ordinary_user() as folder:
        put(folder / "a" / "one.jpg")
        put(folder / "b" / "two.jpg")
        put(folder / "c.jpg").chmod(0)
        put(folder / "c.txt").chmod(0)
        (folder / "a").chmod(0)
        result = walked(folder)
        folder.chmod(0)
        closed = [(entry.path, entry.reason, entry.detail) for entry in walk(folder)]
        folder.chmod(0o700)
        (folder / "a").chmod(0o700)
    assert result == ([("c.jpg", None), ("a", "folder_denied"), ("b/two.jpg", None)], {"txt": 1})
    assert closed == [(".", "folder_denied", "Permission denied")]


@pytest.mark.parametrize("path", ["../a.jpg", "a/../../b.jpg", "/etc/passwd", "", ".."])
def test_no_path_leads_out_of_its_source(folder, path):
    source = Source("x", folder, None)
    for raw in (None, path.encode()):
        with pytest.raises(errors.UnknownImage):
            sources.absolute_path(source, path, raw)


def test_the_walk_is_in_one_order(folder):
    for number in range(2000):
        put(folder / f"{number % 20:02}" / f"{number}.jpg", b"x")
    entries = list(walk(folder))
    assert len(entries) == 2000
    assert entries == list(walk(folder))
