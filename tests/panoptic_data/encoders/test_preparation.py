"""Our preparation gives the very bytes that each library's own transform gives."""

import numpy as np
import pytest
from PIL import Image

from panoptic_data.encoders.preparation import Preparation
from tests.models import photographs

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
SIZES = [(640, 427), (427, 640), (300, 300), (224, 224), (1000, 40), (31, 47), (1, 1), (225, 999)]


def pictures():
    random = np.random.default_rng(0)
    noise = [Image.fromarray(random.integers(0, 256, (h, w, 3), np.uint8)) for w, h in SIZES]
    return [*noise, *photographs()]


def restored(tensor, mean=MEAN, std=STD):
    """Undo a library's arithmetic: its transform before mean and deviation."""
    values = tensor.numpy() * np.array(std)[:, None, None] + np.array(mean)[:, None, None]
    return np.rint(values * 255).astype(np.uint8)


@pytest.mark.parametrize("fit", ["shortest", "squash", "longest"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_as_open_clip(fit, interpolation):
    from open_clip.transform import image_transform

    expected = image_transform(
        224, False, MEAN, STD, resize_mode=fit, interpolation=interpolation, fill_color=7
    )
    preparation = Preparation(224, 224, fit, interpolation, MEAN, STD, (7, 7, 7))
    for image in pictures():
        assert np.array_equal(preparation.pixels(image), restored(expected(image))), image.size


@pytest.mark.parametrize(
    ("mode", "fit"), [("center", "shortest"), ("squash", "squash"), ("border", "longest")]
)
def test_as_timm(mode, fit):
    from timm.data import create_transform

    expected = create_transform(
        (3, 224, 224), interpolation="bicubic", mean=MEAN, std=STD, crop_pct=0.875, crop_mode=mode
    )
    fill = tuple(round(255 * value) for value in MEAN)
    preparation = Preparation(224, 256, fit, "bicubic", MEAN, STD, fill)
    for image in pictures():
        assert np.array_equal(preparation.pixels(image), restored(expected(image))), image.size


def test_a_picture_that_is_not_rgb_becomes_it():
    grey = Image.new("L", (80, 60), 200)
    pixels = Preparation(32, 32, "squash", "bicubic", MEAN, STD).pixels(grey)
    assert np.array_equal(pixels, np.full((3, 32, 32), 200, np.uint8))


def test_what_changes_pixels_changes_the_description():
    preparation = Preparation(32, 32, "squash", "bicubic", MEAN, STD)
    others = [
        Preparation(32, 36, "squash", "bicubic", MEAN, STD),
        Preparation(32, 32, "shortest", "bicubic", MEAN, STD),
        Preparation(32, 32, "squash", "bicubic", MEAN, (1.0, 1.0, 1.0)),
    ]
    assert len({each.describe() for each in (preparation, *others)}) == 4
