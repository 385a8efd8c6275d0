"""The descriptor without weights, against a plain reading of each of its parts."""

import colorsys
import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from panoptic_data.encoders import descriptor, load, parse
from panoptic_data.errors import TextNotSupported
from tests.models import photographs

SHAPE, TEXTURE, COLOURS = 256, 80, 108


@pytest.fixture(scope="module")
def visual():
    return load(parse("visual"))


@pytest.fixture(scope="module")
def prepared(visual):
    return np.stack([visual.prepare(image) for image in photographs()])


def unit(values):
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values]


def hellinger(counts, *, centred):
    roots = [math.sqrt(count) for count in counts]
    mean = sum(roots) / len(roots) if centred else 0.0
    return unit([root - mean for root in roots])


def shrunk(pixels, size):
    """Mean of each cell of a (3, 96, 96) picture, as rows of (r, g, b)."""
    side = 96 // size
    return [
        [
            tuple(
                float(np.mean(pixels[c, y * side : (y + 1) * side, x * side : (x + 1) * side]))
                for c in range(3)
            )
            for x in range(size)
        ]
        for y in range(size)
    ]


def plain_shape(pixels):
    small = shrunk(pixels, 32)

    def root(y, x, c):
        return math.sqrt(small[min(max(y, 0), 31)][min(max(x, 0), 31)][c])

    cells = np.zeros((8, 8, 8))
    for y in range(32):
        for x in range(32):
            gradients = [
                (root(y, x + 1, c) - root(y, x - 1, c), root(y + 1, x, c) - root(y - 1, x, c))
                for c in range(3)
            ]
            across, down = max(gradients, key=lambda gradient: math.hypot(*gradient))
            coordinate = (math.atan2(down, across) % math.pi) * 8 / math.pi
            low = int(coordinate) % 8
            for bin_, share in ((low, 1 - coordinate % 1), ((low + 1) % 8, coordinate % 1)):
                for row, by_row in spread(y):
                    for column, by_column in spread(x):
                        weight = share * by_row * by_column
                        cells[row, column, bin_] += math.hypot(across, down) * weight
    mirrored = np.zeros_like(cells)
    for row, column, bin_ in np.ndindex(8, 8, 8):
        mirrored[row, 7 - column, -bin_ % 8] = cells[row, column, bin_]
    return hellinger((cells + mirrored)[:, :4].ravel(), centred=True)


def spread(position):
    """The two cells of eight that a pixel of 32 counts in, and how much."""
    coordinate = (position + 0.5) / 4 - 0.5
    low = math.floor(coordinate)
    shares = [(low, 1 - (coordinate - low)), (low + 1, coordinate - low)]
    inside = [(cell, share) for cell, share in shares if 0 <= cell < 8]
    total = sum(share for _, share in inside)
    return [(cell, share / total) for cell, share in inside]


