"""How a text in the search box can go on: fields, values with counts, tags with their colour."""

import pytest

from panoptic_data.annotations import edits
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.query import parser
from panoptic_data.search import completion
from panoptic_data.views.model import Condition, View
from tests import synthetic
from tests.annotating import create_property, create_tag

PLACES = {
    "s/cats/a.jpg": "a",
    "s/cats/b.jpg": "b",
    "s/street cats/c.png": "c",
    "s/dogs/d.jpg": "d",
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    project = synthetic.project(tmp_path_factory.mktemp("completion") / "project")
    pictures = [
        synthetic.image(name, run="r1", format="PNG" if name == "c" else "JPEG") for name in "abcd"
    ]
    synthetic.write(project, "images", pictures)
    synthetic.write(project, "files", [synthetic.file(*pair) for pair in PLACES.items()])
    store = annotations_of(project)
    subject = create_property(store, "Subject matter", "tags")
    peace = create_tag(store, subject, "peace")
    create_tag(store, subject, "peas, green")
    create_property(store, "Seen", "checkbox")
    images = [synthetic.sha1(name) for name in "ab"]
    store.commit(edits.add_tags(store.state(), subject.id, images, [peace.id]), "set")
    return registry.load(project)


def offers(catalogue, text, view=None, language="en", at=None):
    result = completion.complete(
        catalogue, text, len(text) if at is None else at, view or View(), language
    )
    return [(item.label, item.text, item.count) for item in result.items]


def completed(catalogue, text, label, at=None):
    """Return the text with the completion of this label in its place."""
    result = completion.complete(catalogue, text, len(text) if at is None else at, View())
    [item] = [item for item in result.items if item.label == label]
    start, end = result.span
    return text[:start] + item.text + text[end:]


def test_an_empty_box_shows_fields_and_the_properties_of_the_project(catalogue):
    labels = [label for label, _, _ in offers(catalogue, "")]
    assert labels[:3] == ["folder", "tag", "date"]
    assert labels[-2:] == ["Subject matter", "Seen"]
    assert offers(catalogue, "", language="fr")[0] == ("dossier", "dossier:", None)


def test_fields_are_completed_by_any_of_their_names_and_tags_by_theirs(catalogue):
    assert offers(catalogue, "fol") == [("folder", "folder:", None)]
    assert offers(catalogue, "dossi", language="fr") == [("dossier", "dossier:", None)]
    assert ("Subject matter", '"Subject matter":', None) in offers(catalogue, "matt")
    assert offers(catalogue, "pea") == [
        ("peace", '"Subject matter":peace', 2),
        ("peas, green", '"Subject matter":"peas, green"', 0),
    ]


def test_values_come_with_counts_the_most_frequent_first(catalogue):
    assert offers(catalogue, "format:") == [("jpeg", "jpeg", 3), ("png", "png", 1)]
    assert offers(catalogue, "folder:ca") == [
        ("s/cats", "s/cats", 2),
        ("s/street cats", '"s/street cats"', 1),
    ]
    assert offers(catalogue, '"subject matter":pe')[0] == ("peace", "peace", 2)
    assert offers(catalogue, "seen:", language="fr") == [("oui", "oui", 0), ("non", "non", 0)]
    assert offers(catalogue, "-is:dup") == [("duplicate", "duplicate", None)]
    # Counts are of the view, without what it asks of the same field.
    dogs = View((Condition("folder", "in", ["s/dogs"]),))
    assert offers(catalogue, "format:", dogs) == [("jpeg", "jpeg", 1)]
    assert len(offers(catalogue, "folder:", dogs)) == 4
    # Nothing is made up for what nobody knows.
    for text in ("nothing:", "width:", "cat ", "("):
        assert offers(catalogue, text) == []


def test_what_was_completed_is_understood(catalogue):
    state = catalogue.annotations
    cases = (
        ("cat fol", "folder", None, "cat folder:"),
        ('folder:"s/str', "s/street cats", None, 'folder:"s/street cats"'),
        ("format:png,jp", "jpeg", None, "format:png,jpeg"),
        ("format:j cat", "jpeg", 8, "format:jpeg cat"),
        ('tag:pe', "peas, green", None, 'tag:"peas, green"'),
        ("-pea", "peace", None, '-"Subject matter":peace'),
    )  # fmt: skip
    for text, label, at, expected in cases:
        assert completed(catalogue, text, label, at) == expected
        if not expected.endswith(":"):
            assert parser.parse(expected, state=state).problems == ()


def test_every_name_that_is_offered_is_a_name_of_the_language(catalogue):
    for language in ("en", "fr"):
        for item in completion._all_fields(catalogue, language):
            value = {"sort": "name", "group": "format", "mode": "file", "is": "duplicate"}
            parsed = parser.parse(
                f"{item.text}{value.get(item.field, 'none')}",
                encoder="visual",
                state=catalogue.annotations,
            )
            keys = {problem.key for problem in parsed.problems}
            assert not keys & {"field", "field_none", "sort", "sort_none", "group_none"}, item
