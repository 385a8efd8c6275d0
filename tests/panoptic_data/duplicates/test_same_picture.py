"""What was done to a picture is seen and named; look-alikes are no copies."""

import io

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from skimage import data

from panoptic_data.duplicates.same_picture import EDITS, reversed_edits, same_picture
from panoptic_data.media.local_features import local_features
from tests.images import shared


def encoded(picture, quality=85):
    written = io.BytesIO()
    picture.convert("RGB").save(written, "JPEG", quality=quality)
    return written.getvalue()


def features(picture, quality=85):
    return local_features(encoded(picture, quality))


def captioned(picture):
    picture = picture.copy()
    width, height = picture.size
    ImageDraw.Draw(picture).rectangle((0, height * 4 // 5, width, height), fill="white")
    return picture


def cut(picture, left, top, right, bottom):
    width, height = picture.size
    return picture.crop((width * left, height * top, width * right, height * bottom))


EDITED = {
    "saved badly": (lambda p: p, ()),
    "smaller": (lambda p: p.resize((p.width // 2, p.height // 2)), ()),
    "captioned": (captioned, ()),
    "grey": (ImageOps.grayscale, ("recoloured",)),
    "brighter": (lambda p: ImageEnhance.Brightness(p).enhance(1.25), ("recoloured",)),
    "mirrored": (ImageOps.mirror, ("mirrored",)),
    "flipped": (ImageOps.flip, ("mirrored", "turned")),
    "turned": (lambda p: p.rotate(90, expand=True), ("turned",)),
    "stretched": (lambda p: p.resize((p.width, p.height * 9 // 10)), ("stretched",)),
    "cropped": (lambda p: cut(p, 0.1, 0.1, 0.9, 0.9), ("cropped",)),
    "a detail": (lambda p: cut(p, 0.2, 0.2, 0.75, 0.75), ("part",)),
    "with a border": (lambda p: ImageOps.expand(p, 30, "black"), ("wider",)),
    "mirrored and cropped": (
        lambda p: ImageOps.mirror(cut(p, 0, 0, 0.8, 0.9)),
        ("mirrored", "cropped"),
    ),
}


@pytest.fixture(scope="module")
def pictures():
    return [Image.fromarray(getattr(data, n)()).resize((320, 256)) for n in ("astronaut", "coffee")]


@pytest.fixture(scope="module")
def originals(pictures):
    return [features(picture) for picture in pictures]


@pytest.mark.parametrize("case", EDITED)
def test_an_edit_is_the_same_picture_and_named(pictures, originals, case):
    edit, expected = EDITED[case]
    edited = features(edit(pictures[0]), 15 if case == "saved badly" else 85)
    answer = same_picture(originals[0], edited)
    assert answer is not None
    assert answer.edits == expected
    back = same_picture(edited, originals[0])
    assert back is not None
    assert back.edits == reversed_edits(expected)
    assert same_picture(originals[1], edited) is None


def test_edits_are_named_in_one_order_and_reversed_twice_are_themselves():
    assert reversed_edits(reversed_edits(EDITS)) == EDITS
    assert {edit for _, edits in EDITED.values() for edit in edits} < set(EDITS)


# Of 90,000 pairs of watercolours those that agree most: one layout, two fruits; twice one painted.
LOOK_ALIKES = [
    *((1062, 1061), (4011, 4010), (5546, 5547), (5622, 5419), (1872, 4456)),
    *((529, 416), (7272, 7273), (7121, 7120)),
]


@pytest.mark.parametrize("pair", LOOK_ALIKES)
def test_two_fruits_on_plates_of_one_layout_are_two_pictures(pair):
    folder = shared("usda-pomological") / "data" / "images"
    first, second = (Image.open(folder / f"image-{number}.jpg") for number in pair)
    assert same_picture(features(first), features(second)) is None
    assert same_picture(features(first), features(first, 40)) is not None


@pytest.mark.parametrize("edit", ["saved", "mirrored", "grey"])
def test_a_picture_of_32_pixels_is_found_again(pictures, edit):
    tiny = [picture.resize((32, 32), Image.Resampling.LANCZOS) for picture in pictures]
    edits = {"saved": lambda p: p, "mirrored": ImageOps.mirror, "grey": ImageOps.grayscale}
    first, second = (encoded(edits[edit](picture), 75) for picture in tiny)
    # What is stored is a thumbnail of the file.
    again = [features(Image.open(io.BytesIO(written))) for written in (first, second)]
    for own, other in ((0, 1), (1, 0)):
        assert same_picture(features(tiny[own]), again[own]) is not None
        assert same_picture(features(tiny[own]), again[other]) is None


def test_a_plain_drawing_is_compared_as_it_lies():
    drawing = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(drawing).ellipse((60, 60, 240, 240), outline="black", width=12)
    other = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(other).rectangle((60, 60, 240, 240), outline="black", width=12)
    assert same_picture(features(drawing), features(drawing, 40)) is not None
    assert same_picture(features(drawing), features(other)) is None
    blank = features(Image.new("RGB", (300, 300), "white"))
    assert same_picture(blank, blank) is None
