"""Images by identifier: a server on this machine, real files, real tables."""

import asyncio
import io
import itertools
import struct

import pytest
from PIL import Image

from app.api.images import Thumbnails
from panoptic_data.ingest import images, scan
from tests.served_corpus import encoded, sha1_of


def test_a_thumbnail_is_kept_forever_and_not_sent_twice(ask, real_corpus):
    name = sha1_of(real_corpus[2]["red.jpg"])
    answer, body = ask(f"/thumb/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert "immutable" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(body)).size == (384, 256)
    again, nothing = ask(f"/thumb/{name}", If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


def parts(body, count):
    """Take an answer of ``/thumbs`` apart: lengths (uint32, little endian), then the JPEGs."""
    lengths = struct.unpack(f"<{count}I", body[: 4 * count])
    ends = list(itertools.accumulate(lengths, initial=4 * count))
    assert ends[-1] == len(body)
    return [body[start:end] for start, end in itertools.pairwise(ends)]


def test_several_thumbnails_in_one_answer_are_those_that_are_served_alone(ask, real_corpus):
    names = [sha1_of(real_corpus[2][name]) for name in ("red.jpg", "scan.tif", "book.jp2")]
    path = f"/thumbs?sha1s={''.join(names)}"
    answer, body = ask(path)
    assert parts(body, 3) == [ask(f"/thumb/{name}")[1] for name in names]
    assert "immutable" in answer.headers["Cache-Control"]
    # A JPEG does not get smaller by being compressed again.
    assert answer.headers["Content-Encoding"] == "identity"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    again, nothing = ask(path, If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


def test_what_is_served_alone_by_no_one_is_empty_among_others_and_may_come_later(ask, real_corpus):
    contents = real_corpus[2]
    red = sha1_of(contents["red.jpg"])
    # Neither an image that is not there nor a file that poses as one.
    names = ["0" * 40, red, sha1_of(contents["page.png"])]
    answer, body = ask(f"/thumbs?sha1s={''.join(names)}")
    assert parts(body, 3) == [b"", ask(f"/thumb/{red}")[1], b""]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "names", ["", "x", "0" * 39, "0" * 41, "0" * 40 * 65, "0" * 39 + "'", "../" * 14, "%00" * 40]
)
def test_a_list_of_thumbnails_that_is_none_is_not_found(ask, names):
    assert ask(f"/thumbs?sha1s={names.replace(chr(39), '%27')}")[0].status == 404


def test_a_larger_thumbnail_is_made_of_the_original_and_never_larger_than_it(ask, real_corpus):
    answer, body = ask(f"/thumb/{sha1_of(real_corpus[2]['red.jpg'])}?w=300")
    assert answer.status == 200
    assert Image.open(io.BytesIO(body)).size == (600, 400)


@pytest.mark.parametrize("width", ["x", "-1", "1e9", "99999999999"])
def test_a_width_that_is_no_number_is_refused(ask, real_corpus, width):
    assert ask(f"/thumb/{sha1_of(real_corpus[2]['red.jpg'])}?w={width}")[0].status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/thumb/" + "0" * 40,
        "/thumb/x",
        "/image/" + "0" * 40,
        "/image/' OR 1=1 --",
        "/file/" + "0" * 16,
        "/file/0123456789abcdeZ",
        "/image/..%2f..%2fsecret.txt",
        "/image/../../secret.txt",
        "/file/%2fetc%2fpasswd",
        "/thumb/%00",
        "/map/..%2f..%2fproject.toml",
        "/map/nothing",
    ],
)
def test_what_is_not_in_the_tables_is_not_found(ask, path):
    answer, body = ask(path.replace(" ", "%20").replace("'", "%27"))
    assert answer.status == 404
    assert b"secret" not in body
    assert b"root:" not in body


def test_a_missing_thumbnail_is_a_quiet_tile_that_is_asked_again(ask):
    answer, body = ask("/thumb/" + "0" * 40)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert body.startswith(b"<svg")


@pytest.mark.parametrize(("name", "kind"), [("red.jpg", "image/jpeg"), ("moving.gif", "image/gif")])
def test_an_original_that_browsers_show_is_sent_as_it_is(ask, real_corpus, name, kind):
    data = real_corpus[2][name]
    answer, body = ask(f"/image/{sha1_of(data)}")
    assert (answer.status, answer.headers["Content-Type"], body) == (200, kind, data)


