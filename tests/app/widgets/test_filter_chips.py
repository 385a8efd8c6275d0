"""Conditions in words short enough for a chip."""

import pytest

from app.session import state
from app.widgets import filter_chips, search_terms
from panoptic_data.views.model import Condition, View
from tests.app.widgets.sample_properties import LIKE, OWN, SHA1S, STATE
from tests.app.widgets.searches import A, search_condition


@pytest.mark.parametrize(
    ("condition", "english", "french"),
    [
        (Condition(OWN["tags"], "in", ["t1"]), "My tags: war", "My tags\u202f: war"),
        (
            Condition(OWN["tags"], "all of", ["t2", "t1"]),
            "My tags has all of old (deleted) and 1 more",
            "My tags a tous parmi old (supprimé) et 1 de plus",
        ),
        (
            Condition(OWN["tag"], "not in", ["zzz"]),
            "My tag is none of unknown tag",
            "My tag hors de tag inconnu",
        ),
        (
            Condition(OWN["number"], "between", [1912, 12_345]),
            "My number 1912 to 12,345",
            None,
        ),
        (Condition(OWN["number"], ">", 0.5), "My number > 0.5", "My number > 0,5"),
        (Condition(OWN["date"], "between", ["1912-01-01", None]), "My date from 1912-01-01", None),
        (Condition(OWN["date"], "is empty"), "My date is empty", "My date est vide"),
        (Condition(OWN["checkbox"], "is", True), "My checkbox: yes", "My checkbox\u202f: oui"),
        (Condition(OWN["colour"], "is", "red"), "My colour: red", "My colour\u202f: rouge"),
        (Condition(OWN["colour"], "near", {"colour": "#c0392b"}), "My colour near #c0392b", None),
        (Condition(OWN["image"], "in", SHA1S), "My image: 1 selected image", None),
        (Condition(OWN["url"], "begins with", "http"), "My url begins with “http”", None),
        (Condition("excluded", "is", True), "out of the corpus", "hors du corpus"),
        (Condition("author", "not in", {"authors": ["A"]}), "not annotated by A", None),
        (
            Condition("part", "in", [f"crop:{SHA1S[0]}@0.1,0.2,0.5,0.4"]),
            f"shares a part with part of image {SHA1S[0][:6]}…",
            f"partage une partie avec partie de l’image {SHA1S[0][:6]}…",
        ),
        (
            Condition("author", "in", {"authors": ["A", "B"], "property": "tags1"}),
            "My tags: annotated by A and 1 more",
            None,
        ),
        (Condition("author", "is empty"), "annotated by nobody", "annoté par personne"),
        (
            Condition("like", "at least", {**LIKE, "threshold": 0.62}),
            f"like 2*cat - image:{SHA1S[0][:6]}…, from 0.62",
            f"comme 2*cat - image:{SHA1S[0][:6]}…, dès 0,62",
        ),
        (
            Condition("like", "at least", {**LIKE, "percentile": 99.5}),
            f"like 2*cat - image:{SHA1S[0][:6]}…, from 99.5 %",
            None,
        ),
        (Condition("like", "at least", LIKE), f"like 2*cat - image:{SHA1S[0][:6]}…", None),
    ],
)
def test_a_chip_names_properties_tags_and_authors(condition, english, french, monkeypatch):
    assert filter_chips.part_label(condition, STATE) == english
    monkeypatch.setattr(state, "language", lambda: "fr")
    assert french is None or filter_chips.part_label(condition, STATE) == french


@pytest.mark.parametrize(
    ("limits", "en", "fr"),
    [
        ({}, "loosely", "de loin"),
        ({"percentile": 99.5}, "alike", "proches"),
        ({"percentile": 99.9}, "very alike", "très proches"),
        ({"percentile": 99.99}, "nearly the same", "presque identiques"),
        ({"threshold": 0.25}, "cosine from 0.25", "cosinus dès 0,25"),
        ({"count": 30}, "the 30 most similar", "les 30 plus proches"),
    ],
)
def test_how_alike_is_said_in_words(monkeypatch, limits, en, fr):
    view = View((search_condition(f"image:{A}", **limits),))
    for language, label in (("en", en), ("fr", fr)):
        monkeypatch.setattr(state, "language", lambda spoken=language: spoken)
        assert search_terms.describe_limit(view).label == label
    assert (
        filter_chips.part_label(search_condition("cat", count=30), None)
        == "comme cat, les 30 plus proches"
    )
