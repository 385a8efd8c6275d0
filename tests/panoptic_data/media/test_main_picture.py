"""Which picture of a file is shown, and how many it counts as."""

import struct
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from panoptic_data.media import decode
from tests.images import difference, encoded, exif, scene

SMALL = (50, 38)


def pages(*written):
    """Write a TIFF of pages, each a picture and its NewSubfileType."""
    file = BytesIO()
    with tifffile.TiffWriter(file) as tiff:
        for picture, kind in written:
            tiff.write(np.asarray(picture), photometric="rgb", subfiletype=kind)
    return file.getvalue()


@pytest.mark.parametrize("flag", [1, 0], ids=["flagged", "not flagged"])
def test_a_tiff_that_begins_with_its_preview_shows_the_picture(flag):
    data = pages((scene().resize(SMALL), flag), (scene(), 0))
    picture = decode.decode(data)
    assert (picture.width, picture.height) == (320, 240)
    assert difference(picture.pixels, scene()) == 0
    assert picture.frames == (1 if flag else 2)


def test_what_stands_at_the_preview_is_read_too():
    file = BytesIO()
    block = exif(taken="1958:06:00", make="Sinar", lat=10.5, lon=20.25)
    preview = scene().resize(SMALL)
    preview.save(
        file, "TIFF", save_all=True, append_images=[scene()], exif=block,
        xmp=b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
    )  # fmt: skip
    picture = decode.decode(file.getvalue())
    assert (picture.width, picture.camera, picture.lat) == (320, "Sinar", 10.5)
    assert picture.description.taken.text == "1958-06"


def test_smaller_versions_and_masks_of_a_page_are_no_pages():
    levels = [(scene().resize((160 >> n, 120 >> n)), 1) for n in range(3)]
    picture = decode.decode(pages((scene(), 0), *levels, (scene(seed=2), 0)))
    assert (picture.width, picture.frames) == (320, 2)


def test_colours_of_sixteen_bits_behind_a_preview_are_scaled():
    values = np.asarray(scene(), "uint16") * 16
    file = BytesIO()
    with tifffile.TiffWriter(file) as tiff:
        tiff.write(np.asarray(scene().resize(SMALL)), photometric="rgb", subfiletype=1)
        tiff.write(values, photometric="rgb")
    shown = decode.decode(file.getvalue()).pixels
    assert np.abs(np.asarray(shown, int) - np.asarray(scene(), int)).max() <= 1


def test_a_large_thumbnail_of_a_camera_is_no_second_picture():
    data = bytearray(encoded(scene(), "MPO", save_all=True, append_images=[scene((160, 120))]))
    assert decode.decode(bytes(data)).frames == 2
    # The second entry's attribute: Large Thumbnail (VGA Equivalent), CIPA DC-007 5.2.3.3.1.
    at = data.index(b"MPF\0")
    order = "<" if data[at + 4 : at + 6] == b"II" else ">"
    second = data.index(struct.pack(order + "I", 0x030000), at) + 16
    data[second : second + 4] = struct.pack(order + "I", 0x010001)
    picture = decode.decode(bytes(data))
    assert (picture.frames, picture.width) == (1, 320)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("ground", ["black", "white"])
def test_a_film_that_begins_blank_shows_its_first_frame_with_content(kind, ground):
    blank = Image.new("RGB", (320, 240), ground)
    faint = Image.blend(blank, scene(), 0.1)
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(
        blank, kind, save_all=True, append_images=[blank.copy(), faint, scene(), blank], **options
    )
    picture = decode.decode(data, 64)
    expected = scene().resize(picture.pixels.size, Image.Resampling.BOX)
    assert difference(picture.pixels, expected) < 12
    assert picture.frames >= 3


def test_a_film_of_nothing_shows_its_first_frame():
    blank = Image.new("RGB", (64, 48), "black")
    data = encoded(
        blank, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48), "#010101")]
    )
    assert decode.decode(data).pixels.getpixel((5, 5)) == (0, 0, 0)
