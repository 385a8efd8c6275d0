"""Pictures that are laid over each other: an edit's transform is measured again."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from panoptic_data.media.alignment import NOT_MOVED, align, compare_overlap
from panoptic_data.media.local_features import local_features


def encoded(picture, quality=85):
    written = io.BytesIO()
    picture.convert("RGB").save(written, "JPEG", quality=quality)
    return written.getvalue()


@pytest.fixture(scope="module")
def cat():
    return Image.fromarray(data.chelsea()).resize((384, 256))


@pytest.fixture(scope="module")
def coffee():
    return Image.fromarray(data.coffee()).resize((384, 256))


def aligned(left, right):
    ours, theirs = (local_features(encoded(picture)) for picture in (left, right))
    alignment = align(ours, theirs)
    assert alignment is not None
    return alignment, compare_overlap(ours, theirs, alignment)


def test_a_picture_lies_on_itself(cat):
    alignment, overlap = aligned(cat, cat)
    assert np.allclose(alignment.matrix, [[1, 0, 0], [0, 1, 0]], atol=0.005)
    assert not alignment.is_mirrored
    assert (alignment.left_share, alignment.right_share) == pytest.approx((1, 1), abs=0.01)
    assert overlap.blocks > 0.95
    assert overlap.detail > 0.9


def test_the_part_that_a_crop_shows_is_outlined(cat):
    alignment, overlap = aligned(cat, cat.crop((96, 64, 384, 256)))
    outline = alignment.left_outline
    assert np.allclose(
        [outline.min(axis=0), outline.max(axis=0)], [(0.25, 0.25), (1, 1)], atol=0.01
    )
    assert alignment.left_share == pytest.approx(9 / 16, abs=0.02)
    assert alignment.right_share == pytest.approx(1, abs=0.02)
    assert overlap.blocks > 0.95


def test_a_mirror_image_is_seen(cat):
    alignment, overlap = aligned(cat, ImageOps.mirror(cat))
    assert alignment.is_mirrored
    assert alignment.rotation == pytest.approx(0, abs=0.5)
    assert np.allclose(alignment.matrix, [[-1, 0, 1], [0, 1, 0]], atol=0.01)
    assert overlap.blocks > 0.95


@pytest.mark.parametrize("degrees", [5, 90, 180, -30])
def test_a_turn_is_measured_clockwise(cat, degrees):
    alignment, overlap = aligned(cat, cat.rotate(-degrees, expand=True, fillcolor="white"))
    turn = (alignment.rotation - degrees + 180) % 360 - 180
    assert turn == pytest.approx(0, abs=0.5)
    assert not alignment.is_mirrored
    assert overlap.blocks > 0.9


def test_a_mirror_image_that_is_turned_is_both(cat):
    turned = ImageOps.mirror(cat).rotate(-20, expand=True, fillcolor="white")
    alignment, overlap = aligned(cat, turned)
    assert alignment.is_mirrored
    assert alignment.rotation == pytest.approx(20, abs=0.5)
    assert overlap.blocks > 0.9


def test_another_picture_does_not_agree(cat, coffee):
    ours, theirs = (local_features(encoded(picture)) for picture in (cat, coffee))
    alignment = align(ours, theirs)
    assert alignment is None or compare_overlap(ours, theirs, alignment).blocks < 0.3


def test_a_tiny_picture_has_points_enough(cat):
    alignment, overlap = aligned(cat.resize((48, 32)), cat.resize((48, 32)).convert("L"))
    assert alignment.inliers > 20
    assert overlap.blocks > 0.9


def test_a_blank_picture_has_no_points(cat):
    blank = local_features(encoded(Image.new("RGB", (300, 200), "white")))
    assert len(blank.points) == 0
    assert align(blank, blank) is None
    assert align(local_features(encoded(cat)), blank) is None


def test_threads_and_repetition_change_nothing(cat):
    pictures = [encoded(cat, quality) for quality in (85, 40, 30, 20)] * 2
    with ThreadPoolExecutor(4) as threads:
        features = list(threads.map(local_features, pictures))
        pairs = list(threads.map(align, [features[0]] * 8, features))
    for at in range(4):
        assert np.array_equal(features[at].points, features[at + 4].points)
        assert np.array_equal(features[at].descriptors, features[at + 4].descriptors)
        assert np.array_equal(pairs[at].matrix, pairs[at + 4].matrix)


def test_points_of_one_place_count_as_one_place():
    corners = np.array([(0.1, 0.1), (0.9, 0.1), (0.9, 0.9)])
    points = np.concatenate([np.full((5, 2), 0.5), corners])
    alignment = replace(NOT_MOVED, left_points=points, right_points=points)
    assert (alignment.inliers, alignment.places) == (8, 4)
    moved = replace(alignment, right_points=points + np.linspace(0, 0.01, 8)[:, None])
    assert moved.places == 4
