"""Tones of TIFFs as their tags say, each compared with what another reader makes of the file."""

from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from panoptic_data.media import decode
from tests.images import encoded

RAMP = np.tile(np.linspace(0, 1, 256), (128, 1))
UNCOMPRESSED, DEFLATED = None, "zlib"


def written(values, **options):
    file = BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", **options})
    return file.getvalue()


def shown(data):
    return np.asarray(decode.decode(data).pixels.convert("L"), int)


def as_read_by_another(data):
    """Return what tifffile reads, from the first percentile to the last: 0 is black, 255 white."""
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages[0]
        values = page.asarray().astype(float)
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            values = -values
    values -= values.min()
    return np.rint(values / values.max() * 255).astype(int)


def bits(count):
    return (RAMP * (2**count - 1)).astype("uint16")


GREYS = {
    "8": (bits(8).astype("uint8"), {}),
    **{f"{count} bits in 16": (bits(count), {}) for count in (8, 10, 12, 14, 16)},
    "narrow": ((3249 + RAMP * 919).astype("uint16"), {}),
    "white is zero, 8": (bits(8)[:, ::-1].astype("uint8"), {"photometric": "miniswhite"}),
    "white is zero, 12 in 16": (bits(12)[:, ::-1], {"photometric": "miniswhite"}),
    "white is zero, 16": (65535 - bits(16), {"photometric": "miniswhite"}),
    "white is zero, float": (1 - RAMP.astype("float32"), {"photometric": "miniswhite"}),
    "signed 8": ((RAMP * 255 - 128).astype("int8"), {}),
    "signed 16": ((RAMP * 65535 - 32768).astype("int16"), {}),
    "unsigned 32": ((RAMP * (2**32 - 1)).astype("uint32"), {}),
    "signed 32": (((RAMP - 0.5) * (2**32 - 2)).astype("int32"), {}),
    "float 32": (RAMP.astype("float32"), {}),
    "float 64": (RAMP * 255, {}),
}


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("compression", [UNCOMPRESSED, DEFLATED])
@pytest.mark.parametrize("name", GREYS)
def test_greys_of_every_kind_are_as_another_reader_shows_them(name, compression, order):
    values, options = GREYS[name]
    data = written(values, compression=compression, byteorder=order, **options)
    other = as_read_by_another(data)
    assert np.abs(shown(data) - other).max() <= 1
    assert np.abs(other - as_read_by_another(written(bits(8).astype("uint8")))).max() <= 1


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("compression", [UNCOMPRESSED, DEFLATED])
@pytest.mark.parametrize("count", [10, 12, 14, 16])
def test_colours_of_more_than_eight_bits_are_scaled(count, compression, planes, order):
    channels = np.stack([RAMP, RAMP[:, ::-1], RAMP * 0.5]) * (2**count - 1)
    values = channels if planes == "separate" else channels.transpose(1, 2, 0)
    data = written(
        values.astype("uint16"), photometric="rgb", planarconfig=planes,
        compression=compression, byteorder=order,
    )  # fmt: skip
    if planes == "separate" and compression and count < 16:
        pytest.skip("libtiff gives the higher bytes alone of compressed planes")
    pixels = np.asarray(decode.decode(data).pixels, float)
    with tifffile.TiffFile(BytesIO(data)) as file:
        other = file.pages[0].asarray().astype(float) / (2**count - 1) * 255
    if planes == "separate":
        other = other.transpose(1, 2, 0)
    assert np.abs(pixels - other).max() <= 1


def test_transparency_of_sixteen_bits_is_kept():
    values = np.full((64, 64, 4), 65535, "uint16")
    values[..., :3] = (40000, 0, 0)
    values[:, :32, 3] = 0
    data = written(values, photometric="rgb", extrasamples=["unassalpha"])
    pixels = decode.decode(data).pixels
    assert (pixels.getpixel((5, 5)), pixels.getpixel((60, 5))) == ((255, 255, 255), (156, 0, 0))


@pytest.mark.parametrize("top", [4095, 1023])
def test_a_few_hot_pixels_blacken_nothing(top):
    values = (RAMP * top).astype("uint16")
    values[5, 5], values[90, 200] = 65535, 65535
    expected = np.rint(RAMP * 255)
    expected[5, 5], expected[90, 200] = 255, 255
    assert np.abs(shown(written(values)) - expected).max() <= 1


def test_a_float_far_off_and_what_was_not_measured_do_not_count():
    values = (RAMP * 300).astype("float32")
    values[3, 3] = 1e30
    assert np.abs(shown(written(values)) - np.rint(RAMP * 255))[4:].max() <= 1
    values = (RAMP * 300 + 5).astype("float32")
    values[:, :40] = -9999
    no_data = [(42113, "s", 0, "-9999", True)]
    grey = shown(written(values, extratags=no_data))
    assert (grey[:, :40] == 0).all()
    assert (
        np.abs(grey[:, 41:] - np.rint((RAMP[:, 41:] - RAMP[0, 40]) / (1 - RAMP[0, 40]) * 255)).max()
        <= 2
    )


def test_what_a_file_says_of_black_and_white_is_believed_where_it_fits():
    dim = (RAMP * 300).astype("uint16")
    largest = [(281, "H", 1, 1023, True)]
    assert shown(written(dim, extratags=largest)).max() == round(300 / 1023 * 255)
    too_small = [(281, "H", 1, 100, True)]
    assert shown(written(dim, extratags=too_small)).max() == 255


def test_the_noise_of_an_empty_page_stays_faint():
    noise = np.random.default_rng(0).normal(60000, 40, (128, 256)).astype("uint16")
    grey = shown(written(noise))
    assert (grey.min(), grey.max()) == (233, 234)


def test_eight_bits_are_never_stretched():
    grey = (60 + RAMP * 40).astype("uint8")
    assert (shown(written(grey)) == grey).all()
    dark = Image.fromarray((RAMP * 60).astype("uint8")).convert("RGB")
    for kind in ("PNG", "TIFF"):
        assert (np.asarray(decode.decode(encoded(dark, kind)).pixels) == np.asarray(dark)).all()
