"""Formats recognised by their first bytes, truncation, frames and halvings."""

import pytest
from PIL import Image

from panoptic_data.media import formats
from tests.images import READABLE, encoded, scene


@pytest.mark.parametrize("name", READABLE)
def test_a_format_is_recognised_by_its_first_bytes(name):
    data, kind, *_ = READABLE[name]()
    assert formats.probe(data[: formats.PROBED_BYTES]) == kind
    assert formats.probe(b"x" + data) is None


@pytest.mark.parametrize(
    "data", [b"", b"BM is a text", b"P5 is a postcode", b"RIFF0000WAVE", b"\0"]
)
def test_what_is_no_image_is_not_recognised(data):
    assert formats.probe(data) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "AVIF", "JPEG2000"])
def test_a_file_without_its_second_half_is_cut(kind):
    data = encoded(scene(), kind)
    assert not formats.is_cut(kind, data)
    assert formats.is_cut(kind, data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
def test_a_file_without_more_than_its_header_is_cut(kind):
    data = encoded(scene(), kind)
    assert not formats.is_cut(kind, data)
    assert formats.is_cut(kind, data[:10])


@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
def test_frames_are_counted_without_decoding(kind, monkeypatch):
    pictures = [scene(seed=number) for number in range(3)]
    data = encoded(pictures[0], kind, save_all=True, append_images=pictures[1:])
    assert formats.count_frames(kind, data) == 3
    assert formats.count_frames("PNG", encoded(scene(), "PNG")) is None
    monkeypatch.setattr(formats, "MAX_FRAMES", 2)
    assert formats.count_frames(kind, data) == 2


def test_the_halvings_of_a_jpeg_2000_are_its_resolution_levels():
    picture = Image.new("RGB", (256, 256), "teal")
    for resolutions in (1, 4):
        data = encoded(picture, "JPEG2000", num_resolutions=resolutions)
        assert formats.halvings("JPEG2000", data) == resolutions - 1
    assert formats.halvings("JPEG", encoded(picture, "JPEG")) == 0
