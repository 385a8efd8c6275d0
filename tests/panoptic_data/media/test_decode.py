"""Bytes to pixels: every format, every oddity, every reason."""

import tomllib
import warnings
from concurrent.futures import ThreadPoolExecutor
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
    difference,
    encoded,
    exif,
    scene,
    shared,
)
from tests.memory import run_and_weigh


def refusal(data):
    """Decode, and return why that was refused; None if it was not."""
    try:
        picture = decode.decode(data, 64)
    except UnreadableImage as error:
        return error
    assert picture.pixels.mode == "RGB"
    return None


@pytest.mark.parametrize("name", READABLE)
def test_every_format_shows_its_first_frame(name):
    data, kind, mode, frames = READABLE[name]()
    picture = decode.decode(data)
    assert (picture.format, picture.mode, picture.frames) == (kind, mode, frames)
    assert (picture.width, picture.height, picture.pixels.mode) == (320, 240, "RGB")
    assert difference(picture.pixels, scene()) < 1.5
    assert decode.probe(data[:64]) == kind


@pytest.mark.parametrize("name", READABLE)
def test_every_format_can_be_decoded_at_a_reduced_size(name):
    data, *_ = READABLE[name]()
    picture = decode.decode(data, short_side=50)
    assert (picture.width, picture.height) == (320, 240)
    assert 50 <= min(picture.pixels.size) <= 120
    small = picture.pixels.resize((64, 48), Image.Resampling.BOX)
    assert difference(small, scene().resize((64, 48), Image.Resampling.BOX)) < 4


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_raises_its_reason(name):
    data, reason = UNREADABLE[name]()
    with pytest.raises(UnreadableImage) as caught:
        decode.decode(data, 256)
    assert caught.value.reason == reason


def test_every_reason_has_a_text_and_every_text_a_reason():
    for language in ("en", "fr"):
        text = files("panoptic_data.messages").joinpath(language, "reason.toml").read_text("utf-8")
        assert tuple(sorted(tomllib.loads(text))) == decode.REASONS


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
    assert len({(picture.width, picture.height) for picture in pictures}) == 1
    assert [picture.orientation for picture in pictures] == [1, 1, 2, 3, 4, 5, 6, 7, 8]
    small = upright.pixels.resize(side)
    for picture in pictures:
        assert difference(picture.pixels.resize(side), small) < 4


def test_a_decoder_s_message_in_bytes_is_decoded():
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


def test_a_panorama_and_a_line_are_reduced_but_never_to_nothing():
    assert min(decode.open_image(encoded(Image.new("RGB", (4000, 3)), "PNG"), 256).size) == 3
    assert decode.open_image(encoded(Image.new("RGB", (1, 1)), "PNG"), 256).size == (1, 1)


def test_pillow_s_warnings_are_silent_in_threads_and_those_of_others_are_not():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = "described at some length"
    complete = encoded(scene(), "TIFF", tiffinfo=tags)
    # The description now claims to be longer than the file: Pillow warns, thrice.
    entry = complete.index(b"\x0e\x01\x02\x00") + 4
    data = complete[:entry] + b"\xff\xff\xff\x00" + complete[entry + 4 :]
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
    path = tmp_path / "sheet.jpg"
    Image.new("L", (side, side), 200).save(path)
    output, memory = run_and_weigh(
        "from pathlib import Path; from panoptic_data.media import decode\n"
        f"picture = decode.decode(Path({str(path)!r}).read_bytes(), 256)\n"
        "print(picture.width, *picture.pixels.getpixel((9, 9)))"
    )
    assert output == "18000 200 200 200\n"
    assert memory < 200
    with pytest.raises(UnreadableImage):
        decode.decode(path.read_bytes())


def test_large_pictures_wait_for_each_other(tmp_path):
    # A WebP takes 16 bytes a pixel while it is decoded: eight of these at once would be 3 GB.
    path = tmp_path / "large.webp"
    scene((6000, 4000)).save(path, quality=20, method=0)
    output, memory = run_and_weigh(
        "from concurrent.futures import ThreadPoolExecutor; from pathlib import Path\n"
        "from panoptic_data.media import decode\n"
        f"data = Path({str(path)!r}).read_bytes()\n"
        "pictures = ThreadPoolExecutor(8).map(lambda _: decode.decode(data, 256), range(8))\n"
        "print(sum(picture.width for picture in pictures))"
    )
    assert int(output) == 8 * 6000
    assert memory < 1500
