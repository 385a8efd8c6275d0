"""Hashes of bytes and pixels, against the libraries and definitions they are named after."""

import hashlib
from collections import Counter

import imagehash
import numpy as np
import pytest
from PIL import Image

from panoptic_data.media import decode, hashes
from tests.images import encoded, scene, shared

PICTURES = [scene(), scene((97, 61), seed=1), scene((512, 300), seed=2), scene((9, 200), seed=3)]


def bits(left, right):
    return (left ^ right).bit_count()


def test_sha1_is_that_of_the_bytes():
    # FIPS 180-1, appendix A.
    assert hashes.sha1(b"abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"
    data = bytes(range(256)) * 100
    assert hashes.sha1(data) == hashlib.new("sha1", data).hexdigest()


@pytest.mark.parametrize("picture", PICTURES)
def test_perceptual_hashes_are_those_of_imagehash(picture):
    computed = hashes.perceptual(picture)
    same = hashes.shrunk_grey(picture)
    assert f"{computed.ahash:016x}" == str(imagehash.average_hash(same))
    assert f"{computed.phash:016x}" == str(imagehash.phash(same))
    assert f"{computed.dhash:016x}" == str(imagehash.dhash(same))


def test_a_thumbnail_hashes_as_its_photograph_does():
    # Grey levels that are nearly equal may fall either way: a few bits of 64.
    paths = sorted(shared("neardup").glob("*_orig.jpg"))
    apart = []
    for path in paths:
        photograph = Image.open(path)
        small = decode.open_image(path.read_bytes(), 256)
        computed = hashes.perceptual(small)
        direct = (
            imagehash.average_hash(photograph),
            imagehash.phash(photograph),
            imagehash.dhash(photograph),
        )
        own = (computed.ahash, computed.phash, computed.dhash)
        apart += [bits(a, int(str(b), 16)) for a, b in zip(own, direct, strict=True)]
    assert len(apart) == 180
    assert np.mean(apart) < 1.5
    assert max(apart) <= 8


def test_copies_of_another_size_or_format_hash_nearly_alike():
    first = hashes.perceptual(decode.open_image(encoded(scene((800, 600)), "PNG"), 256))
    other = hashes.perceptual(
        decode.open_image(encoded(scene((400, 300)), "JPEG", quality=60), 256)
    )
    assert bits(first.phash, other.phash) <= 4
    assert bits(first.dhash, other.dhash) <= 4
    far = hashes.perceptual(scene().transpose(Image.Transpose.ROTATE_90))
    assert bits(first.phash, far.phash) > 12


@pytest.mark.parametrize(
    ("share", "expected"), [(0.3, "#1e50c8"), (0.6, "#c83c28")], ids=["less", "more"]
)
def test_the_dominant_colour_is_that_of_most_of_the_picture(share, expected):
    image = Image.new("RGB", (400, 300), (0x1E, 0x50, 0xC8))
    image.paste((0xC8, 0x3C, 0x28), (0, 0, round(400 * share), 300))
    assert hashes.dominant_colour(image) == expected


def test_a_colour_on_the_border_of_two_cells_is_not_split():
    # Half the picture wavers around 127/128, where cells meet; 40 % is one other colour.
    random = np.random.default_rng(0)
    pixels = np.full((32, 32, 3), 30, np.uint8)
    pixels[:16] = random.integers(124, 132, (16, 32, 3))
    pixels[16:19] = 220
    red, green, blue = bytes.fromhex(hashes.dominant_colour(Image.fromarray(pixels))[1:])
    assert all(126 <= value <= 130 for value in (red, green, blue))


@pytest.mark.parametrize("seed", range(5))
def test_the_dominant_colour_is_that_of_a_plain_count(seed):
    random = np.random.default_rng(seed)
    colours = random.integers(0, 256, (6, 3))
    image = Image.fromarray(colours[random.integers(0, 6, (32, 32))].astype(np.uint8))
    assert hashes.dominant_colour(image) == _plainly(image)


def _plainly(image):
    colours = [tuple(colour) for colour in np.asarray(image).reshape(-1, 3).tolist()]
    cells = Counter(tuple(value // 16 for value in colour) for colour in colours)

    def near(cell, other):
        return all(abs(a - b) <= 1 for a, b in zip(cell, other, strict=True))

    every = [(r, g, b) for r in range(16) for g in range(16) for b in range(16)]
    counts = {item: sum(n for cell, n in cells.items() if near(item, cell)) for item in every}
    centre = max(every, key=lambda item: (counts[item], [-value for value in item]))
    members = [c for c in colours if near(centre, tuple(value // 16 for value in c))]
    means = [sum(values) / len(members) for values in zip(*members, strict=True)]
    return "#" + "".join(f"{int(mean + 0.5):02x}" for mean in means)
