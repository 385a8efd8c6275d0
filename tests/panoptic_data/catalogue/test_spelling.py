"""Texts as people compare and order them: whole columns, and the same rules for a single text."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data import text
from panoptic_data.catalogue import spelling

NAMES = ["Box 1/page1", "Box 1/page2", "Box 1/page10", "Box 2/a", "Box 10/a", "Été/a", "Zoo/a",
         "album/a", "box/z", "Œuvre/a", "İstanbul 2", "istanbul 10", "Straße", "007",
         "8"]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "typed"),
    [("Fête", "fete"), ("Straße", "strasse"), ("İstanbul", "istanbul"), ("ısparta", "isparta"),
     ("ŁÓDŹ", "lodz"), ("Œuvre", "oeuvre"), ("Ærø", "aero"), ("l’été", "lete"),
     ("Ὀδυσσεύς", "οδυσσευσ"), ("Ё", "е")],
)  # fmt: skip
def test_one_folding_for_all_texts(written, typed):
    assert text.folded(written) == typed
    assert spelling.folded(pl.Series([written, None])).to_list() == [typed, None]


def test_marks_that_are_letters_stay():
    assert text.folded("か") != text.folded("が")
    assert text.folded("कि") != text.folded("का")


def test_numbers_come_by_their_size_and_folders_before_those_with_more_in_their_name():
    names = pl.Series(NAMES)
    expected = ["007", "8", "album/a", "box/z", "Box 1/page1", "Box 1/page2", "Box 1/page10",
                "Box 2/a", "Box 10/a", "Été/a", "İstanbul 2", "istanbul 10", "Œuvre/a", "Straße",
                "Zoo/a"]  # fmt: skip
    assert spelling.naturally_sorted(names).to_list() == expected
    assert sorted(NAMES, key=text.natural_key) == expected


TEXTS = st.text(st.sampled_from("aBé1029/ -'ßıİœ’ñΣς文が٣"), max_size=30)


@given(st.lists(TEXTS | st.text(max_size=20), max_size=8))
def test_columns_and_single_texts_follow_the_same_rules(texts):
    texts = [it for it in texts if it.isprintable()]
    column = pl.Series(texts, dtype=pl.String)
    assert spelling.folded(column).to_list() == [text.folded(it) for it in texts]
    assert spelling.order_keys(column).to_list() == [text.natural_key(it)[0] for it in texts]


@given(st.lists(st.text(st.sampled_from("0019a/"), max_size=60), max_size=4))
def test_numbers_of_any_length_follow_the_same_rules(texts):
    column = pl.Series(texts, dtype=pl.String)
    assert spelling.order_keys(column).to_list() == [text.natural_key(it)[0] for it in texts]


def test_a_long_number_keeps_the_zeros_within_it():
    assert text.natural_key("909302332930901")[0] == "909302332930901"
