"""Identifiers of tags in shared vocabularies: read as people paste them, kept, labelled, linked."""

import pytest

from panoptic_data.annotations import identifiers, materialize, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidTag
from panoptic_data.exchange import apply, readers
from tests import synthetic
from tests.importing import write_text


@pytest.mark.parametrize(
    ("written", "canonical", "label", "link"),
    [
        ("Q42", "wikidata:Q42", "Wikidata Q42", "https://www.wikidata.org/wiki/Q42"),
        ("wd:q42", "wikidata:Q42", "Wikidata Q42", "https://www.wikidata.org/wiki/Q42"),
        ("http://www.wikidata.org/entity/Q42", "wikidata:Q42", "Wikidata Q42",
         "https://www.wikidata.org/wiki/Q42"),
        ("http://vocab.getty.edu/aat/300033973", "aat:300033973", "AAT 300033973",
         "https://vocab.getty.edu/page/aat/300033973"),
        ("iconclass:45C1", "iconclass:45C1", "Iconclass 45C1", "https://iconclass.org/45C1"),
        ("https://iconclass.org/25F23(LION)", "iconclass:25F23(LION)", "Iconclass 25F23(LION)",
         "https://iconclass.org/25F23(LION)"),
        ("https://id.example.org/war?x", "https://id.example.org/war?x", "id.example.org",
         "https://id.example.org/war?x"),
    ],
)  # fmt: skip
def test_an_identifier_has_one_text_a_label_and_a_link(written, canonical, label, link):
    assert identifiers.parse(written) == canonical
    assert identifiers.parse(canonical) == canonical
    assert (identifiers.label(canonical), identifiers.link(canonical)) == (label, link)


@pytest.mark.parametrize("text", ["war", "aat:abc", "javascript:alert(1)", "", "wikidata:42"])
def test_what_is_no_identifier_is_refused(text):
    assert identifiers.parse(text) is None


def test_a_list_of_tags_gives_them_and_they_are_kept_and_merged(tmp_path):
    project = synthetic.project(tmp_path / "war")
    tree = "name;identifier\nwar;Q198\nsea;http://vocab.getty.edu/aat/300008687\nsky;\n"
    apply.apply_tags(project, "Theme", readers.read_tags(write_text(tmp_path, tree)))
    store = annotations_of(project)

    def held():
        return {tag.name: tag.identifier for tag in store.state(fresh=True).tags.values()}

    expected = {"war": "wikidata:Q198", "sea": "aat:300008687", "sky": None}
    assert held() == expected
    materialize.update(project)
    stored = project.database().frame("tags", ["name", "identifier"])
    assert dict(stored.iter_rows()) == expected
    known = store.state().tags
    war = next(tag for tag in known.values() if tag.name == "war")
    with pytest.raises(InvalidTag):
        tags.update(known, war.id, identifier="nonsense")
    store.commit(tags.update(known, war.id, identifier=None), "identifier", author="anna")
    assert held() == {**expected, "war": None}
