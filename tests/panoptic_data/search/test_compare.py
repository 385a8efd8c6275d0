"""One search under two encoders: ranks, images in common, images that one has not seen."""

import numpy as np
import pytest

from panoptic_data.search.compare import compare
from panoptic_data.search.find import find
from panoptic_data.storage.project import create_project
from panoptic_data.views.model import Condition, View
from tests.vectors import SLUG, add_files, embed, sha1s

OTHER = "timm-resnet50-a1-in1k"
OTHER_TEXT = "timm:resnet50.a1_in1k"
# Cosines with the first image: 0.8, 0.6 and 0 under one encoder, the reverse under the other.
VECTORS = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float16)
OTHERS = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]], np.float16)


@pytest.fixture
def project(tmp_path):
    project = create_project(tmp_path / "corpus")
    names = sha1s(4)
    embed(project, names, VECTORS)
    embed(project, names, OTHERS, OTHER)
    add_files(project, names)
    return project


def test_images_have_their_rank_under_each_encoder(project):
    names = sha1s(4)
    comparison = compare(project, f"image:{names[0]}", [SLUG, OTHER_TEXT], k=2)
    ranks = {image.sha1: [rank.rank for rank in image.ranks] for image in comparison.images}
    assert ranks == {names[1]: [1, 3], names[3]: [3, 1], names[2]: [2, 2]}
    # In order of the best rank.
    assert [min(ranks[image.sha1]) for image in comparison.images] == [1, 1, 2]
    assert comparison.encoders == (SLUG, OTHER)
    assert (comparison.common, comparison.of) == (1, 2)
    hits = find(project, f"image:{names[0]}", SLUG, k=2)
    first = next(image for image in comparison.images if image.sha1 == hits[0].sha1)
    assert first.ranks[0].similarity == hits[0].similarity


def test_an_encoder_without_a_vector_of_an_image_gives_it_no_rank(project):
    names = sha1s(4)
    project.database().delete(f"embeddings__{OTHER}", [names[1]])
    comparison = compare(project, f"image:{names[0]}", [SLUG, OTHER_TEXT], k=1)
    ranks = {
        image.sha1: [rank and rank.rank for rank in image.ranks] for image in comparison.images
    }
    assert ranks == {names[1]: [1, None], names[3]: [3, 1]}


def test_only_images_of_the_view_are_ranked(project):
    names = sha1s(4)
    view = View((Condition("name", "contains", names[2]),))
    comparison = compare(project, f"image:{names[0]}", [SLUG, OTHER_TEXT], view)
    assert [image.sha1 for image in comparison.images] == [names[2]]
    assert [rank.rank for rank in comparison.images[0].ranks] == [1, 1]
    assert (comparison.common, comparison.of) == (1, 1)
