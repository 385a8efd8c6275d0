"""What groups are called, in both languages."""

import json

import pytest

from app.services.group_labels import label
from panoptic_data.catalogue import registry
from panoptic_data.views.model import Level, View, to_address
from tests import synthetic
from tests.served_corpus import sha1_of


@pytest.mark.parametrize(
    ("level", "value", "english", "french"),
    [
        (Level("taken_at", "century"), "1900", "1900 to 1999", "1900 à 1999"),
        (Level("taken_at", "decade"), "1930", "1930 to 1939", "1930 à 1939"),
        (Level("taken_at", "month"), "1930-05", "May 1930", "mai 1930"),
        (Level("added", "week"), "1930-W08", "1930, week 8", "1930, semaine 8"),
        (Level("added", "day"), "1930-05-01", "1 May 1930", "1 mai 1930"),
        (Level("taken_at", "year"), None, "Unknown date", "Date inconnue"),
        (Level("size"), [500_000, 1_000_000], "0.5 to 1 MB", "0,5 à 1 Mo"),
        (Level("pixels"), [0, 2e6], "0 to 2 megapixels", "0 à 2 mégapixels"),
        (Level("width"), [1000, 1500], "1,000 to 1,500 pixels wide",
         "1\u202f000 à 1\u202f500 pixels de large"),
        (Level("height"), 48, "48 pixels high", "48 pixels de haut"),
        (Level("copies"), 1, "1 copy", "1 copie"),
        (Level("copies"), [5, 10], "5 to 9 copies", "5 à 9 copies"),
        (Level("cluster", "visual"), 3, "Cluster 3", "Cluster 3"),
        (Level("cluster", "visual"), None, "In no cluster", "Dans aucun cluster"),
        (Level("colour"), "red", "red", "rouge"),
        (Level("status"), "missing", "missing", "absent"),
        (Level("folder"), "posters/1930", "posters/1930", "posters/1930"),
        (Level("duplicate", "near"), "x", "Duplicates of a.jpg", "Doublons de a.jpg"),
    ],
)  # fmt: skip
def test_groups_are_named_in_words(level, value, english, french):
    assert [label(level, value, language, "a.jpg") for language in ("en", "fr")] == [
        english,
        french,
    ]


def test_duplicates_are_named_by_the_first_file_among_them(ask, real_corpus):
    project, _, contents = real_corpus
    names = [sha1_of(contents[name]) for name in ("scan.tif", "book.jp2")]
    members = [{"sha1": name, "group": "g", "kind": "near", "distance": 1.0} for name in names]
    synthetic.write(project, "duplicates", members)
    registry.get(project, fresh=True)
    view = View(group=(Level("duplicate", "near"),))
    answer = json.loads(ask(f"/groups?view={to_address(view)}&lang=en")[1])
    assert answer["label"] == ["Duplicates of book.jp2", "No duplicate"]
    assert answer["count"] == [2, 4]