def plain_texture(pixels):
    red, green, blue = (pixels[c].astype(int) for c in range(3))
    grey = (299 * red + 587 * green + 114 * blue) // 1000
    counts = np.zeros((4, 4, 10))
    for y in range(96):
        for x in range(96):
            points = [around(grey, y, x, angle) for angle in range(8)]
            signs = [point >= grey[y, x] for point in points]
            changes = sum(signs[i] != signs[i - 1] for i in range(8))
            pattern = sum(signs) if changes <= 2 else 9
            counts[y // 24, x // 24, pattern] += 1
    return hellinger((counts + counts[:, ::-1])[:, :2].ravel(), centred=True)


def around(grey, y, x, point):
    """Grey value 2 pixels away, between its four neighbours; nothing outside is black."""
    angle = 2 * math.pi * point / 8
    row, column = round(y - 2 * math.sin(angle), 5), round(x + 2 * math.cos(angle), 5)
    top, left = math.floor(row), math.floor(column)

    def at(r, c):
        return float(grey[r, c]) if 0 <= r < 96 and 0 <= c < 96 else 0.0

    down, right = row - top, column - left
    above = (1 - right) * at(top, left) + right * at(top, left + (right > 0))
    below = (1 - right) * at(top + (down > 0), left) + right * at(
        top + (down > 0), left + (right > 0)
    )
    return (1 - down) * above + down * below


def plain_colours(pixels):
    counts = Counter()
    for row in shrunk(pixels, 32):
        for red, green, blue in row:
            hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
            bins = (
                min(int(hue * 12), 11),
                min(int(saturation * 3), 2),
                min(int(value * 3), 2),
            )
            counts[(bins[0] * 3 + bins[1]) * 3 + bins[2]] += 1
    return hellinger([counts[key] for key in range(108)], centred=False)


def plain_layout(pixels):
    cells = [[lab(*colour) for colour in row] for row in shrunk(pixels, 6)]
    scaled = [[((light - 50) / 100, a / 60, b / 60) for light, a, b in row] for row in cells]
    mirrored = [
        [[p + q for p, q in zip(row[x], row[5 - x], strict=True)] for x in range(3)]
        for row in scaled
    ]
    return unit([value for row in mirrored for cell in row for value in cell])


def lab(red, green, blue):
    """CIE Lab of sRGB under D65, 2 degrees."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (red / 255, green / 255, blue / 255)
    ]
    rows = (
        (0.412453, 0.357580, 0.180423),
        (0.212671, 0.715160, 0.072169),
        (0.019334, 0.119193, 0.950227),
    )
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (
        sum(weight * value for weight, value in zip(row, linear, strict=True)) / full
        for row, full in zip(rows, white, strict=True)
    )
    fx, fy, fz = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def blocks(vector):
    ends = np.cumsum([0, SHAPE, TEXTURE, COLOURS, 54])
    return [unit(vector[start:end]) for start, end in pairwise(ends)]


@pytest.mark.parametrize("number", range(3))
def test_each_block_is_computed_as_in_its_paper(visual, prepared, number):
    shape, texture, colours, layout = blocks(visual.encode(prepared[number : number + 1])[0])
    assert np.allclose(shape, plain_shape(prepared[number]), atol=1e-5)
    assert np.allclose(texture, plain_texture(prepared[number]), atol=2e-3)
    # Squares are shares of pixels; a few lie on the edge of a bin, where float32 decides.
    moved = np.abs(np.square(colours) - np.square(plain_colours(prepared[number]))).sum() / 2
    assert moved <= 4 / 32**2
    assert np.allclose(layout, plain_layout(prepared[number]), atol=1e-4)


def test_blocks_have_the_weights_of_the_module(visual, prepared):
    vector = visual.encode(prepared[:1])[0]
    ends = np.cumsum([0, SHAPE, TEXTURE, COLOURS, 54])
    energy = [float(np.sum(vector[start:end] ** 2)) for start, end in pairwise(ends)]
    weights = [descriptor.SHAPE, descriptor.TEXTURE, descriptor.COLOURS, descriptor.LAYOUT]
    assert np.allclose(energy, np.array(weights) / sum(weights), atol=1e-5)


def test_vectors_are_unit_and_as_long_as_promised(visual, prepared):
    vectors = visual.encode(prepared)
    assert (vectors.shape, vectors.dtype) == ((5, visual.dim), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_mirror_image_has_the_same_vector(visual, prepared):
    mirrored = np.ascontiguousarray(prepared[..., ::-1])
    cosines = (visual.encode(prepared) * visual.encode(mirrored)).sum(axis=1)
    assert np.all(cosines > 0.9999)


def test_a_picture_of_one_colour_has_a_vector_too(visual):
    plain = [visual.prepare(Image.new("RGB", (50, 40), colour)) for colour in ("black", "white")]
    vectors = visual.encode(np.stack(plain))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert float(vectors[0] @ vectors[1]) < 0.9


def test_a_vector_does_not_depend_on_what_is_beside_it(visual, prepared):
    together = visual.encode(prepared).astype(np.float16)
    alone = [visual.encode(prepared[i : i + 1])[0].astype(np.float16) for i in range(5)]
    backwards = visual.encode(prepared[::-1])[::-1].astype(np.float16)
    assert np.array_equal(together, np.stack(alone))
    assert np.array_equal(together, backwards)


def test_it_reads_no_text(visual):
    assert not visual.reads_text
    with pytest.raises(TextNotSupported):
        visual.encode_text(["a cat"])
