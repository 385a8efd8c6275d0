"""What Dagster shows of a materialization: names of groups and small previews."""

import numpy as np

from pipelines.metadata import PLOT, _density, group_name


def test_the_name_of_a_group_has_only_letters_digits_and_underscores():
    assert group_name("clip-vit-b-32") == "clip_vit_b_32"
    assert group_name("visual") == "visual"


def test_a_map_is_darker_where_there_are_more_points_and_white_where_none_are():
    points = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    image = np.asarray(_density(points))
    assert image.shape == (2 * PLOT, 2 * PLOT)
    # y grows upwards: the dense corner is at the bottom left.
    dense, sparse, empty = image[-1, 0], image[0, -1], image[0, 0]
    assert dense < sparse < empty == 255


def test_a_map_of_a_single_point_is_drawn():
    assert np.asarray(_density(np.zeros((1, 2)))).min() == 20
