"""Points in polygons, against the even-odd rule as a textbook has it."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.catalogue.polygons import inside


def crossings(x, y, polygon):
    """Even-odd rule as a textbook says it, one point at a time, in exact fractions."""
    odd = False
    for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + Fraction((y - y1) * (x2 - x1), y2 - y1):
            odd = not odd
    return odd


# Whole numbers on a small grid: half of the points lie on an edge or at a corner's height.
coordinates = st.integers(-6, 6)
points = st.tuples(coordinates, coordinates)


@given(st.lists(points, max_size=30), st.lists(points, min_size=3, max_size=12))
def test_points_in_a_polygon_as_in_a_plain_reading(spots, polygon):
    x = np.array([spot[0] for spot in spots], dtype=np.float32)
    y = np.array([spot[1] for spot in spots], dtype=np.float32)
    expected = [crossings(a, b, polygon) for a, b in spots]
    assert inside(x, y, polygon).tolist() == expected


def test_a_star_that_crosses_itself_is_hollow_and_unplaced_points_are_outside():
    turns = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    star = [[float(np.cos(a)), float(np.sin(a))] for a in turns]
    x = np.array([0.0, 0.0, np.nan], dtype=np.float32)
    y = np.array([0.0, 0.8, np.nan], dtype=np.float32)
    assert inside(x, y, star).tolist() == [False, True, False]
