"""Which pairs of images are looked at: near in their hashes, as they are, mirrored or turned."""

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from panoptic_data.duplicates.candidates import HashedImages, usable_radius
from panoptic_data.media import hashes


def crowded(count, seed):
    """Hashes of which many are equal or few bits apart, and some mirrored ones."""
    random = np.random.default_rng(seed)
    few = random.integers(0, 2**64, 6, dtype=np.uint64)
    chosen = few[random.integers(0, len(few), count)]
    for _ in range(3):
        flips = np.uint64(1) << random.integers(0, 64, count, dtype=np.uint64)
        chosen = np.where(random.random(count) < 0.4, chosen ^ flips, chosen)
    mirrored = chosen ^ np.uint64(0x5555555555555555)
    return np.where(random.random(count) < 0.2, mirrored, chosen)


def every_pair(images):
    left, right = np.triu_indices(len(images.phash), 1)
    near = images.are_near(left, right)
    return left[near] * len(images.phash) + right[near]


@pytest.mark.parametrize("radius", [0, 2, 6])
def test_all_pairs_that_are_near_are_listed(radius):
    images = HashedImages(crowded(120, radius), radius)
    assert images.pairs().tolist() == every_pair(images).tolist()


@pytest.mark.parametrize("radius", [0, 4])
def test_pairs_of_some_hashes_are_those_of_all_that_touch_them(radius):
    images = HashedImages(crowded(120, 9), radius)
    touched = np.unique(images.phash)[::7]
    is_touched = np.isin(images.phash, touched)
    left, right = np.divmod(every_pair(images), len(images.phash))
    expected = (left * len(images.phash) + right)[is_touched[left] | is_touched[right]]
    assert set(images.pairs(touched)) == set(expected.tolist())


@pytest.mark.parametrize(
    "turned",
    [
        ImageOps.mirror,
        lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
        lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
        lambda picture: picture.transpose(Image.Transpose.ROTATE_270),
    ],
)
def test_a_mirrored_or_turned_picture_is_near(turned):
    picture = Image.fromarray(data.chelsea())
    pair = [hashes.perceptual(image).phash for image in (picture, turned(picture))]
    for order in (pair, pair[::-1]):
        assert HashedImages(np.array(order, np.uint64), 10).pairs().tolist() == [1]


def test_no_image_has_no_pairs():
    assert HashedImages(np.empty(0, np.uint64), 10).pairs().tolist() == []
    assert HashedImages(np.array([1], np.uint64), 10).pairs().tolist() == []


def test_a_thousand_images_of_one_hash_are_a_few_thousand_pairs():
    images = HashedImages(np.full(1_000, 5, np.uint64), 10)
    assert len(images.pairs()) < 4_000
    assert usable_radius(np.unique(images.phash), 10) == 10