@pytest.mark.parametrize(
    ("name", "size"),
    [("print.jpg", (600, 400)), ("scan.tif", (300, 200)), ("book.jp2", (64, 64))],
)
def test_an_original_that_browsers_misread_is_sent_as_an_rgb_jpeg(ask, real_corpus, name, size):
    answer, body = ask(f"/image/{sha1_of(real_corpus[2][name])}")
    picture = Image.open(io.BytesIO(body))
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", size)
    red, green, blue = picture.getpixel((10, 10))
    assert red > 150 > 90 > max(green, blue)


def test_every_picture_is_sent_so_that_nothing_in_it_can_run(ask, real_corpus):
    for path in (f"/image/{sha1_of(real_corpus[2]['red.jpg'])}", f"/thumb/{'0' * 40}"):
        answer, _ = ask(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("name", ["drawing.jpg", "page.png"])
def test_a_page_that_poses_as_a_picture_is_never_sent(ask, real_corpus, name):
    _, source, contents = real_corpus
    for path in (f"/image/{sha1_of(contents[name])}", f"/file/{scan.file_id(source.name, name)}"):
        answer, body = ask(path)
        assert answer.status == 404
        assert b"alert" not in body


def test_a_file_is_sent_by_its_identifier(ask, real_corpus):
    _, source, contents = real_corpus
    answer, body = ask(f"/file/{scan.file_id(source.name, 'sub/copy of red.jpg')}")
    assert (answer.status, body) == (200, contents["sub/copy of red.jpg"])


def test_an_original_that_was_overwritten_is_not_sent_under_its_old_name(ask, real_corpus):
    _, source, contents = real_corpus
    path = source.root / "moving.gif"
    try:
        path.write_bytes(encoded(Image.new("RGB", (9, 9)), "GIF"))
        answer, body = ask(f"/image/{sha1_of(contents['moving.gif'])}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(body)).size == (60, 40)
    finally:
        path.write_bytes(contents["moving.gif"])


def test_thumbnails_asked_at_once_are_one_look_up_and_then_remembered(real_corpus):
    project, _, contents = real_corpus
    names = [sha1_of(contents[name]) for name in ("red.jpg", "scan.tif", "book.jp2")]
    look_ups = []

    class Counted(Thumbnails):
        def _look_up(self, sha1s):
            look_ups.append(sorted(sha1s))
            return super()._look_up(sha1s)

    async def ask_for_all():
        thumbnails = Counted(project)
        first = await asyncio.gather(*(thumbnails.get(name) for name in names * 5))
        again = await thumbnails.get(names[0])
        return first, again, await thumbnails.get("0" * 40)

    first, again, absent = asyncio.run(ask_for_all())
    assert look_ups == [sorted(names), ["0" * 40]]
    assert first == [images.thumbnails(project, names)[name] for name in names] * 5
    assert (again, absent) == (first[0], None)


def test_thumbnails_of_rows_are_looked_up_ahead_and_a_failure_there_is_nobodys(real_corpus):
    project, _, contents = real_corpus
    names = [sha1_of(contents[name]) for name in ("red.jpg", "scan.tif", "book.jp2")]
    look_ups = []

    class Counted(Thumbnails):
        def _look_up(self, addresses):
            look_ups.append(sorted(addresses))
            if len(look_ups) == 1:
                raise OSError("the disk is away")
            return super()._look_up(addresses)

    async def ahead_and_then_one_by_one():
        thumbnails = Counted(project)
        # Where rows lay once, others may lie by now, or none.
        addresses = dict(zip(names, (1, None, 1 << 50), strict=True))
        await thumbnails.prefetch(addresses)
        with pytest.raises(OSError, match="away"):
            await thumbnails.get(names[0])
        await asyncio.sleep(0.05)
        await thumbnails.prefetch(addresses)
        return [await thumbnails.get(name) for name in names]

    matches = asyncio.run(ahead_and_then_one_by_one())
    assert look_ups == [sorted(names)] * 2
    assert matches == [images.thumbnails(project, names)[name] for name in names]
