"""An image file's bytes as a row of the table ``images``."""

from io import BytesIO

import pytest
from PIL import Image

from panoptic_data.errors import UnreadableImage
from panoptic_data.media import hashes, metadata
from panoptic_data.media.metadata import describe
from tests.images import encoded, scene


@pytest.mark.parametrize(
    ("size", "thumbnail"),
    [
        ((4000, 3000), (341, 256)),
        ((300, 900), (256, 768)),
        ((200, 100), (200, 100)),
        ((5000, 500), (1024, 102)),
        ((3000, 1), (1024, 1)),
        ((256, 256), (256, 256)),
    ],
)
def test_thumbnails_have_a_short_side_for_encoders_and_a_long_side_for_memory(size, thumbnail):
    row = describe(encoded(Image.new("RGB", size, (9, 99, 199)), "PNG"))
    assert Image.open(BytesIO(row.thumbnail)).size == thumbnail
    assert (row.width, row.height, row.colour) == (*size, "#0963c7")


def test_bytes_that_are_no_image_have_no_row():
    with pytest.raises(UnreadableImage):
        describe(b"text")


def test_a_row_has_the_hashes_and_the_colour_of_its_thumbnail():
    data = encoded(scene((900, 700)), "PNG")
    row = metadata.describe(data)
    shown = Image.open(BytesIO(row.thumbnail))
    assert (row.sha1, row.format, row.mode) == (hashes.sha1(data), "PNG", "RGB")
    assert (row.width, row.height) == (900, 700)
    perceptual = hashes.perceptual(shown)
    for name in ("ahash", "phash", "dhash"):
        # Of the thumbnail before its compression: a few bits may differ.
        assert (getattr(row, name) ^ getattr(perceptual, name)).bit_count() <= 3
    assert metadata.thumbnail(scene((900, 700))) == row.thumbnail


def test_a_sha1_that_is_given_is_not_computed():
    assert metadata.describe(encoded(scene(), "PNG"), "a" * 40).sha1 == "a" * 40
