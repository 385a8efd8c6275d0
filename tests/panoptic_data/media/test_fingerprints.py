"""Looking at two pictures: edits agree, look-alikes do not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance
from skimage import data

from panoptic_data.media import fingerprints


def photograph(name="astronaut"):
    return Image.fromarray(getattr(data, name)()).convert("RGB")


def jpeg(picture, quality=90):
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def captioned(picture):
    picture = picture.copy()
    width, height = picture.size
    ImageDraw.Draw(picture).rectangle((0, height * 4 // 5, width, height), fill="white")
    return picture


EDITS = {
    "smaller": lambda picture: picture.resize((picture.width // 3, picture.height // 3)),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.25),
    "captioned": captioned,
    "stretched": lambda picture: picture.resize((picture.width, picture.height * 9 // 10)),
}


def agree(first, second, quality=90):
    prints = [
        fingerprints.fingerprint(jpeg(first)),
        fingerprints.fingerprint(jpeg(second, quality)),
    ]
    return fingerprints.same_picture(np.stack(prints[:1]), np.stack(prints[1:])).tolist() == [True]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_agrees_with_its_original(edit):
    original = photograph()
    assert agree(original, EDITS[edit](original))


def test_a_badly_compressed_copy_agrees_with_its_original():
    assert agree(photograph(), photograph(), quality=10)


def test_other_pictures_do_not_agree():
    assert not agree(photograph("astronaut"), photograph("coffee"))
    assert not agree(photograph("astronaut"), photograph("astronaut").transpose(Image.ROTATE_90))


def test_two_fruits_on_one_paper_do_not_agree():
    """Same frame, same place, same shape: what a hash of 64 bits takes for the same."""

    def painting(seed):
        paper = photograph("gravel").resize((300, 400))
        strokes = np.random.default_rng(seed).normal(size=(40, 40)) * 40 + 128
        fruit = Image.fromarray(strokes.clip(0, 255).astype(np.uint8)).resize((120, 120))
        paper.paste(fruit.convert("RGB"), (90, 140))
        return paper

    first, second = painting(1), painting(2)
    assert agree(first, painting(1))
    assert not agree(first, second)


def test_a_blank_picture_agrees_with_none_not_even_with_another_blank_one():
    white, grey = (Image.new("RGB", (200, 100), colour) for colour in ("white", "grey"))
    assert not fingerprints.fingerprint(jpeg(white)).any()
    assert not agree(white, grey)
    assert not agree(white, white)
    assert not agree(white, photograph())


def test_a_fingerprint_is_detail_by_block():
    """The same, written out in plain Python."""
    picture = photograph()
    grey = np.asarray(picture.convert("L").resize((32, 32), Image.Resampling.BOX), float)
    fingerprint = fingerprints.fingerprint(png(picture))
    for block in range(16):
        top, left = block // 4 * 8, block % 4 * 8
        detail = []
        for y in range(top, top + 8):
            for x in range(left, left + 8):
                near = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
                inside = [grey[min(max(b, 0), 31), min(max(a, 0), 31)] for b, a in near]
                detail.append(grey[y, x] - sum(inside) / 4)
        mean = sum(detail) / 64
        length = (sum((value - mean) ** 2 for value in detail) + 1) ** 0.5
        expected = [round((value - mean) / length * 127) for value in detail]
        assert np.abs(fingerprint[block] - expected).max() <= 1


def png(picture):
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
