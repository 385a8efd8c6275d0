"""Bytes to pixels: every format, every oddity, every reason."""

import json
import struct
import tomllib
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from panoptic_data.errors import UnreadableImage
from panoptic_data.media import decode
from tests.images import (
    READABLE,
    UNREADABLE,
    encoded,
    exif,
    other_profile,
    scene,
    shared,
    sixteen_bits,
)
from tests.memory import run_and_weigh

WHITE = (255, 255, 255)


def difference(image, other):
    """Return the mean difference of two pictures of one size, in levels of 255."""
    assert image.size == other.size
    return float(np.abs(np.asarray(image, float) - np.asarray(other, float)).mean())


def refusal(data):
    """Decode, and return why that was refused; None if it was not."""
    try:
        picture = decode.decode(data, 64)
    except UnreadableImage as error:
        return error
    assert picture.pixels.mode == "RGB"
    return None


def grey(image):
    return np.asarray(image.convert("L"), int)


@pytest.mark.parametrize("name", READABLE)
def test_every_format_shows_its_first_frame(name):
    data, kind, mode, frames = READABLE[name]()
    picture = decode.decode(data)
    assert (picture.format, picture.mode, picture.frames) == (kind, mode, frames)
    assert (picture.width, picture.height, picture.pixels.mode) == (320, 240, "RGB")
    assert difference(picture.pixels, scene()) < 1.5
    assert decode.probe(data[:64]) == kind


@pytest.mark.parametrize("name", READABLE)
def test_every_format_can_be_asked_for_less(name):
    data, *_ = READABLE[name]()
    picture = decode.decode(data, short_side=50)
    assert (picture.width, picture.height) == (320, 240)
    assert 50 <= min(picture.pixels.size) <= 120
    small = picture.pixels.resize((64, 48), Image.Resampling.BOX)
    assert difference(small, scene().resize((64, 48), Image.Resampling.BOX)) < 4


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_says_why(name):
    data, reason = UNREADABLE[name]()
    with pytest.raises(UnreadableImage) as caught:
        decode.decode(data, 256)
    assert caught.value.reason == reason


def test_every_reason_has_its_text_and_no_text_lacks_its_reason():
    for language in ("en", "fr"):
        text = files("panoptic_data.messages").joinpath(language, "reason.toml").read_text("utf-8")
        assert tuple(sorted(tomllib.loads(text))) == decode.REASONS


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG2000", "PPM"])
def test_sixteen_bits_are_scaled_and_not_cut_off(kind):
    values = sixteen_bits()
    picture = decode.decode(encoded(Image.fromarray(values), kind))
    expected = np.rint(values / 257)
    assert np.abs(grey(picture.pixels) - expected).max() <= 1


@pytest.mark.parametrize("top", [4095, 255])
def test_twelve_or_eight_bits_in_sixteen_are_not_black(top):
    values = sixteen_bits(top)
    picture = decode.decode(encoded(Image.fromarray(values), "PNG"))
    assert np.abs(grey(picture.pixels) - np.rint(values / top * 255)).max() <= 1


def test_sixteen_bit_colours_are_scaled():
    # Pillow writes none: the channels of a 16-bit RGB PNG, high byte first, made by hand.
    values = sixteen_bits()
    data = _png_16_bit_rgb(np.stack([values, values[:, ::-1], values], axis=-1))
    pixels = np.asarray(decode.decode(data).pixels, int)
    assert np.abs(pixels[..., 0] - np.rint(values / 257)).max() <= 1
    assert np.abs(pixels[..., 1] - np.rint(values[:, ::-1] / 257)).max() <= 1


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0, 255), (-3, 7), (1e30, 3e38)], ids=["unit", "byte", "any", "huge"]
)
def test_floats_are_brought_to_what_a_screen_shows(low, high):
    unit = sixteen_bits() / 65535
    values = (low + unit * (high - low)).astype(np.float32)
    picture = decode.decode(encoded(Image.fromarray(values), "TIFF"))
    assert np.abs(grey(picture.pixels) - np.rint(unit * 255)).max() <= 1


