"""The demo corpus: made here, of what is here, the same each time."""

import hashlib
from collections import Counter

import pytest

from panoptic_data.errors import UnreadableImage
from panoptic_data.ingest import demo
from panoptic_data.media import decode


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return demo.make(tmp_path_factory.mktemp("demo") / "images")


def listing(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha1(path.read_bytes()).hexdigest()
        for path in listing(folder)
    }


def test_it_has_the_requested_size_and_is_small_on_disk(corpus):
    paths = listing(corpus)
    assert len(paths) == 320
    assert sum(path.stat().st_size for path in paths) < 40_000_000
    assert len({path.parent for path in paths}) >= 15


def test_most_of_it_can_be_seen_and_some_is_broken(corpus):
    formats, reasons, dated, placed, turned = Counter(), Counter(), 0, 0, 0
    for path in listing(corpus):
        try:
            picture = decode.decode(path.read_bytes(), 64)
        except UnreadableImage as error:
            reasons[error.reason] += 1
            continue
        formats[picture.format] += 1
        dated += picture.taken_at is not None
        placed += picture.lat is not None
        turned += picture.orientation != 1
    assert set(formats) == {
        *("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF", "JPEG2000", "BMP")
    }
    assert reasons == {"empty": 1, "truncated": 2, "not_an_image": 3}
    assert min(dated, placed, turned) > 20


def test_it_has_exact_copies_and_smaller_ones(corpus):
    alike = Counter(digests(corpus).values())
    assert sum(count > 1 for count in alike.values()) == 20
    assert len(list((corpus / "Inbox" / "For the website").iterdir())) == 22


def test_it_is_the_same_each_time_and_another_with_another_seed(tmp_path):
    first = digests(demo.make(tmp_path / "first", 48))
    assert digests(demo.make(tmp_path / "second", 48)) == first
    other = digests(demo.make(tmp_path / "third", 48, seed=1))
    assert other.keys() != first.keys() or other != first


def test_making_it_again_touches_nothing_and_restores_what_is_gone(tmp_path):
    folder = demo.make(tmp_path / "images", 48)
    before = {path: path.stat().st_mtime_ns for path in listing(folder)}
    gone = listing(folder)[5]
    content = gone.read_bytes()
    gone.unlink()
    demo.make(folder, 48)
    assert gone.read_bytes() == content
    after = {path: path.stat().st_mtime_ns for path in listing(folder)}
    assert {path: time for path, time in after.items() if path != gone} == {
        path: time for path, time in before.items() if path != gone
    }
