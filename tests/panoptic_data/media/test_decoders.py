"""Files opened with the decoder of their format."""

import pytest
from PIL import Image

from panoptic_data.errors import UnreadableImage
from panoptic_data.media import decode, decoders, formats
from tests.images import (
    READABLE,
    UNREADABLE,
    difference,
    encoded,
    scene,
)


@pytest.mark.parametrize("size", [(373, 560), (561, 641), (640, 480), (501, 502)])
@pytest.mark.parametrize("short_side", [20, 64, 100, 200, 300])
def test_a_jpeg_2000_of_any_size_can_be_reduced(size, short_side):
    data = encoded(scene(size), "JPEG2000")
    picture = decode.decode(data, short_side)
    assert (picture.width, picture.height) == size
    assert short_side <= min(picture.pixels.size) < max(4 * short_side, 400)
    small = picture.pixels.resize((40, 40), Image.Resampling.BOX)
    assert difference(small, scene(size).resize((40, 40), Image.Resampling.BOX)) < 5


@pytest.mark.parametrize("name", READABLE)
def test_a_file_is_opened_with_the_decoder_of_its_format(name):
    data, kind, mode, frames = READABLE[name]()
    image = decoders.open_as(kind, data)
    assert image.size == (320, 240)
    assert image.mode == mode
    assert decoders.count_frames(kind, image, data) == frames


def test_a_camera_s_raw_file_is_refused_whatever_its_container():
    raws = {name: make() for name, make in UNREADABLE.items() if make()[1] == "camera_raw"}
    assert raws
    for data, _ in raws.values():
        kind = formats.probe(data)
        with pytest.raises(UnreadableImage) as caught:
            decoders.open_as(kind, data)
        assert caught.value.reason == "camera_raw"