def test_floats_that_are_no_numbers_become_the_smallest():
    values = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    values[:, 10], values[:, 20] = np.nan, np.inf
    shown = grey(decode.decode(encoded(Image.fromarray(values), "TIFF")).pixels)
    assert (shown[:, 10] == 0).all()
    assert (shown[:, 20] == 0).all()
    assert (shown[:, 63] == 255).all()


def test_negative_integers_are_stretched():
    values = np.tile(np.linspace(-1000, 1000, 64).astype(np.int32), (48, 1))
    shown = grey(decode.decode(encoded(Image.fromarray(values), "TIFF")).pixels)
    assert (shown[0, 0], shown[0, -1]) == (0, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "GIF"])
def test_what_is_transparent_is_white(kind):
    image = Image.new("RGBA", (64, 48), (200, 30, 30, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 48))
    options = {"lossless": True} if kind == "WEBP" else {}
    shown = decode.decode(encoded(image, kind, **options)).pixels
    assert shown.getpixel((5, 20)) == WHITE
    assert shown.getpixel((60, 20)) == (200, 30, 30)


def test_a_transparent_colour_is_white():
    image = Image.new("RGB", (64, 48), (1, 2, 3))
    image.paste((200, 30, 30), (32, 0, 64, 48))
    shown = decode.decode(encoded(image, "PNG", transparency=(1, 2, 3))).pixels
    assert (shown.getpixel((5, 20)), shown.getpixel((60, 20))) == (WHITE, (200, 30, 30))


def test_grey_with_alpha_is_grey_on_white():
    image = Image.new("LA", (64, 48), (100, 255))
    image.paste((0, 0), (0, 0, 32, 48))
    shown = decode.decode(encoded(image, "PNG")).pixels
    assert (shown.getpixel((5, 20)), shown.getpixel((60, 20))) == (WHITE, (100, 100, 100))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_an_embedded_profile_is_converted_to_srgb(kind):
    options = {"PNG": {}, "TIFF": {}, "JPEG": {"quality": 100}, "WEBP": {"lossless": True}}[kind]
    red = Image.new("RGB", (64, 48), (220, 10, 10))
    shown = decode.decode(encoded(red, kind, icc_profile=other_profile(), **options)).pixels
    r, _, b = shown.getpixel((30, 20))
    assert r < 60
    assert b > 180


@pytest.mark.parametrize("profile", [b"no profile at all", other_profile()[:200], b"\0" * 4000])
def test_a_broken_profile_is_ignored(profile):
    picture = decode.decode(encoded(scene(), "PNG", icc_profile=profile))
    assert difference(picture.pixels, scene()) == 0


def test_lab_is_shown_in_its_colours():
    # L* 53, a* 80, b* 67 is sRGB red (CIE 1976); in memory a* and b* are above 128.
    lab = Image.new("LAB", (64, 48), (135, 208, 195))
    r, g, b = decode.decode(encoded(lab, "TIFF")).pixels.getpixel((30, 20))
    assert r > 240
    assert max(g, b) < 30


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_shown_upright(kind, orientation):
    # The inverse of what a reader has to do (EXIF 2.32, 4.6.4, tag 274).
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene().transpose(undo[orientation]) if orientation in undo else scene()
    data = encoded(stored, kind, exif=exif(orientation=orientation))
    picture = decode.decode(data)
    assert (picture.width, picture.height) == (320, 240)
    assert picture.orientation == orientation
    assert difference(picture.pixels, scene()) < 2
    assert min(decode.open_image(data, 50).size) >= 50


@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_real_photographs_of_every_orientation_are_upright_and_alike(shape):
    folder = shared("exif-orientation")
    side = (600, 450) if shape == "Landscape" else (450, 600)
    pictures = [decode.decode((folder / f"{shape}_{n}.jpg").read_bytes()) for n in range(9)]
    upright = pictures[1]
    assert len({(one.width, one.height) for one in pictures}) == 1
    assert [one.orientation for one in pictures] == [1, 1, 2, 3, 4, 5, 6, 7, 8]
    small = upright.pixels.resize(side)
    for one in pictures:
        assert difference(one.pixels.resize(side), small) < 4


