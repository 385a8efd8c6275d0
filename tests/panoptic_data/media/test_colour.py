"""Colours against plain readings: CIELAB by the book, names of hues, the order of a rainbow."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import rgb2lab

from panoptic_data.catalogue.ordering import sort_values
from panoptic_data.media.colour import HUES, hues, lab
from tests import plain_views

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
greys = st.integers(0, 255).map(lambda item: f"#{item:02x}{item:02x}{item:02x}")
WHITE_TO_HUES = [
    ("#000000", "black"),
    ("#0a0a0a", "black"),
    ("#808080", "grey"),
    ("#ffffff", "white"),
    ("#c0392b", "red"),
    ("#ff0000", "red"),
    ("#e67e22", "orange"),
    ("#ffff00", "yellow"),
    ("#00a040", "green"),
    ("#00c8d7", "cyan"),
    ("#1030c0", "blue"),
    ("#8020a0", "purple"),
    ("#ff80b0", "pink"),
]


@given(st.lists(colours | greys | st.none(), max_size=20))
def test_cielab_is_that_of_the_book(texts):
    matches = lab(pl.Series(texts, dtype=pl.String))
    assert matches.shape == (len(texts), 3)
    assert matches.dtype == np.float32
    for row, text in zip(matches, texts, strict=True):
        if text is None:
            assert np.isnan(row).all()
        else:
            assert row == pytest.approx(plain_views.lab(text), abs=1e-3)


def test_cielab_is_that_of_scikit_image_up_to_its_decimals():
    numbers = np.arange(0, 1 << 24, 9_973)
    channels = np.stack([numbers >> 16 & 255, numbers >> 8 & 255, numbers & 255], axis=1) / 255
    ours = lab(pl.Series([f"#{number:06x}" for number in numbers]))
    assert np.abs(ours - rgb2lab(channels)).max() < 0.006


@given(st.lists(colours | greys | st.none(), max_size=20))
def test_hues_are_named_as_a_plain_reading_names_them(texts):
    named = hues(lab(pl.Series(texts, dtype=pl.String))).tolist()
    for number, text in zip(named, texts, strict=True):
        assert (text is None) == (number == -1)
        if text is not None and not on_an_edge(text):
            assert HUES[number] == plain_views.hue(text)


def on_an_edge(text):
    """Whether rounding alone decides the name."""
    lightness, a, b = plain_views.lab(text)
    angle = np.degrees(np.arctan2(b, a)) % 360
    near = [abs(lightness - item) for item in (10, 20, 90)] + [abs(np.hypot(a, b) - 10)]
    near += [abs(angle - item) for item in (20, 55, 85, 115, 175, 225, 310, 340)]
    return min(near) < 1e-3


@pytest.mark.parametrize(("text", "name"), WHITE_TO_HUES)
def test_colours_have_the_names_that_people_give_them(text, name):
    assert HUES[hues(lab(pl.Series([text])))[0]] == name


@given(st.lists(colours | greys | st.none(), max_size=20))
def test_a_sort_by_colour_is_a_rainbow_after_the_greys(texts):
    frame = pl.DataFrame({"colour": pl.Series(texts, dtype=pl.String)})
    ranks = sort_values(frame, "colour").to_list()
    known = [(rank, text) for rank, text in zip(ranks, texts, strict=True) if text is not None]
    assert [rank is None for rank in ranks] == [text is None for text in texts]
    for rank, text in known:
        for other, beside in known:
            plain = plain_views.rainbow(text), plain_views.rainbow(beside)
            assert (rank < other) == (plain[0] < plain[1])
