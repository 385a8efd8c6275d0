"""Comparing what people type with names that are known."""

import time

import pytest

from panoptic_data.text import closest, folded


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Été", "ete"),
        ("aujourd'hui", "aujourdhui"),
        ("aujourd’hui", "aujourdhui"),
        ("FIGURE", "figure"),
        ("\ufb01n", "fin"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_a_folded_word_has_no_accents_apostrophes_or_capitals(written, expected):
    assert folded(written) == expected


def test_names_that_look_like_a_typed_one_come_most_alike_first():
    names = ["colour", "copies", "cluster", "Couleur"]
    assert closest("color", names) == ["colour"]
    assert closest("couleurs", names, 2) == ["Couleur", "colour"]
    assert closest("xyz", names) == []


def test_accents_and_capitals_do_not_count_against_a_name():
    assert closest("ETAT", ["état", "statut"]) == ["état"]


def test_a_very_long_text_is_compared_with_nothing():
    began = time.monotonic()
    assert closest("a" * 100_000, ["a" * 100, "b"]) == []
    assert time.monotonic() - began < 1