def test_metadata_is_read():
    block = exif(
        taken="2019:07:14 18:05:59",
        make="Canon",
        model="Canon EOS 5D",
        lat=48.8584,
        lon=-2.2945,
        ImageDescription="La tour",
        Software="x",
    )
    picture = decode.decode(encoded(scene(), "JPEG", exif=block))
    assert picture.taken_at == datetime(2019, 7, 14, 18, 5, 59)
    assert picture.camera == "Canon EOS 5D"
    assert picture.lat == pytest.approx(48.8584, abs=1e-5)
    assert picture.lon == pytest.approx(-2.2945, abs=1e-5)
    known = json.loads(picture.exif)
    assert known["ImageDescription"] == "La tour"
    assert known["DateTimeOriginal"] == "2019:07:14 18:05:59"
    assert known["GPSLatitudeRef"] == "N"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_metadata_is_read_from_every_format_that_has_it(kind):
    block = exif(taken="2019:07:14 18:05:59", make="Leica", model="M6", lat=-10.5, lon=20.25)
    picture = decode.decode(encoded(scene(), kind, exif=block))
    found = (picture.taken_at, picture.camera, picture.lat, picture.lon)
    assert found == (datetime(2019, 7, 14, 18, 5, 59), "Leica M6", -10.5, 20.25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019:07:14 18:05:59", datetime(2019, 7, 14, 18, 5, 59)),
        ("2019-07-14T18:05", datetime(2019, 7, 14, 18, 5)),
        ("1931:05:01", datetime(1931, 5, 1)),
        ("0000:00:00 00:00:00", None),
        ("2019:02:30 10:00:00", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
    ],
)
def test_dates_are_read_as_cameras_write_them(text, expected):
    assert decode.decode(encoded(scene(), "JPEG", exif=exif(taken=text))).taken_at == expected


def test_a_receiver_without_a_fix_gives_no_place():
    picture = decode.decode(encoded(scene(), "JPEG", exif=exif(lat=0.0, lon=0.0)))
    assert (picture.lat, picture.lon) == (None, None)


def test_long_dirty_texts_are_cut_and_cleaned():
    block = exif(
        ImageDescription="x" * 5000,
        Artist=b"Ren\xe9\0\0e\x07\n",
        Copyright="été".encode(),
        make="M" * 5000,
    )
    picture = decode.decode(encoded(scene(), "JPEG", exif=block))
    known = json.loads(picture.exif)
    assert known["ImageDescription"] == "x" * 500
    assert known["Copyright"] == "été"
    assert known["Artist"] == "Ren\xe9  e"
    assert picture.camera == "M" * 500
    assert "\0" not in picture.exif


@pytest.mark.parametrize("seed", range(40))
def test_broken_metadata_fails_no_image(seed):
    random = np.random.default_rng(seed)
    block = bytearray(exif(taken="2019:07:14 18:05:59", make="Leica", model="M6", lat=1, lon=2))
    for at in random.integers(6, len(block), 12):
        block[at] = random.integers(0, 256)
    picture = decode.decode(encoded(scene(), "JPEG", exif=bytes(block)))
    assert picture.pixels.size in ((320, 240), (240, 320))
    assert isinstance(json.loads(picture.exif), dict)
    picture.exif.encode()


def test_what_a_decoder_says_in_bytes_is_told_as_text():
    refused = refusal(b"P5\n" + b"0" * 20 + b" 1\n255\n\x00")
    assert refused.detail.startswith("Token too long in file header: 000")


@pytest.mark.parametrize("name", READABLE)
def test_damaged_files_are_read_or_refused_and_nothing_else(name):
    data, *_ = READABLE[name]()
    for seed in range(30):
        random = np.random.default_rng(seed)
        hurt = bytearray(data)
        reach = len(hurt) if seed % 2 else min(len(hurt), 300)
        for at in random.integers(0, reach, 1 + seed % 9):
            hurt[at] = random.integers(0, 256)
        refused = refusal(bytes(hurt))
        assert refused is None or refused.reason in decode.REASONS
        # What a decoder says must not differ from run to run.
        assert refused is None or " at 0x" not in refused.detail


