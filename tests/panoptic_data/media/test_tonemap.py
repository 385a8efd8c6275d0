"""Pixel values of every depth and mode as 8-bit sRGB on white."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from panoptic_data.media import decode
from tests.images import (
    difference,
    encoded,
    other_profile,
    scene,
    sixteen_bits,
)

WHITE = (255, 255, 255)


def grey(image):
    return np.asarray(image.convert("L"), int)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG2000", "PPM"])
def test_sixteen_bits_are_scaled_and_not_cut_off(kind):
    values = sixteen_bits()
    picture = decode.decode(encoded(Image.fromarray(values), kind))
    expected = np.rint(values / 257)
    assert np.abs(grey(picture.pixels) - expected).max() <= 1


@pytest.mark.parametrize("top", [4095, 255])
def test_twelve_or_eight_bits_stored_in_sixteen_are_not_black(top):
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
def test_floats_are_scaled_to_8_bits(low, high):
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
def test_transparent_pixels_are_white(kind):
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


def test_colours_of_twelve_bits_in_a_png_of_sixteen_are_not_black():
    values = sixteen_bits(4095)
    data = _png_16_bit_rgb(np.stack([values, values[:, ::-1], values // 2], axis=-1))
    pixels = np.asarray(decode.decode(data).pixels, int)
    for channel, expected in enumerate((values, values[:, ::-1], values // 2)):
        assert np.abs(pixels[..., channel] - np.rint(expected / 4095 * 255)).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("ink", "least", "most"),
    [((0, 0, 0), 255, 255), ((255, 255, 255), 0, 60), ((70, 90, 80), 255, 255)],
    ids=["black", "white", "grey"],
)  # fmt: skip
def test_the_ground_of_a_drawing_shows_it(kind, ink, least, most):
    drawn = Image.new("RGBA", (200, 200), (*ink, 0))
    ImageDraw.Draw(drawn).ellipse((40, 40, 160, 160), outline=(*ink, 255), width=4)
    options = {"lossless": True} if kind == "WEBP" else {}
    shown = grey(decode.decode(encoded(drawn, kind, **options)).pixels)
    assert least <= shown[5, 5] <= most
    assert abs(shown[100, 41] - shown[5, 5]) > 100


def test_a_drawing_that_is_light_and_dark_lies_on_grey():
    drawn = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).rectangle((20, 20, 180, 60), fill=(255, 255, 255, 255))
    ImageDraw.Draw(drawn).rectangle((20, 140, 180, 160), fill=(0, 0, 0, 255))
    shown = grey(decode.decode(encoded(drawn, "PNG")).pixels)
    assert (shown[5, 5], shown[40, 100], shown[150, 100]) == (128, 255, 0)


def test_colours_under_full_transparency_are_shown_rather_than_nothing():
    forgotten = scene().convert("RGBA")
    forgotten.putalpha(0)
    assert difference(decode.decode(encoded(forgotten, "PNG")).pixels, scene()) == 0


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
