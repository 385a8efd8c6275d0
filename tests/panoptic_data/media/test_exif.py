"""EXIF: what is read of it, and that broken metadata fails no image."""

import json
from datetime import datetime

import numpy as np
import pytest

from panoptic_data.media import decode
from tests.images import (
    encoded,
    exif,
    scene,
)


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
    tags = json.loads(picture.exif)
    assert tags["ImageDescription"] == "La tour"
    assert tags["DateTimeOriginal"] == "2019:07:14 18:05:59"
    assert tags["GPSLatitudeRef"] == "N"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_metadata_is_read_from_every_format_that_has_it(kind):
    block = exif(taken="2019:07:14 18:05:59", make="Leica", model="M6", lat=-10.5, lon=20.25)
    picture = decode.decode(encoded(scene(), kind, exif=block))
    metadata = (picture.taken_at, picture.camera, picture.lat, picture.lon)
    assert metadata == (datetime(2019, 7, 14, 18, 5, 59), "Leica M6", -10.5, 20.25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019:07:14 18:05:59", datetime(2019, 7, 14, 18, 5, 59)),
        ("2019-07-14T18:05", datetime(2019, 7, 14, 18, 5)),
        ("1931:05:01", datetime(1931, 5, 1)),
        ("2019:07:14 06:31:30 PM", datetime(2019, 7, 14, 18, 31, 30)),
        ("2019:07:14 12:01:02 a.m.", datetime(2019, 7, 14, 0, 1, 2)),
        ("2019:07:14 23:59:60", datetime(2019, 7, 14, 23, 59, 59)),
        ("2019:07:14 25:99:00", datetime(2019, 7, 14)),
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
    tags = json.loads(picture.exif)
    assert tags["ImageDescription"] == "x" * 500
    assert tags["Copyright"] == "été"
    assert tags["Artist"] == "Ren\xe9  e"
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