@pytest.mark.parametrize("name", READABLE)
def test_files_cut_anywhere_are_read_or_refused(name):
    data, *_ = READABLE[name]()
    for share in np.linspace(0.001, 0.999, 25):
        refused = refusal(data[: int(len(data) * share)])
        assert refused is None or refused.reason in decode.REASONS


@pytest.mark.parametrize("size", [(373, 560), (561, 641), (640, 480), (501, 502)])
@pytest.mark.parametrize("short_side", [20, 64, 100, 200, 300])
def test_a_jpeg_2000_of_any_size_can_be_reduced(size, short_side):
    data = encoded(scene(size), "JPEG2000")
    picture = decode.decode(data, short_side)
    assert (picture.width, picture.height) == size
    assert short_side <= min(picture.pixels.size) < max(4 * short_side, 400)
    small = picture.pixels.resize((40, 40), Image.Resampling.BOX)
    assert difference(small, scene(size).resize((40, 40), Image.Resampling.BOX)) < 5


def test_a_panorama_and_a_line_are_reduced_but_never_to_nothing():
    assert min(decode.open_image(encoded(Image.new("RGB", (4000, 3)), "PNG"), 256).size) == 3
    assert decode.open_image(encoded(Image.new("RGB", (1, 1)), "PNG"), 256).size == (1, 1)


def test_pillow_s_warnings_are_silent_in_threads_and_those_of_others_are_not():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = "described at some length"
    whole = encoded(scene(), "TIFF", tiffinfo=tags)
    # The description now claims to be longer than the file: Pillow warns, thrice.
    entry = whole.index(b"\x0e\x01\x02\x00") + 4
    data = whole[:entry] + b"\xff\xff\xff\x00" + whole[entry + 4 :]
    with pytest.warns(UserWarning, match="Tag data larger than file"):
        Image.open(BytesIO(data)).load()
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(decode.decode, [data] * 40))
    assert all(difference(picture.pixels, scene()) == 0 for picture in pictures)
    with pytest.warns(UserWarning, match="mine"):
        warnings.warn("mine", UserWarning, stacklevel=1)


def test_a_picture_that_needs_too_much_memory_is_refused_before_it_is_decoded():
    # 4 billion pixels of nothing, in a file of 200 bytes.
    data, _ = UNREADABLE["bomb.png"]()
    with pytest.raises(UnreadableImage) as caught:
        decode.decode(data)
    assert (caught.value.reason, caught.value.detail) == ("too_many_pixels", "60000 × 60000")


def test_a_jpeg_larger_than_the_limit_is_read_at_a_fraction(tmp_path):
    side = 18_000
    assert side * side > decode.MAX_PIXELS
    place = tmp_path / "sheet.jpg"
    Image.new("L", (side, side), 200).save(place)
    shown, memory = run_and_weigh(
        "from pathlib import Path; from panoptic_data.media import decode\n"
        f"picture = decode.decode(Path({str(place)!r}).read_bytes(), 256)\n"
        "print(picture.width, *picture.pixels.getpixel((9, 9)))"
    )
    assert shown == "18000 200 200 200\n"
    assert memory < 200
    with pytest.raises(UnreadableImage):
        decode.decode(place.read_bytes())


def test_large_pictures_wait_for_each_other(tmp_path):
    # A WebP takes 16 bytes a pixel while it is decoded: eight of these at once would be 3 GB.
    place = tmp_path / "large.webp"
    scene((6000, 4000)).save(place, quality=20, method=0)
    shown, memory = run_and_weigh(
        "from concurrent.futures import ThreadPoolExecutor; from pathlib import Path\n"
        "from panoptic_data.media import decode\n"
        f"data = Path({str(place)!r}).read_bytes()\n"
        "pictures = ThreadPoolExecutor(8).map(lambda _: decode.decode(data, 256), range(8))\n"
        "print(sum(picture.width for picture in pictures))"
    )
    assert int(shown) == 8 * 6000
    assert memory < 1500


def _png_16_bit_rgb(values):
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    file = BytesIO(b"\x89PNG\r\n\x1a\n")
    file.seek(0, 2)
    for name, body in chunks:
        file.write(struct.pack(">I", len(body)) + name + body)
        file.write(struct.pack(">I", zlib.crc32(name + body)))
    return file.getvalue()
