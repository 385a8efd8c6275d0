"""What batches did, in words: summed up from the rows of a real log, in both languages."""

import pytest

from app.services.history_text import Value, Words, summarize
from panoptic_data.annotations import edits, properties
from tests.annotating import IMAGES, create_property, create_tag


def read(store, batch, language="en"):
    """Return the summary of a batch."""
    words = Words(store.state(fresh=True), store.log(), language)
    return summarize(words, store.changes(batch))[batch]


def set_values(store, property, images, value):
    return store.commit(edits.set_value(store.state(), property.id, images, value), "set").id


@pytest.mark.parametrize(
    ("type", "value", "english", "french"),
    [
        ("text", "seen", "seen", "seen"),
        ("number", 2.5, "2.5", "2,5"),
        ("checkbox", True, "yes", "oui"),
        ("date", "mai 1912", "1912-05", "1912-05"),
    ],
)
def test_a_value_is_written_as_people_of_a_language_write_it(store, type, value, english, french):
    batch = set_values(store, create_property(store, "Kind", type), IMAGES[:2], value)
    summaries = {language: read(store, batch, language) for language in ("en", "fr")}
    texts = {language: summary.parts[0].values for language, summary in summaries.items()}
    assert texts == {"en": (Value(english),), "fr": (Value(french),)}
    assert summaries["en"].text == f"value “{english}” on 2 images"
    assert summaries["en"].images == summaries["fr"].images == 2


def test_few_values_are_named_and_many_are_counted(store):
    theme = create_property(store, "Theme", "tags")
    ids = [create_tag(store, theme, name).id for name in ("war", "sea", "street", "sky")]
    few = store.commit(edits.add_tags(store.state(), theme.id, IMAGES[:1], ids[:2]), "tag")
    many = store.commit(edits.add_tags(store.state(), theme.id, IMAGES[1:2], ids), "tag")
    assert read(store, few.id).text == "2 tags on 1 image"
    assert [value.text for value in read(store, few.id).parts[0].values] == ["war", "sea"]
    [part] = read(store, many.id).parts
    assert (part.count, part.values, part.are_tags) == (4, (), True)


def test_parts_beyond_the_first_three_are_counted(store):
    changes, ids = [], []
    for number in range(5):
        prop, created = properties.create(store.state().properties, f"p{number}", "text")
        changes += created
        ids.append(prop.id)
    batch = store.commit(changes, "property").id
    summary = read(store, batch)
    assert [part.values[0].text for part in summary.parts] == ["p0", "p1", "p2"]
    assert {part.sign for part in summary.parts} == {"new"}
    assert (summary.more, summary.images) == (2, 0)
    assert summary.as_json()["said"] == summary.text


def test_a_name_is_known_after_its_making_was_undone_and_after_it_was_deleted(store):
    theme = create_property(store, "Theme", "tags")
    war = create_tag(store, theme, "war")
    tagged = store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag").id
    assert read(store, tagged).text == "tag “war” on 4 images"
    for _ in range(3):
        store.undo()
    assert store.state(fresh=True).live_properties == []
    summary = read(store, tagged)
    assert (summary.parts[0].property, summary.text) == ("Theme", "tag “war” on 4 images")


def test_leaving_the_corpus_and_taking_a_value_away_have_words_of_their_own(store):
    note = create_property(store, "Note", "text")
    set_values(store, note, IMAGES, "seen")
    changes = edits.set_value(store.state(), note.id, IMAGES[:1], None)
    cleared = store.commit(changes, "clear").id
    assert read(store, cleared).text == "removal of value “Note” on 1 image"
    assert read(store, cleared).parts[0].sign == "clear"
    left = store.commit(edits.exclude(store.state(), IMAGES[:3]), "exclude").id
    assert read(store, left).text == "out of corpus: 3 images"
    assert read(store, left, "fr").text.endswith("3 images")


def test_an_act_that_nobody_knows_is_shown_as_it_is(store):
    note = create_property(store, "Note", "text")
    batch = store.commit(edits.set_value(store.state(), note.id, IMAGES, "x"), "some new act").id
    assert read(store, batch).name == "some new act"


def test_a_sample_says_how_it_was_made_in_the_language_of_the_reader(store):
    theme = create_property(store, "Sample", "tags")
    tag = create_tag(store, theme, "2 diverse")
    changes = edits.add_tags(store.state(), theme.id, IMAGES[:2], [tag.id])
    line = 'diverse 2/4 seed=7 encoder=clip vectors=3fa91b view="date:1930s format:png"'
    batch = store.commit(changes, "sample", about=line).id
    assert read(store, batch).text == "sample “2 diverse” on 2 images"
    assert read(store, batch).as_json()["how"] == (
        "2 of 4, as different as can be, seed 7, vectors clip 3fa91b, view date:1930s format:png"
    )
    assert read(store, batch, "fr").how.startswith("2 sur 4, aussi différentes que possible")
    tagged = store.commit(edits.add_tags(store.state(), theme.id, IMAGES[2:], [tag.id]), "tag")
    assert read(store, tagged.id).how is None
