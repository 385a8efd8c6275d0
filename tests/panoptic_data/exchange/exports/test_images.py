"""The images themselves, exported: bytes, links, sizes, folders, and what is not there."""

import csv
import hashlib

import pytest
from PIL import Image

from panoptic_data import create_property, create_version, export, open_version, tag_images
from panoptic_data.errors import InvalidExport
from panoptic_data.ingest import source_changes, sources
from tests import synthetic
from tests.panoptic_data.exchange.exports import annotated as examples
from tests.panoptic_data.exchange.exports.annotated import NAMES, sha1_of


@pytest.fixture
def war(tmp_path):
    return examples.project(tmp_path)


def test_originals_are_copied_byte_by_byte_and_listed(war, tmp_path):
    written = export(war, "images", tmp_path / "out")
    assert (written.rows, written.problems, written.counts) == (4, (), {"files": 4})
    for name in NAMES:
        data = (tmp_path / f"out/images/{name}.jpg").read_bytes()
        assert hashlib.sha1(data).hexdigest() == sha1_of(name)
    rows = _rows(tmp_path / "out/files.csv")
    assert sorted(row["file"] for row in rows) == [f"images/{name}.jpg" for name in sorted(NAMES)]
    assert not (tmp_path / "out/problems.csv").exists()


def test_links_share_their_bytes_with_the_originals(war, tmp_path):
    export(war, "images", tmp_path / "out", link=True)
    original = tmp_path / "pictures/1930/red.jpg"
    assert (tmp_path / "out/images/red.jpg").samefile(original)


def test_resized_images_are_no_longer_than_asked_for(war, tmp_path):
    export(war, "images", tmp_path / "out", size=20, names="unique")
    file = tmp_path / f"out/images/red-{sha1_of('red')[:10]}.jpg"
    assert _size(file) == (20, 13)
    export(war, "images", tmp_path / "large", size=2000)
    assert _size(tmp_path / "large/images/red.jpg") == (48, 32)


def test_folders_follow_a_property_and_never_lead_out(war, tmp_path):
    theme = create_property(war, "Theme", "tags")
    tag_images(war, theme, [sha1_of("red")], ["../../up", "a/b", "CON"])
    export(war, "images", tmp_path / "out", by="theme")
    files = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.jpg"))
    assert files == [
        *("images/.._.._up/red.jpg", "images/_CON/red.jpg"),
        *(f"images/_without_value/{name}.jpg" for name in ("blue", "green", "grey")),
        "images/a_b/red.jpg",
    ]
    export(war, "images", tmp_path / "by-folder", by="folder")
    assert (tmp_path / "by-folder/images/1930/red.jpg").exists()


def test_names_that_clash_are_kept_apart(tmp_path):
    opened = synthetic.project(tmp_path / "war")
    root = tmp_path / "pictures"
    source = {"name": "p", "uri": str(root), "added_at": synthetic.AT}
    synthetic.write(opened, "sources", [source])
    files = []
    for folder, colour in (("a", "red"), ("b", "blue")):
        data = synthetic.picture(colour)
        (root / folder).mkdir(parents=True)
        (root / folder / "same.jpg").write_bytes(data)
        sha1 = hashlib.sha1(data).hexdigest()
        files.append({**synthetic.file(f"p/{folder}/same.jpg", colour), "sha1": sha1})
        synthetic.write(opened, "images", [{**synthetic.image(colour), "sha1": sha1}])
    synthetic.write(opened, "files", files)
    export(opened, "images", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out/images").iterdir()) == [
        *("same (2).jpg", "same.jpg"),
    ]


def test_what_is_not_there_is_reported_and_a_copy_stands_in(war, tmp_path):
    pictures = tmp_path / "pictures"
    (pictures / "1930/red.jpg").unlink()
    (pictures / "1930/blue.jpg").unlink()
    (pictures / "1930/green.jpg").write_bytes(b"other")
    written = export(war, "images", tmp_path / "out")
    assert {(p.path, p.why) for p in written.problems} == {
        ("posters/1930/blue.jpg", "not_there"),
        ("posters/1930/green.jpg", "changed"),
    }
    # The copy elsewhere has the same bytes.
    assert (tmp_path / "out/images/red.jpg").exists()
    assert {row["problem"] for row in _rows(tmp_path / "out/problems.csv")} == {
        *("not_there", "changed"),
    }


def test_resized_images_of_a_disk_that_is_away_are_thumbnails(war, tmp_path):
    (tmp_path / "pictures").rename(tmp_path / "away")
    written = export(war, "images", tmp_path / "out", size=100)
    assert len(written.problems) == 4
    assert _size(tmp_path / "out/images/blue.jpg") == (24, 16)
    export(war, "csv", tmp_path / "labels.csv")


def _rows(file):
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def _size(file):
    with Image.open(file) as image:
        return image.size


def test_images_of_a_version_come_from_where_their_folder_is_now(war, tmp_path):
    create_version(war, "submitted")
    (name,) = (source.name for source in sources.listing(war))
    moved = tmp_path / "elsewhere"
    (tmp_path / "pictures").rename(moved)
    source_changes.relink(war, name, moved)
    then = open_version(war, "submitted")
    written = export(then, "images", tmp_path / "out")
    assert (written.problems, written.counts) == ((), {"files": 4})
    for colour in NAMES:
        data = (tmp_path / f"out/images/{colour}.jpg").read_bytes()
        assert hashlib.sha1(data).hexdigest() == sha1_of(colour)
    # Nor is anything written among the images where they are now.
    with pytest.raises(InvalidExport):
        export(then, "images", moved / "out")
